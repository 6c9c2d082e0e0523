"""A table in a real Postgres server: asked where it is, the same as in memory, read and nothing else."""

from typing import ClassVar

import numpy as np
import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from data.pushdown.postgres_server import PostgresForTests
from data.pushdown.rows import in_duckdb, in_memory, in_postgres, made
from whence.data import counts, table
from whence.data.pushdown import moments as sums
from whence.data.pushdown.errors import NeedsRows, QueryFailed, TableChanged
from whence.data.pushdown.opening import remote
from whence.numerics.moments import central
from whence.runtime.errors import EmptyData, InfiniteValues, TextInNumericRole, UnknownColumn, UnreadableData

WAGE = 'the "wage" %(v0)s'


@pytest.fixture
def shop(owner: psycopg.Connection) -> dict[str, np.ndarray]:
    columns = made()
    in_postgres(owner, columns)
    return columns


def test_counts_are_those_of_the_rows_in_memory(postgres: PostgresForTests, shop: dict[str, np.ndarray]):
    there, here = remote(postgres.url, "t"), in_memory(shop)
    for names in (["x"], ["x", "z", "town"], ["town", "old", "high"], []):
        far, near = there.counts(names), counts(here, names)
        assert far.levels == near.levels
        assert far.cells.dtype == near.cells.dtype
        assert np.array_equal(far.cells, near.cells)
        assert (far.n, far.rows_dropped) == (near.n, near.rows_dropped)


def test_what_is_not_a_number_is_missing_and_counted_as_such(
    postgres: PostgresForTests, shop: dict[str, np.ndarray]
):
    there, here = remote(postgres.url, "t"), in_memory(shop)
    assert there.missing == here.missing == {WAGE: 182}
    assert there.counted(["x", "high"]).n == here.n


def test_the_schema_is_that_of_the_table_in_memory(postgres: PostgresForTests, shop: dict[str, np.ndarray]):
    there, here = remote(postgres.url, "t"), in_memory(shop)
    assert there.columns == here.columns
    assert (there.rows, len(there), there.n, there.weighting) == (2_000, 2_000, 2_000, "none")
    for far, near in zip(there.schema, here.schema, strict=True):
        assert (far.name, far.kind, far.levels, far.missing) == (
            near.name,
            near.kind,
            near.levels,
            near.missing,
        )
        assert there.storage(far.name) == here.storage(far.name)


def test_moments_agree_to_twelve_digits_however_far_from_zero_the_numbers_are(
    postgres: PostgresForTests, shop: dict[str, np.ndarray]
):
    names = ["x", WAGE, "y", "old"]
    found = remote(postgres.url, "t").moments(names)
    matrix = np.column_stack([shop[name] for name in names]).astype(np.float64)
    expected = central(matrix[~np.isnan(matrix).any(axis=1)])
    scale = np.sqrt(np.outer(np.diag(expected.products), np.diag(expected.products)))
    assert found.n == expected.n
    assert np.max(np.abs(found.means / expected.means - 1.0)) < 1e-12
    assert np.max(np.abs(found.products - expected.products) / scale) < 1e-12


def test_moments_have_the_same_bits_on_any_server_with_any_number_of_workers(
    postgres: PostgresForTests, owner: psycopg.Connection
):
    columns = made(40_000, seed=3)
    in_postgres(owner, columns)
    owner.execute("ANALYZE t")
    names = ["x", WAGE, "y"]
    owner.execute("SET max_parallel_workers_per_gather = 0")
    alone = remote(owner, "t").moments(names)
    owner.execute("SET max_parallel_workers_per_gather = 2")
    owner.execute(
        "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0"
    )
    together = remote(owner, "t").moments(names)
    elsewhere = remote(in_duckdb(columns), "t").moments(names)
    order = np.random.default_rng(2).permutation(40_000)
    reordered = remote(in_duckdb({name: values[order] for name, values in columns.items()}), "t").moments(
        names
    )
    for other in (together, elsewhere, reordered):
        assert alone.means.tobytes() == other.means.tobytes()
        assert alone.products.tobytes() == other.products.tobytes()


