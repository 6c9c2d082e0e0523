"""An outcome of many values within each combination of discrete variables: two values that stand for all.

A formula that only averages the outcome sees nothing of it within a combination but its mean, and the error of
that formula nothing more than its spread: see `whence.estimation.remote.cells`. Both are added up block by
block.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.columns import Column, Columns
from whence.estimation.remote.cells import two_values
from whence.estimation.streaming.reading import Kind, read
from whence.numerics.arrays import Floats, floats
from whence.numerics.blocks import BLOCK, summed
from whence.numerics.counts import cell_index

if TYPE_CHECKING:
    from whence.data.scanning.scan import Scan
    from whence.runtime.executor import Executor


@dataclass(frozen=True, slots=True, eq=False)
class Spreads:
    """Of each cell its rows, the mean of the outcome, and the sum of its squares about the mean: (cells,)."""

    rows: Floats
    means: Floats
    squares: Floats

    def __add__(self, other: Spreads) -> Spreads:
        """Those of both."""
        rows = self.rows + other.rows
        share, apart = other.rows / np.maximum(rows, 1.0), other.means - self.means
        squares = self.squares + other.squares + apart**2 * self.rows * share
        return Spreads(rows, self.means + apart * share, squares)


def spreads(outcome: Floats, cells: Sequence[int] | np.ndarray[tuple[int], np.dtype[np.int64]], many: int) -> Spreads:
    """The spread of an outcome (n,) within each of `many` cells, whose numbers are given for each row."""
    rows = floats(np.bincount(cells, minlength=many))
    safe = np.maximum(rows, 1.0)
    means = np.bincount(cells, outcome, many) / safe
    left = outcome - means[cells]
    rest = np.bincount(cells, left, many) / safe
    return Spreads(rows, means + rest, np.bincount(cells, (left - rest[cells]) ** 2, many))


def celled(
    scan: Scan,
    kinds: Mapping[str, Kind],
    averaged: str,
    rows_dropped: int,
    executor: Executor | None,
) -> Columns:
    """The rows of a scan as cells of all its variables but the averaged one, which has two values in each."""
    keys = [name for name in kinds if name != averaged]
    sizes = [len(kinds[name].levels or ()) for name in keys]
    many = int(np.prod(sizes, dtype=np.int64))

    def part(block: Columns) -> Spreads:
        cells = cell_index([block[name].codes() for name in keys], sizes) if keys else np.zeros(block.rows, np.int64)
        return spreads(block[averaged].numbers, cells, many)

    blocks = -(-scan.rows // BLOCK)
    found = summed(part, read(scan, kinds), executor, stage="counts", total=blocks)
    seen = np.flatnonzero(found.rows)
    pairs = [
        two_values(int(found.rows[cell]), float(found.means[cell]), float(found.squares[cell] / found.rows[cell]))
        for cell in seen
    ]
    times = [values.size for values, _ in pairs]
    places = np.unravel_index(np.repeat(seen, times), sizes) if keys else ()
    of = {
        name: Column(kinds[name].example(size).numbers[place], kinds[name].levels, kinds[name].text)
        for name, size, place in zip(keys, sizes, places, strict=True)
    }
    of[averaged] = Column(np.concatenate([values for values, _ in pairs]))
    weights = floats(np.concatenate([counts for _, counts in pairs]))
    return Columns(of, weights, "counts", rows_dropped)
