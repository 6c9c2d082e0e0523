"""Whether the steps of a proof are true in random models: worlds, kernels, populations, records, all alike.

What speaks of several worlds is worked out in a model of which every unit is enumerated; the rest in tables
of chances, one model for each population.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from oracles.evaluation import Meaningless, agree, need, value_of
from oracles.functional import Functional, random_functional
from oracles.models import Table
from oracles.recovery import Truth, is_at_hand, random_truth, same_function
from whence.language.estimand import Estimand, Step
from whence.language.expression import Expression, Kernel, P, Term, atoms, free_variables, names_in
from whence.language.graph import Graph
from whence.language.source import Source


def is_imagined(estimand: Estimand) -> bool:
    """Whether some step speaks of several worlds."""
    claims = [step.claim for step in estimand.derivation.walk()]
    found = [atom for claim in claims for atom in atoms(claim) if isinstance(atom, P)]
    return any(term.world for atom in found for term in atom.terms)


def states_something_false(estimand: Estimand, graph: Graph, seed: int) -> bool | None:
    """Whether a step is false in a random model, or its estimand not at hand; None: it has no meaning."""
    rng = np.random.default_rng(seed)
    given = estimand.given or (Source(P(graph.observed)),)
    steps = [*estimand.derivation.walk()]
    whole = Step("query", estimand.query.body, estimand.expression)
    two = any(step.rule == "consistency" and step.premises for step in steps)
    try:
        if not free_variables(whole.formula) <= free_variables(whole.claim):
            return True
        if any(
            not isinstance(a, P) or not any(is_at_hand(a, s) for s in given) for a in atoms(whole.formula)
        ):
            return True
        if is_imagined(estimand):
            few = two or len(graph.nodes) > 3
            levels = {v: 2 if few else int(rng.integers(2, 4)) for v in graph.nodes}
            model = random_functional(graph, rng, levels)
            return any(not is_true_imagined(step, model, spoken_of(estimand)) for step in (*steps, whole))
        truth = random_truth(graph, given, rng)
        return any(not is_true_here(step, truth, spoken_of(estimand)) for step in (*steps, whole))
    except (Meaningless, KeyError, AssertionError, ValueError, IndexError, TypeError):
        return None


def spoken_of(estimand: Estimand) -> set[str]:
    """The variables that the question or a source mentions: a kernel sets the rest of these."""
    everything = [estimand.query.body, *(source.distribution for source in estimand.given)]
    found = [atom for each in everything for atom in atoms(each) if isinstance(atom, P)]
    names = {name for atom in found for term in atom.terms for name in names_in(term)}
    records = {f"{x}*": x for source in estimand.given for x, _ in source.proxies}
    names |= {name for source in estimand.given for pair in source.proxies for name in pair}
    return {records.get(name, name) for name in names} if estimand.given else {*estimand.graph.observed}


def is_true_here(step: Step, truth: Truth, names: set[str]) -> bool:
    """Whether claim and formula are the same function in these populations."""
    claim = step.claim
    if isinstance(claim, Kernel):
        need(set(claim.of) <= names <= set(truth.models[""].observed), claim)
        claim = P(claim.of, (), names - set(claim.of), claim.population)
    told = truth.value(claim)
    # Of what comes after something impossible, nothing is false.
    return bool(np.isnan(told.cells).all()) or same_function(told, truth.value(step.formula))


def is_true_imagined(step: Step, model: Functional, spoken: set[str]) -> bool:
    """Whether claim and formula are the same, at every value of what is open in either."""
    formula = value_of(step.formula, model.joint(), atom=lambda atom: _chances(model, atom), every_atom=True)
    if isinstance(step.claim, Kernel):
        need(not step.claim.population and set(step.claim.of) <= spoken, step.claim)
        return agree(_chances(model, P(step.claim.of, (), spoken - set(step.claim.of))), formula)
    names = sorted({*formula.names, *free_variables(step.claim)})
    need(set(names) <= set(model.levels), names)
    for values in product(*(range(model.levels[name]) for name in names)):
        at = dict(zip(names, values, strict=True))
        truth = _claimed(step.claim, model, at)
        if truth is not None and not abs(float(formula.at(at).cells) - truth) <= 1e-8:
            return False
    return True


def _claimed(claim: Expression, model: Functional, at: dict[str, int]) -> float | None:
    """What is claimed is, at these values; None where its condition never happens."""

    def atom(part: P | Kernel) -> Table:
        need(isinstance(part, P), part)
        assert isinstance(part, P)
        need(not part.population and not (part.do and any(t.world for t in part.terms)), part)
        world = tuple(Term(t.name, at[t.name] if t.value is None else t.value) for t in part.do)
        if world:
            of, given = ([replace(t, world=world) for t in terms] for terms in (part.of, part.given))
            part = P(of, given)
        found = model.probability(part, at)
        return Table((), np.array(np.nan if found is None else found))

    if isinstance(claim, P | Kernel):
        number = float(atom(claim).cells)
        return None if np.isnan(number) else number
    # A question of several parts: each is a number once what it binds has a value, so they are tables first.
    opened = sorted({name for each in atoms(claim) for name in free_variables(each)})
    tables: dict[P | Kernel, Table] = {}
    for part in atoms(claim):
        own = sorted(free_variables(part))
        cells = np.full([model.levels[name] for name in own], np.nan)
        for place in np.ndindex(*cells.shape):
            number = _claimed(part, model, dict(zip(own, place, strict=True)))
            cells[place] = np.nan if number is None else number
        tables[part] = Table(tuple(own), cells)
    need(set(opened) <= set(model.levels), claim)
    whole = value_of(claim, model.joint(), atom=tables.__getitem__, every_atom=True)
    number = float(whole.at(at).cells)
    return None if np.isnan(number) else number


def _chances(model: Functional, atom: P | Kernel) -> Table:
    assert isinstance(atom, P)
    names = [term.name for term in atom.terms]
    need(atom.of and len(set(names)) == len(names) and set(names) <= set(model.graph.observed), atom)
    need(not atom.population and not any(term.world for term in atom.terms), atom)
    return model.table(atom)
