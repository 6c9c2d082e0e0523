"""m-separation against its definition: enumerate every path and look at each node on it."""

from itertools import combinations, product

import numpy as np
import pytest

from identification.definitions import all_dags, open_paths, subsets
from oracles.worlds import arrows, random_admg, random_hidden
from whence.identification.kinship import ancestors_of, descendants_of, districts
from whence.identification.projection import latent_projection
from whence.identification.separation import open_path, separated
from whence.language.graph import Graph
from whence.runtime.errors import InvalidGraph, RepeatedVariable, UnknownVariable


def test_separation_equals_its_definition_on_every_dag_of_four_ordered_nodes():
    checked = 0
    for graph in all_dags(4):
        for x, y in combinations(graph.nodes, 2):
            for z in subsets(set(graph.nodes) - {x, y}):
                assert separated(graph, x, y, z) == (not any(open_paths(graph, [x], [y], z)))
                checked += 1
    assert checked == 64 * 6 * 4


@pytest.mark.parametrize("seed", range(4))
def test_separation_of_sets_equals_its_definition_on_random_admgs(seed):
    rng = np.random.default_rng(seed)
    verdicts = set()
    for _ in range(150):
        graph = random_admg(rng, int(rng.integers(3, 7)), degree=2.5)
        roles = rng.integers(0, 4, size=len(graph.nodes))
        x, y, z = ([v for v, role in zip(graph.nodes, roles, strict=True) if role == k] for k in range(3))
        expected = not any(open_paths(graph, x, y, z))
        assert separated(graph, x, y, z) == expected
        verdicts.add(expected)
    assert verdicts == {True, False}


def test_an_open_path_is_one_of_the_definition_and_a_shortest():
    rng = np.random.default_rng(11)
    for _ in range(300):
        graph = random_admg(rng, int(rng.integers(3, 7)), degree=2.5)
        x, y, *others = map(str, rng.permutation(graph.nodes))
        z = [v for v in others if rng.random() < 0.4]
        known = [str(path) for path in open_paths(graph, [x], [y], z)]
        found = open_path(graph, x, y, z)
        if found is None:
            assert known == []
        else:
            assert str(found) in known
            assert len(found.nodes) == min(len(text.split()) // 2 + 1 for text in known)


def test_cutting_edges_is_the_same_as_drawing_the_graph_without_them():
    rng = np.random.default_rng(12)
    for _ in range(200):
        graph = random_admg(rng, 6)
        x, y, a, b, *z = map(str, rng.permutation(graph.nodes))
        kept = [
            edge
            for edge in graph.edges
            if not (edge.target == a or (edge.mark == "<->" and edge.source == a))
            and not (edge.mark == "->" and edge.source == b)
        ]
        drawn = Graph.of(graph.nodes, kept)
        assert separated(graph, x, y, z, cut_into=a, cut_out_of=b) == separated(drawn, x, y, z)


def test_latent_projection_keeps_every_separation_and_ancestry_of_the_observed():
    rng = np.random.default_rng(13)
    for _ in range(100):
        graph = random_hidden(rng, 7, 3)
        drawn = latent_projection(graph)
        assert drawn.nodes == graph.observed
        for v in drawn.nodes:
            assert set(ancestors_of(drawn, [v])) == set(ancestors_of(graph, [v])) & set(drawn.nodes)
            assert set(descendants_of(drawn, [v])) == set(descendants_of(graph, [v])) & set(drawn.nodes)
        for x, y in combinations(drawn.nodes, 2):
            for z in subsets(set(drawn.nodes) - {x, y}):
                assert separated(drawn, x, y, z) == separated(graph, x, y, z)


def test_projection_takes_out_chains_of_latent_nodes_with_bidirected_edges():
    graph = arrows("A->L L->M M->B M->C L<->D", latent=("L", "M"))
    assert latent_projection(graph) == arrows("A->B A->C B<->C D<->B D<->C")


def test_districts_are_the_connected_parts_of_the_bidirected_edges():
    graph = arrows("A<->B B<->C D->A E<->D")
    assert [set(graph.names(each)) for each in districts(graph, graph.all)] == [{"A", "B", "C"}, {"D", "E"}]
    assert [set(graph.names(each)) for each in districts(graph, graph.mask("ACE"))] == [{"A"}, {"C"}, {"E"}]


def test_a_wrong_name_or_role_is_a_typed_error():
    graph = arrows("season->price price->sales")
    with pytest.raises(UnknownVariable, match="sales"):
        separated(graph, "price", "sale")
    for x, y, z in product(["price"], ["sales", "price"], ["price"]):
        with pytest.raises(RepeatedVariable):
            separated(graph, x, y, z)
    with pytest.raises(InvalidGraph, match="CPDAG"):
        separated(Graph.of("AB", [], kind="CPDAG"), "A", "B", cut_into="A")


def test_nothing_is_connected_to_an_empty_set():
    assert separated(arrows("X->Y"), "X", ())