def test_groups_have_the_moments_of_their_rows(postgres: PostgresForTests, shop: dict[str, np.ndarray]):
    found = remote(postgres.url, "t").group_by(["town", "old"], ["y", "z"])
    assert [setting for setting, _ in found] == sorted(
        {(str(town), bool(old)) for town, old in zip(shop["town"], shop["old"], strict=True)}
    )
    for (town, old), moments in found:
        members = (shop["town"] == town) & (shop["old"] == old)
        expected = central(np.column_stack([shop["y"], shop["z"]])[members].astype(np.float64))
        assert moments.n == expected.n
        assert np.allclose(moments.means, expected.means, rtol=1e-12, atol=0)
        assert np.allclose(moments.products, expected.products, rtol=1e-10, atol=1e-9)


class Counting(psycopg.Cursor):
    """A cursor that counts what comes through it."""

    fetched = 0
    statements: ClassVar[list[str]] = []

    def execute(self, query, params=None, **options):
        Counting.statements.append(str(query))
        return super().execute(query, params, **options)

    def fetchall(self):
        rows = super().fetchall()
        Counting.fetched += len(rows)
        return rows

    def fetchone(self):
        Counting.fetched += 1
        return super().fetchone()

    def fetchmany(self, size=0):
        raise AssertionError("rows are fetched in bulk")


def test_no_rows_are_fetched(postgres: PostgresForTests, shop: dict[str, np.ndarray]):
    with psycopg.connect(postgres.url, cursor_factory=Counting) as connection:
        there = remote(connection, "t")
        Counting.fetched, Counting.statements = 0, []
        there.sketch(["x", "y", WAGE])
        assert Counting.fetched <= 2 + 2  # the first rows' kinds, the facts; the two levels of x
        Counting.fetched = 0
        there.moments(["x", "y", WAGE])
        assert Counting.fetched == 2
        Counting.fetched = 0
        assert there.counted(["x", "z"]).rows == Counting.fetched == 6
        Counting.fetched = 0
        there.group_by(["x"], ["y"])
        assert Counting.fetched == 1 + 2
        starts = {statement.lstrip().split()[0] for statement in Counting.statements}
        assert starts == {"SELECT", "SET"}


def test_more_combinations_than_are_worth_fetching_are_not_fetched(
    postgres: PostgresForTests, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
):
    in_postgres(owner, made(500))
    monkeypatch.setattr("whence.data.pushdown.counted.MOST_COMBINATIONS", 100)
    with pytest.raises(NeedsRows, match=r"more than 100 combinations.*wh\.scan"):
        remote(postgres.url, "t").counted(["y"])


def test_a_filter_counts_as_in_memory(postgres: PostgresForTests, shop: dict[str, np.ndarray]):
    wage = WAGE.replace('"', '""')
    where = f"y > 1.5 AND town <> 'B' AND (\"{wage}\" IS NOT NULL OR z = 2) AND NOT old"
    here = table(shop, where=where)
    there = remote(postgres.url, "t", where=where)
    assert there.rows == here.rows
    assert np.array_equal(there.counts(["x", "z"]).cells, counts(here, ["x", "z"]).cells)
    narrower = there.filtered("z >= 1")
    assert narrower.rows == table(here, where="z >= 1").rows
    assert there.rows == here.rows


def test_texts_are_equal_only_if_they_are_the_same_letters(
    postgres: PostgresForTests, owner: psycopg.Connection
):
    owner.execute(
        "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
    )
    owner.execute("CREATE TABLE t (word TEXT COLLATE loose, y INT)")
    owner.execute("INSERT INTO t VALUES ('a', 1), ('A', 2), ('b', 3), ('B', 4)")
    assert owner.execute("SELECT COUNT(*) FROM t GROUP BY word").fetchall() == [(2,), (2,)]
    there = remote(postgres.url, "t")
    assert there.counts(["word"]).levels == (("A", "B", "a", "b"),)
    assert remote(postgres.url, "t", where="word = 'a'").rows == 1


