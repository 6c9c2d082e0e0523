"""Claims about what a page shows of a table."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.data.reading import table
from whence.examples import names, path
from whence.studio.uploads.bins import edges_for
from whence.studio.uploads.summarise import summary
from whence.studio.uploads.writing import number


def column(values, **options):
    return summary(table({"x": values}, **options)).columns[0]


def bars(values):
    return [(bar.label, bar.count) for bar in column(values).bars]


def test_a_binary_column_has_a_bar_for_each_level():
    assert bars([0, 1, 1, None]) == [("0", 1), ("1", 2)]
    assert column([0, 1, 1, None]).missing == 1


def test_few_whole_numbers_have_a_bar_each():
    assert bars([3, 1, 2, 3]) == [("1", 1), ("2", 1), ("3", 2)]


def test_many_whole_numbers_stand_in_bins_that_say_their_last_one():
    found = bars(list(range(16, 56)))
    assert found[0] == ("16 to 17", 2)
    assert sum(count for _, count in found) == 40


def test_edges_of_bins_are_round():
    assert bars([0.0, 35_040.3, *np.linspace(1, 9_000, 50)])[0][0] == "0 to 2,000"


def test_dates_begin_with_the_first_day():
    days = [dt.date(2020, 3, 5) + dt.timedelta(days=i) for i in range(200)]
    found = column(days)
    assert found.bars[0].label.startswith("2020-03-05 to ")
    assert (found.low, found.high) == ("2020-03-05", "2020-09-20")
    assert sum(bar.count for bar in found.bars) == 200


def test_of_many_words_the_most_frequent_are_shown_and_the_rest_together():
    found = bars([f"w{i}" for i in range(60)] + ["w59"] * 5)
    assert found[0] == ("w59", 6)
    assert found[-1] == ("37 others", 37)
    assert len(found) == 24


def test_levels_are_written_so_that_they_can_be_typed_back():
    assert column([-1.5, 2.0, -1.5]).levels == ("-1.5", "2")
    assert column([True, False]).levels == ("false", "true")
    assert column(["b", "a", "c"]).levels == ("a", "b", "c")


def test_at_most_fifty_levels_are_listed():
    assert len(column([f"w{i % 80}" for i in range(300)]).levels) == 50


def test_infinite_values_are_named_and_stand_in_no_bar():
    found = column([float("inf"), *[i / 7 for i in range(30)]])
    assert found.high == "∞"
    assert sum(bar.count for bar in found.bars) == 30


def test_a_column_of_holes_has_no_bars_and_no_middle():
    found = column([None, None])
    assert (found.missing, found.bars, found.middle) == (2, (), "")


def test_the_middle_is_a_value_that_occurs():
    assert column([1, 2, 3, 100]).middle == "2"
    assert column([0.5, 7.5]).middle == "0.5"


def test_whole_numbers_beyond_exact_floats_keep_their_digits():
    assert column([2**60 + 1, 2**60 + 3]).low == str(2**60 + 1)


def test_counts_weigh_the_bars_and_the_middle_but_not_their_own_column():
    data = table({"x": [1, 2, 3], "count": [1, 1, 10]}, weights="count")
    shown = summary(data)
    assert [each.name for each in shown.columns] == ["x", "count"]
    assert [bar.count for bar in shown.columns[0].bars] == [1, 1, 10]
    assert shown.columns[0].middle == "3"
    assert sum(bar.count for bar in shown.columns[1].bars) == 3
    assert (shown.rows, shown.n) == (3, 12)
    assert len(shown.head[0]) == 2


def test_derived_columns_are_marked():
    data = table({"x": [1, 2]}, derive={"y": "x + 1"})
    assert [each.derived for each in summary(data).columns] == [False, True]
    assert [each.derived for each in summary(data, ("x",)).columns] == [True, True]


def test_the_first_rows_are_shown_as_text():
    shown = summary(table({"x": [-1.5, None] * 6, "t": ["a\nb\x1b", "<b>"] * 6}))
    assert len(shown.head) == 8
    assert shown.head[0] == ("−1.5", "a b\\x1b")
    assert shown.head[1] == ("", "<b>")


def test_long_cells_are_cut():
    shown = summary(table({"t": ["x" * 5_000, "y"]}))
    assert len(shown.head[0][0]) == 80
    assert max(len(bar.label) for bar in shown.columns[0].bars) <= 60
    assert shown.columns[0].levels == ("y",)


def test_nothing_that_harms_a_terminal_or_a_page_is_in_a_summary():
    shown = summary(table({"a": ["\x1b[2J", "\u202egnp"], "b": ["x\0", "y\u2028z"]}))
    text = repr(shown.head) + "".join(bar.label for each in shown.columns for bar in each.bars)
    assert not set(text) & {"\x1b", "\u202e", "\0", "\u2028"}


@pytest.mark.parametrize("name", names())
def test_the_bundled_data_can_be_summarised(name):
    data = table(path(name))
    shown = summary(data, label=name)
    assert shown.label == name
    assert shown.sha256 == data.sha256
    for each in shown.columns:
        assert 0 < len(each.bars) <= 24
        assert sum(bar.count for bar in each.bars) == data.rows - each.missing


numbers = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=60)


@given(values=numbers)
def test_every_number_stands_in_one_of_at_most_24_bars(values):
    found = column(values)
    assert len(found.bars) <= 24
    assert sum(bar.count for bar in found.bars) == len(values)


@given(values=st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=60))
def test_every_whole_number_stands_in_one_of_at_most_24_bars(values):
    found = column(values)
    assert len(found.bars) <= 24
    assert sum(bar.count for bar in found.bars) == len(values)


@given(values=st.lists(st.datetimes(), min_size=1, max_size=60))
def test_every_moment_stands_in_one_of_at_most_24_bars(values):
    found = column(values)
    assert len(found.bars) <= 24
    assert sum(bar.count for bar in found.bars) == len(values)


@given(low=st.floats(-1e9, 1e9), width=st.floats(1e-6, 1e9))
def test_edges_hold_all_between_them(low, width):
    high = low + width
    edges = edges_for(low, high, "number")
    assert 1 <= len(edges) <= 25
    if len(edges) == 1:  # too near to one another for anything between them
        assert low + width / 24 == low
        return
    assert edges[0] <= low
    assert edges == sorted(edges)
    assert edges[-1] >= high or np.isclose(edges[-1], high)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1978.0, "1978"),
        (12345.0, "12,345"),
        (-12345.678, "−12,346"),
        (0.5, "0.5"),
        (1 / 3, "0.3333"),
        (1234.5678, "1235"),
        (99.995, "100"),
        (3e-7, "3 × 10^−7"),
        (-2.5e15, "−2.5 × 10^15"),
    ],
)
def test_numbers_are_written_as_people_read_them(value, text):
    assert number(value) == text


def test_a_column_that_was_most_likely_meant_as_numbers_is_named():
    def notes(values):
        return summary(table({"dose": values, "y": list(range(len(values)))})).notes

    assert "decimal" in notes(["1,5", "2,25", "-3,0", "4"])[0]
    assert "read as labels because" in notes(["1", "2", "3", "n/a"])[0]
    assert notes(["a", "b", "c,5", "1,5"]) == notes(["low", "high", "low", "mid"]) == ()
