r"""Columns on disk: one JSON that describes them, and one file of plain arrays, one after another.

The arrays are in numpy's own format (`.npy`, several in one file), never with objects in them. The reader is
strict, for what a confined worker wrote is as hostile as the file that it read: every shape and type must be
the one that the description promises, the sizes must add up to the byte, nothing is allocated before that is
known, and each column is brought to its canonical form again. The hash of the content is compared last.

>>> import tempfile
>>> from whence.data.reading import table
>>> with tempfile.TemporaryDirectory() as folder:
...     key = store(table({"x": [1, 2, None], "g": ["b", "a", "b"]}), Path(folder))
...     load(Path(folder), expected=key).column("g").levels
('a', 'b')
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias, cast, get_args

import numpy as np
import numpy.typing as npt

from whence.data.columns import Column, Storage
from whence.data.names import usable
from whence.data.tables import Table
from whence.runtime.errors import DataError
from whence.runtime.plain import harmless
from whence.studio.uploads.errors import BrokenStore

Array: TypeAlias = npt.NDArray[Any]

SCHEMA: Final = "whence.columns/1"
DESCRIPTION: Final = "table.json"
ARRAYS: Final = "columns.npy"
PER_TEXT: Final = 90
"""Bytes that a short text takes in memory beside its letters."""

_MOST_DESCRIPTION: Final = 32 << 20
_MOST_NOTES, _LONGEST_NOTE = 50, 600
_WIDTH: Final[Mapping[Storage, str]] = {
    "boolean": "|b1",
    "integer": "<i8",
    "number": "<f8",
    "text": "<i4",
    "date": "<M8[us]",
}
_STORAGES: Final = get_args(Storage)
_START: Final = b"\x93NUMPY\x01\x00"
_HEADER: Final = re.compile(
    rb"\{'descr': '([^']{1,12})', 'fortran_order': False, 'shape': \((\d{1,15}),\), \} *\n"
)


@dataclass(frozen=True, slots=True)
class _Promised:
    """What the description says of one column: `letters` are the bytes of all levels together."""

    name: str
    storage: Storage
    ordered: bool
    holes: bool
    levels: int
    letters: int

    def in_memory(self, rows: int) -> int:
        """How many bytes it will take."""
        width = np.dtype(_WIDTH[self.storage]).itemsize + int(self.holes)
        return rows * width + self.letters + self.levels * PER_TEXT


def bytes_of(table: Table) -> int:
    """About how many bytes a table takes in memory."""
    total = 0
    for column in table.store.values():
        total += column.values.nbytes + (0 if column.missing is None else column.missing.nbytes)
        total += sum(map(len, column.levels)) + PER_TEXT * len(column.levels)
    return total


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────


def store(table: Table, folder: Path) -> str:
    """Write the columns of a table into a folder that is there; give the hash of their content."""
    described: list[dict[str, object]] = []
    with (folder / ARRAYS).open("wb") as file:
        for name, column in table.store.items():
            letters = [level.encode() for level in column.levels]
            _write(file, column.values.astype(_WIDTH[column.storage], copy=False))
            if column.missing is not None:
                _write(file, column.missing)
            if column.storage == "text":
                _write(file, np.frombuffer(b"".join(letters), dtype=np.uint8))
                _write(file, np.cumsum([len(each) for each in letters], dtype=np.int64))
            described.append(
                {
                    "name": name,
                    "storage": column.storage,
                    "ordered": column.ordered,
                    "holes": column.missing is not None,
                    "levels": len(letters),
                    "letters": sum(map(len, letters)),
                }
            )
    head = {
        "schema": SCHEMA,
        "rows": table.rows,
        "sha256": table.sha256,
        "source": table.source,
        "notes": list(table.notes),
        "columns": described,
    }
    (folder / DESCRIPTION).write_text(json.dumps(head, ensure_ascii=False), encoding="utf-8")
    return table.sha256


def _write(file: BinaryIO, values: Array) -> None:
    np.lib.format.write_array(file, np.ascontiguousarray(values), allow_pickle=False)


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────


def load(
    folder: Path, *, expected: str | None = None, source: str | None = None, most_bytes: int = 1 << 31
) -> Table:
    """Read a table back; `source` is what messages call it, if not what the description says.

    Raises `BrokenStore` if anything is not as promised, or the content's hash is not the one `expected`.
    """
    try:
        head = _described(folder / DESCRIPTION)
        rows, promised = _promised(head)
        needed = sum(column.in_memory(rows) for column in promised)
        if needed > most_bytes:
            raise BrokenStore(f"they take {needed:,} bytes in memory, more than {most_bytes:,}")
        with _opened(folder / ARRAYS) as file:
            store = {column.name: _column(file, column, rows) for column in promised}
            if file.read(1):
                raise BrokenStore("something follows the last array")
        table = Table(store, source or _text(head.get("source"), 400), notes=_notes(head))
        if table.sha256 != (expected or head.get("sha256")):
            raise BrokenStore("their hash is not the one that they were stored under")
    except (OSError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise BrokenStore(f"they cannot be read ({type(error).__name__})") from None
    return table


def _opened(path: Path) -> BinaryIO:
    """Open a regular file, and nothing that a link or a device of that name stands for."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BrokenStore("one of their files is no regular file")
    return os.fdopen(descriptor, "rb")