def test_types_of_the_servers_own(postgres: PostgresForTests, owner: psycopg.Connection):
    owner.execute(
        "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN share AS NUMERIC CHECK (VALUE < 2)"
    )
    owner.execute(
        "CREATE TABLE t (m mood, s share, d DATE, w TIMESTAMPTZ, u UUID, r REAL, j JSONB, a INT[], n NUMERIC)"
    )
    owner.execute(
        "INSERT INTO t VALUES "
        "('happy', 0.5, '2020-01-02', '2020-01-02 10:00+02', '00000000-0000-0000-0000-000000000001', 0.1, "
        "'{}', '{1}', 'NaN'), (NULL, 1, '2021-01-02', NULL, NULL, 'NaN', NULL, NULL, 3)"
    )
    there = remote(postgres.url, "t")
    assert there.columns == ("m", "s", "d", "w", "u", "r", "n")
    assert there.notes == (
        'Left out the column "j": it holds values of type jsonb.',
        'Left out the column "a": it holds values of type _int4.',
    )
    assert there.counted(["m", "s"]).schema["m"].levels == ("happy",)
    assert there.storage("d") == "date"
    assert there.counts(["w"]).levels == (("2020-01-02 08:00:00",),)
    assert there.missing == {"m": 1, "w": 1, "u": 1, "r": 1, "n": 1}
    assert there.moments(["d"]).means.tolist() == [(18_263 + 18_629) / 2.0]  # days since 1970


def test_infinite_and_giant_numbers_and_text_are_refused(
    postgres: PostgresForTests, owner: psycopg.Connection
):
    owner.execute("CREATE TABLE t (f FLOAT8, g FLOAT8, s TEXT, e FLOAT8)")
    owner.execute(
        "INSERT INTO t VALUES ('inf', 1e200, 'a', NULL), ('-inf', 1, 'b', NULL), ('NaN', 1, 'b', NULL)"
    )
    there = remote(postgres.url, "t")
    with pytest.raises(InfiniteValues, match="2 infinite"):
        there.moments(["f"])
    with pytest.raises(UnreadableData, match="squares overflow"):
        there.moments(["g"])
    with pytest.raises(TextInNumericRole):
        there.moments(["s"])
    with pytest.raises(EmptyData):
        there.moments(["e"])
    with pytest.raises(UnknownColumn, match='Did you mean "s"'):
        there.moments(["S"])


def test_a_table_that_is_not_there_is_told_with_the_near_miss(
    postgres: PostgresForTests, owner: psycopg.Connection
):
    owner.execute(
        'CREATE TABLE sales (x INT); CREATE SCHEMA "the other"; CREATE TABLE "the other"."a.b" (x INT)'
    )
    owner.execute("INSERT INTO sales VALUES (1)")
    with pytest.raises(UnreadableData, match=r'no table "Sale".*Did you mean "sales"'):
        remote(postgres.url, "Sale")
    assert remote(postgres.url, "public.sales").rows == 1
    assert remote(postgres.url, ("the other", "a.b")).rows == 0
    with pytest.raises(UnreadableData):
        remote(postgres.url, "")


def test_nothing_can_be_written_not_even_by_a_view(postgres: PostgresForTests, owner: psycopg.Connection):
    owner.execute(
        "CREATE TABLE log (x INT); CREATE TABLE t (x INT); INSERT INTO t VALUES (1), (2); "
        "CREATE FUNCTION sly() RETURNS INT LANGUAGE sql VOLATILE AS "
        "'INSERT INTO log VALUES (1) RETURNING 1'; "
        "CREATE VIEW trap AS SELECT x, sly() AS y FROM t"
    )
    for connection in (postgres.url, owner):
        with pytest.raises(QueryFailed, match="read-only") as caught:
            remote(connection, "trap").counts(["x", "y"])
        assert caught.value.state == "25006"
    assert owner.execute("SELECT COUNT(*) FROM log").fetchone() == (0,)
    owner.execute("INSERT INTO log VALUES (1)")  # the owner's own connection may still write


