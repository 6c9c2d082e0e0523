"""One hash for one content: the same for CSV, Parquet, pandas or polars, on any machine.

The canonical encoding is, after a line that names this version: the number of rows; then for each column in
order its name, its storage, which cells are missing (one bit each) and its values, little-endian, missing
cells as zero; for text the levels that occur and each cell's position among them. Texts are preceded by their
length, so no two contents run into one another. Values are fed in blocks, so nothing is copied whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from whence.data.columns import Array, Column
from whence.numerics.blocks import blocks

if TYPE_CHECKING:
    from hashlib import _Hash as Hash  # pyright: ignore[reportPrivateUsage]

VERSION = b"whence.table/1\n"
_WIDTH = {"boolean": "<u1", "integer": "<i8", "number": "<f8", "text": "<i8", "date": "<i8"}


def content_hash(columns: Mapping[str, Column]) -> str:
    """The SHA-256 of the columns' names, types and values, as 64 hexadecimal digits."""
    digest = hashlib.sha256(VERSION)
    rows = len(next(iter(columns.values()))) if columns else 0
    _number(digest, rows)
    _number(digest, len(columns))
    for name, column in columns.items():
        _text(digest, name)
        _text(digest, column.storage + (" ordered" if column.ordered else ""))
        _feed(digest, column)
    return digest.hexdigest()


def _feed(digest: Hash, column: Column) -> None:
    missing, values = column.missing, column.values
    digest.update(b"0" if missing is None else b"1")
    if missing is not None:
        for rows in blocks(len(column)):
            digest.update(np.packbits(missing[rows]).tobytes())
    if column.storage == "text":
        levels, values = column.level_codes()
        _number(digest, len(levels))
        for level in levels:
            _text(digest, str(level))
    for rows in blocks(len(column)):
        digest.update(_little_endian(values[rows], _WIDTH[column.storage]))


def _little_endian(values: Array, width: str) -> bytes:
    plain = values.astype(np.int64) if values.dtype.kind == "M" else values
    return plain.astype(width).tobytes()


def _number(digest: Hash, number: int) -> None:
    digest.update(number.to_bytes(8, "little"))


def _text(digest: Hash, text: str) -> None:
    encoded = text.encode("utf-8", "surrogatepass")
    _number(digest, len(encoded))
    digest.update(encoded)
