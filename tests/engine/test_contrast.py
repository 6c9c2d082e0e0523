""" "The effect of A on B" means 1 against 0, one unit more, or a question back."""

import pytest

from whence.data.reading import table
from whence.engine.contrast import settled
from whence.language.query import att, cate, effect
from whence.language.query_text import query
from whence.runtime.errors import AmbiguousQuestion, InvalidQuery, UnknownColumn


def levels(values, asked=None):
    outcome = [float(i) for i in range(len(values))]
    chosen = settled(asked or effect("a", "b"), table({"a": values, "b": outcome}))
    return chosen.query.contrast.level, chosen.query.contrast.base


@pytest.mark.parametrize(
    ("values", "level", "base"),
    [
        ([0, 1, 1, 0], 1, 0),
        ([1.0, 0.0, 1.0], 1, 0),
        ([True, False], True, False),
        (["true", "false"], True, False),
        ([1, 2, 2], 2, 1),
    ],
)
def test_two_numbers_one_apart_and_booleans_are_the_higher_against_the_lower(values, level, base):
    found = levels(values)
    assert found == (level, base)
    assert [type(each) for each in found] == [type(level), type(base)]


@pytest.mark.parametrize("values", [[1, 2, 3, 4], [0.5, 1.5, 2.25], [0, 10, 10], list(range(100))])
def test_other_numbers_stay_open_as_one_unit_more_and_it_is_said(values):
    chosen = settled(effect("a", "b"), table({"a": values, "b": [float(v) for v in values]}))
    assert chosen.query.contrast.open
    assert "one unit more" in chosen.notes[0]


def test_two_labels_are_asked_back_both_ways_round():
    with pytest.raises(AmbiguousQuestion) as caught:
        levels(["drug", "placebo", "drug"])
    readings = [query(reading) for reading in caught.value.readings]
    ways = {(reading.contrast.level, reading.contrast.base) for reading in readings}
    assert ways == {("drug", "placebo"), ("placebo", "drug")}


def test_more_labels_are_asked_back_with_some_of_their_pairs():
    with pytest.raises(AmbiguousQuestion) as caught:
        levels(["red", "green", "blue", "red", "black"])
    assert len(caught.value.readings) == 6
    assert "black" in caught.value.message


def test_every_reading_that_is_offered_can_be_asked():
    values = ["new drug", "placebo", "new drug"]
    with pytest.raises(AmbiguousQuestion) as caught:
        levels(values, att("a", "b"))
    for reading in caught.value.readings:
        asked = query(reading)
        assert levels(values, asked) == (asked.contrast.level, asked.contrast.base)
        assert asked.contrast.kind == "ATT"


def test_levels_that_were_named_are_left_alone():
    assert levels([1, 2, 3], effect("a", "b", 3, 1)) == (3, 1)
    assert levels(["x", "y"], effect("a", "b", "x", "y")) == ("x", "y")


def test_the_kind_and_the_groups_of_a_contrast_are_kept():
    found = table({"a": [0, 1], "b": [1.0, 2.0], "c": ["u", "v"]})
    chosen = settled(cate("a", "b", "c"), found).query.contrast
    assert (chosen.kind, chosen.by, chosen.level) == ("CATE", ("c",), 1)


def test_a_date_has_no_two_levels_to_compare():
    with pytest.raises(InvalidQuery, match="a date"):
        levels([f"2020-01-{day:02}" for day in range(1, 29)])


def test_a_treatment_that_is_no_column_is_named_with_the_near_miss():
    with pytest.raises(UnknownColumn, match='Did you mean "a"'):
        levels([0, 1], effect("A", "b"))


def test_without_data_it_is_one_against_nought_and_it_is_said():
    chosen = settled(effect("a", "b"), None)
    assert "1 against 0" in chosen.notes[0]


def test_a_query_that_is_no_contrast_is_left_alone():
    asked = query("P(b | do(a=1))")
    assert settled(asked, table({"a": ["x", "y"], "b": [1, 2]})).query is asked
