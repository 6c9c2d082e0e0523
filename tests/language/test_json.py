import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.expressions import expressions
from language.graphs import random_graph
from language.queries import queries
from whence.language.assumptions import Assumption, Citation
from whence.language.estimand import (
    Adjustment,
    Estimand,
    Fact,
    FrontDoor,
    General,
    Observed,
    Step,
)
from whence.language.estimand_json import (
    derivation_from_list,
    derivation_to_list,
    estimand_from_dict,
    estimand_to_dict,
)
from whence.language.expression import Kernel, P, Product, Quotient, Sum, Term
from whence.language.expression_json import (
    expression_from_dict,
    expression_to_dict,
    query_from_dict,
    query_to_dict,
)
from whence.language.graph import Edge, Graph
from whence.language.graph_json import graph_from_dict, graph_to_dict
from whence.language.query import ate
from whence.language.refusal_json import PLAIN_REFUSALS, refusal_from_dict, refusal_to_dict
from whence.language.refusals import Hedge, NotIdentified
from whence.runtime.errors import InvalidAnswer


def through_json(data):
    return json.loads(json.dumps(data, allow_nan=False))


@given(expressions)
def test_every_expression_comes_back_from_json(expression):
    assert expression_from_dict(through_json(expression_to_dict(expression))) == expression


@settings(max_examples=500)
@given(queries())
def test_every_query_comes_back_from_json_with_the_types_of_its_values(asked):
    back = query_from_dict(through_json(query_to_dict(asked)))
    assert back == asked
    assert repr(back) == repr(asked)


def test_every_random_graph_comes_back_from_json_with_its_order():
    for seed in range(500):
        known = random_graph(seed)
        back = graph_from_dict(through_json(graph_to_dict(known)))
        assert back == known
        assert back.nodes == known.nodes


def test_citations_of_an_edge_are_kept():
    known = Graph.of(("a", "b"), [Edge("a", "b", "->", (Citation("paper.txt", 3, 8, "words"),))])
    assert graph_from_dict(through_json(graph_to_dict(known))).edges[0].citations == known.edges[0].citations


def test_shared_parts_are_written_once_so_that_size_grows_with_parts_and_not_with_paths():
    expression = P("A", "B")
    for _ in range(60):
        expression = Product((Sum(("A",), expression), Quotient(expression, P("B"))))
    text = json.dumps(expression_to_dict(expression))
    assert len(text) < 60 * 200
    assert len(json.dumps(expression_to_dict(expression_from_dict(json.loads(text))))) == len(text)


