"""Random questions about several worlds at once, and every reply held against enumerated models."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from oracles.evaluation import value_of
from oracles.functional import Functional, random_functional
from oracles.trials import Tally
from oracles.worlds import random_admg
from whence.identification.counterfactuals.counterfactual_worlds import Conflict
from whence.identification.counterfactuals.imagining import identify_counterfactual
from whence.identification.effects import Proved
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.estimand import Estimand
from whence.language.expression import Expression, Kernel, P, Term, free_variables, substitute
from whence.language.graph import Graph
from whence.language.query import Query
from whence.language.refusals import Hedge, ImpossibleEvidence, NotIdentified
from whence.language.source import Source
from whence.runtime.errors import InvalidQuery, ProofRejected, QueryError

TOLERANCE = 1e-9


def random_world(rng: np.random.Generator, names: Sequence[str], depth: int = 0) -> tuple[Term, ...]:
    """Up to two settings, each a value or what the variable is in a further world."""
    chosen = rng.permutation(names)[: int(rng.integers(1, 3))]
    found = []
    for name in map(str, chosen):
        nested = depth < 2 and len(names) > 1 and rng.random() < 0.3
        world = random_world(rng, [other for other in names if other != name], depth + 1) if nested else ()
        found.append(Term(name, None if world else int(rng.integers(2)), world))
    return tuple(found)


def random_event(rng: np.random.Generator, names: Sequence[str], size: int) -> list[Term]:
    """Terms at values, about half of them in a world."""
    found = []
    for _ in range(size):
        name = str(rng.choice(names))
        others = [other for other in names if other != name or rng.random() < 0.1]
        world = random_world(rng, others) if rng.random() < 0.6 else ()
        found.append(Term(name, int(rng.integers(2)), world))
    return found


def random_atom(rng: np.random.Generator, names: Sequence[str]) -> P:
    """P(γ | δ) of one to three terms in all, some without a value."""
    of = random_event(rng, names, int(rng.choice([1, 1, 2, 2, 3])))
    given = random_event(rng, names, int(rng.choice([0, 0, 1, 1, 2])))
    everything = [*of, *given]
    counts = [term.name for term in everything]
    opened = [
        Term(term.name, None, term.world) if counts.count(term.name) == 1 and rng.random() < 0.2 else term
        for term in everything
    ]
    return P(opened[: len(of)], opened[len(of) :])


def fits(found: Proved, atom: P, model: Functional) -> bool:
    """Whether the formula is what its step claims, at every value of what is open, and that is the atom."""
    claim = found.step.claim
    assert isinstance(claim, P)
    asked = {term.name: term.value for term in atom.terms if term.value is not None}
    return (claim == atom or substitute(claim, asked) == atom) and is_true(claim, found.step.formula, model)


def is_true(claim: P, formula: Expression, model: Functional) -> bool:
    """Whether claim and formula are one function of what is open, experiments in the formula enumerated."""
    table = value_of(formula, model.joint(), atom=lambda part: model.table(as_probability(part)))
    opened = sorted(free_variables(claim))
    if not set(table.names) <= set(opened):
        return False
    for values in product(*(range(model.levels[name]) for name in opened)):
        at = dict(zip(opened, values, strict=True))
        truth = model.probability(claim, at)
        if truth is not None and not abs(float(table.at(at).cells) - truth) <= TOLERANCE:
            return False
    return True


def as_probability(part: P | Kernel) -> P:
    assert isinstance(part, P)
    return part


def of_two_levels(found: Proved) -> bool:
    """Whether the proof takes its treatment to have two values only."""
    return any(step.rule == "consistency" and step.premises for step in found.step.walk())


def judge_atom(atom: P, graph: Graph, rng: np.random.Generator, tally: Tally) -> None:
    """Identify, and compare with the truth; faults land in the tally."""
    try:
        found = identify_counterfactual(graph, atom)
    except InvalidQuery:
        tally.counts["open name for two things"] += 1
        return
    except Exception as error:
        tally.fault("crash", graph, Query(P("Y")), (atom, repr(error)))
        return
    few = len(graph.nodes) > 4 or (isinstance(found, Proved) and of_two_levels(found))
    levels = {name: 2 if few else int(rng.choice([2, 3])) for name in graph.nodes}
    model = random_functional(graph, rng, levels)
    match found:
        case Proved(step=step):
            tally.counts[f"proved: {step.rule}"] += 1
            if not fits(found, atom, model):
                tally.fault("wrong", graph, Query(P("Y")), (atom, step.formula))
        case ImpossibleEvidence():
            tally.counts["impossible evidence"] += 1
            values = dict.fromkeys(free_variables(atom), 0)
            if model.probability(P(atom.given), values) != 0:
                tally.fault("possible evidence", graph, Query(P("Y")), atom)
        case Conflict() | Hedge():
            tally.counts[f"refused: {type(found).__name__}"] += 1
        case _:
            tally.fault("no verdict", graph, Query(P("Y")), (atom, found))


def counterfactual_trials(count: int, seed: int = 0, sizes: tuple[int, int] = (3, 6)) -> Tally:
    """Random events in random ADMGs."""
    tally = Tally()
    for number in range(count):
        rng = np.random.default_rng((seed, number, 17))
        nodes = int(rng.integers(sizes[0], sizes[1] + 1))
        graph = random_admg(rng, nodes, float(rng.uniform(1.5, 3.5)), float(rng.uniform(0.0, 0.4)))
        judge_atom(random_atom(rng, graph.nodes), graph, rng, tally)
    return tally


def random_sources(rng: np.random.Generator, names: Sequence[str]) -> list[Source]:
    """One to three distributions of all variables, with up to two of them set."""
    found = []
    for _ in range(int(rng.integers(1, 4))):
        do = [str(name) for name in rng.permutation(names)[: int(rng.integers(0, 3))]]
        found.append(Source(P([name for name in names if name not in do], (), do)))
    return found


def asked_trials(count: int, seed: int = 0, sizes: tuple[int, int] = (3, 5), sources: bool = False) -> Tally:
    """The same as whole questions, perhaps from experiments: what comes back goes through `verify`."""
    tally = Tally()
    for number in range(count):
        rng = np.random.default_rng((seed, number, 19))
        nodes = int(rng.integers(sizes[0], sizes[1] + 1))
        graph = random_admg(rng, nodes, float(rng.uniform(1.5, 3.5)), float(rng.uniform(0.0, 0.4)))
        try:
            atom = random_atom(rng, graph.nodes)
            found = identify(Query(atom), graph, random_sources(rng, graph.nodes) if sources else None)
        except QueryError:
            tally.counts["no question"] += 1
            continue
        query = Query(atom)
        try:
            if isinstance(found, Estimand | NotIdentified):
                verify(found, graph)
        except ProofRejected as error:
            tally.fault("rejected", graph, query, error)
        if isinstance(found, Estimand):
            tally.counts["proved"] += 1
            if not is_true(atom, found.expression, random_functional(graph, rng)):
                tally.fault("wrong", graph, query, found.expression)
        else:
            tally.counts[found.kind] += 1
    return tally
