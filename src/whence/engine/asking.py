"""`ask`: the one way through, from a question to an answer that can be checked.

    question ─parse─▶ query ─identify─▶ estimand ─verify─▶ ─estimate─▶ estimate ─refute─▶ ─explain─▶ answer

Every step is a function from values to values, and each can be called by itself. A refusal at one step is
a value that the later ones pass on.

>>> answer = ask("effect of x on y", {"x": [0, 0, 1, 1] * 40, "y": [1, 2, 2, 3] * 40}, "x -> y", method="ols")
>>> answer.status, answer.verified, round(answer.estimate.value, 6)
('answered', True, 1.0)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from whence.engine.bounding import bounded, limited
from whence.engine.explain import explain, recorded
from whence.engine.how import How, several
from whence.engine.inputs import agreeing, as_graph, as_table
from whence.engine.parse import parse
from whence.engine.provenance import provenance
from whence.engine.proving import as_seen, identify, verify
from whence.engine.steps import estimate, hearing, refute
from whence.identification.sources.given import sources_from
from whence.runtime.errors import InvalidQuery
from whence.runtime.events import Event, stage
from whence.runtime.executor import Executor
from whence.runtime.executor import executor as as_executor

if TYPE_CHECKING:
    from whence.estimation.learners import Given
    from whence.explanation.answer import Answer
    from whence.identification.sources.given import Given as Distribution
    from whence.language.query import Query


BESIDE_DATA = (
    "Both data and distributions are given, and it is not clear which of these the data are.",
    "Leave the data out to see what follows from the distributions, or leave `given` out.",
)


def ask(  # noqa: PLR0913 - the public face: options by name, none required
    question: str | Query,
    data: object = None,
    graph: object = None,
    *,
    given: Distribution | Iterable[Distribution] | None = None,
    where: str | None = None,
    derive: Mapping[str, str] | None = None,
    weights: str | None = None,
    method: str = "auto",
    learners: Given = None,
    errors: str = "robust",
    clusters: str | None = None,
    replicates: int | None = None,
    placebo_outcomes: Sequence[str] = (),
    benchmarks: Sequence[str] = (),
    assume: Sequence[str] = (),
    seed: int = 0,
    level: float = 0.95,
    record: str | Path | None = None,
    executor: Executor | str | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> Answer:
    """Answer a causal question from data and a graph; either may be missing where the question allows it.

    `data` and `graph` are whatever `whence.table` (or `whence.scan`) and `whence.graph` read; a file too
    large for memory is read in blocks. What cannot be answered comes back as an answer that holds a refusal;
    misuse raises a `WhenceError`. Without data, `given` may list the distributions at hand, as for
    `whence.identify`: the answer then is the formula that follows from these.
    """
    begun, workers = perf_counter(), as_executor(executor)
    tests, rest = (several(placebo_outcomes), several(benchmarks)), (several(assume), level, seed)
    how = How(
        where, derive, weights, method, learners, errors, clusters, *tests, *rest, replicates=replicates
    )
    if given is not None and data is not None:
        raise InvalidQuery(*BESIDE_DATA)
    with hearing(on_event):
        with stage("read"):
            known, found = as_graph(graph), as_table(data, how)
            found = agreeing(known, found, how.columns)
            how = how if given is None or known is None else replace(how, given=sources_from(given, known))
        with stage("parse"):
            asked = parse(question, known, found)
        with stage("identify"):
            reply = identify(asked.query, known, given if known is None else how.given or None)
            estimand = as_seen(reply, found)
        with stage("verify"):
            proved = verify(estimand, workers)
        with stage("estimate"):
            estimates = estimate(estimand, found, how, workers)
            limits = bounded(asked.query, known, found, estimates, how)
        with stage("refute"):
            checks = refute(estimand, estimates, found, known, how, workers)
        with stage("explain"):
            answer = explain(asked, known, found, estimand, proved, estimates, checks, how)
            origin = provenance(asked.text, data, graph, known, found, how)
    return recorded(
        limited(answer, limits), {**origin, "elapsed_s": round(perf_counter() - begun, 3)}, record
    )
