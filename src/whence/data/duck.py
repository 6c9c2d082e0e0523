"""The boundary to DuckDB: the few calls that we make, typed, and locked down before any data is touched.

An engine opened here may read the files that it was opened for and nothing else: no other file, no network,
no extension, no setting changed, no Python variable captured. Its error texts hold paths of this machine, so
they never leave this module: a failure is an `EngineFailure` with a kind and, for CSV files, a line.

Source: DuckDB documentation, "Securing DuckDB".

>>> with engine() as db:
...     db.rows("SELECT 1 + 1")
[(2,)]
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import numpy as np

from whence.data.columns import Array

if TYPE_CHECKING:
    import duckdb

    from whence.numerics.arrays import Booleans

FailureKind: TypeAlias = Literal["syntax", "binding", "values", "forbidden", "reading", "memory", "other"]

Settings: TypeAlias = dict[str, str | bool | int | float | list[str]]
_SEALED: Settings = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    # Parquet files tell the extremes of a column without its NaNs; whoever believes them finds no NaN there.
    "disabled_optimizers": "statistics_propagation",
}
_KINDS: tuple[tuple[str, FailureKind], ...] = (
    ("ParserException", "syntax"),
    ("BinderException", "binding"),
    ("CatalogException", "binding"),
    ("ConversionException", "values"),
    ("OutOfRangeException", "values"),
    ("PermissionException", "forbidden"),
    ("OutOfMemoryException", "memory"),
    ("InvalidInputException", "reading"),
    ("IOException", "reading"),
)


def _library() -> Any:  # noqa: ANN401 - a module
    """DuckDB, loaded when it is first needed: it turns the lock of a free-threaded interpreter back on."""
    return import_module("duckdb")


class EngineFailure(Exception):  # noqa: N818  (translated by every caller; never seen by the user)
    """The engine could not do it; holds no text of the engine's.

    `line`, `expected`, `found` are what a CSV file's failure says of the place and of the number of fields.
    """

    def __init__(self, kind: FailureKind, engine_text: str) -> None:
        super().__init__(kind)
        self.kind: FailureKind = kind
        self.line = _number(r"CSV Error on Line: (\d+)", engine_text)
        self.expected = _number(r"Expected Number of Columns: (\d+)", engine_text)
        self.found = _number(r"Expected Number of Columns: \d+ Found: (\d+)", engine_text)
        self.open_quote = "unterminated quote" in engine_text
        self.mixed_line_ends = "invalid state" in engine_text
        self.long_line = "Maximum line size" in engine_text


def _number(pattern: str, text: str) -> int | None:
    found = re.search(pattern, text)
    return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Fetched:
    """One column of a result: its values, which are missing, and the engine's name of its type."""

    values: Array
    missing: Booleans | None
    kind: str


class Engine:
    """A locked connection. Made by `engine` and `opened`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def run(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run one statement of ours."""
        with translated():
            self._connection.execute(sql, list(parameters))

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a small result."""
        with translated():
            return self._connection.execute(sql, list(parameters)).fetchall()

    def described(self, select: str) -> tuple[tuple[str, str], ...]:
        """The names (as the query gives them, equal ones too) and types of a query's columns."""
        with translated():
            return _described(self._connection.query(select))

    def columns(self, sql: str, parameters: Sequence[object] = ()) -> tuple[Fetched, ...]:
        """All columns of a result whose names are unique, rows in order."""
        with translated():
            cursor = self._connection.execute(sql, list(parameters))
            kinds = [str(entry[1]) for entry in cast("Sequence[Sequence[object]]", cursor.description)]
            arrays = cast("dict[str, Any]", cursor.fetchnumpy())
        return tuple(_fetched(values, kind) for values, kind in zip(arrays.values(), kinds, strict=True))

    def stream(self, select: str) -> object:
        """The rows of one SELECT as an Arrow C stream (a capsule), made as they are asked for.

        Until the stream is released the engine can do nothing else.
        """
        with translated():
            return cast("Any", self._connection.query(select)).__arrow_c_stream__()

    def show(self, name: str, arrays: Mapping[str, Array]) -> None:
        """Let queries see these arrays, all of one length, as the table `name`."""
        with translated():
            self._connection.register(name, dict(arrays))


