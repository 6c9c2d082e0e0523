"""What would help, and what identification hangs on: all identified again in the changed graph."""

from itertools import permutations

import numpy as np
import pytest

from oracles.worlds import all_admgs, arrows, random_admg
from whence.identification.help import attempts as budget
from whence.identification.help.fragility import hinges, with_edge
from whence.identification.help.remedies import Remedy, remedies, search_remedies
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.estimand import Estimand
from whence.language.expression import P
from whence.language.graph import Edge, Graph
from whence.language.query import Query, att, effect
from whence.language.query_text import query as read_query
from whence.language.refusals import NotIdentified
from whence.runtime.errors import CyclicGraph, InvalidGraph, InvalidQuery, UnknownVariable
from whence.runtime.events import Warned, listening

BOW = "X->Y X<->Y"


def answered(query: Query, graph: Graph, remedy: Remedy | None = None) -> bool:
    """Whether identify answers, with what the remedy adds, and verify accepts."""
    given = None
    if remedy is not None:
        graph = remedy.graph
        if remedy.kind == "experiment":
            rest = tuple(v for v in graph.observed if v not in remedy.variables)
            given = [P(graph.observed), P(rest, do=remedy.variables)]
    found = identify(query, graph, given)
    if isinstance(found, Estimand):
        verify(found)
    return isinstance(found, Estimand)


def without(graph: Graph, *edges: Edge) -> Graph:
    return Graph.of(graph.nodes, [e for e in graph.edges if e not in edges], latent=graph.latent)


def test_a_confounder_an_experiment_and_an_absent_hidden_cause_help_the_bow():
    found = remedies(effect("X", "Y"), arrows(BOW))
    assert [(each.kind, each.size, each.sentence) for each in found] == [
        ("measure", 1, "observing what causes both X and Y"),
        ("experiment", 1, "an experiment that sets X"),
        ("absence", 1, "knowing that no hidden cause is shared by X and Y"),
    ]
    assert "cause of X and Y" in found[0].formula
    # That X does not act on Y would assume the answer.
    assert not any("does not act" in each.sentence for each in found)


def test_a_surrogate_is_offered_before_an_experiment_on_the_treatment():
    # Bareinboim and Pearl (2012), figure 1: P(Y | do X) from an experiment on Z.
    g = arrows("Z->X X->Y Z<->X Z<->Y")
    found = [each for each in remedies(effect("X", "Y"), g) if each.kind == "experiment"]
    assert [each.variables for each in found] == [("Z",)]


def test_a_latent_variable_to_measure_is_named():
    g = arrows("U->X U->Y X->Y", latent=("U",))
    found = remedies(effect("X", "Y"), g)
    assert found[0].sentence == "observing U"
    assert found[0].graph.latent == frozenset()
    assert "U" in found[0].formula


def test_two_pieces_are_named_where_no_single_one_helps():
    g = arrows("A->X B->X A->Y B->Y X->Y", latent=("A", "B"))
    found = remedies(effect("X", "Y"), g)
    measured = [each for each in found if each.kind == "measure"]
    assert [(each.variables, each.size) for each in measured] == [(("A", "B"), 2)]
    sizes = [each.size for each in found]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("query", [effect("A", "B"), effect("A", "C")])
def test_on_all_graphs_of_three_variables_single_remedies_are_exactly_those_that_work(query: Query):
    (x,), (y,) = query.treatments, query.outcomes
    refused = 0
    for g in all_admgs("ABC"):
        if answered(query, g):
            continue
        refused += 1
        found = remedies(query, g)
        assert all(answered(query, g, each) for each in found), g
        assert len({(each.kind, each.variables, each.edges) for each in found}) == len(found)
        single = {each.edges[0] for each in found if each.kind == "absence" and each.size == 1}
        expected = {
            edge for edge in g.edges if answered(query, without(g, edge)) and leads(without(g, edge), x, y)
        }
        assert single == expected, g
        if single:
            assert not any(each.kind == "absence" and each.size == 2 for each in found)
        assert any(each.kind == "experiment" for each in found), g
    assert refused > 20


def leads(g: Graph, x: str, y: str) -> bool:
    found, pending = set(), [x]
    while pending:
        v = pending.pop()
        if v not in found:
            found.add(v)
            pending += [e.target for e in g.edges if e.mark == "->" and e.source == v]
    return y in found


def missing_edges(g: Graph) -> list[Edge]:
    """Every edge that could be added, wherever it is."""
    pairs = list(permutations(g.observed, 2))
    edges = {Edge(a, b, "<->") for a, b in pairs} | {Edge(a, b) for a, b in pairs}
    found = []
    for edge in sorted(edges - set(g.edges), key=repr):
        try:
            with_edge(g, edge)
        except CyclicGraph:
            continue
        found.append(edge)
    return found


