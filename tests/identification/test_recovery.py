"""Recovery in large graphs: factorisations of missing data, and searches focused on a few blocks."""

from itertools import pairwise

import numpy as np
import pytest

from oracles.recoveries import (
    hold_against,
    random_missingness,
    random_recovery_at_large,
    recorded,
    with_indicators,
)
from oracles.recovery import false_step, random_truth
from oracles.searches import random_claim
from oracles.trials import Tally
from oracles.worlds import all_dags, arrows, random_admg
from whence.identification.sources import recovery
from whence.identification.sources.do_search import BudgetSpent, Exhausted, do_search
from whence.identification.sources.missing_data import recovered
from whence.identification.sources.recovery import recover
from whence.language.estimand import Step
from whence.language.expression import P, Term
from whence.language.graph import Edge, Graph
from whence.language.printing import to_text
from whence.language.source import Source, starred

XYZ = ("x", "y", "z")


def proxied(names) -> Source:
    proxies = tuple((v, f"r_{v}") for v in names)
    return Source(P([*map(starred, names), *(r for _, r in proxies)]), proxies=proxies)


@pytest.fixture
def focused(monkeypatch):
    """Recovery as in a large graph, without the search of the whole."""
    monkeypatch.setattr(recovery, "do_search", lambda *_: BudgetSpent(0))


@pytest.mark.parametrize(
    ("text", "claim", "known"),
    [
        # Missing completely at random, at random, and not at random (Mohan and Pearl 2021).
        ("x->y r_x r_y", P(("x", "y")), "P(y | r_x=1, r_y=1, x) P(x | r_x=1)"),
        (
            "x->y y->r_x x->r_y",
            P(("x", "y")),
            "P(r_x=1, r_y=1, x, y) / (P(r_x=1 | r_y=1, y) P(r_y=1 | r_x=1, x))",
        ),
        ("x->y x->r_x r_y", P("y", "x"), "P(y | r_x=1, r_y=1, x)"),
        ("x->y x->r_x r_y", P(("x", "y")), None),
        ("x->y y->r_y r_x", P("x", "y"), "P(x | r_x=1, r_y=1, y)"),
    ],
)
def test_textbook_missingness_graphs_are_factorised_as_in_the_papers(text, claim, known):
    graph = arrows(text)
    found = recovered(graph, claim, proxied("xy"))
    assert (found and to_text(found.formula)) == known
    if known is None:
        assert isinstance(do_search(graph, claim, (proxied("xy"),)), Exhausted)


def test_factorisations_of_random_missing_data_are_true():
    tally = Tally()
    for number in range(150):
        rng = np.random.default_rng((8, number))
        graph, claim, source = random_missingness(rng)
        hold_against(recovered(graph, claim, source), graph, claim, (source,), number, tally)
    assert not tally.faults, tally.faults[0]
    assert tally.counts["found"] > 80
    assert tally.counts["not found"] > 10


def test_on_all_graphs_of_two_variables_and_their_indicators_factorisation_finds_what_the_search_finds():
    names = ("x", "y", "r_x", "r_y")
    both = proxied("xy")
    counts = {True: 0, False: 0}
    for letters in all_dags("abcd"):
        renamed = dict(zip("abcd", names, strict=True))
        edges = [Edge(renamed[edge.source], renamed[edge.target]) for edge in letters.edges]
        if any(edge.source.startswith("r_") and not edge.target.startswith("r_") for edge in edges):
            continue
        graph = Graph.of(names, edges)
        for claim in (P(("x", "y")), P("y", "x")):
            found, searched = recovered(graph, claim, both), do_search(graph, claim, (both,), 3_000)
            if found is not None:
                assert isinstance(searched, Step), (graph, claim)
                truth = random_truth(graph, (both,), np.random.default_rng(1))
                assert false_step(found, truth) is None, (graph, claim)
            if isinstance(searched, Step):
                counts[found is not None] += 1
    assert counts[True] > 9 * counts[False]


