"""Policies in force in exact models, and one random question about them held against the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from oracles.models import Model, Table, interventional
from oracles.sources import Populations, is_true_of, random_populations
from oracles.tangents import moves_alone
from oracles.worlds import random_admg
from whence.identification.sources.policies import Policy, prove_policy
from whence.language.estimand import Step
from whence.language.expression import P, free_variables
from whence.language.graph import Graph
from whence.language.source import POLICY, Source
from whence.runtime.errors import InvalidQuery


def in_force(model: Model, policies: Sequence[Policy], seed: int) -> Model:
    """The model with a random table of our own in the place of each governed variable's."""
    rng = np.random.default_rng((seed, 77))
    tables, parents = dict(model.tables), dict(model.parents)
    for policy in policies:
        shape = [*(model.levels[z] for z in policy.given), model.levels[policy.variable]]
        weights = rng.gamma(0.7, size=shape) + 0.08
        tables[policy.variable] = weights / weights.sum(axis=-1, keepdims=True)
        parents[policy.variable] = policy.given
    return replace(model, tables=tables, parents=parents)


def under(
    policies: Sequence[Policy], seed: int, outcomes: Sequence[str], given: Sequence[str]
) -> Callable[[Model], Table]:
    """The distribution of the outcomes where the policies are in force, as a function of the model."""
    return lambda model: interventional(in_force(model, policies, seed), outcomes, (), given)


def world_of(graph: Graph, policies: Sequence[Policy], sources: Sequence[Source], seed: int) -> Populations:
    """The question's population, the sources' and the one where the policies are in force."""
    given = tuple(sources) or (Source(P(graph.nodes)),)
    world = random_populations(graph, given, np.random.default_rng(seed))
    known = tuple(Source(policy.mechanism) for policy in policies)
    models = {**world.models, POLICY: in_force(world.own, policies, seed)}
    return Populations(models, (*given, *known))


def holds(
    step: Step, graph: Graph, policies: Sequence[Policy], sources: Sequence[Source] = (), seed=0
) -> bool:
    """Every step is true where the policies are in force, and mentions only what is measured or decided."""
    world = world_of(graph, policies, sources, seed)
    return all(is_true_of(each, world) for each in step.walk())


def loops(graph: Graph, policies: Sequence[Policy]) -> bool:
    """Whether no order exists in which each variable comes after all that it listens to."""
    listens = {name: set(graph.names(graph.parents[graph.number(name)])) for name in graph.nodes}
    listens |= {policy.variable: set(policy.given) for policy in policies}
    while ready := [name for name, above in listens.items() if not above & listens.keys()]:
        for name in ready:
            del listens[name]
    return bool(listens)


@dataclass(frozen=True)
class PolicyTrial:
    """How the question ended, and what is wrong with the reply (nothing: empty)."""

    verdict: str
    wrong: str


def policy_trial(seed: Sequence[int], elsewhere: bool, refusals: bool) -> PolicyTrial:
    """One or two random policies in a random graph, with an experiment on the first if `elsewhere`.

    With `refusals`, a refusal in a small graph must be shown by a direction in which only the query moves.
    """
    rng = np.random.default_rng(seed)
    graph = random_admg(rng, int(rng.integers(3, 6)), float(rng.uniform(1.5, 3.5)))
    names = [str(name) for name in rng.permutation(graph.nodes)]
    governed = names[: int(rng.integers(1, 3))]
    rest = names[len(governed) :]
    y, w = [rest[0]], rest[1 : 1 + int(rng.choice([0, 0, 1]))]
    policies = [Policy(x, tuple(z for z in names if z != x and rng.random() < 0.4)) for x in governed]
    sources = [Source(P(names[1:], (), names[:1])), Source(P(graph.nodes))] if elsewhere else []
    told = f"{graph!r} {policies} {y} {w}"
    try:
        found = prove_policy(graph, y, policies, w, sources)
    except InvalidQuery:
        return PolicyTrial("looks ahead", "" if loops(graph, policies) else f"{told}: no circle")
    if loops(graph, policies):
        return PolicyTrial("looks ahead", f"{told}: a circle went unseen")
    if isinstance(found, Step):
        fits = found.claim == P(y, w, (), POLICY) and free_variables(found.formula) <= {*y, *w}
        fits = fits and holds(found, graph, policies, sources, seed[1])
        return PolicyTrial("identified", "" if fits else f"{told}: false")
    if refusals and len(graph.nodes) < 5:
        known = sources or [Source(P(graph.nodes))]
        if not moves_alone(graph, known, under(policies, seed[1], y, w), seed[1]):
            return PolicyTrial("refused", f"{told}: the refusal is not shown")
    return PolicyTrial("refused", "")
