"""Which reader a file needs: by its first bytes, not by its name.

>>> kind_of(b"PAR1")
'parquet'
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

from whence.data.csv_file import read_csv
from whence.data.dataframes import read_arrow_file
from whence.data.duck import EngineFailure, engine, literal, pattern
from whence.data.engine_columns import gathered
from whence.data.names import usable
from whence.data.raw import Raw
from whence.runtime.errors import EmptyData, MissingFile, UnreadableData, quoted

FileKind: TypeAlias = Literal["parquet", "arrow", "database", "text", "gzip", "zip", "pickle", "stata"]

_STARTS: tuple[tuple[bytes, FileKind], ...] = (
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"SQLite format 3\0", "database"),
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"<stata_dta>", "stata"),
)
_CURES: dict[FileKind, tuple[str, str]] = {
    "database": ("it is a database", 'Give a query and the file: table("SELECT ...", database="shop.db").'),
    "gzip": ("it is compressed", "Unpack it first (gunzip)."),
    "zip": ("it is a spreadsheet or an archive", "Save it as CSV or Parquet."),
    "pickle": ("it is a pickle, which is never opened", "Save it as Parquet."),
    "stata": ("it is a Stata file", "Save it as CSV or Parquet."),
}
_PARQUET_CURE = "Write the file anew."


def read_file(path: Path, threads: int | None = None) -> Raw:
    """All columns of a CSV, Parquet or Arrow file.

    Raises `MissingFile`, `EmptyData`, `UnreadableData` and what `usable` raises.
    """
    label = labelled(path)
    start = first_bytes(path, label)
    kind = kind_of(start)
    if path.suffix.lower() in {".parquet", ".pq"} and kind == "text":
        raise UnreadableData(label, "it is no Parquet file (the mark at its start is missing)", _PARQUET_CURE)
    if kind == "parquet":
        return _read_parquet(path, label, threads)
    if kind == "arrow":
        return read_arrow_file(path, label)
    if kind == "text":
        return read_csv(path, label, threads)
    raise refused(kind, label)


def refused(kind: FileKind, label: str, *, many: bool = False) -> UnreadableData:
    """The error for a file of a kind that is not read here; `many` if it is one of several parts."""
    if kind in _CURES:
        return UnreadableData(label, *_CURES[kind])
    reason = "it is a text table among parts that must be Parquet" if many else "it is no Parquet file"
    return UnreadableData(label, reason, "Save it as Parquet.")


def labelled(path: Path) -> str:
    """How messages call a file: by the path that the user gave."""
    return f"the file {quoted(str(path), 300)}"


def first_bytes(path: Path, label: str) -> bytes:
    """The first bytes of a readable, non-empty file.

    Raises `MissingFile`, `EmptyData`, `UnreadableData` (a directory, a device, no permission).
    """
    try:
        if not path.exists():
            raise MissingFile(path)
        if path.is_dir():
            cure = "Give a file in it, a list of its files, or `whence.scan` of the folder."
            raise UnreadableData(label, "it is a directory", cure)
        if not path.is_file():
            raise UnreadableData(label, "it is no regular file", "Give a file.")
        with path.open("rb") as file:
            start = file.read(16)
    except (OSError, ValueError) as error:
        reason = "permission denied" if isinstance(error, PermissionError) else "it cannot be opened"
        raise UnreadableData(label, reason, "Check the path and its permissions.") from None
    if not start:
        raise EmptyData(label)
    return start


def kind_of(start: bytes) -> FileKind:
    """The kind of file that starts with these bytes."""
    if start[8:12] == b"DUCK":
        return "database"
    if start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05":
        return "pickle"
    for mark, kind in _STARTS:
        if start.startswith(mark):
            return kind
    return "text"


def _read_parquet(path: Path, label: str, threads: int | None) -> Raw:
    source = f"read_parquet({literal(pattern(path.resolve()))})"
    try:
        with engine([path.resolve()], threads) as db:
            usable(
                parquet_names(
                    db.rows(
                        f"SELECT name, num_children FROM parquet_schema({literal(pattern(path.resolve()))})"
                    )
                ),
                label,
            )
            described = db.described(f"SELECT * FROM {source}")
            raw = gathered(described, source, db.columns, label)
    except EngineFailure as failure:
        reason = "it does not fit into memory" if failure.kind == "memory" else "it is a damaged Parquet file"
        raise UnreadableData(label, reason, _PARQUET_CURE) from None
    if raw.rows == 0:
        raise EmptyData(label)
    return raw


def parquet_names(schema: list[tuple[object, ...]]) -> list[object]:
    """The top-level names, as a Parquet file has them: its schema is a tree, listed parents first."""
    names: list[object] = []
    inside = 0
    for name, children in schema[1:]:
        if inside == 0:
            names.append(name)
        else:
            inside -= 1
        inside += int(str(children or 0))
    return names
