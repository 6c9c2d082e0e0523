"""The hash of a scan's content, which is that of the in-memory table of the same rows.

It takes a pass over each column, two where cells are missing. Text of more levels than are held cannot be
hashed by its levels; its cells are then hashed one by one, and the hash is the scan's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from whence.data.hashing import Hashed, hash_of_blocks
from whence.data.scanning.forms import Form
from whence.data.scanning.streaming import blocks

if TYPE_CHECKING:
    from whence.data.columns import Array
    from whence.data.scanning.scan import Scan
    from whence.numerics.arrays import Booleans


def content_hash(scan: Scan) -> str:
    """The SHA-256 of the columns' names, types and values, as 64 hexadecimal digits."""
    facts = scan.facts(scan.columns)
    columns = [
        (
            name,
            Hashed(
                fact.form.storage,
                fact.form.ordered,
                fact.present < scan.rows,
                fact.form.levels,
                partial(_cells, scan, name),
            ),
        )
        for name, fact in facts.items()
    ]
    return hash_of_blocks(scan.rows, columns)


def _cells(scan: Scan, name: str) -> Iterator[tuple[Array, Booleans | None]]:
    form, layer = scan.form(name), scan.layer
    if form.unlisted:
        told = f"md5_number_lower(CAST({layer.sights[name].cell} AS VARCHAR))::BIGINT"
        form, layer = Form("integer", "integer"), layer.with_cell(name, told)
    for block in blocks(scan.origin, layer, {name: form}):
        yield block[name].values, block[name].missing
