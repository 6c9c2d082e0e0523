"""What a scan can be of: Parquet files, one text table, or a table of a DuckDB file.

Parts are matched by the names of their columns and read one under another, in the order of their paths.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from whence.data.addresses import refuse_address
from whence.data.databases import kind_of_database
from whence.data.duck import identifier, literal, pattern
from whence.data.files import FileKind, first_bytes, kind_of, labelled, parquet_names, refused
from whence.data.names import usable
from whence.data.scanning.copies import copied
from whence.data.scanning.forms import Family, family_of
from whence.data.scanning.layers import Layer, base
from whence.data.scanning.memory import for_engine
from whence.data.scanning.origins import Origin, stamps_of
from whence.runtime.errors import EmptyData, MissingFile, UnreadableData, listed, near_miss, quoted
from whence.runtime.executor.cores import cores

if TYPE_CHECKING:
    from whence.data.duck import Engine

Path_: TypeAlias = str | os.PathLike[str]
ENDINGS = frozenset({".parquet", ".pq"})


@dataclass(frozen=True, slots=True)
class Located:
    """What was found: where it is, its columns, its rows, and what to say of it."""

    origin: Origin
    layer: Layer
    rows: int
    notes: tuple[str, ...]


def located(source: Path_ | Sequence[Path_], database: str | Path | None) -> Located:
    """The rows that a source means.

    Raises `MissingFile`, `EmptyData`, `UnreadableData`, and what `usable` raises.
    """
    if database is not None:
        refuse_address(database)
        return _table(source, Path(database))
    if isinstance(source, str | os.PathLike):
        files, label = _files(os.fspath(source))
    elif isinstance(cast("object", source), list | tuple) and source:
        paths = [Path(one) for one in source]
        files, label = paths, ", ".join(labelled(Path(path.name)) for path in paths)
    else:
        raise UnreadableData(
            f"an object of type {type(source).__name__}",
            "a scan reads files",
            "Give a Parquet or CSV file, or a list of Parquet files; for what is in memory use `table`.",
        )
    kinds: list[FileKind] = [kind_of(first_bytes(path, labelled(path))) for path in files]
    if kinds == ["text"] and files[0].suffix.lower() not in ENDINGS:
        return _text(files[0].resolve(), label, labelled(files[0]))
    for path, kind in zip(files, kinds, strict=True):
        if kind != "parquet":
            raise refused(kind, labelled(path), many=len(files) > 1)
    return _parquet([path.resolve() for path in files], label)


def _files(text: str) -> tuple[list[Path], str]:
    """The files that a path means: itself, those in the folder, or those that fit the pattern."""
    refuse_address(text)
    path = Path(text)
    if path.is_dir():
        inside = (one for one in path.rglob("*") if one.suffix.lower() in ENDINGS)
        parts = sorted(one for one in inside if not _hidden(one.relative_to(path)) and one.is_file())
        if not parts:
            raise UnreadableData(labelled(path), "it is a folder without Parquet files", "Give a file.")
        return parts, f"the folder {quoted(path.resolve().name, 300)} of {len(parts):,} Parquet files"
    if several(path):
        parts = sorted(Path(found) for found in glob.glob(text, recursive=True))  # noqa: PTH207 - a path may be absolute
        if not parts:
            raise MissingFile(text)
        return parts, f"{len(parts):,} files like {quoted(path.name, 300)}"
    return [path], labelled(Path(path.name))


def several(path: Path) -> bool:
    """Whether a path means several files: a folder, or a pattern."""
    if str(path)[:7].lower() == "select ":  # no path, but a query
        return False
    try:
        return path.is_dir() or (not path.exists() and any(char in str(path) for char in "*?["))
    except (OSError, ValueError):  # a text too long for a path
        return False


def _hidden(path: Path) -> bool:
    """Whether a part, or a folder above it, is one that writers of many parts set aside."""
    return any(name.startswith((".", "_")) for name in path.parts)


def _parquet(files: Sequence[Path], label: str) -> Located:
    each = [f"read_parquet({literal(pattern(path))})" for path in files]
    names = ", ".join(literal(pattern(path)) for path in files)
    table = each[0] if len(files) == 1 else f"read_parquet([{names}], union_by_name=true)"
    origin = Origin(table, tuple(files), stamps_of(files), label)
    notes: list[str] = []
    with origin.engine() as db:
        kinds: list[dict[str, str]] = []
        for path, one in zip(files, each, strict=True):
            asked = f"SELECT name, num_children FROM parquet_schema({literal(pattern(path))})"
            usable(parquet_names(db.rows(asked)), labelled(Path(path.name)))
            kinds.append(dict(db.described(f"SELECT * FROM {one}")))
        if len(files) > 1:
            _check_alike(files, kinds, label)
            notes += _lacking(db, files, each, kinds)
        described = db.described(f"SELECT * FROM {table}")
        rows = _rows(db, table)
    return _located(origin, described, rows, notes)


def _check_alike(files: Sequence[Path], kinds: Sequence[dict[str, str]], label: str) -> None:
    """Raise `UnreadableData` for a column that is text in one part and numbers or dates in another."""
    first: dict[str, tuple[str, Path]] = {}
    for path, columns in zip(files, kinds, strict=True):
        for name, kind in columns.items():
            sort = _SORTS.get(family_of(kind), "numbers")
            known = first.setdefault(name, (sort, path))
            if known[0] != sort:
                raise UnreadableData(
                    f"the column {quoted(name)} of {label}",
                    f"it is {known[0]} in {quoted(known[1].name)} and {sort} in {quoted(path.name)}",
                    "Write the parts with one type for each column.",
                )


_SORTS: dict[Family, str] = {"text": "text", "date": "dates", "moment": "dates"}


def _lacking(
    db: Engine, files: Sequence[Path], each: Sequence[str], kinds: Sequence[dict[str, str]]
) -> list[str]:
    every = dict.fromkeys(name for columns in kinds for name in columns)
    gaps = [
        (name, path, one)
        for name in every
        for path, one, columns in zip(files, each, kinds, strict=True)
        if name not in columns
    ]
    rows = {one: _rows(db, one) for _, _, one in gaps}
    return [
        f'"{name}" is not in {labelled(Path(path.name))}: missing in its {rows[one]:,} rows.'
        for name, path, one in gaps
    ]


def _text(path: Path, label: str, called: str) -> Located:
    """A text table; what is wrong with it is told of the file as the user `called` it."""
    copy, layout, kinds = copied(path, called, for_engine(), cores())
    table = f"read_parquet({literal(str(copy.path))})"
    origin = Origin(table, (path,), stamps_of([path]), label, copy=copy)
    with origin.engine() as db:
        rows = _rows(db, table)
    if not rows:
        raise EmptyData(called)
    return _located(origin, tuple(zip(layout.names, kinds, strict=True)), rows, layout.notes)


def _table(name: object, path: Path) -> Located:
    label = f"a table of {labelled(Path(path.name))}"
    first_bytes(path, labelled(path))
    if not isinstance(name, str) or kind_of_database(path) != "duckdb":
        raise UnreadableData(
            label, "a scan reads a table of a DuckDB file", "For a query or SQLite use `table`."
        )
    files = (path.resolve(),)
    table = identifier(name)
    origin = Origin(table, files, stamps_of(files), label, database=True)
    with origin.engine() as db:
        listing = (
            "SELECT table_name FROM duckdb_tables() UNION ALL "
            "SELECT view_name FROM duckdb_views() WHERE NOT internal"
        )
        tables = [str(row[0]) for row in db.rows(listing)]
        if name not in tables:
            close = near_miss(name, tables)
            cure = f"Did you mean {quoted(close)}?" if close else f"There are: {listed(tables)}."
            raise UnreadableData(label, f"it has no table {quoted(name)}", cure)
        described = db.described(f"SELECT * FROM {table}")
        rows = _rows(db, table)
    return _located(origin, described, rows, ())


def _rows(db: Engine, table: str) -> int:
    return int(db.rows(f"SELECT count(*) FROM {table}")[0][0])


def _located(
    origin: Origin, described: Sequence[tuple[str, str]], rows: int, notes: Sequence[str]
) -> Located:
    usable([name for name, _ in described], origin.label)
    layer, left_out = base(origin.sql, described)
    gone = [
        f"Left out the column {identifier(name)}: it holds values of type {kind[:60]}."
        for name, kind in left_out
    ]
    return Located(origin, layer, rows, (*notes, *gone))
