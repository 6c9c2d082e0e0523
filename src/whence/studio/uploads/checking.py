"""What a file says of itself, checked before it is read: rows, columns, cells, and what it will unpack to.

Only tables as text and Parquet are read here. A text is looked through once for lines that are too many or
too long; of a Parquet file the footer is read, which says how large everything is. A footer can lie: what it
says protects from honest giants, and the limits of the process from the rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Final

from whence.data.csv_file import LONGEST_LINE, check_encoding, layout_of
from whence.data.duck import Engine, EngineFailure, engine, pattern
from whence.data.files import FileKind, first_bytes, kind_of
from whence.data.names import COLUMN_LIMIT
from whence.data.tables import Table
from whence.runtime.errors import TooManyColumns, UnreadableData
from whence.studio.uploads.errors import TooMuchData
from whence.studio.uploads.limits import FOOTER_BYTES, NAME_LENGTH, Limits
from whence.studio.uploads.stored import bytes_of

SAVE: Final = "Save it as CSV or Parquet."
_OTHERS: Final[dict[FileKind, str]] = {
    "arrow": "it is an Arrow file",
    "database": "it is a database",
    "gzip": "it is compressed",
    "zip": "it is a spreadsheet or an archive",
    "pickle": "it is a pickle, which is never opened",
    "stata": "it is a Stata file",
}
_CHUNK: Final = 1 << 20
_MARK: Final = b"PAR1"
_LOCKED: Final = b"PARE"
_TAIL: Final = 8
_DAMAGED: Final = ("it is a damaged Parquet file", "Write the file anew.")


def check(path: Path, label: str, limits: Limits) -> None:
    """Raise unless the file is a text or a Parquet file within the limits, as far as it says so itself."""
    kind = kind_of(first_bytes(path, label))
    if kind in _OTHERS:
        raise UnreadableData(label, _OTHERS[kind], SAVE)
    if kind == "parquet":
        _check_parquet(path, label, limits)
    elif path.suffix != ".parquet":  # the reader says of the others that they are no Parquet
        _check_text(path, label, limits)


def check_table(read: Table, label: str, limits: Limits) -> None:
    """Raise unless what was read is within the limits."""
    _check_size(label, limits, rows=read.rows, columns=len(read.columns))
    size = bytes_of(read)
    if size > limits.table_bytes:
        raise TooMuchData(label, "bytes of columns", size, limits.table_bytes)


def _check_size(label: str, limits: Limits, *, rows: int, columns: int) -> None:
    if columns > limits.columns:
        raise TooManyColumns(columns, limits.columns)
    if rows > limits.rows:
        raise TooMuchData(label, "rows", rows, limits.rows)
    if rows * columns > limits.cells:
        raise TooMuchData(label, "cells", rows * columns, limits.cells)


# ── text ────────────────────────────────────────────────────────────────────────────────────────────────────


def _check_text(path: Path, label: str, limits: Limits) -> None:
    check_encoding(path, label)
    with path.open("rb") as file:
        lines = _lines(file, label, limits)
    layout = layout_of(path, label)
    for name in layout.names:
        if len(name) > NAME_LENGTH:
            reason = f"a column's name has {len(name):,} characters, more than {NAME_LENGTH:,}"
            raise UnreadableData(label, reason, "Does its first line hold the names of the columns?")
    # The header counts as a row here, and so do line breaks inside of quotes: it is a bound.
    _check_size(label, limits, rows=max(lines - 1, 0), columns=len(layout.names))


def _lines(file: BinaryIO, label: str, limits: Limits) -> int:
    """Count the lines; raise if one is longer than can be read, or they are too many."""
    lines = since = 0
    mac = True  # old line ends, which are counted as long as no others are seen
    while chunk := file.read(_CHUNK):
        mac = mac and b"\n" not in chunk
        mark = b"\r" if mac else b"\n"
        lines += chunk.count(mark)
        last = chunk.rfind(mark)
        since = since + len(chunk) if last < 0 else len(chunk) - last - 1
        if since > LONGEST_LINE:
            reason = f"line {lines + 1:,} is longer than {LONGEST_LINE:,} bytes"
            raise UnreadableData(label, reason, "Is this a table?")
        if lines > limits.rows + 1:
            raise TooMuchData(label, "rows", lines, limits.rows)
    return lines + (since > 0)


# ── Parquet ─────────────────────────────────────────────────────────────────────────────────────────────────


def _check_parquet(path: Path, label: str, limits: Limits) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(size - _TAIL, 0))
        tail = file.read(_TAIL)
    if tail[4:] == _LOCKED:
        raise UnreadableData(label, "it is encrypted", "Save it without a password.")
    footer = int.from_bytes(tail[:4], "little")
    if tail[4:] != _MARK or size < 3 * len(_MARK) or footer > size - _TAIL - len(_MARK):
        raise UnreadableData(label, *_DAMAGED)
    if footer > FOOTER_BYTES:
        raise TooManyColumns(max(COLUMN_LIMIT, limits.columns) + 1, limits.columns)
    try:
        with engine([path], threads=1) as db:
            columns, rows, unpacked = _told(db, pattern(path))
    except EngineFailure as failure:
        if failure.kind == "memory":
            raise MemoryError from None
        raise UnreadableData(label, *_DAMAGED) from None
    if rows < 0 or unpacked < 0 or columns < 0:
        raise UnreadableData(label, *_DAMAGED)
    _check_size(label, limits, rows=rows, columns=columns)
    if unpacked > limits.unpacked_bytes:
        raise TooMuchData(label, "unpacked bytes", unpacked, limits.unpacked_bytes)


def _told(db: Engine, place: str) -> tuple[int, int, int]:
    """How many columns, rows and unpacked bytes the footer speaks of."""
    top = db.rows("SELECT num_children FROM parquet_schema(?) LIMIT 1", [place])
    rows = db.rows("SELECT sum(num_rows) FROM parquet_file_metadata(?)", [place])
    parts = db.rows("SELECT sum(greatest(total_uncompressed_size, 0)) FROM parquet_metadata(?)", [place])
    return int(top[0][0] or 0), int(rows[0][0] or 0), int(parts[0][0] or 0)
