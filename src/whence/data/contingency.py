"""Exact contingency tables: how often each combination of values occurs, or how probable it is.

Counts are whole numbers, so they are the same in any order and on any number of cores; discrete estimands are
evaluated on them.

>>> from whence.data.reading import table
>>> t = table({"x": [0, 0, 1], "y": ["a", "b", "b"], "count": [5, 1, 2]}, weights="count")
>>> counts(t, ["x", "y"]).cells.tolist()
[[5, 1], [0, 2]]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from whence.data.columns import Array, Value
from whence.data.frame import check_finite
from whence.data.tables import Table
from whence.data.weighting import Weighting, rescaled
from whence.numerics.arrays import Integers, floats
from whence.numerics.counts import cell_index, cross_table
from whence.runtime.errors import EmptyData, UnsuitableMethod

Cells: TypeAlias = npt.NDArray[np.int64] | npt.NDArray[np.float64]

MOST_CELLS = 1 << 26
"""A larger table would hold next to nothing but zeros."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """A contingency table.

    Attributes
    ----------
    names: the variables, one per axis
    levels: for each, the values along its axis, in order
    cells: int64 counts, or float64 probabilities that add up to one
    n: observations counted: the sum of the counts; for probabilities the number of rows
    rows_dropped: observations lost because a cell was missing
    weighting: whether the cells are counts ("none": of rows) or probabilities
    """

    names: tuple[str, ...]
    levels: tuple[tuple[Value, ...], ...]
    cells: Cells
    n: int
    rows_dropped: int
    weighting: Weighting

    def probabilities(self) -> npt.NDArray[np.float64]:
        """The cells as relative frequencies, which add up to one."""
        if self.weighting == "probabilities":
            return self.cells.astype(np.float64)
        return self.cells / self.n

    def axis(self, name: str) -> int:
        """Which axis a variable is on."""
        return self.names.index(name)


def counts(table: Table, names: Sequence[str]) -> Counts:
    """The contingency table of some columns over the rows that are complete in them.

    Each axis has the values that occur in those rows, rows of weight zero too. Raises `UnknownColumn`,
    `InfiniteValues`, `EmptyData`, and `UnsuitableMethod` if there would be more than `MOST_CELLS` cells.
    """
    unique = tuple(dict.fromkeys(names))
    present = np.ones(table.rows, dtype=np.bool_)
    for name in unique:
        check_finite(name, table.column(name))
        present &= table.column(name).present
    rows = np.flatnonzero(present)
    if rows.shape[0] == 0:
        raise EmptyData(f"{table.source} that are complete in {', '.join(unique[:8])}")
    coded = [table.column(name).take(rows).level_codes() for name in unique]
    sizes = tuple(len(levels) for levels, _ in coded)
    if math.prod(sizes) > MOST_CELLS:
        raise UnsuitableMethod(
            "counting",
            f"{', '.join(unique[:8])} have {math.prod(sizes):,} combinations of values",
            "Count fewer variables, or derive coarser ones.",
        )
    codes = [code for _, code in coded] or [np.zeros(len(rows), dtype=np.int64)]
    weights = None if table.weights is None else table.store[table.weights].values[rows]
    cells = _cells(codes, sizes or (1,), weights, table.weighting).reshape(sizes)
    n = int(rows.shape[0]) if table.weighting == "probabilities" else int(np.sum(cells))
    return Counts(unique, tuple(levels for levels, _ in coded), cells, n, table.n - n, table.weighting)


def _cells(
    codes: Sequence[Integers], sizes: tuple[int, ...], weights: Array | None, weighting: Weighting
) -> Cells:
    if weights is None:
        return cross_table(codes, sizes)
    index, size = cell_index(codes, sizes), math.prod(sizes)
    # bincount adds in the order of the rows, in float64: exact for counts below 2^53, which the door checks.
    summed = floats(np.bincount(index, weights=weights.astype(np.float64), minlength=size))
    return summed.astype(np.int64) if weighting == "counts" else rescaled(summed)
