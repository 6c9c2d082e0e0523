"""`where=` and `derive=` are one scalar expression each: useful ones work, hostile ones do nothing."""

import numpy as np
import pytest

from whence.data import table
from whence.data.expressions import check
from whence.runtime.errors import (
    DataError,
    DuplicateColumns,
    EmptyData,
    InvalidFilter,
    UnknownColumn,
    UnusableColumnName,
)

DATA = {
    "x": [1, 2, 3, None],
    "s": ["a", "b", None, "c"],
    "d": ["2020-01-01", "2021-01-01", None, "2022-02-02"],
    "b": [True, False, None, True],
}

HOSTILE = [
    "read_csv('SECRET') IS NULL",
    "x IN (SELECT column0 FROM read_csv('SECRET'))",
    "(SELECT content FROM read_text('SECRET')) = 'a'",
    "(SELECT count(*) FROM 'SECRET') > 0",
    "EXISTS (FROM read_parquet('SECRET'))",
    "x = (SELECT max(x) FROM given)",
    "x > 1 UNION SELECT content FROM read_text('SECRET')",
    "1 FROM read_csv('SECRET')",
    "true FROM glob('/*')",
    "glob('/*') = 'a'",
    "read_text('SECRET') = 'a'",
    "read_blob('SECRET') IS NOT NULL",
    "parquet_metadata('SECRET') IS NULL",
    "COPY given TO 'SECRET'",
    "true; COPY given TO 'SECRET'",
    "ATTACH 'SECRET'",
    "true; ATTACH 'SECRET' AS other",
    "INSTALL httpfs",
    "true; INSTALL httpfs; LOAD httpfs",
    "PRAGMA database_list",
    "true; PRAGMA database_list",
    "pragma_database_list() IS NULL",
    "SET threads = 1",
    "true; SET enable_external_access = true",
    "EXPORT DATABASE 'SECRET'",
    "CALL duckdb_settings()",
    "x > 1; DROP TABLE given",
    "x > 1;",
    "x > 1 -- and no more",
    "x /* hidden */ > 1",
    "x > 1 /*",
    "getenv('HOME') = '/root'",
    "current_setting('home_directory') = ''",
    "getvariable('v') = 1",
    "query('SELECT 1') = 1",
    "query_table('given') IS NULL",
    "sum(x) > 1",
    "row_number() OVER () > 1",
    "lag(x) OVER () > 1",
    "max(x) FILTER (WHERE true) > 1",
    "COLUMNS(*) > 1",
    "*",
    "#1 > 1",
    "$1 > 1",
    "? > 1",
    "x = ANY(SELECT 1)",
    "x = ANY([1, 2])",
    "[1, 2][1] = x",
    "{'a': 1}.a = x",
    "map {1: 2} IS NULL",
    "list_transform([1], lambda y: y) IS NULL",
    "unnest([1, 2]) > 1",
    "generate_series(1, 1000000000) IS NULL",
    "repeat('a', 1000000000) = 'a'",
    "random() > 0.5",
    "uuid() IS NULL",
    "now() > d",
    "nextval('s') > 1",
    "error('stop')",
    "x::JSON = '1'",
    "CAST(x AS STRUCT(a INTEGER)) IS NULL",
    "main.x > 1",
    "given.x > 1",
    "pg_catalog.abs(x) > 1",
    "system.main.abs(x) > 1",
    "x > 1 LIMIT 1",
    "x > 1 ORDER BY x",
    "x > 1 GROUP BY x",
    "DISTINCT x > 1",
    "x > 1, x < 3",
    "(x > 1) AS y",
    "x COLLATE nocase = 'a'",
    "CASE WHEN (SELECT true) THEN true END",
    "coalesce((SELECT 1), 2) = 1",
    "x BETWEEN (SELECT 1) AND 2",
    "CAST((SELECT 1) AS INTEGER) = 1",
    "abs((SELECT 1)) = 1",
    "NOT (SELECT true)",
    "x IN (1, (SELECT 2))",
    "1) FROM read_csv('SECRET') WHERE (1",
    "",
    "  \n ",
    "(((",
    "x >",
    "x > 1\x00",
    "x > 1\x1b[2J",
    "1" * 20_000,
    "(" * 3_000 + "1" + ")" * 3_000,
    "1" + "+1" * 4_000 + " > 2",
    "NOT " * 2_000 + "true",
]


@pytest.mark.parametrize("expression", HOSTILE, ids=lambda text: text[:40])
@pytest.mark.parametrize("use", ["where", "derive"])
def test_a_hostile_expression_is_refused_and_reads_nothing(
    tmp_path, expression: str, use: str, capfd: pytest.CaptureFixture[str]
):
    secret = tmp_path / "secret.csv"
    secret.write_text("column0\n4711\n")
    text = expression.replace("SECRET", str(secret))
    t = table(DATA)
    with pytest.raises(DataError) as caught:
        table(t, where=text) if use == "where" else table(t, derive={"new": text})
    assert isinstance(caught.value, InvalidFilter | UnknownColumn)
    if isinstance(caught.value, InvalidFilter):
        assert caught.value.expression == text
    assert "4711" not in str(caught.value)
    assert "LINE 1" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.csv"]
    assert secret.read_text() == "column0\n4711\n"
    assert capfd.readouterr() == ("", "")


def test_there_are_more_than_thirty_hostile_expressions():
    assert len(set(HOSTILE)) > 60


