"""The steps of `ask` that need data; each takes whatever comes to it: a value, or a refusal to pass on."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from whence.data.pushdown.remote import Remote
from whence.data.scanning.scan import Scan
from whence.engine import no_effect
from whence.engine.sampled import said, sampled
from whence.estimation import api as estimation
from whence.estimation.plan import spelt
from whence.explanation.figures import listed
from whence.identification.no_effect import excluded
from whence.language.estimand import Estimand
from whence.language.expression import P, atoms
from whence.language.graph import Graph
from whence.language.printing import to_text
from whence.language.refusals import NeedsData, Refusal
from whence.refutation import refute as refutation
from whence.runtime.events import Estimated, Event, Warned, emit, listening
from whence.runtime.plain import bare

if TYPE_CHECKING:
    from collections.abc import Callable

    from whence.data.any_data import AnyData
    from whence.engine.how import How
    from whence.estimation.methods import Asked
    from whence.estimation.plan import Errors
    from whence.estimation.values import Estimate
    from whence.refutation.result import Refutation
    from whence.runtime.executor import Executor


MOST_REFUTED = 8
"""Of an answer of many numbers, so many are attacked one by one."""


def hearing(sink: Callable[[Event], None] | None) -> AbstractContextManager[None]:
    """Let `sink`, if there is one, hear what happens inside."""
    return nullcontext() if sink is None else listening(sink)


def estimate(
    estimand: Estimand | Refusal, found: AnyData | None, how: How, workers: Executor
) -> tuple[Estimate, ...] | Refusal:
    """One estimate, or one for each value that the query leaves open.

    An effect that the graph excludes is zero without any.
    """
    if isinstance(estimand, Refusal):
        return estimand
    if excluded(estimand.query, estimand.graph):
        return (no_effect.zero(estimand, found, how),)
    if found is None and estimand.given:
        numbers = listed([to_text(source.distribution) for source in estimand.given])
        return NeedsData(
            f"The formula is proved; a number needs data on {numbers}, each from its own source.",
            (f"data on {numbers}",),
        )
    if found is None:
        names = ", ".join(bare(name) for name in columns_of(estimand))
        return NeedsData(f"The estimand is proved; a number needs data on {names}.", (f"data on {names}",))
    estimates = _numbers(estimand, found, how, workers)
    for each in () if isinstance(estimates, Refusal) else estimates:
        emit(Estimated(stage="estimate", value=each.value, interval=each.interval))
        for warning in each.warnings:
            emit(Warned(stage="estimate", code=warning.code, message=warning.message))
    return estimates


def _numbers(
    estimand: Estimand, found: AnyData, how: How, workers: Executor
) -> tuple[Estimate, ...] | Refusal:
    return estimation.estimate_all(
        estimand,
        found,
        method=cast("Asked", how.method),
        learners=how.learners,
        errors=cast("Errors", how.errors),
        clusters=how.clusters,
        level=how.level,
        seed=how.seed,
        replicates=how.replicates,
        executor=workers,
    )


def columns_of(estimand: Estimand) -> tuple[str, ...]:
    """The columns that evaluating an estimand needs: those of the query first."""
    formula = (term.name for atom in atoms(estimand.expression) if isinstance(atom, P) for term in atom.terms)
    return tuple(dict.fromkeys([*estimand.query.variables, *formula]))


def refute(
    estimand: Estimand | Refusal,
    estimates: tuple[Estimate, ...] | Refusal,
    found: AnyData | None,
    known: Graph | None,
    how: How,
    workers: Executor,
) -> tuple[Refutation, ...]:
    """What was tried to break the answer: each of its numbers, and the graph once.

    Of an answer from rows that are not in memory, a sample of the rows is put to the test, if one can be had.
    """
    if isinstance(estimand, Refusal) or isinstance(estimates, Refusal) or found is None:
        return ()
    if isinstance(found, Scan | Remote):
        some = sampled(found, known, estimates, how)
        if some is None:
            return ()
        ruled_out = excluded(estimand.query, estimand.graph)
        numbers = estimates if ruled_out else _numbers(estimand, some, how, workers)
        checks = refute(estimand, numbers, some, known, how, workers)
        return tuple(said(check, some.n, found.rows) for check in checks)
    if excluded(estimand.query, estimand.graph):
        return no_effect.against_the_data(estimand, found, how)
    made: list[Refutation] = []
    for place, each in enumerate(estimates[:MOST_REFUTED]):
        checks = refutation.refute(
            each,
            found,
            known,
            placebo_outcomes=how.placebo_outcomes,
            benchmarks=how.benchmarks,
            of_graph=place == 0,
            seed=how.seed,
            executor=workers,
        )
        group = () if each.plan is None else each.plan.within
        where = f", where {spelt(group)}" if group and len(estimates) > 1 else ""
        made += [check if check.of_graph else replace(check, name=check.name + where) for check in checks]
    return tuple(made)
