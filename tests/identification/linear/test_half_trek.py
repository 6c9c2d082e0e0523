"""The half-trek criterion for whole models: published graphs, and all small ones against ranks."""

from collections import Counter
from itertools import permutations

import pytest

from oracles.linear import Linearised, all_forward_admgs
from oracles.worlds import arrows
from whence.identification.linear.half_trek import half_trek
from whence.identification.linear.identify_linear import identify_linear
from whence.language.graph import Edge, Graph
from whence.language.linear import LinearEstimand
from whence.runtime.errors import InvalidGraph

# Foygel, Draisma and Drton (2012), the acyclic graphs of figures 3 to 5 and 9, by their captions.
FIGURES = {
    "3a": ("1->2 2->3 3->4 4->5 1<->3 1<->4 2<->4 2<->5", "identified", True),
    "3b": ("1->2 1->5 2->3 2->4 3->5 1<->3 1<->4 1<->5", "identified", True),
    "3c": ("1->2 1->3 1->4 4->5 1<->2 1<->3 1<->4 1<->5", "inconclusive", True),
    "4a": ("1->2 1->3 1->4 1->5 2->3 2->4 3->4 3->5 2<->3 2<->5", "infinite", False),
    "4b": ("1->2 1->3 1->4 1->5 2->3 4->5 1<->2 1<->3 1<->4 1<->5", "inconclusive", False),
    "5a": ("1->2 1->3 1->4 1->5 2->5 3->5 4->5 1<->2 1<->3 1<->4", "inconclusive", True),
    "5b": ("1->2 1->4 1->5 2->3 2->5 3->4 1<->2 1<->3 1<->5 2<->4", "inconclusive", True),
    "9a": ("1->2 1->3 2->3 2->4 2->5 3->4 4->5 1<->4 2<->3 2<->5", "inconclusive", True),
    "bow": ("1->2 1<->2", "infinite", False),
    "instrument": ("1->2 2->3 2<->3", "identified", True),
}


@pytest.mark.parametrize("figure", FIGURES)
def test_the_published_graphs_get_the_published_verdict(figure: str):
    text, verdict, finite = FIGURES[figure]
    g = arrows(text)
    assert half_trek(g).verdict == verdict
    assert Linearised(g).finite == finite


def unlabelled(g: Graph) -> tuple:
    """The same for graphs that differ in names only."""
    places = range(len(g.nodes))
    edges = [(g.index[e.source], g.index[e.target], e.mark) for e in g.edges]
    return min(
        tuple(
            sorted((*(sorted((p[a], p[b])) if mark == "<->" else (p[a], p[b])), mark) for a, b, mark in edges)
        )
        for p in permutations(places)
    )


def test_on_all_graphs_of_up_to_four_variables_the_criterion_is_never_wrong():
    counts: dict[int, Counter] = {}
    for size in (2, 3, 4):
        graphs = {unlabelled(g): g for g in all_forward_admgs(size)}
        counts[size] = Counter()
        for g in graphs.values():
            verdict, finite = half_trek(g).verdict, Linearised(g).finite
            assert verdict != ("infinite" if finite else "identified"), g
            counts[size][verdict] += 1
    assert counts[3] == {"identified": 17, "infinite": 23}
    assert counts[4] == {"identified": 343, "infinite": 1220, "inconclusive": 4}


def test_in_an_identified_model_every_coefficient_is_found():
    solved = [g for g in all_forward_admgs(4)[::7] if half_trek(g).verdict == "identified"]
    assert len(solved) > 100
    for g in [*solved[::3], arrows(FIGURES["3a"][0]), arrows(FIGURES["3b"][0])]:
        for edge in g.edges:
            if edge.mark == "->":
                assert isinstance(identify_linear(g, edge.source, edge.target), LinearEstimand), (g, edge)


def test_the_sources_solve_the_variables_in_the_order_given():
    g = arrows(FIGURES["3b"][0])
    found = half_trek(g)
    place = {name: number for number, (name, _) in enumerate(found.sources)}
    for name, sources in found.sources:
        v = g.index[name]
        assert len(sources) == g.parents[v].bit_count()
        for source in sources:
            s = g.index[source]
            assert s != v
            assert not g.spouses[v] >> s & 1
            assert place[source] < place[name] or source not in after_errors_of(g, v)


def after_errors_of(g: Graph, v: int) -> set[str]:
    """What a half-trek from v leads to, by walking."""
    found, pending = set(), [v, *(s for s in range(len(g.nodes)) if g.spouses[v] >> s & 1)]
    while pending:
        node = pending.pop()
        if g.nodes[node] not in found:
            found.add(g.nodes[node])
            pending += [c for c in range(len(g.nodes)) if g.children[node] >> c & 1]
    return found


def test_latent_nodes_and_open_edges_are_typed_errors():
    with pytest.raises(InvalidGraph, match="latent"):
        half_trek(arrows("U->X U->Y", latent=("U",)))
    with pytest.raises(InvalidGraph):
        half_trek(Graph.of((), [Edge("X", "Y", "--")]))
