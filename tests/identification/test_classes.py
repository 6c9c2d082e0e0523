"""Classes of graphs against every graph written out: CPDAGs, MPDAGs, MAGs, PAGs, their members and sizes."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest

from identification.classes import common_marks, dag_classes, drawn, independences, keeps, mag_classes
from identification.definitions import below, subsets
from oracles.classes import equivalent_mags, mag_by_definition, random_class
from oracles.worlds import all_admgs, arrows, random_admg, random_hidden
from whence.identification.classes.ancestral import is_visible, mag
from whence.identification.classes.class_size import class_size
from whence.identification.classes.markov_class import cpdag, is_member, members, same_class
from whence.identification.classes.marks import Marks
from whence.identification.classes.meek import orient
from whence.identification.classes.pag import pag
from whence.identification.kinship import ancestors_of
from whence.identification.projection import canonical_dag, latent_projection
from whence.identification.separation import open_path, separated
from whence.language.graph import Edge, Graph
from whence.language.graph_text import graph as read

NAMES = "ABCD"


def dag_arrows(graph):
    return {(edge.source, edge.target) for edge in graph.edges}


def check_members(graph, expected):
    listed = list(members(graph))
    assert len(listed) == len(expected) == class_size(graph)
    assert set(listed) == set(expected)


def check_separations(graph, model):
    for x, y in combinations(graph.nodes, 2):
        for z in subsets(set(graph.nodes) - {x, y}):
            apart = (x, y, z) in model
            assert separated(graph, x, y, z) == apart
            assert (open_path(graph, x, y, z) is None) == apart


def test_every_class_of_dags_of_four_nodes_has_its_cpdag_members_size_and_separations():
    classes = dag_classes(NAMES)
    assert (len(classes), sum(map(len, classes))) == (185, 543)
    for each in classes:
        graph = drawn(common_marks(each), NAMES, "CPDAG")
        assert all(cpdag(dag) == graph for dag in each)
        check_members(graph, each)
        check_separations(graph, independences(each[0]))


def test_every_class_of_mags_of_four_nodes_has_its_pag_members_size_and_separations():
    classes = mag_classes(NAMES)
    assert len(classes) == 248
    for each in classes:
        graph = drawn(common_marks(each), NAMES, "PAG")
        assert all(pag(one) == graph for one in each)
        check_members(graph, each)
        check_separations(graph, independences(each[0]))
        assert all(mag(one) is one for one in each)


def test_knowledge_leaves_exactly_the_members_that_have_its_arrows_and_directs_all_that_follows():
    rng = np.random.default_rng(71)
    for each in dag_classes(NAMES):
        whole = drawn(common_marks(each), NAMES, "CPDAG")
        one = each[int(rng.integers(len(each)))]
        known = [pair for pair in sorted(dag_arrows(one)) if rng.random() < 0.4]
        left = [dag for dag in each if set(known) <= dag_arrows(dag)]
        graph = orient(whole, known)
        assert graph == drawn(common_marks(left), NAMES, "MPDAG")
        check_members(graph, left)
        assert cpdag(graph) == whole
        assert [is_member(dag, graph) for dag in each] == [dag in left for dag in each]


def test_larger_mpdags_need_the_fourth_rule():
    # Meek's rule 4 alone directs A -> B here.
    graph = Graph.of(
        "ABCD",
        [
            Edge("A", "B", "--"),
            Edge("A", "C", "--"),
            Edge("A", "D", "--"),
            Edge("D", "C", "--"),
            Edge("C", "B", "--"),
        ],
        kind="CPDAG",
    )
    closed = orient(graph, [("D", "C"), ("C", "B")])
    assert ("A", "B") in dag_arrows(closed)
    rng = np.random.default_rng(72)
    for _ in range(60):
        graph, found = random_class(rng, "MPDAG", 6)
        check_members(graph, found)


def test_sizes_of_known_classes():
    def complete(size):
        return Graph.of(
            (), [Edge(f"v{a}", f"v{b}", "--") for a in range(size) for b in range(a)], kind="CPDAG"
        )

    assert class_size(complete(25)) == factorial(25)
    path = Graph.of((), [Edge(f"v{i}", f"v{i + 1}", "--") for i in range(200)], kind="CPDAG")
    assert class_size(path) == 201
    star = Graph.of((), [Edge("hub", f"leaf{i}", "--") for i in range(50)], kind="CPDAG")
    assert class_size(star) == 51
    assert class_size(orient(star, [("leaf3", "hub")])) == 1
    two = Graph.of((), [*complete(5).edges, Edge("a", "b", "--")], kind="CPDAG")
    assert class_size(two) == 240


def test_size_equals_the_number_of_members_of_random_chordal_graphs():
    rng = np.random.default_rng(73)
    for _ in range(60):
        cliques, edges = [[0]], []
        for v in range(1, int(rng.integers(4, 8))):
            near = cliques[int(rng.integers(len(cliques)))]
            chosen = [int(u) for u in rng.permutation(near)[: int(rng.integers(1, 4))]]
            edges += [Edge(f"v{u}", f"v{v}", "--") for u in chosen]
            cliques.append([*chosen, v])
        graph = Graph.of((), edges, kind="CPDAG")
        assert class_size(graph) == sum(1 for _ in members(graph))


def test_members_are_found_lazily_where_there_are_too_many_to_list():
    big = Graph.of((), [Edge(f"v{a}", f"v{b}", "--") for a in range(30) for b in range(a)], kind="CPDAG")
    found = members(big)
    first = [next(found) for _ in range(20)]
    assert len(set(first)) == 20
    assert all(cpdag(dag) == big for dag in first[:3])


def test_equivalence_is_having_the_same_independences():
    rng = np.random.default_rng(74)
    dags = [dag for each in dag_classes(NAMES) for dag in each]
    mags = [one for each in mag_classes(NAMES) for one in each]
    for pool in (dags, mags):
        verdicts = []
        for _ in range(150):
            a = pool[int(rng.integers(len(pool)))]
            near = [b for b in pool if len(b.edges) == len(a.edges)]
            b = near[int(rng.integers(len(near)))]
            verdicts.append(independences(a) == independences(b))
            assert same_class(a, b) == verdicts[-1]
            assert is_member(a, cpdag(b) if pool is dags else pag(b)) == verdicts[-1]
        assert True in verdicts
        assert False in verdicts
    assert not same_class(arrows("A->B"), arrows("A->C"))
    assert same_class(arrows("A->B B->C"), read("[PAG] A o-o B; B o-o C"))
    assert same_class(arrows("A->B C->B"), arrows("A<->B B<->C"))
    assert is_member(arrows("A->B B->C"), read("[PAG] A o-o B; B o-o C"))
    assert not is_member(arrows("A<->B"), read("[CPDAG] A -- B"))


def test_the_mag_of_every_admg_of_three_nodes_and_of_random_dags_with_latent_nodes_is_by_definition():
    for graph in all_admgs("ABC"):
        assert mag(graph) == mag_by_definition(graph)
    rng = np.random.default_rng(75)
    for _ in range(120):
        graph = random_hidden(rng, 7, 3)
        assert mag(graph) == mag_by_definition(graph)
        assert pag(graph) == pag(mag(graph))
        assert same_class(graph, latent_projection(graph))


def test_the_pag_of_random_mags_of_six_nodes_is_what_all_equivalent_mags_share():
    rng = np.random.default_rng(77)
    checked = 0
    while checked < 40:
        one = mag_by_definition(random_admg(rng, 6, degree=float(rng.uniform(1.8, 2.6)), share=0.5))
        if len(one.edges) <= 7:
            found = equivalent_mags(one)
            graph = drawn(common_marks(found), one.nodes, "PAG")
            assert pag(one) == graph
            check_members(graph, found)
            checked += 1


def test_an_edge_is_visible_exactly_where_no_hidden_cause_fits_behind_it():
    seen = set()
    for each in mag_classes(NAMES):
        for one in each[:2]:
            marks = Marks.of(one)
            alone = independences(one)
            for edge in one.edges:
                if edge.mark == "->":
                    grown = Graph.of(
                        one.nodes, [*one.edges, Edge(edge.source, edge.target, "<->")], kind="ADMG"
                    )
                    visible = is_visible(marks, one.index[edge.source], one.index[edge.target])
                    assert visible == (not keeps(grown, alone))
                    seen.add(visible)
    assert seen == {True, False}


def test_the_canonical_dag_has_the_ancestors_and_separations_and_projects_back():
    rng = np.random.default_rng(76)
    for _ in range(60):
        graph = random_admg(rng, 5, degree=2.5)
        whole = canonical_dag(graph)
        assert whole.kind == "DAG"
        assert latent_projection(whole) == Graph.of(
            graph.nodes, graph.edges, kind=latent_projection(whole).kind
        )
        for v in graph.nodes:
            assert set(ancestors_of(whole, [v])) & set(graph.nodes) == set(ancestors_of(graph, [v]))
    taken = canonical_dag(arrows("A<->B U_A_B->A"))
    assert taken.latent == {"U_A_B_"}
    one = read("[MAG] A <-> B; B -> C")
    assert below(canonical_dag(one), ["B"]) == {"B", "C"}


def test_separation_in_a_mag_with_selection_reads_its_undirected_edges():
    graph = read("[MAG] A -- B; B -- C; C -> D; E -> D")
    assert not separated(graph, "A", "C")
    assert separated(graph, "A", "C", "B")
    assert not separated(graph, "A", "D", "E")
    assert str(open_path(graph, "A", "D")) == "A -- B -- C -> D"
    # By hand: the ring A -- B -- C -- D -- A separates opposite corners by the other two alone.
    ring = read("[MAG] A -- B; B -- C; C -- D; D -- A")
    assert [z for z in subsets("BD") if separated(ring, "A", "C", z)] == [("B", "D")]


@pytest.mark.parametrize("kind", ["CPDAG", "MPDAG", "MAG", "PAG"])
def test_nodes_without_edges_and_no_nodes_at_all_are_no_trouble(kind):
    graph = Graph.of("AB", [], kind=kind)
    assert separated(graph, "A", "B")
    if kind != "MAG":
        assert class_size(graph) == 1
        assert class_size(Graph.of("", [], kind=kind)) == 1
