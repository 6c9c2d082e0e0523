"""A query on a DuckDB or SQLite file: one SELECT, read-only, that sees that file and nothing else.

DuckDB files are opened locked (see `duck`), and the query may call no table function but range and unnest;
SQLite files are opened by the standard library with an authorizer that allows reading only. Rows come in the
order in which the query gives them: with ORDER BY that is certain. A bare table name means all of that table.

Source: SQLite documentation, "Compile-Time Authorization Callbacks".
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import numpy as np

from whence.data.columns import Column, UnsupportedValues, from_array, from_objects
from whence.data.duck import EngineFailure, engine, identifier, opened
from whence.data.engine_columns import gathered
from whence.data.names import usable
from whence.data.raw import Raw
from whence.runtime.errors import UnreadableData, listed, near_miss, quoted

DUCKDB_MAGIC = b"DUCK"
SQLITE_MAGIC = b"SQLite format 3\0"
TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
SETTINGS_FUNCTIONS = frozenset(
    {"getenv", "current_setting", "getvariable", "set_config", "nextval", "currval", "query", "query_table"}
    | {"write_log", "which_secret", "pg_read_file", "current_database", "current_schema", "current_schemas"}
)
_SQLITE_MAY = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
_SQLITE_FORBIDDEN_FUNCTIONS = {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}


def kind_of_database(path: Path) -> str | None:
    """Which database it is by the file's first bytes: sqlite, duckdb, or None for any other file."""
    with path.open("rb") as file:
        start = file.read(16)
    if start == SQLITE_MAGIC:
        return "sqlite"
    return "duckdb" if start[8:12] == DUCKDB_MAGIC else None


def read_query(query: str, path: Path, label: str) -> Raw:
    """The result of one SELECT (or of a table's name) on a database file.

    Raises `UnreadableData` for a file that is no database and for a query that fails or is not allowed.
    """
    kind = kind_of_database(path)
    if kind is None:
        raise UnreadableData(label, "it is no DuckDB or SQLite database", "Give such a file as `database`.")
    raw = _from_sqlite(query, path, label) if kind == "sqlite" else _from_duckdb(query, path, label)
    usable(tuple(raw.columns), label)
    return raw


def _from_duckdb(query: str, path: Path, label: str) -> Raw:
    try:
        with opened(path.resolve()) as db:
            tables = [
                str(row[0])
                for row in db.rows(
                    "SELECT table_name FROM duckdb_tables() UNION ALL "
                    "SELECT view_name FROM duckdb_views() WHERE NOT internal"
                )
            ]
            if not any(map(str.isspace, query.strip())) and query not in tables:
                raise _failed("binding", query, label, tables)
            select = (
                f"SELECT * FROM {identifier(query)}" if query in tables else _one_select(query, label, tables)
            )
            try:
                described = db.described(select)
                usable([name for name, _ in described], label)
                return gathered(described, f"(\n{select}\n)", db.columns, label)
            except EngineFailure as failure:
                raise _failed(failure.kind, query, label, tables) from None
    except EngineFailure:
        raise UnreadableData(
            label, "the engine cannot open it (in use, damaged, or of a newer version)"
        ) from None


def _one_select(query: str, label: str, tables: Sequence[str]) -> str:
    """The query written anew from its tree, if it is one SELECT over these tables that looks nowhere else."""
    with engine(threads=1) as parser:
        tree = json.loads(parser.rows("SELECT json_serialize_sql(?::VARCHAR)", [query])[0][0])
        statements = cast("list[object]", tree.get("statements", []))
        if tree.get("error") or len(statements) != 1:
            raise _refused("it must be one SELECT", label)
        nodes = list(_nodes(statements))
        named = {str(node["key"]).casefold() for node in nodes if "key" in node and "value" in node}
        for node in nodes:
            _check_reach(node, label)
            name = str(node.get("table_name", ""))
            if node.get("type") == "BASE_TABLE" and name.casefold() not in named | {
                t.casefold() for t in tables
            }:
                raise _failed("binding", name, label, tables)
        sql = str(parser.rows("SELECT json_deserialize_sql(?::JSON)", [json.dumps(tree)])[0][0])
        return sql.strip().rstrip(";")


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(cast("list[object]", item))
        elif isinstance(item, dict):
            yield cast("dict[str, Any]", item)
            waiting.extend(cast("dict[str, object]", item).values())


