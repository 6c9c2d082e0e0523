"""Tables behind connections of DuckDB, SQLite and other drivers: asked as a server is, and left alone."""

import sqlite3
from pathlib import Path

import duckdb
import numpy as np
import pytest

from data.pushdown.rows import in_duckdb, in_memory, in_sqlite, made
from whence.data import counts
from whence.data.pushdown.errors import QueryFailed, TableChanged
from whence.data.pushdown.opening import remote
from whence.numerics.moments import central
from whence.runtime.errors import EmptyData, InvalidOption, UnreadableData

WAGE = 'the "wage" %(v0)s'


class Relay:
    """A driver that follows PEP 249 and that nobody knows: in truth SQLite."""

    paramstyle = "qmark"

    def __init__(self, inner: sqlite3.Connection) -> None:
        self.inner = inner

    def cursor(self) -> sqlite3.Cursor:
        return self.inner.cursor()


@pytest.fixture(params=["duckdb", "sqlite", "other"])
def there(request: pytest.FixtureRequest):
    columns = made(1_500)
    if request.param == "duckdb":
        return remote(in_duckdb(columns), "t"), in_memory(columns), columns
    columns["old"] = columns["old"].astype(np.int64)
    connection = in_sqlite(columns)
    if request.param == "sqlite":
        return remote(connection, "t"), in_memory(columns), columns
    return remote(Relay(connection), "t", dialect="sqlite"), in_memory(columns), columns


def test_counts_kinds_and_holes_are_those_of_the_rows_in_memory(there):
    far, near, _ = there
    assert np.array_equal(far.counts(["x", "town", "z"]).cells, counts(near, ["x", "town", "z"]).cells)
    assert far.missing == near.missing
    for one, other in zip(far.schema, near.schema, strict=True):
        assert (one.name, one.kind, one.levels, one.missing) == (
            other.name,
            other.kind,
            other.levels,
            other.missing,
        )
        assert far.storage(one.name) == near.storage(one.name)
        assert far.labels(one.name) == near.labels(one.name)


def test_moments_agree_to_twelve_digits(there):
    far, _, columns = there
    names = ["x", WAGE, "y"]
    found = far.moments(names)
    matrix = np.column_stack([columns[name] for name in names]).astype(np.float64)
    whole = ~np.isnan(matrix).any(axis=1)
    expected = central(matrix[whole])
    scale = np.sqrt(np.outer(np.diag(expected.products), np.diag(expected.products)))
    assert np.max(np.abs(found.products - expected.products) / scale) < 1e-12
    assert np.max(np.abs(found.means / expected.means - 1.0)) < 1e-12
    assert (found.n, found.rows_dropped) == (int(whole.sum()), 1_500 - int(whole.sum()))


def test_a_database_that_is_not_tried_by_tests_says_so():
    connection = Relay(in_sqlite(made(50) | {"old": np.zeros(50, dtype=np.int64)}))
    with pytest.raises(InvalidOption, match="dialect"):
        remote(connection, "t")
    assert remote(connection, "t", dialect="mysql").notes == (
        "Asked in the SQL of mysql: its text is tested, but not by such a server.",
    )


def test_a_name_is_never_taken_for_a_file(tmp_path: Path):
    secret = tmp_path / "secret.csv"
    secret.write_text("x\n1\n")
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (x INT)")
    for name in (str(secret), [str(secret)], ["main", str(secret)]):
        with pytest.raises((UnreadableData, QueryFailed)):
            remote(connection, name)


def test_nothing_is_written_and_the_connection_is_as_it_was():
    connection = in_sqlite(made(100))
    assert remote(connection, "t").moments(["y"]).n == 100
    assert connection.execute("PRAGMA query_only").fetchone() == (0,)
    assert not connection.in_transaction
    connection.execute("INSERT INTO t (x) VALUES (5)")
    assert connection.in_transaction
    assert remote(connection, "t").rows == 101
    assert connection.in_transaction
    connection.rollback()
    assert remote(connection, "t").rows == 100

    other = in_duckdb(made(100))
    other.execute("BEGIN")
    other.execute("INSERT INTO t (x) VALUES (5)")
    assert remote(other, "t").rows == 101
    other.execute("ROLLBACK")
    assert remote(other, "t").rows == 100
    other.execute("INSERT INTO t (x) VALUES (5)")
    assert remote(other, "t").rows == 101


def test_columns_of_several_types_count_as_in_memory_and_have_no_moments():
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (x, y)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [(1, 1.5), ("a", 2), (1, 3), (None, 4)])
    there = remote(connection, "t")
    from whence.data import table

    here = table({"x": [1, "a", 1, None], "y": [1.5, 2, 3, 4]})
    assert there.counts(["x"]).levels == counts(here, ["x"]).levels
    assert there.counts(["x"]).cells.tolist() == counts(here, ["x"]).cells.tolist()
    assert there.storage("y") == here.storage("y") == "number"


def test_an_empty_table_and_an_empty_filter_are_told():
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (x INT, y TEXT)")
    there = remote(connection, "t")
    assert there.rows == 0
    with pytest.raises(EmptyData):
        there.counted(["x"])
    with pytest.raises(EmptyData):
        there.moments(["x"])


def test_a_sample_of_counts_depends_on_the_seed_alone():
    there = remote(in_duckdb(made(3_000)), "t")
    names = ["x", "z", "town"]
    one, same, other = (there.sample(500, seed, names) for seed in (1, 1, 2))
    assert one.sha256 == same.sha256 != other.sha256
    assert one.n == 500
    assert there.sample(5_000, 1, names).n == 3_000


def test_groups_that_change_in_between_are_noticed(monkeypatch: pytest.MonkeyPatch):
    from whence.data.pushdown import moments as sums

    connection = in_duckdb(made(100))
    connection.execute("BEGIN")  # in a transaction of the user's what is written in it is seen
    there, first = remote(connection, "t"), sums._means

    def changed(*given: object):
        found = first(*given)
        connection.execute("INSERT INTO t (x, y) VALUES (1, 1)")
        return found

    there.sketch(["y"])
    monkeypatch.setattr(sums, "_means", changed)
    with pytest.raises(TableChanged):
        there.group_by(["x"], ["y"])


def test_a_closed_connection_is_told():
    connection = in_sqlite(made(10))
    there = remote(connection, "t")
    connection.close()
    with pytest.raises(QueryFailed, match="open connection"):
        there.counts(["x"])
    other = in_duckdb(made(10))
    there = remote(other, "t")
    other.close()
    with pytest.raises(QueryFailed):
        there.counts(["x"])