@pytest.mark.parametrize("query", [effect("A", "C"), Query(P("C", "B", do="A")), att("A", "C", 1, 0)])
def test_on_all_graphs_of_three_variables_hinges_are_exactly_the_missing_edges_that_break_it(query: Query):
    counted = 0
    for g in all_admgs("ABC")[::2]:
        if not answered(query, g):
            continue
        found = {each.edge for each in hinges(query, g) if each.kind == "absence"}
        expected = {edge for edge in missing_edges(g) if not answered(query, with_edge(g, edge))}
        assert found == expected, g
        counted += len(found)
    assert counted > 30


def test_on_larger_graphs_too_edges_that_were_not_tried_do_not_matter():
    rng = np.random.default_rng(4)
    counted = 0
    while counted < 40:
        g = random_admg(rng, 6)
        x, y = (str(v) for v in rng.permutation(g.nodes)[:2])
        query = effect(x, y)
        if not leads(g, x, y) or not answered(query, g):
            continue
        found = {each.edge for each in hinges(query, g) if each.kind == "absence"}
        assert found == {edge for edge in missing_edges(g) if not answered(query, with_edge(g, edge))}
        counted += len(found)


def test_the_hinges_of_the_front_door_are_its_assumptions():
    g = arrows("X->M M->Y X<->Y")
    assert [each.sentence for each in hinges(effect("X", "Y"), g)] == [
        "X does not act on Y directly",
        "no hidden cause is shared by M and X",
        "no hidden cause is shared by M and Y",
    ]


def test_an_edge_that_may_be_there_or_not_is_spare():
    g = arrows("Z->X Z->Y X->Y Y->D")
    found = hinges(effect("X", "Y"), g)
    # Z is adjusted for whether it moves X or not: it sharpens the comparison all the same.
    assert [each.edge for each in found if each.kind == "spare"] == [Edge("Z", "X"), Edge("Y", "D")]
    plain = identify(effect("X", "Y"), g)
    assert identify(effect("X", "Y"), without(g, Edge("Y", "D"))).expression == plain.expression


def test_what_is_given_is_kept_while_more_is_tried():
    g = arrows("Z->X X->Y Z<->X Z<->Y")
    given = [P(("X", "Y"), do="Z")]
    assert isinstance(identify(effect("X", "Y"), g, given), Estimand)
    assert any(each.kind == "absence" for each in hinges(effect("X", "Y"), g, given))
    with pytest.raises(InvalidQuery, match="identified as it is"):
        remedies(effect("X", "Y"), g, given)
    assert remedies(effect("X", "Y"), g, [P(("X", "Y"))])


def test_a_search_that_was_cut_short_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(budget, "MOST", 2)
    monkeypatch.setattr(budget, "LEAST", 2)
    heard: list[Warned] = []
    with listening(lambda event: heard.append(event) if isinstance(event, Warned) else None):
        remedies(effect("X", "Y"), arrows("Z->X W->X " + BOW))
        hinges(effect("X", "Y"), arrows("Z->X W->X X->Y"))
    assert [event.code for event in heard] == ["search_cut_short"] * 2
    assert not search_remedies(effect("X", "Y"), arrows("Z->X W->X " + BOW)).complete


def test_large_graphs_get_fewer_attempts():
    small, large = Graph.of("AB", []), Graph.of([f"V{i}" for i in range(5000)], [])
    assert (budget.allowance(small), budget.allowance(large)) == (200, 10)


@pytest.mark.parametrize(
    ("call", "query", "text", "error"),
    [
        (hinges, effect("X", "Y"), BOW, InvalidQuery),
        (remedies, effect("X", "Y"), "X->Y", InvalidQuery),
        (remedies, effect("X", "Q"), BOW, UnknownVariable),
        (hinges, effect("X", "Q"), BOW, UnknownVariable),
    ],
)
def test_bad_input_is_a_typed_error(call, query: Query, text: str, error: type[Exception]):
    with pytest.raises(error):
        call(query, arrows(text))


def test_graphs_with_open_edges_are_typed_errors():
    g = Graph.of((), [Edge("X", "Y", "--")])
    for call in (hinges, remedies):
        with pytest.raises(InvalidGraph):
            call(effect("X", "Y"), g)


def test_a_refusal_is_what_remedies_are_for():
    assert isinstance(identify(effect("X", "Y"), arrows(BOW)), NotIdentified)


def test_effects_along_a_path_have_hinges_and_remedies():
    along = read_query("PSE(X -> Z via X -> Y -> Z)")
    graph = arrows("X->Y X->Z Y->Z X->W W->Z")
    claims = {each.sentence for each in hinges(along, graph) if each.kind == "absence"}
    # With Y -> W, Y would have to be moved for Z and left alone for W.
    assert "Y does not act on W directly" in claims
    assert "no hidden cause is shared by Y and Z" in claims
    helps = {each.sentence for each in remedies(along, arrows("X->Y X->Z Y->Z Y<->Z"))}
    assert "observing what causes both Y and Z" in helps
