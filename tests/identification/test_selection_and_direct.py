"""Adjustment from a selected sample and for direct effects, against exact models."""

import numpy as np
import pytest

from identification.definitions import below, subsets
from oracles.models import interventional, joint, random_model
from oracles.worlds import arrows, random_admg
from whence.identification.adjustment import Spoiled, is_adjustment_set
from whence.language.graph import Graph
from whence.runtime.errors import InvalidGraph, InvalidOption, InvalidQuery, RepeatedVariable


def selected_formula(model, x, y, z, s):
    """Σ P(y | x, z, S=1) P(z | S=1)."""
    seen = joint(model).at(dict.fromkeys(s, 1)).keep({*x, *y, *z})
    outcome = seen / seen.keep({*x, *z})
    weight = seen.keep(z) / seen.keep(())
    return (outcome * weight).keep({*x, *y})


@pytest.mark.parametrize("joint_treatments", [1, 2])
def test_under_selection_a_set_serves_exactly_where_its_formula_is_the_effect(joint_treatments):
    rng = np.random.default_rng(61 + joint_treatments)
    verdicts = []
    for _ in range(150):
        graph = random_admg(rng, 5, degree=float(rng.uniform(1.2, 2.4)), share=0.25)
        names = [str(v) for v in rng.permutation(graph.nodes)]
        x, y, s, rest = names[:joint_treatments], names[3:4], names[4:], names[joint_treatments:3]
        here = []
        for z in subsets(rest):
            verdict = is_adjustment_set(graph, x, y, z, selected=s)
            holds = True
            for _ in range(2):
                model = random_model(graph, rng)
                truth = interventional(model, y, x)
                gap = (selected_formula(model, x, y, z, s) - truth).cells
                holds &= bool(np.abs(gap).max() < 1e-9)
            assert bool(verdict) == holds, (graph, x, y, z, s, verdict)
            here.append(verdict)
        assert all(each or each.some_set_serves == any(here) for each in here)
        verdicts += map(bool, here)
    assert sum(verdicts) > 30
    assert verdicts.count(False) > 30


def regression_gives_the_arrow(graph: Graph, x: str, y: str, z, s, rng) -> bool:
    """Whether the coefficient of x, given z and s, is that of x -> y in a random linear model."""
    size = len(graph.nodes)
    weights = np.zeros((size, size))
    noise = np.diag(rng.uniform(0.5, 2, size))
    for edge in graph.edges:
        a, b = graph.index[edge.source], graph.index[edge.target]
        if edge.mark == "->":
            weights[b, a] = rng.normal()
        else:
            hidden = np.zeros(size)
            hidden[[a, b]] = rng.normal(size=2)
            noise = noise + np.outer(hidden, hidden)
    mix = np.linalg.inv(np.eye(size) - weights)
    spread = mix @ noise @ mix.T
    inputs = [graph.index[v] for v in (x, *z, *s)]
    fitted = np.linalg.solve(spread[np.ix_(inputs, inputs)], spread[inputs, graph.index[y]])
    return bool(abs(fitted[0] - weights[graph.index[y], graph.index[x]]) < 1e-9)


def test_the_single_door_criterion_is_when_regression_gives_the_coefficient_of_the_arrow():
    rng = np.random.default_rng(63)
    verdicts = []
    for _ in range(200):
        graph = random_admg(rng, 5, degree=2.2, share=0.25)
        x, y, *others = (str(v) for v in rng.permutation(graph.nodes))
        if y not in {edge.target for edge in graph.edges if edge.source == x and edge.mark == "->"}:
            continue
        verdict_of = {z: is_adjustment_set(graph, x, y, z, effect="direct") for z in subsets(others)}
        for z, verdict in verdict_of.items():
            holds = regression_gives_the_arrow(graph, x, y, z, (), rng)
            # A descendant of the outcome that is cut off from it by chance of the graph does no harm.
            assert bool(verdict) == (holds and not below(graph, [y]) & set(z)), (graph, x, y, z)
            assert verdict or verdict.some_set_serves == any(verdict_of.values())
            verdicts.append(bool(verdict))
    assert sum(verdicts) > 20
    assert verdicts.count(False) > 20


def test_without_an_arrow_a_direct_effect_of_zero_is_found_wherever_the_regression_finds_it():
    rng = np.random.default_rng(64)
    verdicts = []
    for _ in range(60):
        graph = random_admg(rng, 4, degree=2.0, share=0.25)
        x, y, *others = (str(v) for v in rng.permutation(graph.nodes))
        if y in {edge.target for edge in graph.edges if edge.source == x and edge.mark == "->"}:
            continue
        for z in subsets(others):
            holds = regression_gives_the_arrow(graph, x, y, z, (), rng)
            assert bool(is_adjustment_set(graph, x, y, z, effect="direct")) == holds, (graph, x, y, z)
            verdicts.append((holds, bool(below(graph, [y]) & set(z))))
    assert {(True, True), (True, False), (False, True)} <= set(verdicts)


def test_a_mediator_belongs_into_the_set_for_a_direct_effect_and_spoils_the_total_one():
    graph = arrows("X->M M->Y X->Y Z->X Z->Y Y->D")
    assert is_adjustment_set(graph, "X", "Y", ["Z", "M"], effect="direct")
    assert not is_adjustment_set(graph, "X", "Y", ["Z", "M"])
    without = is_adjustment_set(graph, "X", "Y", "Z", effect="direct")
    assert "indirect path X -> M -> Y stays open" in without.message
    child = is_adjustment_set(graph, "X", "Y", ["Z", "M", "D"], effect="direct")
    assert isinstance(child, Spoiled)
    assert (child.reason, child.variable, child.some_set_serves) == ("forbidden variable", "D", True)


def test_selection_by_the_outcome_is_told_apart_from_an_open_path():
    graph = arrows("X->Y Y->S Z->X Z->Y")
    verdict = is_adjustment_set(graph, "X", "Y", "Z", selected="S")
    assert isinstance(verdict, Spoiled)
    assert (verdict.reason, verdict.some_set_serves) == ("selection", False)
    graph = arrows("X->Y X->S Z->X Z->Y")
    verdict = is_adjustment_set(graph, "X", "Y", "Z", selected="S")
    assert isinstance(verdict, Spoiled)
    assert "shares causes" in verdict.message
    verdict = is_adjustment_set(arrows("X->Y W->X W->Y S->W"), "X", "Y", (), selected="S")
    assert isinstance(verdict, Spoiled)
    after = is_adjustment_set(graph, "X", "Y", "Z", selected="S", effect="direct")
    assert after
    late = is_adjustment_set(arrows("X->Y Y->S"), "X", "Y", effect="direct", selected="S")
    assert isinstance(late, Spoiled)
    assert late.reason == "selection"


def test_misuse_is_a_typed_error():
    graph = arrows("X->Y Z->X Z->Y X->W")
    with pytest.raises(InvalidOption, match="effect"):
        is_adjustment_set(graph, "X", "Y", effect="indirect")
    with pytest.raises(InvalidQuery, match="one outcome"):
        is_adjustment_set(graph, "X", ["Y", "W"], effect="direct")
    with pytest.raises(RepeatedVariable):
        is_adjustment_set(graph, "X", "Y", "Z", selected="Z")
    chain = Graph.of("XY", [], kind="CPDAG")
    with pytest.raises(InvalidGraph, match="direct effect"):
        is_adjustment_set(chain, "X", "Y", effect="direct")
    with pytest.raises(InvalidGraph, match="selection"):
        is_adjustment_set(Graph.of("XYS", [], kind="CPDAG"), "X", "Y", selected="S")