def test_what_runs_is_rebuilt_and_holds_no_name_of_the_users():
    checked = check('"x" > 1 AND "SELECT ""1""" = \'it\'\'s\'', ["x", 'SELECT "1"'])
    assert checked.columns == ("x", 'SELECT "1"')
    assert "SELECT" not in checked.sql
    assert "c0" in checked.sql
    assert "c1" in checked.sql


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("x > 1", [2, 3]),
        ("X > 1", [2, 3]),
        ("x = 1 OR s = 'c'", [1, None]),
        ("x IS NULL", [None]),
        ("x IN (1, 3)", [1, 3]),
        ("x BETWEEN 2 AND 3", [2, 3]),
        ("NOT x > 1", [1]),
        ("x % 2 = 1", [1, 3]),
        ("s LIKE 'a%'", [1]),
        ("s ~ '^[bc]$'", [2, None]),
        ("s = ';' OR s = '--' OR x = 2", [2]),
        ("upper(s) = 'B'", [2]),
        ("d > DATE '2020-06-01'", [2, None]),
        ("d > '2020-06-01'", [2, None]),
        ("year(d) = 2021", [2]),
        ("EXTRACT(year FROM d) = 2021", [2]),
        ("d + INTERVAL 1 YEAR = '2021-01-01'", [1]),
        ("b", [1, None]),
        ("NOT b", [2]),
        ("b = true", [1, None]),
        ("CAST(x AS VARCHAR) = '2'", [2]),
        ("x::DOUBLE / 2 = 1", [2]),
        ("CASE WHEN x > 2 THEN true ELSE false END", [3]),
        ("coalesce(x, 0) = 0", [None]),
        ("x IS DISTINCT FROM 2", [1, 3, None]),
        ("abs(x - 2) < 0.5", [2]),
        ("true", [1, 2, 3, None]),
    ],
)
def test_useful_filters_keep_the_rows_in_which_they_are_true(where: str, kept: list[int | None]):
    assert table(DATA, where=where).column("x").python_values() == kept


def test_rows_left_out_are_counted_and_the_unknown_ones_told_apart():
    assert table(DATA, where="x > 1").notes == (
        'The filter "x > 1" left out 2 of 4 rows, in 1 of them the condition is unknown.',
    )
    assert table(DATA, where="true").notes == ()
    with pytest.raises(EmptyData, match="after the filter"):
        table(DATA, where="x > 100")


def test_a_filter_that_is_not_true_or_false_is_refused():
    for where in ("x", "s", "x + 1", "'yes'"):
        with pytest.raises(InvalidFilter, match="not true or false"):
            table(DATA, where=where)


@pytest.mark.parametrize(
    ("derive", "values"),
    [
        ("x = 1", [1, 0, 0, None]),
        ("x * 0.5", [0.5, 1.0, 1.5, None]),
        ("x // 2", [0, 1, 1, None]),
        ("x / 4", [0.25, 0.5, 0.75, None]),
        ("s || '!'", ["a!", "b!", None, "c!"]),
        ("CASE WHEN x > 1 THEN 'hi' ELSE 'lo' END", ["lo", "hi", "hi", "lo"]),
        ("ln(x - 2)", [None, -np.inf, 0.0, None]),
        ("sqrt(x - 2)", [None, 0, 1, None]),
        ("year(d)", [2020, 2021, None, 2022]),
        ("date_trunc('year', d)", ["2020-01-01", "2021-01-01", None, "2022-01-01"]),
        ("NULL", [None, None, None, None]),
    ],
)
def test_derived_columns_hold_what_the_expression_says(derive: str, values: list):
    assert table(DATA, derive={"new": derive}).column("new").python_values() == values


def test_what_has_no_value_is_unknown_and_not_larger_than_every_number():
    assert table(DATA, where="ln(x - 3) IS NULL").column("x").python_values() == [1, 2, None]
    with pytest.raises(EmptyData):
        table(DATA, where="sqrt(x - 5) > 0")


def test_later_derivations_see_earlier_ones_and_the_filter_sees_all():
    t = table(DATA, derive={"twice": "2 * x", "four": "2 * twice"}, where="four >= 8")
    assert t.column("four").python_values() == [8, 12]


def test_a_derived_name_may_exist_only_with_the_same_values():
    assert table(DATA, derive={"x": "x + 0"}).sha256 == table(DATA).sha256
    with pytest.raises(InvalidFilter, match='there is a column "x" already, with other values'):
        table(DATA, derive={"x": "x + 1"})
    with pytest.raises(DuplicateColumns):
        table(DATA, derive={"X": "x"})
    with pytest.raises(UnusableColumnName):
        table(DATA, derive={"a\nb": "x"})


def test_an_unknown_column_in_an_expression_names_the_near_miss():
    with pytest.raises(UnknownColumn, match=r'No column "agee" in the data. Did you mean "age"'):
        table({"age": [1], "sex": [2]}, where="agee > 3")


@pytest.mark.parametrize("where", ["s > 3", "x > 'a'", "'abc'::INTEGER = x", "x % 0 = 1", "s ~ '('"])
def test_an_expression_that_cannot_be_computed_says_why_in_our_words(where: str):
    with pytest.raises(InvalidFilter) as caught:
        table(DATA, where=where)
    assert caught.value.reason.startswith(("the kinds of its parts", "in some row it cannot be computed"))


def test_a_filter_that_keeps_no_row_is_met_with_a_looser_one():
    with pytest.raises(EmptyData) as caught:
        table({"z": [1, 2, 3]}, where="z > 5")
    assert "z > 5" in caught.value.message
    assert "loosen the filter" in caught.value.cure
    assert "header" not in str(caught.value)
