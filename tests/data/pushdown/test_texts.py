"""What is sent to a server: the three shapes as text, in our dialect and in those of others.

Snowflake and BigQuery are not asked by any test: of them only these texts are checked.
"""

import sqlite3
import sys

import duckdb
import pytest

from whence.data.pushdown.dialects import DUCKDB, POSTGRES, SQLITE, Dialect, dialect, said
from whence.data.pushdown.errors import UnquotableName
from whence.data.pushdown.exact import ExactSum, written
from whence.data.pushdown.filters import filtered
from whence.data.pushdown.opening import remote
from whence.data.pushdown.sql import Origin, counts, derived, grouped_sums, number, seen, sums
from whence.runtime.errors import InvalidOption, MissingExtra, UnusableColumnName

SALES = Origin(("shop", "sales"), (("price", "number"), ("town", "text"), ("sold", "integer")))


def of(each: Dialect) -> Origin:
    return Origin(SALES.table, SALES.columns, collation=each.collation)


def in_words(sql: str, each: Dialect, names: tuple[str, ...]) -> str:
    return said(sql, each, names).text("named")


COUNTS = {
    "duckdb": "SELECT c1, COUNT(*)\n"
    'FROM (SELECT CAST("town" AS VARCHAR) AS c1\nFROM "shop"."sales") AS seen\nGROUP BY c1\nLIMIT 6',
    "postgres": 'SELECT c1, COUNT(*) FROM (SELECT CAST("town" AS TEXT) COLLATE "C" AS c1 FROM '
    '"shop"."sales") AS seen GROUP BY c1 LIMIT 6',
    "sqlite": 'SELECT c1, COUNT(*) FROM (SELECT CAST("town" AS TEXT) COLLATE BINARY AS c1 FROM '
    '"shop"."sales") AS seen GROUP BY c1 LIMIT 6',
    "snowflake": 'SELECT c1, COUNT(*) FROM (SELECT CAST("town" AS VARCHAR) AS c1 FROM "shop"."sales") '
    "AS seen GROUP BY c1 LIMIT 6",
    "bigquery": "SELECT c1, COUNT(*) FROM (SELECT CAST(`town` AS STRING) AS c1 FROM `shop`.`sales`) AS seen "
    "GROUP BY c1 LIMIT 6",
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts(name: str):
    each = dialect(name)
    origin = of(each)
    assert in_words(counts(origin, ["town"], at_most=5), each, origin.names(["town"])) == COUNTS[name]


SUMS = {
    "postgres": "SELECT COUNT(*), SUM(CAST((d0 * d0) * 5.764607523034235e+17 AS BIGINT)) FROM (SELECT "
    '(c0 - 2.5e0) AS d0 FROM (SELECT * FROM (SELECT CAST("price" AS DOUBLE PRECISION) AS c0 FROM '
    '"shop"."sales") AS seen WHERE (c0 <= 0 OR -c0 <= 0)) AS kept) AS centred',
    "snowflake": "SELECT COUNT(*), SUM(CAST((d0 * d0) * 5.764607523034235e+17 AS BIGINT)) FROM (SELECT "
    '(c0 - 2.5e0) AS d0 FROM (SELECT * FROM (SELECT CAST("price" AS DOUBLE) AS c0 FROM "shop"."sales") '
    "AS seen WHERE (c0 <= 0 OR -c0 <= 0)) AS kept) AS centred",
    "bigquery": "SELECT COUNT(*), SUM(CAST((d0 * d0) * 268435456.0e0 AS INT64)), SUM(CAST(((d0 * d0) * "
    "268435456.0e0 - CAST(CAST((d0 * d0) * 268435456.0e0 AS INT64) AS FLOAT64)) * 1073741824.0e0 AS INT64)) "
    "FROM (SELECT (c0 - 2.5e0) AS d0 FROM (SELECT * FROM (SELECT CAST(`price` AS FLOAT64) AS c0 FROM "
    "`shop`.`sales`) AS seen WHERE (c0 <= 0 OR -c0 <= 0)) AS kept) AS centred",
}


@pytest.mark.parametrize("name", SUMS)
def test_sums_of_products(name: str):
    each = dialect(name)
    origin = of(each)
    source = derived([("(c0 - 2.5e0)", "d0")], seen(origin, ["price"], complete=True), "centred")
    question = sums(written([ExactSum("(d0 * d0)", 3.0)], each), source)
    assert in_words(question, each, origin.names(["price"])) == SUMS[name].replace(
        "268435456.0e0", "268435456.0e0"
    )


GROUPS = {
    "postgres": "SELECT c2, COUNT(*), SUM(CAST(c0 * 1.152921504606847e+18 AS BIGINT)) FROM (SELECT * FROM "
    '(SELECT CAST("price" AS DOUBLE PRECISION) AS c0, "sold" AS c2 FROM "shop"."sales") AS seen '
    "WHERE (c0 <= 0 OR -c0 <= 0)) AS kept GROUP BY c2 LIMIT 11",
    "snowflake": "SELECT c2, COUNT(*), SUM(CAST(c0 * 1.152921504606847e+18 AS BIGINT)) FROM (SELECT * FROM "
    '(SELECT CAST("price" AS DOUBLE) AS c0, "sold" AS c2 FROM "shop"."sales") AS seen '
    "WHERE (c0 <= 0 OR -c0 <= 0)) AS kept GROUP BY c2 LIMIT 11",
}


@pytest.mark.parametrize("name", GROUPS)
def test_groups(name: str):
    each = dialect(name)
    origin = of(each)
    source = seen(origin, ["price"], complete=True, beside=["sold"])
    question = grouped_sums(["c2"], written([ExactSum("c0", 1.5)], each), source, at_most=10)
    assert in_words(question, each, origin.names(["price", "sold"])) == GROUPS[name]


def test_a_text_of_the_users_is_sent_beside_the_query_in_the_mark_of_the_driver():
    kept = filtered(SALES, "town = 'Lindau''s' AND price > 2")
    question = said(counts(kept.origin, ["sold"], at_most=5), POSTGRES, kept.origin.names(["sold"]))
    assert "Lindau" not in question.text("pyformat")
    assert "c0 = %(v0)s" in question.text("pyformat")
    assert question.values("pyformat", kept.values) == {"v0": "Lindau's"}
    for style, mark in {
        "qmark": "c0 = ?",
        "format": "c0 = %s",
        "numeric": "c0 = :1",
        "named": "c0 = :v0",
    }.items():
        assert mark in question.text(style)
    assert question.values("qmark", kept.values) == ["Lindau's"]


HOSTILE = [
    *(
        'a"b',
        "x; DROP TABLE t; --",
        "100%",
        "it's",
        "a.b",
        "?",
        ":v0",
        "%(v0)s",
        "$v0",
        "/*",
        "*/",
        "{{x}}",
        "ü",
    ),
    *("a`b", "a\\b", "a\\`; DROP TABLE t; --", "--", "a\\", '""', "[a", "a]", "c0", "select"),
]


@pytest.mark.parametrize(
    "each", [POSTGRES, DUCKDB, SQLITE, dialect("snowflake"), dialect("mysql"), dialect("tsql")]
)
def test_a_hostile_name_comes_through_whole_or_is_refused(each: Dialect):
    sqlglot = pytest.importorskip("sqlglot")
    for name in HOSTILE:
        origin = Origin(("t", name), ((name, "integer"),), collation=each.collation)
        text = said(counts(origin, [name], at_most=5), each, origin.names([name])).text("qmark")
        trees = sqlglot.parse(text, read=each.name)
        found = {i.this for i in trees[0].find_all(sqlglot.exp.Identifier) if i.args.get("quoted")}
        assert len(trees) == 1
        assert found == {"t", name}


@pytest.mark.parametrize(("name", "to"), [("a.b", "bigquery"), ("#x", "tsql"), ('a"b', "prql")])
def test_a_name_that_does_not_come_through_whole_is_refused(name: str, to: str):
    each = dialect(to)
    origin = Origin(("t", name), ((name, "integer"),))
    with pytest.raises(UnquotableName, match=each.title):
        said(counts(origin, [name], at_most=5), each, origin.names([name]))


def test_a_dialect_that_nobody_knows_is_refused_and_one_that_is_not_tried_is_told():
    with pytest.raises(InvalidOption, match="dialect cannot be"):
        dialect("klingon")
    with pytest.raises(InvalidOption, match="dialect"):
        remote(sqlite3.connect(":memory:"), "t", dialect="postgres")
    assert not dialect("snowflake").tried
    assert POSTGRES.tried


def test_without_the_optional_libraries_the_error_names_them_and_duckdb_needs_none(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setitem(sys.modules, "sqlglot", None)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    db = duckdb.connect()
    db.execute("CREATE TABLE t (x INT); INSERT INTO t VALUES (1), (1), (2)")
    assert remote(db, "t").counts(["x"]).cells.tolist() == [2, 1]
    with pytest.raises(MissingExtra, match="sqlglot"):
        remote(sqlite3.connect(":memory:"), "t")
    with pytest.raises(MissingExtra, match="sqlglot"):
        remote(db, "t", where="x > 1")
    with pytest.raises(MissingExtra, match="psycopg"):
        remote("postgresql://nobody@localhost/none", "t")


def test_a_number_that_is_none_equals_nothing():
    assert [number(value) for value in (1.0, 1e300, float("inf"), float("nan"))] == [
        "1.0e0",
        "1e+300",
        "CAST(NULL AS DOUBLE)",
        "CAST(NULL AS DOUBLE)",
    ]


def test_a_name_with_marks_of_ours_is_refused_before_it_is_in_a_query():
    db = sqlite3.connect(":memory:")
    db.execute('CREATE TABLE t ("\x1fv0\x1f" INT)')
    with pytest.raises(UnusableColumnName):
        remote(db, "t")
