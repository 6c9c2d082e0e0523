"""Every small graph: what the graph algorithms say is held against what exact models do.

A separation is an independence in every model, and what is not separated is dependent in almost every
model; a set serves for adjustment when the adjusted sum is the effect in every model, and fails in almost
every model when it does not. So one random model of each graph decides, up to a set of measure zero, and no
criterion of a graph is trusted.
"""

from itertools import combinations, permutations

import numpy as np
import pytest

from oracles.evaluation import agree, value_of
from oracles.models import Model, Table, interventional, joint, random_model
from oracles.trials import Tally, judge
from oracles.worlds import all_admgs, all_dags, random_admg, random_hidden, subsets
from whence.identification.adjustment import is_adjustment_set
from whence.identification.separation import separated
from whence.identification.verification.world import project
from whence.language.expression import Expression, P, Product, Sum
from whence.language.graph import Graph
from whence.language.query import Query


def is_independent(seen: Table, x: str, y: str, z: tuple[str, ...]) -> bool:
    """P(x, y, z) P(z) = P(x, z) P(y, z)."""
    left = seen.keep({x, y, *z}) * seen.keep(z)
    return agree(left, seen.keep({x, *z}) * seen.keep({y, *z}), 1e-9)


def adjusts_in(model: Model, seen: Table, x: tuple[str, ...], y: tuple[str, ...], z: tuple[str, ...]) -> bool:
    outer = P(y, (*x, *z))
    formula: Expression = Sum(z, Product((outer, P(z)))) if z else outer
    return agree(value_of(formula, seen), interventional(model, y, x), 1e-9)


def disagreements(graph: Graph, seed: int) -> list[str]:
    model = random_model(graph, np.random.default_rng(seed))
    seen, world, found = joint(model), project(graph), []
    for x, y in combinations(graph.observed, 2):
        for z in subsets(set(graph.observed) - {x, y}):
            truth = is_independent(seen, x, y, z)
            if separated(graph, x, y, z) != truth:
                found.append(f"separated({x}, {y} | {z}) in {graph!r} is {truth}")
            if world.separated(frozenset(x), frozenset(y), frozenset(z)) != truth:
                found.append(f"the verifier: separated({x}, {y} | {z}) in {graph!r} is {truth}")
    for x, y in permutations(graph.observed, 2):
        for z in subsets(set(graph.observed) - {x, y}):
            truth = adjusts_in(model, seen, (x,), (y,), z)
            if bool(is_adjustment_set(graph, x, y, z)) != truth:
                found.append(f"adjustment for {z} of {x} on {y} in {graph!r} is {truth}")
            if world.adjusts(frozenset(x), frozenset(y), frozenset(z)) != truth:
                found.append(f"the verifier: adjustment for {z} of {x} on {y} in {graph!r} is {truth}")
    return found


def test_separation_and_adjustment_are_what_models_do_on_all_543_dags_of_four_nodes():
    graphs = all_dags("ABCD")
    assert len(graphs) == 543
    assert [fault for seed, graph in enumerate(graphs) for fault in disagreements(graph, seed)] == []


def test_separation_and_adjustment_are_what_models_do_on_all_200_admgs_of_three_nodes():
    graphs = all_admgs("ABC")
    assert len(graphs) == 200
    assert [fault for seed, graph in enumerate(graphs) for fault in disagreements(graph, seed)] == []


def test_adjustment_of_joint_effects_is_what_models_do_on_random_graphs_with_hidden_causes():
    verdicts = {True: 0, False: 0}
    for number in range(150):
        rng = np.random.default_rng((11, number))
        graph = random_admg(rng, 5, 3.0, 0.3) if number % 2 else random_hidden(rng, 6, 1)
        model = random_model(graph, rng)
        seen, world = joint(model), project(graph)
        mixed = [str(name) for name in rng.permutation(graph.observed)]
        x, y = tuple(mixed[:2]), tuple(mixed[2 : 3 + int(rng.integers(2))])
        for z in subsets(set(graph.observed) - {*x, *y}):
            truth = adjusts_in(model, seen, x, y, z)
            verdicts[truth] += 1
            assert bool(is_adjustment_set(graph, x, y, z)) == truth, (graph, x, y, z)
            assert world.adjusts(frozenset(x), frozenset(y), frozenset(z)) == truth, (graph, x, y, z)
    assert min(verdicts.values()) >= 50


def test_latent_nodes_with_any_edges_are_projected_to_what_models_show_of_the_others():
    verdicts = {True: 0, False: 0}
    for number in range(120):
        rng = np.random.default_rng((13, number))
        drawn = random_admg(rng, 6, 2.4, 0.35)
        graph = Graph.of(
            drawn.nodes, drawn.edges, latent=[str(name) for name in rng.permutation(drawn.nodes)[:2]]
        )
        seen, world = joint(random_model(graph, rng)), project(graph)
        for x, y in combinations(graph.observed, 2):
            for z in subsets(set(graph.observed) - {x, y}):
                truth = is_independent(seen, x, y, z)
                verdicts[truth] += 1
                assert world.separated(frozenset({x}), frozenset({y}), frozenset(z)) == truth, (
                    graph,
                    x,
                    y,
                    z,
                )
                assert separated(graph, x, y, z) == truth, (graph, x, y, z)
    assert min(verdicts.values()) >= 500


def test_what_the_verifier_takes_for_a_front_door_is_one_in_every_small_world():
    verdicts = {True: 0, False: 0}
    for number in range(500):
        rng = np.random.default_rng((12, number))
        graph = random_admg(rng, int(rng.integers(3, 6)), 2.5, 0.35)
        model = random_model(graph, rng)
        seen, world = joint(model), project(graph)
        x, y, *others = (str(name) for name in rng.permutation(graph.observed))
        for through in subsets(others):
            if through:
                inner = Sum((x,), Product((P(y, (x, *through)), P(x))))
                formula = Sum(through, Product((P(through, x), inner)))
                truth = agree(value_of(formula, seen), interventional(model, [y], [x]), 1e-9)
                verdict = world.is_front_door(frozenset({x}), frozenset({y}), frozenset(through))
                assert truth or not verdict, (graph, x, y, through)
                verdicts[verdict] += 1
    assert min(verdicts.values()) >= 30


@pytest.mark.parametrize("conditional", [False, True])
def test_every_effect_in_every_admg_of_three_nodes_is_proved_and_true_or_refused_with_a_hedge(
    conditional: bool,
):
    tally = Tally()
    for seed, graph in enumerate(all_admgs("ABC")):
        for x, y, z in permutations("ABC", 3):
            if conditional:
                judge(Query(P(y, z, x)), graph, seed, tally)
            else:
                for body in (P(y, (), x), P((y, z), (), x), P(y, (), (x, z))):
                    judge(Query(body), graph, seed, tally)
    assert tally.faults == []
    assert tally.counts["identified"] >= 500
    assert tally.counts["refused with a hedge"] >= 200
