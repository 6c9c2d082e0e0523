"""What is given or asked without meaning is one typed error that names its cure, whatever its form."""

from collections.abc import Callable

import pytest

from oracles.worlds import arrows
from whence.identification.identify import identify
from whence.language.expression import Kernel, P, Term
from whence.language.graph import Edge, Graph
from whence.language.query import Query, effect
from whence.language.source import Source
from whence.runtime.errors import (
    CyclicGraph,
    InvalidGraph,
    InvalidQuery,
    QuerySyntax,
    RepeatedVariable,
    TreatmentIsOutcome,
    UnknownVariable,
    WhenceError,
)

GRAPH = arrows("Z->X Z->Y X->Y U->Y X<->Y", latent=("U",))
ASKED = Query(P("Y", (), "X"))
RECORDS = (("X", "Z"),)
"""X is said to be recorded where Z is 1."""

WORLD = (Term("X", 1),)


@pytest.mark.parametrize(("given", "error", "told"), [
    ([], InvalidQuery, "Nothing is given"),
    ((), InvalidQuery, "leave `given` out"),
    ("", QuerySyntax, "P\\(Y"),
    ("P(Y |", QuerySyntax, "Give a name"),
    ("effect of X on Y", QuerySyntax, "P\\(Y"),
    ("E[Y | do(X)]", InvalidQuery, "no distribution"),
    ("ATE(X -> Y)", InvalidQuery, "no distribution"),
    ("P(Y_{X=1})", InvalidQuery, "no distribution"),
    (P(Term("Y", None, WORLD)), InvalidQuery, "no distribution"),
    (Source(P(Term("Y", None, WORLD))), InvalidQuery, "other worlds"),
    (Kernel(("Y",)), InvalidQuery, "no distribution"),
    (5, InvalidQuery, "no distribution"),
    ([None], InvalidQuery, "no distribution"),
    ([["P(Y)"]], InvalidQuery, "no distribution"),
    (P(()), InvalidQuery, "Say of which"),
    ("P(Y, Q)", UnknownVariable, "Q"),
    ("P(Y | do(Q))", UnknownVariable, "Q"),
    ("P(Y, x)", UnknownVariable, 'Did you mean "X"'),
    (Source(P("Y", population="A"), ("Q",)), UnknownVariable, "Q"),
    ("P(U, Y)", InvalidQuery, "latent"),
    ("P(Y | do(U))", InvalidQuery, "Take it off"),
    (Source(P("Y", population="A"), ("U",)), InvalidQuery, "latent"),
    (P(("Y", "Y")), RepeatedVariable, "once"),
    (P("Y", "Y"), RepeatedVariable, "once"),
    (P("Y", "X", "X"), RepeatedVariable, "once"),
    (P(("X", "Y"), (), "X"), TreatmentIsOutcome, "another"),
    ("P(Y, X=1)", InvalidQuery, "Put X=1 behind the bar"),
    (Source(P("Y"), ("Y",)), InvalidQuery, "Name the population"),
    (Source(P(("X*", "Y")), (), RECORDS), InvalidQuery, "Give both, or condition on Z=1"),
    (Source(P(("X*", "Y")), (), (("X", "X"),)), WhenceError, "X"),
    (Source(P(("Q*", "Y", "Z")), (), (("Q", "Z"),)), UnknownVariable, "Q"),
    (Source(P(("X*", "Y", "Q")), (), (("X", "Q"),)), UnknownVariable, "Q"),
    (Source(P(("X*", "X", "Z")), (), RECORDS), RepeatedVariable, "X"),
    (Source(P(("X*", "Z", "Y")), (), (("X", "Z"), ("X", "Y"))), InvalidQuery, "one indicator"),
    (Source(P(("Y", "Z"), (), "X*"), (), RECORDS), UnknownVariable, 'Did you mean "X"'),
    (Source(P(("Y", "Z"), Term("X*", 1)), (), RECORDS), InvalidQuery, "Leave it open"),
    (Source(P(("X*", "Y"), Term("Z", 0)), (), RECORDS), InvalidQuery, "one value"),
    (P(("X*", "Y")), UnknownVariable, 'Did you mean "X"'),
    (["P(Y | X=1)", "P(Y | X=0)"], InvalidQuery, "one value"),
])  # fmt: skip
def test_what_is_no_distribution_of_the_graph_is_an_error_that_says_what_to_give(given, error, told):
    with pytest.raises(error, match=told) as caught:
        identify(ASKED, GRAPH, given)
    assert caught.value.cure


def test_a_record_cannot_have_the_name_of_a_variable():
    graph = arrows("X->Y R->Y X*->Y")
    with pytest.raises(InvalidQuery, match="another name"):
        identify(ASKED, graph, Source(P(("X*", "Y", "R")), (), (("X", "R"),)))


def test_two_sources_cannot_mean_different_things_by_one_record():
    graph = arrows("X->Z X->R2 Z->R1")
    given = [
        Source(P(("X*", "R1")), (), (("X", "R1"),)),
        Source(P(("X*", "Z", "R1", "R2")), (), (("X", "R2"),)),
    ]
    with pytest.raises(InvalidQuery, match="two indicators, R1 and R2"):
        identify(Query(P(("X", "Z"), Term("R1", 1))), graph, given)


@pytest.mark.parametrize(("ask", "error", "told"), [
    (lambda: effect("X", "Q"), UnknownVariable, "Q"),
    (lambda: effect("U", "Y"), InvalidQuery, "latent"),
    (lambda: Query(P("Y", (), "X", "A")), InvalidQuery, 'population "A"'),
    (lambda: Query(P(Term("Y", 1, WORLD), Term("X", 0), (), "A")), InvalidQuery, "without @"),
    (lambda: Query(Kernel(("Y",))), InvalidQuery, "Ask for"),
    (lambda: Query(P(())), InvalidQuery, "outcome"),
    (lambda: Query(P("Y", (), "Y")), TreatmentIsOutcome, "another"),
    (lambda: Query(P("Y", "X", "X")), RepeatedVariable, "once"),
    (lambda: Query(P("Y", (), Term("X", 1, (Term("Z", 1),)))), InvalidQuery, "do"),
    (lambda: Query(P("Y", Term("X", float("nan")))), InvalidQuery, "finite"),
    (lambda: Query(P(Term("Y", 1, (Term("Z", 1, (Term("X", 0),)),)))), InvalidQuery, "Write Z=1"),
])  # fmt: skip
@pytest.mark.parametrize("given", [None, "P(X, Y, Z)", ["P@A(X, Y, Z)", "P(Y | do(X))"]])
def test_a_question_without_meaning_is_an_error_whatever_is_given(
    ask: Callable[[], Query], error: type[WhenceError], told: str, given: object
):
    with pytest.raises(error, match=told) as caught:
        identify(ask(), GRAPH, given)  # type: ignore[arg-type]
    assert caught.value.cure


def test_graphs_that_are_none_cannot_be_asked_about():
    with pytest.raises(CyclicGraph, match="X -> Y -> X"):
        arrows("X->Y Y->X")
    with pytest.raises(InvalidGraph):
        Graph.of("XY", [Edge("X", "Y", "--")], kind="DAG")
    with pytest.raises(InvalidGraph):
        Graph.of("XY", [Edge("X", "Y"), Edge("X", "Y", "--")], kind="CPDAG")


def test_sources_are_checked_in_graphs_of_every_kind():
    graph = Graph.of("XY", [Edge("X", "Y", "--")], kind="CPDAG")
    with pytest.raises(UnknownVariable):
        identify(ASKED, graph, ["P(Y | do(Q))"])
