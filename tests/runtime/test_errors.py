"""Every error says what happened, where, and what to do next."""

import inspect
import json
import pickle

import pytest

from whence.runtime import errors
from whence.runtime.errors import (
    AmbiguousQuestion,
    CyclicGraph,
    GraphError,
    GraphSyntax,
    InvalidOption,
    QuerySyntax,
    TaskFailed,
    UnknownColumn,
    UnknownVariable,
    WhenceError,
    near_miss,
)

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, WhenceError) and kind.__module__ == errors.__name__
]

EXAMPLES = [
    errors.InvalidGraph("The edge x -- y is undirected.", "Write x -> y."),
    CyclicGraph(["a", "b", "a"]),
    GraphSyntax("x -> -> y", 5, "A name is missing between two arrows.", "Write x -> y."),
    UnknownVariable("sale", known=["price", "sales"]),
    errors.InvalidQuery("There is no outcome.", "Name one."),
    QuerySyntax("P(y | do(x)", 11, "A bracket is not closed.", "Add )."),
    AmbiguousQuestion("price and sales", ["ATE(price -> sales)", "ATE(sales -> price)"]),
    errors.TreatmentIsOutcome("x"),
    errors.RepeatedVariable("x"),
    errors.UnknownLevel("region", "west", ["West", "north"]),
    errors.MissingFile("no/such.csv"),
    errors.EmptyData("empty.csv"),
    errors.UnreadableData("x.csv", "it is not UTF-8", "Save it as UTF-8."),
    UnknownColumn("Sale", known=["sales"]),
    errors.DuplicateColumns(["x"]),
    errors.UnusableColumnName("\x1b[2J"),
    errors.TooManyColumns(10_000, 4_096),
    errors.TextInNumericRole("age", "outcome", ["old", "young"]),
    errors.InfiniteValues("income", 3),
    errors.InvalidFilter("year >", "it is not finished"),
    errors.InvalidWeights("they are negative"),
    errors.MissingExtra("polars", "Reading a polars frame"),
    InvalidOption("method", "aipv", ["aipw", "plr"]),
    errors.UnsuitableMethod("plr", "the treatment has three levels", "Use aipw."),
    errors.UnsuitableLearner("svm", "it gives no probabilities", "Use another."),
    errors.ProofRejected("adjustment", "z does not block x <- u -> y"),
    errors.InvalidAnswer("it has no schema"),
    errors.BrokenRecord("record.jsonl", 3),
    errors.Cancelled(),
    TaskFailed(3, ValueError("no")),
]


def test_the_examples_below_cover_every_error_that_is_raised():
    bases = {"WhenceError", "GraphError", "QueryError", "DataError", "MethodError", "PointedError"}
    assert {kind.__name__ for kind in KINDS} == {type(example).__name__ for example in EXAMPLES} | bases


def test_the_tree_at_the_top_of_the_file_names_every_error():
    drawn = errors.__doc__ or ""
    assert [kind.__name__ for kind in KINDS if kind.__name__ not in drawn] == ["PointedError"]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: error.code)
def test_an_error_survives_the_way_to_json_and_to_another_process(error):
    told = json.loads(json.dumps(error.to_dict()))
    assert told["error"] == error.code
    assert told["message"] == error.message
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert again.to_dict() == error.to_dict()
    assert str(again) == str(error)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: error.code)
def test_an_error_is_a_sentence_and_cannot_move_the_cursor(error):
    assert error.message.endswith(".")
    assert all(character.isprintable() or character == "\n" for character in str(error))


def test_a_code_is_the_name_in_snake_case():
    assert UnknownVariable("x").code == "unknown_variable"
    assert WhenceError.code == "whence_error"


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("sale", ["price", "sales"], "sales"),
        ("SALES", ["price", "sales"], "sales"),
        ("re 78", ["re74", "re_78"], "re_78"),
        ("quux", ["price", "sales"], None),
        ("x", [], None),
    ],
)
def test_near_misses_look_past_case_and_separators(name, known, meant):
    assert near_miss(name, known) == meant


def test_an_unknown_variable_is_met_with_the_near_miss_or_with_what_there_is():
    assert str(UnknownVariable("sale", known=["price", "sales"])).endswith('Did you mean "sales"?')
    assert str(UnknownVariable("quux", known=["price"])).endswith('There are: "price".')
    many = str(UnknownVariable("quux", known=[f"v{i}" for i in range(1000)]))
    assert many.endswith("and 992 more.")
    column = UnknownColumn("Sale", known=["sales"])
    assert isinstance(column, GraphError)
    assert isinstance(column, errors.DataError)
    assert str(column) == 'No column "Sale" in the data. Did you mean "sales"?'


def test_a_cycle_is_written_out_and_closed_once():
    assert "a -> b -> a." in CyclicGraph(["a", "b"]).message
    assert "a -> b -> a." in CyclicGraph(["a", "b", "a"]).message
    assert "a -> a." in CyclicGraph(["a"]).message
    assert CyclicGraph(["a", "b", "a"]).cycle == ("a", "b")


def test_a_syntax_error_points_at_the_column_of_its_line():
    error = GraphSyntax("a -> b\nc => d", 9, "An arrow is misspelt.", "Write ->.")
    lines = str(error).split("\n")
    assert (error.line, error.column) == (2, 3)
    assert lines[1] == "  c => d"
    assert lines[2].index("^") == lines[1].index("=>")
    assert lines[3] == "Write ->."


def test_a_syntax_error_far_out_in_a_long_line_shows_a_window_around_the_column():
    text = "x" * 5_000 + "?" + "y" * 5_000
    _, line, caret, *_ = str(QuerySyntax(text, 5_000, "A strange sign.")).split("\n")
    assert line[caret.index("^")] == "?"
    assert len(line) < 120
