"""The rows of a scan, batch by batch as the engine makes them, and cut anew into blocks of 65,536.

The engine's batches are as long as it pleases; sums must not depend on that. One thread of the engine makes
them, in the order of the file, as they are asked for: the calling thread reads while workers compute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from whence.data.scanning.arrow import Batch, Cells, batches
from whence.numerics.blocks import BLOCK
from whence.runtime.errors import UnreadableData, quoted

if TYPE_CHECKING:
    from whence.data.columns import Array, Column
    from whence.data.scanning.forms import Form
    from whence.data.scanning.layers import Layer
    from whence.data.scanning.origins import Origin
    from whence.numerics.arrays import Booleans

READING_THREADS = 1
"""More would be no faster: a pass waits for what is done with its blocks."""


def blocks(origin: Origin, layer: Layer, forms: Mapping[str, Form]) -> Iterator[dict[str, Column]]:
    """The columns that have a form here, in blocks.

    Raises `UnreadableData` for text of too many levels, and where the files cannot be read.
    """
    for batch in reblocked(raw_batches(origin, layer, forms)):
        yield {
            name: form.column(cells.values, cells.missing)
            for (name, form), cells in zip(forms.items(), batch, strict=True)
        }


def raw_batches(origin: Origin, layer: Layer, forms: Mapping[str, Form]) -> Iterator[Batch]:
    """The fetched cells in batches of any length; each is seen only until the next is asked for."""
    for name, form in forms.items():
        if form.unlisted:
            raise UnreadableData(
                f"the column {quoted(name)} of {origin.label}",
                "it holds too many different texts to be read in blocks",
                "Derive a coarser column, or leave it out.",
            )
    cells = ", ".join(
        f"{form.fetched(layer.sights[name].cell)} AS f{place}"
        for place, (name, form) in enumerate(forms.items())
    )
    if not cells:
        return
    with (
        origin.engine(READING_THREADS) as db,
        batches(db.stream(f"SELECT {cells} FROM {layer.sql}")) as stream,
    ):
        yield from stream


def reblocked(source: Iterator[Batch], size: int = BLOCK) -> Iterator[Batch]:
    """The same rows, `size` at a time and fewer in the last batch; the cells are copies and stay.

    >>> parts = (Cells(np.arange(n), None),) * 1 if (n := 3) else ()
    >>> [len(cells.values) for (cells,) in reblocked(iter([parts, parts]), 4)]
    [4, 2]
    """
    held: list[_Filling] = []
    filled = 0
    for batch in source:
        held = held or [_Filling(cells.values, size) for cells in batch]
        length, start = (batch[0].values.shape[0] if batch else 0), 0
        while start < length:
            taken = min(size - filled, length - start)
            for filling, cells in zip(held, batch, strict=True):
                filling.add(cells, slice(start, start + taken), filled)
            filled, start = filled + taken, start + taken
            if filled == size:
                yield tuple(filling.cells(filled) for filling in held)
                filled = 0
    if filled:
        yield tuple(filling.cells(filled) for filling in held)


class _Filling:
    """One column of the block that is being filled."""

    __slots__ = ("_missing", "_size", "_values")

    def __init__(self, like: Array, size: int) -> None:
        self._size = size
        self._values: Array = np.empty(size, dtype=like.dtype)
        self._missing: Booleans | None = None

    def add(self, cells: Cells, rows: slice, place: int) -> None:
        """Put some rows of a batch at a place in the block."""
        into = slice(place, place + rows.stop - rows.start)
        self._values[into] = cells.values[rows]
        if cells.missing is not None:
            if self._missing is None:
                self._missing = np.zeros(self._size, dtype=np.bool_)
            self._missing[into] = cells.missing[rows]

    def cells(self, filled: int) -> Cells:
        """The block so far, given away: the next is filled into arrays of its own."""
        given = Cells(
            self._values[:filled],
            None if self._missing is None else self._missing[:filled],
        )
        self._values = np.empty_like(self._values)
        self._missing = None
        return given


def joined(forms: Mapping[str, Form], parts: Sequence[Batch]) -> dict[str, Column]:
    """Whole columns from parts of their cells, each in the form that these rows have by themselves."""
    columns: dict[str, Column] = {}
    for place, (name, form) in enumerate(forms.items()):
        cells = [part[place] for part in parts]
        holes = [
            np.zeros(each.values.shape[0], dtype=np.bool_) if each.missing is None else each.missing
            for each in cells
        ]
        values = np.concatenate([each.values for each in cells])
        columns[name] = form.column(values, np.concatenate(holes)).settled()
    return columns
