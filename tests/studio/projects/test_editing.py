"""What each edit makes of a sheet, and which edits cannot be made."""

from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.projects.edit_strategies import edits as any_edit
from whence.language.graph import Edge
from whence.language.graph_text import graph
from whence.runtime.errors import (
    CyclicGraph,
    GraphSyntax,
    InvalidGraph,
    InvalidOption,
    UnknownVariable,
    WhenceError,
)
from whence.studio.projects.checking import MOST_NODES
from whence.studio.projects.editing import applied
from whence.studio.projects.edits import (
    AddEdge,
    AddNode,
    Ask,
    ChangeEdge,
    Derive,
    DropData,
    LoadData,
    MoveNode,
    RemoveEdge,
    RemoveNode,
    Rename,
    RenameNode,
    SetContrast,
    SetGraph,
    SetLatent,
    SetOptions,
    SetPart,
    Unpin,
    Where,
)
from whence.studio.projects.errors import GraphTooLarge, InvalidEdit, NameTaken, UnknownEdge
from whence.studio.projects.sheet import Dataset, Sheet

DATA = Dataset("k", "wages.csv")


def after(*edits, sheet=None):
    return reduce(applied, edits, sheet or Sheet())


# ── data ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_data_give_an_empty_graph_a_variable_for_each_of_the_first_twelve_columns():
    columns = tuple(f"c{number}" for number in range(20))
    assert after(LoadData(DATA, columns)).graph.nodes == columns[:12]


def test_data_leave_a_graph_that_was_drawn_as_it_is():
    drawn = after(AddEdge("x", "y"))
    assert after(LoadData(DATA, ("a", "b")), sheet=drawn).graph == drawn.graph


def test_a_column_whose_name_no_variable_may_have_gives_none():
    assert after(LoadData(DATA, ("a", "x" * 600, "b"))).graph.nodes == ("a", "b")


def test_other_data_keep_what_they_can_bear_and_drop_the_rest():
    told = after(
        LoadData(DATA, ("a", "b", "w")),
        Derive("low", "a < 1"),
        Derive("odd", "b = 1"),
        Derive("both", "low + 1"),
        Where("a > 0"),
        SetPart("w", "weights"),
        SetPart("a", "treatment"),
        SetContrast(("0", "1")),
    )
    found = after(LoadData(Dataset("l", "other.csv"), ("a", "c")), sheet=told)
    assert found.derive == {"low": "a < 1", "both": "low + 1"}
    assert found.where == "a > 0"
    assert found.parts == {"a": "treatment"}
    assert found.contrast == ("0", "1")
    assert after(LoadData(Dataset("l", "other.csv"), ("c",)), sheet=told).where is None


def test_putting_the_data_away_leaves_the_graph_and_the_question():
    told = after(LoadData(DATA, ("a",)), Ask("why?"))
    found = after(DropData(), sheet=told)
    assert (found.data, found.graph, found.question) == (None, told.graph, "why?")


def test_there_is_one_treatment_and_one_outcome_at_a_time_but_any_number_of_placebos():
    found = after(
        *(SetPart(name, "treatment") for name in "ab"), *(SetPart(name, "placebo") for name in "cd")
    )
    assert found.parts == {"b": "treatment", "c": "placebo", "d": "placebo"}
    assert after(SetPart("b", "outcome"), sheet=found).named("treatment") == ()


def test_a_treatment_that_the_graph_lacks_is_added_to_it():
    assert after(AddEdge("x", "y"), SetPart("z", "treatment")).graph.nodes == ("x", "y", "z")


def test_weights_leave_the_graph_unless_they_have_edges():
    loaded = after(LoadData(DATA, ("a", "n")))
    assert after(SetPart("n", "weights"), sheet=loaded).graph.nodes == ("a",)
    with pytest.raises(InvalidEdit, match="has edges"):
        after(AddEdge("n", "a"), SetPart("n", "weights"), sheet=loaded)


def test_the_values_that_are_compared_go_with_their_treatment():
    told = after(SetPart("a", "treatment"), SetContrast(("0", "1")))
    assert after(SetPart("y", "outcome"), sheet=told).contrast == ("0", "1")
    assert after(SetPart("b", "treatment"), sheet=told).contrast is None
    assert after(RemoveNode("a"), sheet=told).contrast is None


def test_a_typed_question_gives_way_only_to_a_role_that_it_does_not_speak_of():
    typed = after(Ask("effect of Job Training on wages"))
    assert after(SetPart("job_training", "treatment"), sheet=typed).question
    assert not after(SetPart("job", "treatment"), SetPart("age", "outcome"), sheet=typed).question


@pytest.mark.parametrize("values", [("1", "1"), ("", "1"), ("1", " ")])
def test_two_different_values_are_compared(values):
    with pytest.raises(InvalidEdit):
        after(SetContrast(values))


