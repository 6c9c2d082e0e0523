"""The hash of a scan's content, which is that of the in-memory table of the same rows.

It takes a pass over each column, two where cells are missing; of few rows, one pass over many columns. Text
of more levels than are held cannot be hashed by its levels; its cells are then hashed one by one, and the
hash is the scan's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from whence.data.hashing import Hashed, hash_of_blocks
from whence.data.scanning.forms import Form
from whence.data.scanning.streaming import blocks

if TYPE_CHECKING:
    from whence.data.columns import Array, Column
    from whence.data.scanning.scan import Scan
    from whence.numerics.arrays import Booleans


HELD = 1 << 23
"""Cells that are held at once: columns of few rows are hashed several to a pass."""


def content_hash(scan: Scan) -> str:
    """The SHA-256 of the columns' names, types and values, as 64 hexadecimal digits."""
    facts = scan.facts(scan.columns)  # all at once, for what they cost
    return hash_of_blocks(scan.rows, len(facts), _columns(scan))


def _columns(scan: Scan) -> Iterator[tuple[str, Hashed]]:
    together = max(1, HELD // scan.rows)
    for start in range(0, len(scan.columns), together):
        names = scan.columns[start : start + together]
        held = list(_blocks(scan, names)) if len(names) > 1 else None
        for name in names:
            fact = scan.facts([name])[name]
            form, holes = fact.form, fact.present < scan.rows
            cells = partial(_cells, scan, name, held)
            yield name, Hashed(form.storage, form.ordered, holes, form.levels, cells)


def _cells(
    scan: Scan, name: str, held: list[dict[str, Column]] | None
) -> Iterator[tuple[Array, Booleans | None]]:
    for block in _blocks(scan, [name]) if held is None else held:
        yield block[name].values, block[name].missing


def _blocks(scan: Scan, names: Sequence[str]) -> Iterator[dict[str, Column]]:
    layer, forms = scan.layer.narrowed(names), {name: scan.form(name) for name in names}
    for name in [name for name, form in forms.items() if form.unlisted]:
        told = f"(md5_number_lower(CAST({layer.sights[name].cell} AS VARCHAR)) >> 1)::BIGINT"
        layer, forms = layer.with_cell(name, told), {**forms, name: Form("integer", "integer")}
    return blocks(scan.origin, layer, forms)
