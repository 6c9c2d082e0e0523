"""Queries on database files: one SELECT that sees that file and nothing else."""

import sqlite3
from pathlib import Path

import duckdb
import pytest

from whence.data import table
from whence.runtime.errors import DataError, DuplicateColumns, EmptyData, MissingFile, UnreadableData

ROWS = [(1, 2.5, "a"), (2, None, "ü"), (3, 4.5, None)]


@pytest.fixture(params=["duckdb", "sqlite"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"shop of today.{request.param}"
    database = duckdb.connect(str(path)) if request.param == "duckdb" else sqlite3.connect(path)
    database.execute("CREATE TABLE people (i INTEGER, f DOUBLE, s VARCHAR)")
    database.executemany("INSERT INTO people VALUES (?, ?, ?)", ROWS)
    if request.param == "sqlite":
        database.commit()
    database.close()
    return path


def test_a_query_a_table_name_and_the_same_columns_in_python_are_the_same_table(shop: Path):
    expected = table({"i": [1, 2, 3], "f": [2.5, None, 4.5], "s": ["a", "ü", None]}).sha256
    for query in (
        "SELECT * FROM people ORDER BY i",
        "people",
        "SELECT i, f, s FROM people ORDER BY i -- all",
    ):
        assert table(query, database=shop).sha256 == expected
        assert table(query, database=str(shop)).sha256 == expected


def test_queries_may_join_group_and_recurse(shop: Path):
    query = (
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) "
        "SELECT r.n, count(*) AS c FROM r JOIN people ON i >= n GROUP BY r.n ORDER BY r.n"
    )
    assert table(query, database=shop).column("c").python_values() == [3, 2, 1]


def test_where_and_derive_work_on_a_query_too(shop: Path):
    t = table("people", database=shop, where="i > 1", derive={"g": "f > 3"})
    assert t.column("g").python_values() == [None, 1]


@pytest.mark.parametrize(
    "query",
    [
        "DROP TABLE people",
        "DELETE FROM people",
        "INSERT INTO people SELECT * FROM people",
        "UPDATE people SET i = 0",
        "CREATE TABLE other AS SELECT 1",
        "SELECT 1; DROP TABLE people",
        "SELECT 1 AS a; SELECT 2 AS a",
        "ATTACH 'OTHER' AS other",
        "COPY people TO 'OTHER'",
        "EXPORT DATABASE 'OTHER'",
        "VACUUM INTO 'OTHER'",
        "PRAGMA database_list",
        "SELECT * FROM pragma_database_list",
        "SELECT * FROM pragma_database_list()",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM read_csv('SECRET')",
        "SELECT * FROM 'SECRET'",
        "SELECT (SELECT content FROM read_text('SECRET')) AS a",
        "SELECT * FROM people WHERE s IN (SELECT content FROM read_text('SECRET'))",
        "SELECT * FROM glob('/*')",
        "SELECT readfile('SECRET') AS a",
        "SELECT writefile('OTHER', 'x') AS a",
        "SELECT load_extension('OTHER') AS a",
        "SELECT getenv('HOME') AS a",
        "SELECT current_setting('home_directory') AS a",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET threads = 1",
        "SELECT * FROM nowhere",
        "SELECT nothing FROM people",
        "SELECT ? AS a",
        "SELECT $a AS a",
        "peeple",
        "",
    ],
)
def test_a_query_that_changes_or_looks_elsewhere_is_refused(shop: Path, tmp_path: Path, query: str):
    secret, other = tmp_path / "secret.csv", tmp_path / "other"
    secret.write_text("a\n4711\n")
    before = shop.read_bytes()
    with pytest.raises(UnreadableData) as caught:
        table(query.replace("SECRET", str(secret)).replace("OTHER", str(other)), database=shop)
    assert "4711" not in str(caught.value)
    assert str(Path.home()) not in str(caught.value).replace(str(tmp_path), "")
    assert caught.value.__cause__ is None
    assert not other.exists()
    assert shop.read_bytes() == before
    assert len(table("people", database=shop)) == 3


def test_a_mistyped_table_name_gets_the_near_miss(shop: Path):
    with pytest.raises(UnreadableData, match=r'no table "peeple". Did you mean "people"'):
        table("peeple", database=shop)


def test_bad_results_and_bad_files_are_refused(shop: Path, tmp_path: Path):
    with pytest.raises(DuplicateColumns):
        table("SELECT 1 AS a, 2 AS a", database=shop)
    with pytest.raises(EmptyData):
        table("SELECT i FROM people WHERE i > 100", database=shop)
    with pytest.raises(MissingFile):
        table("people", database=tmp_path / "nowhere.db")
    (tmp_path / "text.db").write_text("hello")
    with pytest.raises(UnreadableData, match="no DuckDB or SQLite database"):
        table("people", database=tmp_path / "text.db")
    (tmp_path / "broken.db").write_bytes(shop.read_bytes()[:40])
    with pytest.raises(DataError):
        table("people", database=tmp_path / "broken.db")
    with pytest.raises(UnreadableData, match="the source is a text"):
        table({"a": [1]}, database=shop)