def _check_reach(node: dict[str, Any], label: str) -> None:
    if node.get("type") == "TABLE_FUNCTION":
        name = str(cast("dict[str, Any]", node.get("function") or {}).get("function_name", "")).lower()
        if name not in TABLE_FUNCTIONS:
            raise _refused(f"the table function {name[:40]} is not allowed", label)
    if node.get("class") == "FUNCTION" and str(node.get("function_name", "")).lower() in SETTINGS_FUNCTIONS:
        raise _refused("it asks for settings rather than data", label)
    if node.get("type") in {"SHOW_REF", "PARAMETER"} or node.get("class") == "PARAMETER":
        raise _refused("it must be one SELECT without parameters", label)


def _refused(reason: str, label: str) -> UnreadableData:
    return UnreadableData(
        label, f"the query is refused: {reason}", "Give one SELECT over the database's tables."
    )


def _failed(kind: str, query: str, label: str, tables: Sequence[str]) -> UnreadableData:
    if kind == "forbidden":
        return _refused("it looks outside of the database", label)
    if " " not in query.strip() and tables:
        close = near_miss(query, tables)
        cure = f"Did you mean {quoted(close)}?" if close else f"There are: {listed(tables)}."
        return UnreadableData(label, f"it has no table {quoted(query)}", cure)
    reason = {
        "binding": "the query names a table, column or function that is not there, or mixes types",
        "values": "a value cannot be converted as the query asks",
        "memory": "the query needs too much memory",
    }.get(kind, "the query fails")
    return UnreadableData(label, reason, f"Tables: {listed(tables)}." if tables else "It has no tables.")


def _from_sqlite(query: str, path: Path, label: str) -> Raw:
    address = f"{path.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as db:
            listing = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
            tables = [str(row[0]) for row in db.execute(listing)]
            db.set_authorizer(_allowed)
            try:
                cursor = db.execute(f"SELECT * FROM {identifier(query)}" if query in tables else query)
                rows = cursor.fetchall()
            except (sqlite3.ProgrammingError, sqlite3.Warning, ValueError):
                raise _refused("it must be one SELECT without parameters", label) from None
            except sqlite3.DatabaseError as error:
                raise _failed(_sqlite_kind(error), query, label, tables) from None
    except sqlite3.Error:
        raise UnreadableData(label, "it cannot be opened (damaged, or locked by a writer)") from None
    if cursor.description is None:
        raise _refused("it must be one SELECT", label)
    names = usable([str(entry[0]) for entry in cursor.description], label)
    cells = zip(*rows, strict=True) if rows else [()] * len(names)
    return columns_of(dict(zip(names, cells, strict=True)), label)


def _allowed(action: int, _table: str | None, name: str | None, _db: str | None, _inner: str | None) -> int:
    if action == sqlite3.SQLITE_FUNCTION and (name or "").lower() in _SQLITE_FORBIDDEN_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _SQLITE_MAY else sqlite3.SQLITE_DENY


def _sqlite_kind(error: sqlite3.DatabaseError) -> str:
    text = str(error)
    if "not authorized" in text or "prohibited" in text:
        return "forbidden"
    return "binding" if text.startswith("no such") else "other"


def columns_of(cells: dict[str, Sequence[object]], label: str) -> Raw:
    """Python values by column, canonical; columns of values that cannot be held are left out, with a note."""
    columns: dict[str, Column] = {}
    notes: list[str] = []
    for name, values in cells.items():
        try:
            columns[name] = from_array(values) if isinstance(values, np.ndarray) else from_objects(values)
        except UnsupportedValues as unsupported:
            notes.append(f"Left out the column {identifier(name)}: it holds {unsupported}.")
    return Raw(columns, label, tuple(notes))