def test_a_connection_is_left_as_it_was(postgres: PostgresForTests, owner: psycopg.Connection):
    in_postgres(owner, made(200))
    with psycopg.connect(postgres.url, row_factory=dict_row) as connection:
        remote(connection, "t").counts(["x"])
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        connection.execute("INSERT INTO t (x) VALUES (7)")
        there = remote(connection, "t")  # in the middle of a transaction: seen with what it wrote
        assert there.counts(["x"]).levels == ((0, 1, 7),)
        assert there.moments(["x"]).n == 201
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
        connection.execute("INSERT INTO t (x) VALUES (8)")
        shown = connection.execute("SHOW extra_float_digits").fetchone()
        assert shown == {"extra_float_digits": "1"}
        connection.rollback()
    assert remote(owner, "t").rows == 200


def test_questions_that_belong_together_see_one_moment(postgres: PostgresForTests, owner: psycopg.Connection):
    in_postgres(owner, made(200))
    there = remote(postgres.url, "t")
    asked = there.asked([there.term("x")], ["x"])
    with there.session() as session:
        before = session.rows("SELECT COUNT(*) FROM t", ["t"])
        owner.execute("INSERT INTO t (x) VALUES (1), (1), (1)")
        assert session.rows("SELECT COUNT(*) FROM t", ["t"]) == before == [(200,)]
        assert sums.moments(session, asked).n == 200
    assert there.moments(["x"]).n == 203


def test_a_change_in_between_is_noticed_where_there_is_no_snapshot(
    postgres: PostgresForTests, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
):
    in_postgres(owner, made(200))
    with psycopg.connect(postgres.url) as connection:
        connection.execute(
            "SELECT 1"
        )  # a transaction of the user's, in which each statement sees its own moment
        there = remote(connection, "t")
        asked = there.asked([there.term("x")], ["x"])
        first = sums._means
        monkeypatch.setattr(sums, "_means", lambda *given: (first(*given), _insert(owner))[0])
        with there.session() as session, pytest.raises(TableChanged):
            sums.moments(session, asked)


def _insert(connection: psycopg.Connection) -> None:
    connection.execute("INSERT INTO t (x) VALUES (1)")


HOSTILE = [
    'x"; DROP TABLE victim; --',
    "x'; DROP TABLE victim; --",
    "$1",
    "%s",
    "%(v0)s",
    ":v0",
    "?",
    "/* */",
    "a\\",
    "{0}",
    "select",
    "c0",
    "<b>bold</b>",
    "ünï ©ode",
    "$$x$$",
    "E'\\''",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_of_a_column_or_a_table_is_only_a_name(
    postgres: PostgresForTests, owner: psycopg.Connection, name: str
):
    named, column = sql.Identifier(name[:40]), sql.Identifier(name)
    owner.execute("CREATE TABLE victim (x INT); INSERT INTO victim VALUES (1)")
    owner.execute(sql.SQL("CREATE TABLE {} ({} TEXT, y FLOAT8)").format(named, column))
    with owner.cursor() as cursor, cursor.copy(sql.SQL("COPY {} FROM STDIN").format(named)) as copy:
        for row in ((name, 1.0), ("b", 2.0), ("b", 3.0)):
            copy.write_row(row)
    there = remote(postgres.url, [name[:40]])
    assert there.counts([name]).cells.tolist() in ([1, 2], [2, 1])
    assert [moments.n for _, moments in there.group_by([name], ["y"])] == there.counts([name]).cells.tolist()
    quoted = '"' + name.replace('"', '""') + '"'
    value = "'" + name.replace("'", "''") + "'"
    assert there.filtered(f"{quoted} = {value}").rows == 1
    assert owner.execute("SELECT * FROM victim").fetchall() == [(1,)]