def an_estimand(shape=None):
    graph = Graph.of(("Z", "X", "Y"), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y")])
    formula = Sum(("Z",), Product((P("Y", ("X", "Z")), P("Z"))))
    fact = Fact("adjustment set", ("X",), ("Y",), ("Z",))
    step = Step("adjustment", P("Y", do="X"), formula, (fact,))
    separated = Fact("separated", ("X",), ("Y",), ("Z",), cut_into=("X",), cut_out_of=("Z",))
    other = Step("rule 2", P("Y", "Z", do="X"), P("Y"), (separated,), (step, step))
    asked = ate("X", "Y")
    root = Step("query", asked.body, asked.body, (), (other, step))
    claims = (Assumption("nothing else confounds X and Y", "graph", False, "untestable"),)
    return Estimand(asked, asked.body, root, shape or Adjustment(("X",), ("Y",), ("Z",)), graph, claims)


@pytest.mark.parametrize(
    "shape",
    [Adjustment(("X",), ("Y",), ("Z",), ("W",)), FrontDoor(("X",), ("Y",), ("M",)), Observed(), General()],
)
def test_an_estimand_comes_back_with_its_derivation_and_shape(shape):
    estimand = an_estimand(shape)
    data = through_json(estimand_to_dict(estimand))
    back = estimand_from_dict(data)
    assert back == estimand
    assert data["text"] == estimand.text
    assert [step["rule"] for step in data["derivation"]] == ["adjustment", "rule 2", "query"]
    assert data["derivation"][1]["premises"] == [0, 0]
    assert back.derivation.premises[1] is back.derivation.premises[0].premises[0]
    assert (
        data["derivation"][1]["because"][0]["in"]
        == "the graph without the edges into X and the edges out of Z"
    )
    assert all(step["words"].endswith(".") for step in data["derivation"])


def test_refusals_of_every_kind_come_back():
    hedge = Hedge(("X", "Y"), ("Y",), ("Y",))
    graph = Graph.of((), [Edge("X", "Y"), Edge("X", "Y", "<->")])
    refusal = NotIdentified(
        "It cannot be known.", ("a randomised X",), ate("X", "Y"), hedge, ("X",), ("Y",), graph
    )
    data = through_json(refusal_to_dict(refusal))
    assert refusal_from_dict(data) == refusal
    assert data["witness"]["hedge"]["subforest"] == ["Y"]
    assert refusal_from_dict(refusal_to_dict(NotIdentified("no"))) == NotIdentified("no")
    assert len(PLAIN_REFUSALS) == 9
    for kind in PLAIN_REFUSALS.values():
        plain = kind("No.", ("more",))
        assert refusal_from_dict(through_json(refusal_to_dict(plain))) == plain


def garbled(data, r: random.Random):
    """The JSON with one thing in it replaced, removed or renamed."""
    places: list[tuple] = []

    def visit(node):
        items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, value in list(items):
            places.append((node, key))
            visit(value)

    data = through_json(data)
    visit(data)
    node, key = r.choice(places)
    what = r.randrange(4)
    if what == 0 and isinstance(node, dict):
        del node[key]
    elif what == 1 and isinstance(node, dict):
        node[str(key) + "x"] = node.pop(key)
    else:
        node[key] = r.choice(
            [None, 3, -1, 10**30, 1.5, True, "x", "", [], [None], [[]], {}, {"x": 1}, {"P": 1}, {"same": 0}]
        )
    return data


def test_garbled_json_is_read_or_refused_and_never_ends_in_another_error():
    r = random.Random(0)
    refusal = NotIdentified(
        "no", (), ate("X", "Y"), Hedge(("X",), (), ("Y",)), ("X",), ("Y",), random_graph(3)
    )
    refused = 0
    for _ in range(3000):
        for data, read in (
            (estimand_to_dict(an_estimand()), estimand_from_dict),
            (refusal_to_dict(refusal), refusal_from_dict),
        ):
            try:
                read(garbled(data, r))
            except InvalidAnswer:
                refused += 1
    assert refused > 1000


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda c: (
            st.lists(c)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "P",
                        "sum",
                        "of",
                        "Q",
                        "mean",
                        "product",
                        "quotient",
                        "difference",
                        "same",
                        "id",
                        "given",
                        "do",
                        "name",
                        "value",
                        "world",
                    ]
                ),
                c,
            )
        ),
    )
)
def test_any_json_is_an_expression_or_an_invalid_answer(data):
    try:
        expression = expression_from_dict(data)
    except InvalidAnswer:
        return
    assert expression_from_dict(through_json(expression_to_dict(expression))) == expression


def test_endless_nesting_and_premises_out_of_order_are_invalid():
    deep = {"P": ["x"]}
    for _ in range(5000):
        deep = {"sum": ["x"], "of": deep}
    with pytest.raises(InvalidAnswer, match="deep"):
        expression_from_dict(deep)
    steps = derivation_to_list(Step("observation", P("Y"), P("Y")))
    steps[0]["premises"] = [0]
    with pytest.raises(InvalidAnswer, match="before"):
        derivation_from_list(steps)
    with pytest.raises(InvalidAnswer):
        derivation_from_list([])
    with pytest.raises(InvalidAnswer):
        expression_from_dict({"P": [{"name": "x", "value": float("nan")}]})


def test_kernels_worlds_and_every_kind_of_value_survive():
    terms = [Term("a", True), Term("b", 1), Term("c", 1.0), Term("d", "1"), Term("e", None, (Term("f", 0),))]
    expression = Product((Kernel(("A",)), P(terms, Term("g", -2.5), Term("h", ""))))
    back = expression_from_dict(through_json(expression_to_dict(expression)))
    assert repr(back) == repr(expression)


def test_what_an_assumption_is_about_survives():
    rests_on = (
        Assumption("No unobserved confounder.", "graph", about="confounding"),
        Assumption("Everybody could have been treated.", "default", testable=True, about="overlap"),
    )
    step = Step("query", P("Y"), P("Y"))
    estimand = Estimand(ate("X", "Y"), P("Y"), step, Observed(), Graph.of((), [Edge("X", "Y")]), rests_on)
    told = json.loads(json.dumps(estimand_to_dict(estimand)))
    assert estimand_from_dict(told).assumptions == rests_on
    assert estimand_to_dict(estimand_from_dict(told)) == told
