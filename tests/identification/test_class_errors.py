"""What is no graph of its kind is refused with a reason and a cure."""

import pytest

from whence.identification.adjustment import adjustment_sets, is_adjustment_set
from whence.identification.classes.ancestral import mag
from whence.identification.classes.class_size import class_size
from whence.identification.classes.markov_class import cpdag, is_member, members, same_class
from whence.identification.classes.meek import orient
from whence.identification.classes.pag import pag
from whence.identification.projection import canonical_dag
from whence.identification.separation import separated
from whence.language.graph import Edge, Graph
from whence.language.graph_text import graph as read
from whence.runtime.errors import CyclicGraph, InvalidGraph, UnknownVariable

WRONG = {
    "rule 1 is not applied": ("[CPDAG] A -> B; B -- C", r"Meek's rule 1", "orient"),
    "rule 2 is not applied": ("[MPDAG] A -> B; B -> C; A -- C", r"Meek's rule 2", "orient"),
    "an arrow without a reason": ("[CPDAG] A -> B", "would be open", "MPDAG"),
    "a ring that cannot be directed": ("[CPDAG] A -- B; B -- C; C -- D; D -- A", "No DAG", "cpdag"),
    "neither causes the other, yet one does": ("[MAG] A -> B; A <-> C; C -> A", "joins", "Keep one"),
    "an almost directed cycle": ("[MAG] A -> B; B -> C; A <-> C", "not ancestral", "mag"),
    "an arrowhead at selection": ("[MAG] A -- B; C -> B", "selection", "--"),
    "not maximal": ("[MAG] A <-> B; B <-> C; C <-> D; B -> D; C -> A", "not maximal", "Add the edge"),
    "an arrowhead against arrows": ("[PAG] A -> B; B -> C; C o-> A", "does not cause", "pag"),
    "a cause with an arrowhead": ("[PAG] A -> B; B -> C; A <-> C", "does not cause", "pag"),
    "a ring of circles": ("[PAG] A o-o B; B o-o C; C o-o D; D o-o A", "other marks", "pag"),
    "a circle that a rule would fill": ("[PAG] A o-> B; C o-> B; B o-o D", "other marks", "pag"),
    "an arrowhead without a reason": ("[PAG] A o-> B", "circle", "pag"),
    "selection in a PAG": ("[PAG] A o-- B", "selection", "without selected"),
}


def first_two(graph):
    return graph.nodes[:2]


@pytest.mark.parametrize("name", WRONG)
def test_a_graph_that_is_not_what_its_kind_says_is_refused_everywhere(name):
    text, message, cure = WRONG[name]
    with pytest.raises(InvalidGraph, match=message) as caught:
        separated(read(text), "A", "B")
    assert cure in caught.value.cure
    if "Keep one" not in caught.value.cure:
        with pytest.raises(InvalidGraph, match=message):
            same_class(read(text), read(text))
        if "[MAG]" not in text:
            with pytest.raises(InvalidGraph, match=message):
                class_size(read(text))
            with pytest.raises(InvalidGraph, match=message):
                members(read(text))


def test_adjustment_refuses_what_is_not_its_kind():
    for text in ("[CPDAG] A -> B; B -- C", "[MAG] A -> B; B -> C; A <-> C", "[PAG] A -> B; B -> C; C o-> A"):
        with pytest.raises(InvalidGraph):
            adjustment_sets(read(text), "A", "B")
        with pytest.raises(InvalidGraph):
            is_adjustment_set(read(text), "A", "B", "C")
    with pytest.raises(InvalidGraph, match="selection"):
        is_adjustment_set(read("[MAG] A -- B; B -> C"), "B", "C")
    # Marks that no class has, and yet some set may serve: refused, not guessed.
    with pytest.raises(InvalidGraph, match="PAG of any MAG"):
        is_adjustment_set(read("[PAG] I o-> X; X -> Y"), "X", "Y")


@pytest.mark.parametrize("kind", ["DAG", "ADMG", "CPDAG", "MPDAG", "MAG", "PAG"])
def test_a_directed_cycle_is_refused_in_every_kind_with_the_cycle(kind):
    with pytest.raises(CyclicGraph) as caught:
        read("A -> B; B -> C; C -> A", kind=kind)
    assert set(caught.value.cycle) == set("ABC")


def test_edges_that_a_kind_does_not_have_are_refused():
    for kind, mark in [("DAG", "--"), ("ADMG", "--"), ("CPDAG", "<->"), ("MPDAG", "o->"), ("MAG", "o-o")]:
        with pytest.raises(InvalidGraph, match=f"A {kind} has no edge like"):
            Graph.of((), [Edge("A", "B", mark)], kind=kind)


def test_latent_nodes_belong_to_dags_and_not_to_mags():
    for kind in ("MAG", "PAG"):
        with pytest.raises(InvalidGraph, match="latent"):
            separated(Graph.of("AB", [], latent="A", kind=kind), "A", "B")
    with pytest.raises(InvalidGraph, match="latent nodes") as caught:
        cpdag(read("A -> B; U [latent] -> B"))
    assert "whence.pag" in caught.value.cure


def test_functions_of_one_kind_refuse_the_others_and_say_what_to_use():
    for function, text, cure in [
        (cpdag, "A <-> B", "whence.pag"),
        (members, "A -> B", "whence.cpdag"),
        (class_size, "A <-> B", "whence.cpdag"),
        (mag, "A -- B", "whence.members"),
        (mag, "A o-o B", "whence.members"),
        (pag, "A -- B", "whence.members"),
        (canonical_dag, "A o-o B", "whence.members"),
        (canonical_dag, "[MAG] A -- B", "whence.members"),
        (orient, "A <-> B", "arrows and open edges"),
    ]:
        with pytest.raises(InvalidGraph) as caught:
            function(read(text))
        assert cure in caught.value.cure
    with pytest.raises(InvalidGraph, match="no class"):
        is_member(read("A -> B"), read("A -> B"))
    with pytest.raises(InvalidGraph, match="selection"):
        pag(read("[MAG] A -- B"))


def test_knowledge_that_contradicts_the_graph_or_itself_is_refused():
    graph = read("[CPDAG] A -- B; B -- C")
    with pytest.raises(InvalidGraph, match="contradicts"):
        orient(graph, [("A", "B"), ("B", "A")])
    # A -> B makes B -> C follow.
    with pytest.raises(InvalidGraph, match=r'"B" -> "C" is known or follows'):
        orient(graph, "A -> B; C -> B")
    with pytest.raises(InvalidGraph, match="no edge joins"):
        orient(graph, [("A", "C")])
    with pytest.raises(UnknownVariable):
        orient(graph, [("A", "Z")])
    with pytest.raises(InvalidGraph, match="no direction"):
        orient(graph, "A -- B")
    with pytest.raises(InvalidGraph, match="No DAG"):
        orient(read("[CPDAG] A -- B; B -- C; C -- D; D -- A"))
    assert orient(graph) == orient(graph, "") == orient(graph, [])
    assert orient(read("[CPDAG] A -> B; B -- C")) == read("[MPDAG] A -> B; B -> C")