def test_a_derived_column_is_changed_in_its_place_and_taken_away_by_nothing():
    told = after(Derive("a", "x + 1"), Derive("b", "a + 1"), Derive("a", "x + 2"))
    assert list(told.derive.items()) == [("a", "x + 2"), ("b", "a + 1")]
    assert after(Derive("a", " "), sheet=told).derive == {"b": "a + 1"}


def test_an_empty_condition_keeps_every_row():
    assert after(Where("a > 1"), Where("  ")).where is None


# ── the graph ───────────────────────────────────────────────────────────────────────────────────────────────


def test_an_edge_brings_its_ends_along():
    assert after(AddEdge("x", "y", "<->")).graph == graph("x <-> y")


def test_an_arrow_that_closes_a_circle_is_refused_with_the_circle():
    with pytest.raises(CyclicGraph) as error:
        after(AddEdge("x", "y"), AddEdge("y", "z"), AddEdge("z", "x"))
    assert set(error.value.cycle) == {"x", "y", "z"}


@pytest.mark.parametrize("mark", ["->", "<->", "--"])
def test_the_same_edge_cannot_be_drawn_twice(mark):
    with pytest.raises(InvalidGraph, match="already"):
        after(AddEdge("x", "y", mark), AddEdge("x", "y", mark))


def test_a_variable_takes_its_edges_place_and_role_with_it():
    told = after(AddEdge("x", "y"), AddEdge("y", "z"), MoveNode("y", (3, 4)), SetPart("y", "treatment"))
    found = after(RemoveNode("y"), sheet=told)
    assert (found.graph.edges, found.pins, found.parts) == ((), {}, {})


def test_a_variable_keeps_edges_place_and_role_under_another_name():
    told = after(
        AddEdge("x", "y"),
        AddEdge("b", "y", "<->"),
        SetLatent("x", True),
        MoveNode("x", (3, 4)),
        SetPart("x", "treatment"),
    )
    found = after(RenameNode("x", "age"), RenameNode("b", "z"), sheet=told)
    assert found.graph == graph("age [latent] -> y; z <-> y")
    assert found.graph.nodes == ("age", "y", "z")
    assert (found.pins, found.parts) == ({"age": (3.0, 4.0)}, {"age": "treatment"})


def test_a_name_that_is_taken_is_refused():
    told = after(AddEdge("x", "y"))
    for edit in (AddNode("x"), RenameNode("x", "y")):
        with pytest.raises(NameTaken):
            applied(told, edit)


def test_an_edge_is_turned_and_marked_anew_in_its_place():
    told = after(AddEdge("x", "y"), AddEdge("y", "z"))
    turned = after(ChangeEdge("x", "y", "->", "y", "x", "->"), sheet=told)
    assert turned.graph.edges == (Edge("y", "x"), Edge("y", "z"))
    assert after(ChangeEdge("x", "y", "->", "x", "y", "<->"), sheet=told).graph.kind == "ADMG"


@pytest.mark.parametrize(
    "edit",
    [RemoveEdge("x", "z", "->"), RemoveEdge("x", "y", "<->"), ChangeEdge("y", "x", "->", "x", "y", "->")],
)
def test_an_edge_that_is_not_there_is_neither_removed_nor_changed(edit):
    with pytest.raises(UnknownEdge):
        after(AddEdge("x", "y"), edit)


def test_a_symmetric_edge_is_found_from_either_end():
    assert after(AddEdge("x", "y", "<->"), RemoveEdge("y", "x", "<->")).graph.edges == ()


@pytest.mark.parametrize(
    "edit", [RemoveNode("q"), RenameNode("q", "r"), SetLatent("q", True), MoveNode("q", (0, 0))]
)
def test_a_variable_that_is_not_there_is_named_with_the_nearest(edit):
    with pytest.raises(UnknownVariable):
        after(AddEdge("x", "y"), edit)


@pytest.mark.parametrize(
    "name", ["", "  ", "a\x00b", "a\nb", "\u202egnirts", "\ud800", "x" * 501, "a\u2028b"]
)
def test_a_name_that_cannot_be_shown_is_refused(name):
    for edit in (AddNode(name), AddEdge("x", name), SetPart(name, "treatment"), Derive(name, "x + 1")):
        with pytest.raises(InvalidEdit):
            applied(Sheet(), edit)


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "x -> y", '"', "Δ", "עברית", "می‌خواهم", " age "]
)
def test_a_name_that_can_be_shown_is_taken_as_it_is(name):
    assert after(AddNode(name)).graph.nodes == (name,)


def test_places_are_numbers_within_reach():
    told = after(AddNode("x", (1, 2)))
    assert told.pins == {"x": (1.0, 2.0)}
    for at in ((float("nan"), 0.0), (0.0, float("inf")), (1e9, 0.0)):
        with pytest.raises(InvalidEdit):
            applied(told, MoveNode("x", at))
    assert after(MoveNode("x", None), sheet=told).pins == {}
    assert after(Unpin(), sheet=told).pins == {}


# ── the graph as text ───────────────────────────────────────────────────────────────────────────────────────


