"""One hash for one content: the same for CSV, Parquet, pandas or polars, on any machine.

The canonical encoding is, after a line that names this version: the number of rows; then for each column in
order its name, its storage, which cells are missing (one bit each) and its values, little-endian, missing
cells as zero; for text the levels that occur and each cell's position among them. Texts are preceded by their
length, so no two contents run into one another. Values are fed in blocks, so nothing is copied whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whence.data.columns import Array, Column, Storage
from whence.numerics.blocks import blocks

if TYPE_CHECKING:
    from hashlib import _Hash as Hash  # pyright: ignore[reportPrivateUsage]

    from whence.numerics.arrays import Booleans

VERSION = b"whence.table/1\n"
_WIDTH = {"boolean": "<u1", "integer": "<i8", "number": "<f8", "text": "<i8", "date": "<i8"}


def content_hash(columns: Mapping[str, Column]) -> str:
    """The SHA-256 of the columns' names, types and values, as 64 hexadecimal digits."""
    rows = len(next(iter(columns.values()))) if columns else 0
    return hash_of_blocks(rows, len(columns), ((name, _held(column)) for name, column in columns.items()))


@dataclass(frozen=True, slots=True)
class Hashed:
    """A whole column as it is hashed: what it is, whether any cell is missing, and its blocks.

    `levels` are those that occur, of text. `blocks` begins a pass over the cells anew: of each block the
    values, text as positions in `levels` with −1 for missing cells, and which are missing.
    """

    storage: Storage
    ordered: bool
    holes: bool
    levels: tuple[str, ...]
    blocks: Callable[[], Iterable[tuple[Array, Booleans | None]]]


def hash_of_blocks(rows: int, count: int, columns: Iterable[tuple[str, Hashed]]) -> str:
    """The same hash of `count` columns that come in blocks of 65,536 cells, and are never whole."""
    digest = hashlib.sha256(VERSION)
    _number(digest, rows)
    _number(digest, count)
    for name, column in columns:
        _text(digest, name)
        _text(digest, column.storage + (" ordered" if column.ordered else ""))
        digest.update(b"1" if column.holes else b"0")
        if column.holes:
            for values, missing in column.blocks():
                hidden = np.zeros(values.shape[0], dtype=np.bool_) if missing is None else missing
                digest.update(np.packbits(hidden).tobytes())
        if column.storage == "text":
            _number(digest, len(column.levels))
            for level in column.levels:
                _text(digest, level)
        for values, _ in column.blocks():
            digest.update(_little_endian(values, _WIDTH[column.storage]))
    return digest.hexdigest()


def _held(column: Column) -> Hashed:
    """A column that is in memory: of text, only the levels that occur count."""
    found, values = ((), column.values) if column.storage != "text" else column.level_codes()

    def cut() -> Iterator[tuple[Array, Booleans | None]]:
        for rows in blocks(len(column)):
            yield values[rows], None if column.missing is None else column.missing[rows]

    levels = tuple(str(level) for level in found)
    return Hashed(column.storage, column.ordered, column.missing is not None, levels, cut)


def _little_endian(values: Array, width: str) -> bytes:
    plain = values.astype(np.int64) if values.dtype.kind == "M" else values
    return plain.astype(width).tobytes()


def _number(digest: Hash, number: int) -> None:
    digest.update(number.to_bytes(8, "little"))


def _text(digest: Hash, text: str) -> None:
    encoded = text.encode("utf-8", "surrogatepass")
    _number(digest, len(encoded))
    digest.update(encoded)
