"""Schema, weights, complete rows, counts, design matrices and summaries: exact, and every loss counted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.data import complete, counts, design, summary, table
from whence.data.contingency import MOST_CELLS
from whence.runtime.errors import EmptyData, InvalidWeights, TooManyColumns, UnknownColumn, UnsuitableMethod


@pytest.mark.parametrize(
    ("name", "values", "kind", "levels"),
    [
        ("x", [0, 1, 1], "binary", (0, 1)),
        ("x", [True, False], "binary", (False, True)),
        ("x", ["no", "yes", None], "binary", ("no", "yes")),
        ("x", [1.5, 2.5, 1.5], "binary", (1.5, 2.5)),
        ("x", [3, 3, 3], "constant", (3,)),
        ("x", [None, None], "constant", ()),
        ("x", ["a", "b", "c"], "categorical", ("a", "b", "c")),
        ("x", [1, 2, 3], "integer", (1, 2, 3)),
        ("x", list(range(100, 0, -1)), "integer", ()),
        ("x", [0.5, 1.5, 2.5], "continuous", ()),
        ("x", ["2020-01-01", "2020-01-02"], "date", ()),
        ("x", ["2020-13-45", "b", "c"], "categorical", ("2020-13-45", "b", "c")),
        ("x", [f"person {k}" for k in range(30)], "identifier", ()),
        ("x", list(range(1, 31)), "identifier", ()),
        ("person_id", [7 * k % 31 for k in range(31)], "identifier", ()),
        ("income", [7 * k % 31 for k in range(31)], "integer", tuple(range(31))),
        ("x", ["True", "False"], "binary", (False, True)),
    ],
)
def test_the_kind_of_a_column_is_read_from_its_values(name: str, values: list, kind: str, levels: tuple):
    field = table({name: values}).schema[name]
    assert (field.kind, field.levels) == (kind, levels)
    assert field.missing == sum(value is None for value in values)
    assert field.distinct == len({value for value in values if value is not None})


def test_whole_weights_are_counts_and_n_is_their_sum():
    t = table({"x": [0, 1], "y": ["a", "b"], "n": [3.0, 4.0]}, weights="n")
    assert (t.weighting, t.weights, t.n, t.rows, t.columns) == ("counts", "n", 7, 2, ("x", "y"))
    frame = complete(t, ["x", "y"])
    assert frame.weights is not None
    assert (frame.n, frame.rows, frame.weights.tolist()) == (7, 2, [3.0, 4.0])


def test_fractions_that_add_up_to_one_are_probabilities():
    t = table({"x": [0, 1, 2], "p": [0.3333, 0.3333, 0.3333]}, weights="p")
    assert (t.weighting, t.n) == ("probabilities", 3)
    weights = complete(t, ["x"]).weights
    assert weights is not None
    assert weights.sum() == pytest.approx(1.0, abs=1e-15)


def test_filtering_a_probability_table_conditions_on_the_filter():
    joint = {"x": [0, 0, 1, 1], "y": [0, 1, 0, 1], "p": [0.1, 0.2, 0.3, 0.4]}
    t = table(joint, weights="p", where="x = 1")
    assert t.weighting == "probabilities"
    again = table(table(joint, weights="p"), where="x = 1")
    for one in (t, again):
        assert counts(one, ["y"]).cells.tolist() == pytest.approx([3 / 7, 4 / 7])


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([1.5, 2.5], "survey weights"),
        ([0.6, 0.6], "survey weights"),
        ([-1, 2], "negative"),
        ([-0.5, 1.5], "negative"),
        ([1, None], "missing in 1 rows"),
        ([float("inf"), 1.0], "infinite"),
        ([0, 0], "zero"),
        (["many", "few"], "text, not numbers"),
        (["2020-01-01", "2020-01-02"], "date, not numbers"),
        ([2**53, 2**53], "exactly"),
    ],
)
def test_weights_that_are_neither_counts_nor_probabilities_are_refused(weights: list, words: str):
    with pytest.raises(InvalidWeights, match=words) as caught:
        table({"x": [0, 1], "w": weights}, weights="w")
    assert "whole counts, or probabilities" in caught.value.cure


def test_a_weights_column_that_is_not_there_gets_the_near_miss():
    with pytest.raises(UnknownColumn, match='Did you mean "count"'):
        table({"x": [1], "count": [2]}, weights="counts")


def test_counts_that_a_filter_leaves_all_zero_are_no_data():
    with pytest.raises(EmptyData):
        table({"x": [0, 1], "n": [5, 0]}, weights="n", where="x = 1")


def test_rows_lost_to_missing_cells_are_counted_in_observations():
    columns = {"x": [0, 1, None, 1], "y": [1.5, None, 2.5, 3.5], "n": [10, 20, 30, 40]}
    plain = complete(table({name: columns[name] for name in "xy"}), ["x", "y"])
    assert (plain.n, plain.rows_dropped, plain.kept.tolist()) == (2, 2, [0, 3])
    weighted = complete(table(columns, weights="n"), ["x", "y"])
    assert (weighted.n, weighted.rows_dropped) == (50, 50)
    assert (
        counts(table(columns, weights="n"), ["x"]).n,
        counts(table(columns, weights="n"), ["x"]).rows_dropped,
    ) == (
        70,
        30,
    )


def test_rows_of_weight_zero_are_in_no_frame_but_keep_their_level_in_the_counts():
    t = table({"x": ["a", "b", "c"], "n": [2, 0, 3]}, weights="n")
    frame = complete(t, ["x"])
    assert (frame.rows, frame.n, frame.levels("x"), frame.rows_dropped) == (2, 5, ("a", "c"), 0)
    table_of_counts = counts(t, ["x"])
    assert (table_of_counts.levels, table_of_counts.cells.tolist()) == ((("a", "b", "c"),), [2, 0, 3])


def test_a_frame_gives_numbers_for_numbers_and_positions_for_text():
    t = table({"b": [True, False], "s": ["z", "a"], "d": ["1970-01-02", "1969-12-31"], "v": [1, 2]})
    frame = complete(t, t.columns)
    assert frame.column("b").tolist() == [1.0, 0.0]
    assert frame.column("s").tolist() == [1.0, 0.0]
    assert frame.column("d").tolist() == [1.0, -1.0]
    assert frame.column("v").tolist() == [1.0, 2.0]
    assert (frame.levels("s"), frame.levels("v")) == (("a", "z"), None)
    assert frame.values("v")[0] == (1, 2)
    assert all(frame.column(name).dtype == np.float64 for name in frame.names)


def test_taking_rows_of_a_frame_keeps_its_codes_and_its_weights():
    t = table({"x": ["a", "b", "c"], "n": [1, 2, 3]}, weights="n")
    some = complete(t, ["x"]).take(np.array([2, 2, 0]))
    assert some.column("x").tolist() == [2.0, 2.0, 0.0]
    assert (some.n, some.levels("x"), some.kept.tolist()) == (7, ("a", "b", "c"), [2, 2, 0])


@settings(max_examples=200)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from([0, 1, None]), st.sampled_from(["a", "b", "c", None]), st.integers(0, 9)),
        min_size=1,
        max_size=40,
    )
)
def test_counting_a_weighted_table_is_counting_the_table_it_stands_for(rows: list):
    if not any(x is not None and s is not None and n for x, s, n in rows):
        return
    long = [(x, s) for x, s, n in rows for _ in range(n)]
    weighted = table(
        {"x": [r[0] for r in rows], "s": [r[1] for r in rows], "n": [r[2] for r in rows]}, weights="n"
    )
    expanded = table({"x": [r[0] for r in long], "s": [r[1] for r in long]})
    one, two = counts(weighted, ["x", "s"]), counts(expanded, ["x", "s"])
    assert one.cells.dtype == np.int64
    found = {
        (x, s): int(one.cells[i, j]) for i, x in enumerate(one.levels[0]) for j, s in enumerate(one.levels[1])
    }
    assert {cell: n for cell, n in found.items() if n} == {
        (x, s): long.count((x, s)) for x, s in set(long) if x is not None and s is not None
    }
    assert (one.n, one.rows_dropped, weighted.n) == (two.n, two.rows_dropped, expanded.n)
    assert one.probabilities().sum() == pytest.approx(1.0)


def test_a_contingency_table_larger_than_memory_is_refused():
    columns = {f"v{k}": list(range(100)) for k in range(5)}
    assert MOST_CELLS < 100**5
    with pytest.raises(UnsuitableMethod, match="combinations of values"):
        counts(table(columns), list(columns))


def test_the_design_matrix_has_one_column_per_level_but_the_first():
    t = table({"age": [30, 40, 50, 60], "region": ["n", "s", "w", "n"], "smoker": [True, False, True, False]})
    frame = complete(t, t.columns)
    made = design(frame, ["region", "age", "smoker"])
    assert made.labels == ("region[s]", "region[w]", "age", "smoker")
    assert made.matrix.tolist() == [[0, 0, 30, 1], [1, 0, 40, 0], [0, 1, 50, 1], [0, 0, 60, 0]]
    assert made.columns_of("region") == (0, 1)
    assert design(frame.take(np.array([1, 2])), ["region"]).labels == ("region[w]",)
    assert design(frame, []).matrix.shape == (4, 0)


def test_a_design_matrix_of_too_many_columns_is_refused():
    t = table({"who": [f"person {k}" for k in range(5_000)]})
    with pytest.raises(TooManyColumns, match="4,999"):
        design(complete(t, ["who"]), ["who"])


def test_a_summary_of_counts_is_that_of_the_rows_they_stand_for():
    weighted = table({"x": [1.5, 2.5, 4.0], "s": ["a", "b", "a"], "n": [3, 1, 2]}, weights="n")
    expanded = table({"x": [1.5, 1.5, 1.5, 2.5, 4.0, 4.0], "s": ["a", "a", "a", "b", "a", "a"]})
    for one, two in zip(summary(weighted), summary(expanded), strict=True):
        assert one.mean == pytest.approx(two.mean)
        assert one.sd == pytest.approx(two.sd)
        assert (one.frequencies, one.levels, one.histogram) == (two.frequencies, two.levels, two.histogram)
    x = np.array([1.5, 1.5, 1.5, 2.5, 4.0, 4.0])
    facts = summary(expanded)[0]
    assert (facts.mean, facts.sd) == pytest.approx((x.mean(), x.std(ddof=1)))
    assert (facts.minimum, facts.maximum) == (1.5, 4.0)


def test_the_histogram_counts_what_numpy_counts():
    values = np.random.default_rng(3).normal(size=5_000)
    histogram = summary(table({"x": values}))[0].histogram
    assert histogram is not None
    assert list(histogram.heights) == np.histogram(values, bins=20)[0].tolist()


def test_a_summary_says_nothing_of_the_moments_of_text_and_of_infinite_values():
    text, wild = summary(table({"s": ["a", "b"], "x": [1.5, float("inf")]}))
    assert (text.mean, text.frequencies, text.histogram) == (None, (1.0, 1.0), None)
    assert (wild.mean, wild.maximum, wild.histogram) == (None, None, None)
    lone = summary(table({"x": [2.5]}))[0]
    assert (lone.mean, lone.sd) == (2.5, None)
