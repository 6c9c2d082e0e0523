"""Databases by a connection of the user's: DuckDB, SQLite, and any other whose driver follows PEP 249.

A view of one moment, read-only, where the database has such: DuckDB and SQLite do. What other drivers do is
for them to say; we send them nothing but SELECTs.

Sources: SQLite documentation, "PRAGMA query_only"; DuckDB documentation, "Transaction management".
"""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from whence.data.names import usable
from whence.data.pushdown.dialects import DUCKDB, SQLITE, Dialect
from whence.data.pushdown.errors import QueryFailed
from whence.data.pushdown.server import Session
from whence.data.pushdown.sql import identifier, select
from whence.runtime.errors import WhenceError

if TYPE_CHECKING:
    from whence.data.pushdown.sql import Kind

_DUCK_KINDS: Final[tuple[tuple[str, Kind], ...]] = (
    (r"BOOLEAN", "boolean"),
    (r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?", "integer"),
    (r"DOUBLE|FLOAT|REAL|DECIMAL.*|BIGNUM|VARINT", "number"),
    (r"VARCHAR|UUID|TIME( WITH TIME ZONE|_NS)?|ENUM\(.*\)", "text"),
    (r"DATE", "date"),
    (r"TIMESTAMP.*", "moment"),
)
_PYTHON_KINDS: Final[tuple[tuple[tuple[type, ...], Kind], ...]] = (
    ((bool,), "boolean"),
    ((int, float, Decimal), "number"),
    ((str,), "text"),
    ((dt.datetime,), "moment"),
    ((dt.date,), "date"),
)
LOOKED_AT: Final = 10_000
"""Of a table in a server that charges for what it reads, so many rows are looked at for what columns hold."""


@dataclass(frozen=True, slots=True, repr=False)
class DuckServer:
    """A DuckDB connection."""

    connection: Any
    label: str = "a DuckDB database"

    @property
    def dialect(self) -> Dialect:
        """DuckDB, in which everything is written."""
        return DUCKDB

    @contextmanager
    def session(self) -> Generator[Session]:
        """A read-only transaction; within a transaction of the user's, that one."""
        library = sys.modules["duckdb"]
        session = Session(self.connection, DUCKDB, "qmark", (library.Error,), _teller(self.label))
        # Outside of a transaction each statement is one of its own, with a number of its own. To begin one
        # within another would not only fail, but spoil the other.
        first, second = (session.rows("SELECT txid_current()") for _ in range(2))
        own = first != second
        if own:
            self.connection.execute("BEGIN TRANSACTION READ ONLY")
        try:
            yield session
        finally:
            if own:
                self.connection.execute("ROLLBACK")

    def tables(self, session: Session) -> list[str]:
        """Its tables and views."""
        return sorted(name for name in self._all(session) if "." not in name)

    def _all(self, session: Session) -> set[str]:
        """Every table and view by its bare name, with its schema, and with its catalogue."""
        listing = "SELECT table_catalog, table_schema, table_name FROM information_schema.tables"
        found = [tuple(map(str, row)) for row in session.rows(listing)]
        return {".".join(row[start:]) for row in found for start in range(3)}

    def kinds(self, session: Session, table: tuple[str, ...]) -> list[tuple[str, Kind | str]]:
        """By the types of an empty result, and only of a table: for other names DuckDB might read a file."""
        if ".".join(table).casefold() not in {each.casefold() for each in self._all(session)}:
            raise QueryFailed(self.label, "there is no such table", "Check its name and schema.")
        named = ".".join(identifier(part) for part in table)
        columns = session.described(f"SELECT * FROM {named} LIMIT 0", table)
        return [(name, _duck_kind(str(code))) for name, code in columns]


@dataclass(frozen=True, slots=True, repr=False)
class SqliteServer:
    """An SQLite connection."""

    connection: sqlite3.Connection
    label: str = "an SQLite database"

    @property
    def dialect(self) -> Dialect:
        """SQLite."""
        return SQLITE

    @contextmanager
    def session(self) -> Generator[Session]:
        """A transaction with `query_only`; both as they were before at the end."""
        cursor: sqlite3.Cursor = _cursor(self.connection, (sqlite3.Error,), self.label)
        cursor.row_factory = None
        own = not self.connection.in_transaction
        before = int(cursor.execute("PRAGMA query_only").fetchone()[0])
        if own:
            cursor.execute("BEGIN")
        try:
            cursor.execute("PRAGMA query_only = 1")
            yield Session(cursor, SQLITE, "named", (sqlite3.Error,), _teller(self.label))
        finally:
            cursor.execute(f"PRAGMA query_only = {before:d}")
            if own:
                cursor.execute("ROLLBACK")
            cursor.close()

    def tables(self, session: Session) -> list[str]:
        """Its tables and views."""
        listing = "SELECT name FROM sqlite_master WHERE type = 'table' OR type = 'view' LIMIT 1000"
        return sorted(str(name) for (name,) in session.rows(listing))

    def kinds(self, session: Session, table: tuple[str, ...]) -> list[tuple[str, Kind | str]]:
        """By the least and the greatest value: SQLite's columns hold values of any type, in this order."""
        return _by_extremes(session, table, None)


@dataclass(frozen=True, slots=True, repr=False)
class OtherServer:
    """A connection of any other driver that follows PEP 249, to a server whose dialect the user names."""

    connection: Any
    dialect: Dialect

    @property
    def label(self) -> str:
        """The kind of server."""
        return f"a {self.dialect.title} database"

    @contextmanager
    def session(self) -> Generator[Session]:
        """A cursor; whether what it sees is of one moment is up to the server."""
        module = sys.modules.get(type(self.connection).__module__.partition(".")[0])
        style = str(getattr(module, "paramstyle", "pyformat"))
        failures = (getattr(module, "Error", Exception),)
        cursor = _cursor(self.connection, failures, self.label)
        try:
            yield Session(cursor, self.dialect, style, failures, _teller(self.label))
        finally:
            cursor.close()

    def tables(self, session: Session) -> list[str]:  # noqa: ARG002  (others look there)
        """Unknown: where such a list stands differs from server to server."""
        return []

    def kinds(self, session: Session, table: tuple[str, ...]) -> list[tuple[str, Kind | str]]:
        """By the Python types of the least and the greatest value among the first rows."""
        return _by_extremes(session, table, LOOKED_AT)


def _by_extremes(session: Session, table: tuple[str, ...], among: int | None) -> list[tuple[str, Kind | str]]:
    named = ".".join(identifier(part) for part in table)
    names = [name for name, _ in session.described(f"SELECT * FROM {named} LIMIT 0", table)]
    usable(names)  # before any of them stands in a query
    items = [f"{end}({identifier(name)})" for name in names for end in ("MIN", "MAX")]
    source = named if among is None else f"(SELECT * FROM {named} LIMIT {among:d}) AS first"
    found = session.rows(select(items, source), (*table, *names))[0]
    return [(name, _python_kind(*found[2 * i : 2 * i + 2])) for i, name in enumerate(names)]


def _python_kind(low: object, high: object) -> Kind | str:
    ends = [end for end in (low, high) if end is not None]
    if not ends:
        return "other"
    for types, kind in _PYTHON_KINDS:
        if all(isinstance(end, types) for end in ends):
            return kind
    mixed = all(isinstance(end, int | float | str) for end in ends)
    return "other" if mixed else f"type {type(ends[-1]).__name__}"


def _duck_kind(written: str) -> Kind | str:
    for pattern, kind in _DUCK_KINDS:
        if re.fullmatch(pattern, written, re.DOTALL):
            return kind
    return "other" if written == '"NULL"' else f"type {written[:60]}"


def _cursor(connection: Any, failures: tuple[type[Exception], ...], label: str) -> Any:  # noqa: ANN401
    """A cursor of a driver's. Raises `QueryFailed` on a connection that is closed, or of another thread."""
    try:
        return connection.cursor()
    except failures as error:
        name = type(error).__name__
    cure = "Give an open connection, in the thread that opened it."
    raise QueryFailed(label, f"the connection cannot be used ({name})", cure)


def _teller(label: str) -> Callable[[Exception], WhenceError]:
    def told(error: Exception) -> WhenceError:
        name = re.sub(r"\W", "", type(error).__name__)
        return QueryFailed(label, f"the query fails ({name})", "Ask a view with columns of plain types.")

    return told