def test_a_text_replaces_the_graph_and_keeps_places_and_roles_of_what_is_still_there():
    told = after(AddEdge("x", "y"), MoveNode("x", (1, 1)), MoveNode("y", (2, 2)), SetPart("y", "treatment"))
    found = after(SetGraph("dag { x -> z }"), sheet=told)
    assert found.graph == graph("x -> z")
    assert (found.pins, found.parts) == ({"x": (1.0, 1.0)}, {})


def test_no_text_is_no_graph():
    assert after(AddEdge("x", "y"), SetGraph(" \n")).graph.nodes == ()


def test_a_kind_that_was_named_is_kept_while_the_edges_allow_it():
    told = after(SetGraph("[PAG] a -> b"), AddEdge("b", "c"))
    assert told.graph.kind == "PAG"
    assert after(SetGraph("[MAG] a -> b"), AddEdge("b", "c", "o->"), sheet=told).graph.kind == "PAG"
    assert after(AddEdge("a", "b", "o-o"), ChangeEdge("a", "b", "o-o", "a", "b", "->")).graph.kind == "DAG"


def test_a_text_is_never_the_path_of_a_file(tmp_path, monkeypatch):
    file = tmp_path / "graph.txt"
    file.write_text("secret -> found")
    monkeypatch.chdir(tmp_path)
    for text in (str(file), "graph.txt", "./graph.txt"):
        try:
            found = after(SetGraph(text))
        except GraphSyntax:
            continue
        assert "secret" not in found.graph.nodes


HUNDREDS = " ".join(f"a{number}" for number in range(900))


@pytest.mark.parametrize(
    "text",
    [
        "{" + HUNDREDS + "}",
        "dag { {" + HUNDREDS + "} -> {" + HUNDREDS + "} }",
        "digraph { subgraph s {{" + HUNDREDS + "}} -> {" + HUNDREDS + "} }",
        '["{' + HUNDREDS + '} -> x"]',
        '{"links": ["{' + HUNDREDS + '} -> x"]}',
        "; ".join(["{a b c d e f g h i j k l m n o p q r s t u v} -> {A B C D E F G H I J K L M}"] * 2000),
        "; ".join(f"x{number}" for number in range(MOST_NODES + 1)),
    ],
    ids=["block", "dagitty", "dot", "json", "links", "pages", "nodes"],
)
def test_a_text_that_multiplies_is_refused_before_it_does(text):
    with pytest.raises(GraphTooLarge):
        after(SetGraph(text))


@pytest.mark.parametrize(
    "text", ["{" * 9000, "[" * 90_000, '{"a":' * 9000, "dag {" + "{a " * 9000, "graph [" * 9000]
)
def test_a_text_that_never_ends_is_a_mistake_in_writing(text):
    with pytest.raises((GraphSyntax, InvalidGraph)):
        after(SetGraph(text))


def test_a_graph_has_at_most_so_many_variables():
    full = after(SetGraph("; ".join(f"x{number}" for number in range(MOST_NODES))))
    with pytest.raises(GraphTooLarge):
        applied(full, AddNode("one more"))


# ── the rest ────────────────────────────────────────────────────────────────────────────────────────────────


def test_blanks_around_what_is_typed_mean_nothing():
    found = after(Rename("  Wages "), Ask(" why? "), Where(" a > 1 "))
    assert (found.title, found.question, found.where) == ("Wages", "why?", "a > 1")


@pytest.mark.parametrize(
    "edit", [Rename("x" * 201), Ask("x" * 4001), Where("x" * 4001), Rename("\ud800"), Ask("a\udfff")]
)
def test_a_text_that_is_too_long_or_none_is_refused(edit):
    with pytest.raises(InvalidEdit):
        applied(Sheet(), edit)


@pytest.mark.parametrize(
    "edit",
    [
        *(SetOptions("auto", 0, level) for level in (0.0, 1.0, -1.0, float("nan"))),
        *(SetOptions("auto", seed, 0.9) for seed in (-1, 2**63)),
        SetOptions("magic", 0, 0.9),
        SetPart("a", "villain"),
    ],
)
def test_options_are_those_that_there_are(edit):
    with pytest.raises(InvalidOption):
        applied(Sheet(), edit)


def test_what_is_no_edit_is_refused():
    with pytest.raises(InvalidEdit):
        applied(Sheet(), "undo")


@given(st.lists(any_edit, max_size=25))
@settings(max_examples=150, deadline=None)
def test_an_edit_gives_a_sound_sheet_or_a_typed_error_and_leaves_the_old_one_alone(edits):
    sheet = Sheet()
    for edit in edits:
        before = repr(sheet)
        try:
            found = applied(sheet, edit)
        except WhenceError as error:
            assert error.message
            found = sheet
        assert repr(sheet) == before
        assert found.pins.keys() <= found.graph.index.keys()
        assert len(found.named("treatment")) <= 1
        assert len(found.named("outcome")) <= 1
        assert found.contrast is None or found.contrast[0] != found.contrast[1]
        sheet = found