def _described(path: Path) -> Mapping[str, object]:
    with _opened(path) as file:
        text = file.read(_MOST_DESCRIPTION + 1)
    if len(text) > _MOST_DESCRIPTION:
        raise BrokenStore("their description is too long")
    head = cast("object", json.loads(text))
    if not isinstance(head, dict) or cast("Mapping[str, object]", head).get("schema") != SCHEMA:
        raise BrokenStore("their description is none")
    return cast("Mapping[str, object]", head)


def _promised(head: Mapping[str, object]) -> tuple[int, list[_Promised]]:
    rows, columns = head.get("rows"), head.get("columns")
    if not _counts(rows) or rows == 0 or not isinstance(columns, list):
        raise BrokenStore("their description lacks rows or columns")
    promised = [_column_promised(item) for item in cast("list[object]", columns)]
    try:
        usable([column.name for column in promised])
    except DataError as error:
        raise BrokenStore(f"a name cannot be used ({error.code})") from None
    return cast("int", rows), promised


def _column_promised(item: object) -> _Promised:
    if not isinstance(item, dict):
        raise BrokenStore("a column is not described")
    fields = cast("Mapping[str, object]", item)
    name, storage = fields.get("name"), fields.get("storage")
    ordered, holes = fields.get("ordered"), fields.get("holes")
    levels, letters = fields.get("levels"), fields.get("letters")
    texts = isinstance(name, str) and isinstance(storage, str) and storage in _STORAGES
    flags = isinstance(ordered, bool) and isinstance(holes, bool)
    if not (texts and flags and _counts(levels) and _counts(letters)):
        raise BrokenStore("a column is not described")
    if storage != "text" and (ordered or levels or letters):
        raise BrokenStore("a column that is no text has levels")
    return _Promised(
        cast("str", name),
        cast("Storage", storage),
        cast("bool", ordered),
        cast("bool", holes),
        cast("int", levels),
        cast("int", letters),
    )


def _counts(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 48


def _text(value: object, most: int) -> str:
    return harmless(value)[:most] if isinstance(value, str) else ""


def _notes(head: Mapping[str, object]) -> tuple[str, ...]:
    notes = head.get("notes")
    if not isinstance(notes, list):
        raise BrokenStore("their notes are none")
    return tuple(_text(note, _LONGEST_NOTE) for note in cast("list[object]", notes)[:_MOST_NOTES])


def _column(file: BinaryIO, promised: _Promised, rows: int) -> Column:
    values = _array(file, _WIDTH[promised.storage], rows)
    missing = _array(file, "|b1", rows) if promised.holes else None
    levels: tuple[str, ...] = ()
    if promised.storage == "text":
        letters = _array(file, "|u1", promised.letters)
        ends = _array(file, "<i8", promised.levels)
        levels = _levels(letters.tobytes(), ends, promised)
        if not bool(np.all((values >= -1) & (values < len(levels)))):
            raise BrokenStore("a cell names a level that is not there")
        if not np.array_equal(values < 0, np.zeros(rows, np.bool_) if missing is None else missing):
            raise BrokenStore("levels and holes contradict one another")
    undefined = np.isnan(values) if promised.storage == "number" else None
    if promised.storage == "date":
        undefined = np.isnat(values)
    if undefined is not None and bool(undefined.any()):
        raise BrokenStore("a cell is neither there nor missing")
    # The canonical form anew: everything later leans on it, and only a reader of ours is known to keep it.
    return Column(promised.storage, values, missing, levels, promised.ordered).settled()


def _array(file: BinaryIO, width: str, count: int) -> Array:
    """The next array of the file, if it is of this type and this many."""
    start = file.read(len(_START) + 2)
    if start[: len(_START)] != _START:
        raise BrokenStore("an array is of another format")
    # Not by numpy's own reader, which takes the header for Python and evaluates it, if only as a literal.
    told = _HEADER.fullmatch(file.read(int.from_bytes(start[len(_START) :], "little")))
    if told is None or told[1].decode() != width or int(told[2]) != count:
        raise BrokenStore("an array is not of the promised shape and type")
    size = count * np.dtype(width).itemsize
    if size > os.fstat(file.fileno()).st_size - file.tell():
        raise BrokenStore("an array ends too early")
    values = np.fromfile(file, dtype=width, count=count)
    if values.shape != (count,):
        raise BrokenStore("an array ends too early")
    if width == "|b1" and bool(np.any(values.view(np.uint8) > 1)):
        raise BrokenStore("a truth value is neither true nor false")
    return values


def _levels(letters: bytes, ends: Array, promised: _Promised) -> tuple[str, ...]:
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]]) if len(ends) else ends
    if len(ends) and (
        bool(np.any(starts < 0)) or bool(np.any(ends < starts)) or int(ends[-1]) != len(letters)
    ):
        raise BrokenStore("the levels of a column overlap")
    levels = tuple(letters[a:b].decode() for a, b in zip(starts.tolist(), ends.tolist(), strict=True))
    if len(set(levels)) != len(levels) or (not promised.ordered and list(levels) != sorted(levels)):
        raise BrokenStore("the levels of a column are not in order")
    return levels
