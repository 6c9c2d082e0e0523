"""One random question put to the identifier, and everything about the reply held against the truth."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from oracles.evaluation import agree, value_of
from oracles.models import among_those_seen, interventional, joint, random_model
from oracles.worlds import random_admg, random_hidden
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.estimand import Estimand
from whence.language.expression import Difference, Expectation, P, Term
from whence.language.graph import Graph
from whence.language.query import Query, att
from whence.language.refusals import NotIdentified, NotYetAnswerable, Refusal
from whence.runtime.errors import ProofRejected


@dataclass
class Tally:
    """What was found, and what was wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def fault(self, kind: str, graph: Graph, query: Query, got: object) -> None:
        self.counts[kind] += 1
        self.faults.append(f"{kind}: {graph!r}\n    {query.body}\n    {got}")


def random_effect(rng: np.random.Generator, names: tuple[str, ...]) -> Query:
    """P(Y | do X, Z): one or two outcomes and treatments, and none to two conditions."""
    mixed = [str(name) for name in rng.permutation(names)]
    many_x, many_y = rng.integers(1, 3, size=2) if len(names) > 3 else (1, 1)
    conditions = int(rng.choice([0, 0, 1, 1, 2]))
    x, y = mixed[:many_x], mixed[many_x : many_x + many_y]
    return Query(P(y, mixed[many_x + many_y :][:conditions], x))


def truth_fits(estimand: Estimand, graph: Graph, seed: int) -> bool:
    """Whether the estimand of P(Y | do X, Z) equals the truncated factorisation of a random model."""
    body = estimand.query.body
    assert isinstance(body, P)
    rng = np.random.default_rng(seed)
    levels = {name: int(rng.integers(2, 4)) for name in graph.nodes} if len(graph.nodes) < 7 else 2
    model = random_model(graph, rng, levels, hidden_levels=3 if len(graph.edges) < 12 else 2)
    sides = ([term.name for term in part] for part in (body.of, body.do, body.given))
    return agree(value_of(estimand.expression, joint(model)), interventional(model, *sides))


def judge(query: Query, graph: Graph, seed: int, tally: Tally) -> object:
    """Identify, verify, and compare with the truth; faults land in the tally."""
    try:
        found = identify(query, graph)
    except Exception as error:
        tally.fault("crash", graph, query, repr(error))
        return None
    try:
        if isinstance(found, Estimand | NotIdentified):
            verify(found, graph)
    except ProofRejected as error:
        tally.fault("rejected", graph, query, error)
    if isinstance(found, Estimand):
        tally.counts["identified"] += 1
        tally.counts[f"shape {found.shape.name}"] += 1
        if not truth_fits(found, graph, seed):
            tally.fault("wrong", graph, query, found.expression)
    elif isinstance(found, NotIdentified):
        tally.counts["refused with a hedge"] += 1
    else:
        tally.fault("no verdict", graph, query, found)
    return found


def random_trials(count: int, seed: int = 0, sizes: tuple[int, int] = (4, 8)) -> Tally:
    """Random ADMGs, a quarter of them given as DAGs with latent nodes, and a random effect in each."""
    tally = Tally()
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        nodes = int(rng.integers(sizes[0], sizes[1] + 1))
        if number % 4 == 3:
            graph = random_hidden(rng, nodes + 1, int(rng.integers(1, 3)))
        else:
            graph = random_admg(rng, nodes, float(rng.uniform(1.5, 4.0)), float(rng.uniform(0.2, 0.6)))
        judge(random_effect(rng, graph.observed), graph, seed * 1_000_003 + number, tally)
    return tally


def treated_trials(count: int, seed: int = 0) -> Tally:
    """Effects on the treated in random ADMGs, on binary models."""
    tally = Tally()
    for number in range(count):
        rng = np.random.default_rng((seed, number, 7))
        graph = random_admg(
            rng, int(rng.integers(3, 7)), float(rng.uniform(1.5, 3.5)), float(rng.uniform(0.1, 0.4))
        )
        x, y = (str(name) for name in rng.permutation(graph.observed)[:2])
        query = att(x, y)
        try:
            found = identify(query, graph)
            if isinstance(found, Estimand | NotIdentified):
                verify(found, graph)
        except Exception as error:
            tally.fault("crash or rejection", graph, query, repr(error))
            continue
        if isinstance(found, Estimand):
            tally.counts["identified"] += 1
            model = random_model(graph, rng)
            table = among_those_seen(model, [y], x)
            truth = table.at({y: 1, x: 1, f"{x}*": 1}).cells - table.at({y: 1, x: 1, f"{x}*": 0}).cells
            if abs(float(value_of(found.expression, joint(model)).cells) - float(truth)) > 1e-8:
                tally.fault("wrong", graph, query, found.expression)
        else:
            assert isinstance(found, Refusal)
            tally.counts[found.kind] += 1
    return tally


__all__ = [
    "Difference",
    "Expectation",
    "NotYetAnswerable",
    "Tally",
    "Term",
    "judge",
    "random_effect",
    "random_trials",
    "treated_trials",
    "truth_fits",
]
