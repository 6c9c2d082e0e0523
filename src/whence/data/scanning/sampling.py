"""A uniform random sample of the rows of a scan, which depends on the seed and the number of rows alone.

>>> positions(10, 3, 0).tolist() == positions(10, 3, 0).tolist(), positions(3, 5, 0).tolist()
(True, [0, 1, 2])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.data.scanning.arrow import Batch, Cells
from whence.numerics.arrays import Integers
from whence.numerics.random import generator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whence.runtime.seeds import Seed


def positions(rows: int, wanted: int, seed: int | Seed) -> Integers:
    """`wanted` of the positions 0 … rows − 1, all sets of so many equally likely, in order.

    Positions are drawn until enough of them differ; the first ones to differ are a uniform sample. Of more
    than half of the rows those left out are drawn instead. Memory grows with the sample, not with the rows.
    """
    if wanted >= rows:
        return np.arange(rows, dtype=np.int64)
    if wanted > rows // 2:
        out = positions(rows, rows - wanted, seed)
        return np.setdiff1d(np.arange(rows, dtype=np.int64), out, assume_unique=True)
    chance = generator(seed)
    drawn = np.zeros(0, dtype=np.int64)
    while drawn.shape[0] < wanted:
        more = chance.integers(0, rows, size=wanted + 16)
        together = np.concatenate([drawn, more])
        first_seen = np.sort(np.unique(together, return_index=True)[1])
        drawn = together[first_seen]
    return np.sort(drawn[:wanted])


def taken(source: Iterator[Batch], chosen: Integers) -> Iterator[Batch]:
    """The rows at the chosen positions, copied."""
    start = 0
    for batch in source:
        end = start + (batch[0].values.shape[0] if batch else 0)
        own = chosen[np.searchsorted(chosen, start) : np.searchsorted(chosen, end)] - start
        if own.shape[0]:
            yield tuple(
                Cells(cells.values[own], None if cells.missing is None else cells.missing[own])
                for cells in batch
            )
        start = end
