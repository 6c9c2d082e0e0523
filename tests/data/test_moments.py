"""Moments of any number of files: the digits of the table in memory, whoever reads which rows."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from whence.data import complete
from whence.data.moments import moments
from whence.data.reading import table
from whence.data.scanning.opening import scan
from whence.data.spans import BLOCKS_IN_A_SPAN, Span, parts, spans_of
from whence.numerics.blocks import BLOCK, tree_sum
from whence.numerics.moments import central
from whence.runtime.errors import (
    EmptyData,
    InfiniteValues,
    TextInNumericRole,
    UnknownColumn,
    UnreadableData,
    UnsuitableMethod,
)
from whence.runtime.executor import executor

ROWS = BLOCKS_IN_A_SPAN * BLOCK + 3 * BLOCK + 17
NAMES = ["income", "age", "member", "since", "score"]


@pytest.fixture(scope="module")
def rows():
    chance = np.random.default_rng(5)
    days = np.datetime64("2020-01-01") + chance.integers(0, 900, ROWS).astype("m8[D]")
    return pa.table(
        {
            "income": chance.normal(1e6, 1.0, ROWS),
            "age": chance.integers(18, 80, ROWS).astype(np.int32),
            "member": chance.random(ROWS) < 0.3,
            "since": pa.array(days),
            "score": pa.array(chance.normal(size=ROWS), mask=chance.random(ROWS) < 0.1),
        }
    )


@pytest.fixture(scope="module")
def whole(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "rows.parquet"
    pq.write_table(rows, path, row_group_size=100_000)
    return path


PARTINGS = {
    "seven": [0, 1, 10, BLOCK, 2 * BLOCK + 5, 700_000, 1_100_000, ROWS],
    "four": [0, BLOCK - 1, BLOCK + 1, BLOCKS_IN_A_SPAN * BLOCK + 1, ROWS],
}


@pytest.fixture(scope="module")
def parted(rows, tmp_path_factory):
    """The rows in folders of so many parts."""
    folders = {name: tmp_path_factory.mktemp(name) for name in PARTINGS}
    for name, cuts in PARTINGS.items():
        for place, (start, stop) in enumerate(pairwise(cuts)):
            part = rows.slice(start, stop - start)
            # The second part has its columns in another order, and whole numbers in another width.
            if place == 1:
                part = part.select(NAMES[::-1]).set_column(3, "age", part["age"].cast(pa.int64()))
            pq.write_table(part, folders[name] / f"part{place}.parquet", row_group_size=90_000)
    return folders


@pytest.fixture(scope="module")
def in_memory(whole):
    return digits(moments(table(whole), NAMES, executor="serial"))


def digits(found):
    return found.n, found.rows_dropped, found.means.tobytes(), found.products.tobytes()


@pytest.mark.parametrize("spec", ["serial", "threads:2", "threads:7"])
def test_the_digits_of_a_table_do_not_depend_on_the_threads(whole, in_memory, spec, monkeypatch):
    monkeypatch.setenv("WHENCE_CORES", "8")
    assert digits(moments(table(whole), NAMES, executor=spec)) == in_memory


@pytest.mark.parametrize(
    ("parts", "spec"), [("seven", "serial"), ("seven", "processes:2"), ("four", "threads:3")]
)
def test_files_have_the_digits_of_the_table_however_the_rows_are_parted(
    parted, in_memory, parts, spec, monkeypatch
):
    monkeypatch.setenv("WHENCE_CORES", "8")
    workers = executor(spec)
    assert digits(moments(parted[parts], NAMES, executor=workers)) == in_memory
    workers.close()


def test_a_scan_that_is_filtered_is_read_here_and_has_the_digits_of_the_filtered_table(whole, rows):
    few = scan(whole, where="age < 30")
    assert parts(few, {}) is None
    assert digits(moments(few, NAMES)) == digits(moments(table(whole, where="age < 30"), NAMES))


def test_the_moments_are_right(rows, tmp_path):
    some = tmp_path / "some.parquet"
    pq.write_table(rows.slice(0, 2 * BLOCK + 99), some)
    found = moments(some, NAMES, executor="threads:2")
    frame = complete(table(some), NAMES)
    exact = np.column_stack([frame.column(name) for name in NAMES]).astype(np.longdouble)
    centred = exact - exact.mean(axis=0)
    scale = np.sqrt(np.outer(np.diag(found.products), np.diag(found.products)))
    assert (found.n, found.rows_dropped) == (frame.n, frame.rows_dropped)
    assert np.all(np.abs(found.means - exact.mean(axis=0)) <= 1e-15 * (abs(exact).max(axis=0)))
    # Incomes vary by one about a million: sums of squares about zero would have lost all of it.
    assert np.max(np.abs(found.products - centred.T @ centred) / scale) < 1e-12
    assert np.allclose(found.covariance, np.cov(exact.astype(float), rowvar=False), rtol=1e-9, atol=1e-6)
    ones = np.column_stack([np.ones(len(exact)), exact])
    size = np.sqrt(np.outer(np.diag(found.gram()), np.diag(found.gram())))
    assert np.max(np.abs(found.gram() - ones.T @ ones) / size) < 1e-13


def test_counts_weigh_rows_as_if_they_were_repeated():
    counted = table({"x": [1.0, 2.0, None, 4.0], "y": [0, 1, 1, 1], "n": [3, 1, 2, 0]}, weights="n")
    repeated = table({"x": [1.0, 1.0, 1.0, 2.0, None, None], "y": [0, 0, 0, 1, 1, 1]})
    one, two = moments(counted, ["x", "y"]), moments(repeated, ["x", "y"])
    assert (one.n, one.rows_dropped) == (two.n, two.rows_dropped) == (4, 2)
    assert np.allclose(one.means, two.means)
    assert np.allclose(one.products, two.products)


def test_sums_of_blocks_are_added_like_the_rows_together_even_where_a_block_has_no_row():
    chance = np.random.default_rng(1)
    rows = chance.normal(50, 2, (999, 3))
    pieces = [rows[:0], rows[:1], rows[1:400], rows[400:400], rows[400:]]
    joined, at_once = tree_sum(map(central, pieces)), central(rows)
    assert joined.n == at_once.n == 999
    assert np.allclose(joined.means, at_once.means, rtol=1e-15)
    assert np.allclose(joined.products, at_once.products, rtol=1e-13)
    assert np.array_equal(joined.products, joined.products.T)


def test_a_single_row_has_no_covariance():
    found = moments(table({"x": [3.0]}), ["x"])
    assert (found.n, found.means.tolist(), found.products.tolist()) == (1, [3.0], [[0.0]])
    assert np.isnan(found.covariance).all()


def test_what_has_no_moments_is_told(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(
        pa.table(
            {
                "a": [1.0, np.inf],
                "b": ["u", "v"],
                "c": pa.array([None, None], pa.float64()),
                "d": [1e150, 1.0],
            }
        ),
        path,
    )
    for source in (path, table(path)):
        with pytest.raises(InfiniteValues, match='"a"'):
            moments(source, ["a", "d"])
        with pytest.raises(TextInNumericRole, match='"b"'):
            moments(source, ["b"])
        with pytest.raises(EmptyData):
            moments(source, ["c", "d"])
        with pytest.raises(UnreadableData, match="overflow"):
            moments(source, ["d"])
        with pytest.raises(UnknownColumn, match='Did you mean "d"'):
            moments(source, ["D"])
    with pytest.raises(UnsuitableMethod, match="probabilities"):
        moments(table({"x": [0, 1], "p": [0.5, 0.5]}, weights="p"), ["x"])


def test_a_part_that_lacks_a_column_misses_it(tmp_path):
    pq.write_table(pa.table({"x": [1.0, 2.0], "y": [3, 4]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": [5.0]}), tmp_path / "b.parquet")
    assert moments(tmp_path, ["x"]).n == 3
    assert (moments(tmp_path, ["x", "y"]).n, moments(tmp_path, ["x", "y"]).rows_dropped) == (2, 1)


def test_truth_written_as_text_counts_as_in_memory(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"x": ["true", "false", "true", None]}), path)
    assert moments(path, ["x"]).means.tolist() == moments(table(path), ["x"]).means.tolist() == [2 / 3]


def test_a_file_that_changed_since_it_was_opened_is_told(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"x": [1.0, 2.0]}), path)
    opened = scan(path)
    pq.write_table(pa.table({"x": [1.0, 2.0, 3.0]}), path)
    with pytest.raises(UnreadableData, match="changed"):
        moments(opened, ["x"])


def test_spans_cover_every_row_once_in_order():
    files = [("a", 7), ("b", 0), ("c", 1), ("d", 12)]
    found = spans_of(files, 5)
    assert found[1] == Span((("a", 5, 7), ("c", 0, 1), ("d", 0, 2)))
    covered = [
        (path, row) for span in found for path, start, stop in span.pieces for row in range(start, stop)
    ]
    assert covered == [(path, row) for path, size in files for row in range(size)]
    assert [sum(stop - start for _, start, stop in span.pieces) for span in found] == [5, 5, 5, 5]
    assert spans_of([("a", 0)], 5) == ()