def test_focused_searches_are_true_and_mostly_find_what_a_whole_search_does(focused):
    tally = Tally()
    both = 0
    for number in range(70):
        rng = np.random.default_rng((9, number))
        graph, claim, given = random_recovery_at_large(rng, (3, 4))
        found = recover(graph, claim, given)
        hold_against(found, graph, claim, given, number, tally)
        searched = isinstance(do_search(graph, claim, given, 5_000), Step)
        tally.counts["searched"] += searched
        both += searched and isinstance(found, Step)
    for number in range(25):
        graph, claim, given = random_recovery_at_large(np.random.default_rng((10, number)), (6, 8))
        hold_against(recover(graph, claim, given), graph, claim, given, number, tally)
    assert not tally.faults, tally.faults[0]
    assert both > 0.7 * tally.counts["searched"] > 20


def test_effects_with_everything_incomplete_are_recovered_and_true(focused):
    tally = Tally()
    for number in range(40):
        rng = np.random.default_rng((12, number))
        graph = random_admg(rng, int(rng.integers(3, 5)), float(rng.uniform(1.5, 2.5)), 0.1)
        claim = random_claim(rng, graph)
        whole, missing = with_indicators(rng, graph, len(graph.nodes), 0.25)
        given = (recorded(whole, missing),)
        hold_against(recover(whole, claim, given), whole, claim, given, number, tally)
    assert not tally.faults, tally.faults[0]
    assert tally.counts["found"] > 15
    assert tally.counts["not found"] > 3


def test_an_effect_among_forty_incomplete_variables_is_recovered_by_adjustment():
    covariates = [f"Z{i:02}" for i in range(18)]
    edges = [Edge("X", "Y"), *(Edge(z, v) for z in covariates for v in ("X", "Y"))]
    edges += [Edge(a, f"r_{b}") for a, b in pairwise([*covariates, "X", "Y"])]
    names = ("X", "Y", *covariates)
    graph = Graph.of((*names, *(f"r_{v}" for v in names)), edges)
    found = recover(graph, P("Y", (), "X"), (proxied(names),), budget=2_000)
    assert isinstance(found, Step)
    assert {"rule 2", "chain", "sum", "proxy"} <= {step.rule for step in found.walk()}


def test_in_graphs_of_fifty_variables_steps_keep_to_the_letter_of_their_rules(focused):
    tally = Tally()
    for number in range(15):
        graph, claim, given = random_recovery_at_large(np.random.default_rng((11, number)), (45, 55))
        hold_against(recover(graph, claim, given), graph, claim, given, None, tally)
    assert not tally.faults, tally.faults[0]
    assert tally.counts["found"] >= 5


def test_a_chain_of_a_hundred_variables_missing_at_random_is_recovered():
    names = [f"v{i:03}" for i in range(100)]
    edges = [Edge(a, b) for a, b in pairwise(names)]
    edges += [Edge(a, f"r_{b}") for a, b in zip(names, names[2:], strict=False)]
    nodes = [*names, *(f"r_{v}" for v in names)]
    source = proxied(names)
    found = recover(Graph.of(nodes, edges), P(names), (source,))
    assert isinstance(found, Step)
    assert {step.rule for step in found.walk()} <= {"given", "proxy", "rule 1", "chain", "ratio"}


def test_selection_with_covariates_known_from_outside_is_recovered_in_a_large_graph():
    covariates = [f"Z{i}" for i in range(12)]
    edges = [Edge("X", "Y"), *(Edge(z, v) for z in covariates for v in ("X", "Y", "S"))]
    graph = Graph.of(("X", "Y", *covariates, "S"), edges)
    sample = Source(P(("X", "Y", *covariates), Term("S", 1)))
    assert not isinstance(recover(graph, P("Y", (), "X"), (sample,), budget=2_000), Step)
    found = recover(graph, P("Y", (), "X"), (sample, Source(P(covariates))))
    assert isinstance(found, Step)
    assert [step.rule for step in found.walk()].count("given") == 2