def _fetched(values: object, kind: str) -> Fetched:
    if isinstance(values, np.ma.MaskedArray):
        masked = cast("np.ma.MaskedArray[Any, Any]", values)
        return Fetched(np.asarray(masked.data), np.ma.getmaskarray(masked), kind)
    return Fetched(np.asarray(values), None, kind)


@contextmanager
def engine(
    files: Sequence[Path] = (), threads: int | None = None, memory: str | None = None
) -> Generator[Engine]:
    """An in-memory engine that can read `files` (absolute paths) and nothing else, in so much `memory`."""
    settings: Settings = {**_SEALED, "threads": str(threads or os.cpu_count() or 1)}
    settings |= {} if memory is None else {"memory_limit": memory}
    with translated():
        connection = _library().connect(":memory:", config=settings)
    try:
        # The pattern is allowed beside the path, because the engine checks the pattern too.
        allowed = ", ".join(literal(text) for path in files for text in (str(path), pattern(path)))
        with translated():
            connection.execute("SET temp_directory = ''")
            connection.execute(f"SET allowed_paths = [{allowed}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
        yield Engine(connection)
    finally:
        connection.close()


@contextmanager
def opened(path: Path, memory: str | None = None) -> Generator[Engine]:
    """A database file, for reading only, locked from the start.

    One thread: a query without ORDER BY then gives its rows, and float sums their last bits, always alike.
    """
    settings: Settings = {
        **_SEALED,
        **({} if memory is None else {"memory_limit": memory}),
        "threads": "1",
        "temp_directory": "",
        "enable_external_access": "false",
        "lock_configuration": "true",
    }
    with translated():
        connection = _library().connect(str(path), read_only=True, config=settings)
    try:
        yield Engine(connection)
    finally:
        connection.close()


def is_relation(source: object) -> bool:
    """Whether this is a DuckDB relation of the user's."""
    loaded = sys.modules.get("duckdb")  # whoever has a relation has loaded it
    return loaded is not None and isinstance(source, loaded.DuckDBPyRelation)


def relation_described(source: object) -> tuple[tuple[str, str], ...]:
    """The names and types of a relation's columns."""
    return _described(cast("duckdb.DuckDBPyRelation", source))


def relation_columns(source: object, select: str) -> tuple[Fetched, ...]:
    """The columns of `select` over the view `given`, which is the relation, in the user's own connection."""
    with translated():
        result = cast("Any", source).query("given", select)
        kinds = [kind for _, kind in _described(result)]
        arrays = cast("dict[str, Any]", result.fetchnumpy())
    return tuple(_fetched(values, kind) for values, kind in zip(arrays.values(), kinds, strict=True))


def _described(relation: duckdb.DuckDBPyRelation) -> tuple[tuple[str, str], ...]:
    names = cast("Sequence[object]", relation.columns)
    kinds = cast("Sequence[object]", relation.types)
    return tuple((str(name), str(kind)) for name, kind in zip(names, kinds, strict=True))


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def pattern(path: Path) -> str:
    """A path as the pattern that means this very file, whatever stars and brackets are in its name."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in str(path))


def _kind_of(error: Exception) -> FailureKind:
    for name, kind in _KINDS:
        if isinstance(error, getattr(_library(), name)):
            return kind
    return "other"


@contextmanager
def translated() -> Generator[None]:
    """Turn the engine's errors into `EngineFailure`; the cause is dropped, because it names paths."""
    try:
        yield
    except _library().Error as error:
        failure = EngineFailure(_kind_of(error), str(error))
    else:
        return
    raise failure from None


def has_comment(sql: str) -> bool:
    """Whether the text holds an SQL comment (outside of quotes)."""
    return any("comment" in kind for _, kind in _tokens(sql))


def has_semicolon(sql: str) -> bool:
    """Whether the text holds a semicolon (outside of quotes)."""
    return any(sql.encode()[place : place + 1] == b";" for place, _ in _tokens(sql))


def _tokens(sql: str) -> list[tuple[int, str]]:
    """Where each token starts (in bytes), and its kind."""
    with translated():
        return [(place, str(kind)) for place, kind in _library().tokenize(sql)]
