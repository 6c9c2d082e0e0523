"""One random question put to the identifier, and everything about the reply held against the truth."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from oracles.evaluation import agree, truth_of, value_of
from oracles.functional import difference_of_means, random_functional
from oracles.models import downstream, interventional, joint, random_model
from oracles.worlds import random_admg, random_hidden
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.estimand import Estimand
from whence.language.expression import Difference, P, Product, Quotient, Sum, Term
from whence.language.graph import Graph
from whence.language.query import Contrast, Query, ate, cate, of_contrast
from whence.language.refusals import NotIdentified, Refusal
from whence.runtime.errors import InvalidQuery, ProofRejected


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


def random_contrast(rng: np.random.Generator, names: tuple[str, ...], treated: bool) -> Query:
    """A named contrast, or a difference or ratio of effects at values, perhaps within levels of others."""
    x, y, *others = (str(name) for name in rng.permutation(names))
    by = tuple(others[: int(rng.choice([0, 0, 1, 2]))])
    level, base = (int(value) for value in rng.permutation(2))
    if treated:
        return of_contrast(Contrast("ATT", x, y, level, base, by))
    sort = int(rng.integers(4))
    if sort == 0:
        return cate(x, y, by, level, base) if by else ate(x, y, level, base)
    left = P((Term(y, 1), *others[2:3]), by, Term(x, level))
    if sort == 1:
        return Query(Quotient(left, P((Term(y, 1), *others[2:3]), by, Term(x, base))))
    if sort == 2:
        return Query(Difference(left, P(Term(y, 1), (*by, Term(x, level)))))
    return Query(Sum((y,), Product((P(y, by, Term(x, level)), P(x, y)))))


def _contrast_fits(found: Estimand, graph: Graph, rng: np.random.Generator, treated: bool) -> bool:
    """Whether the estimand is the contrast in a random model; for the treated, one with all its worlds."""
    if treated:
        enumerated = random_functional(graph, rng)
        truth = difference_of_means(found.query.body, enumerated)
        return agree(value_of(found.expression, enumerated.joint()), truth)
    model = random_model(graph, rng)
    return agree(value_of(found.expression, joint(model)), truth_of(found.query.body, model))


def contrast_trials(count: int, seed: int = 0, treated: bool = False) -> Tally:
    """Contrasts, differences and ratios at values in random ADMGs, on binary models."""
    tally = Tally()
    for number in range(count):
        rng = np.random.default_rng((seed, number, 7 + treated))
        edges, hidden = float(rng.uniform(1.5, 3.5)), float(rng.uniform(0.1, 0.4))
        graph = random_admg(rng, int(rng.integers(3, 7)), edges, hidden)
        query = random_contrast(rng, graph.observed, treated)
        try:
            found = identify(query, graph)
            if isinstance(found, Estimand | NotIdentified):
                verify(found, graph)
        except InvalidQuery as error:
            after = set(downstream(random_model(graph, rng), query.treatments[0])) - set(query.treatments)
            told = "comes after" in error.message and after & set(query.conditions)
            tally.counts["groups that the treatment makes"] += 1
            if not told:
                tally.fault("crash or rejection", graph, query, repr(error))
            continue
        except Exception as error:
            tally.fault("crash or rejection", graph, query, repr(error))
            continue
        if isinstance(found, Estimand):
            tally.counts["identified"] += 1
            tally.counts[f"shape {found.shape.name}"] += 1
            if not _contrast_fits(found, graph, rng, treated):
                tally.fault("wrong", graph, query, found.expression)
        else:
            assert isinstance(found, Refusal)
            tally.counts[found.kind] += 1
    return tally
