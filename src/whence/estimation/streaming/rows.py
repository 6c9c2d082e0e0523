"""Rows of a scan as the estimators ask for them: the blocks that slices of the same rows in memory would be.

What goes from block to block is known to whoever reads them in order: where each arm's deal of folds goes on.
Everything else of a block is made by whoever works on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.pieces import Piece
from whence.estimation.problem import Problem, arrays
from whence.estimation.streaming.reading import Kind, read, reblocked
from whence.numerics.arrays import Booleans, Integers
from whence.numerics.blocks import BLOCK
from whence.numerics.folds import dealt_block, first_places, next_places, sizes_of

if TYPE_CHECKING:
    from whence.data.scanning.scan import Scan
    from whence.estimation.columns import Columns
    from whence.estimation.plan import EstimationPlan
    from whence.runtime.seeds import Seed


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The columns of a block, its number, and where each arm's deal of folds begins in it."""

    columns: Columns
    number: int
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Streamed:
    """The rows of a scan that misses none of the variables, for plans that differ only in their groups.

    `n` are the rows that have a part in it: with `among` only those in one of the arms. `seeds` are those of
    the splits into `folds`; `empty` the arrays without any rows.
    """

    scan: Scan
    kinds: Mapping[str, Kind]
    plans: tuple[EstimationPlan, ...]
    n: int
    among: bool
    seeds: tuple[Seed, ...]
    folds: int
    empty: Problem

    @property
    def blocks(self) -> int:
        """How many blocks they are in."""
        return -(-self.n // BLOCK)

    @property
    def held(self) -> None:
        """Nothing: the rows are not in memory."""
        return

    def items(self) -> Iterator[Block]:
        """The blocks, read in the order of the file."""
        places: tuple[int, ...] | None = None
        for number, columns in enumerate(self._read()):
            sizes = sizes_of(_strata(self.plans[0], columns))
            places = first_places(sizes) if places is None else places
            yield Block(columns, number, places)
            places = next_places(places, sizes)

    def piece(self, item: Block) -> Piece:
        """The arrays of a block."""
        plan, columns = self.plans[0], item.columns
        data = arrays(plan, columns, rows_dropped=self.empty.rows_dropped, covered=self.empty.covered)
        strata = data.strata
        splits = [dealt_block(strata, self.folds, seed, item.number, item.places) for seed in self.seeds]
        groups = tuple(columns.members(each.within) for each in self.plans)
        start = item.number * BLOCK
        dealt = np.stack(splits, axis=1) if splits else np.zeros((data.n, 0), dtype=np.int64)
        return Piece(data, dealt, groups, slice(start, start + data.n))

    def _read(self) -> Iterator[Columns]:
        blocks = read(self.scan, self.kinds)
        if not self.among:
            return blocks
        chosen = (block.selected(_in_an_arm(self.plans[0], block)) for block in blocks)
        return reblocked(chosen, tuple(self.kinds))


def _in_an_arm(plan: EstimationPlan, columns: Columns) -> Booleans:
    return columns.members(plan.arms[0]) | columns.members(plan.arms[1])


def _strata(plan: EstimationPlan, columns: Columns) -> Integers:
    """The arm of each row, as `Problem.strata` has it."""
    codes = np.full(columns.rows, len(plan.arms), dtype=np.int64)
    for i, arm in enumerate(plan.arms):
        codes[columns.members(arm)] = i
    return codes


@dataclass(frozen=True, slots=True)
class Extent:
    """How many rows have a part in an estimate, and of each arm (`sizes`).

    `among` tells whether rows outside the arms are left out, `covered` whether two arms hold all.
    """

    n: int
    sizes: tuple[int, ...]
    among: bool
    covered: bool


def streamed(
    scan: Scan, kinds: Mapping[str, Kind], plans: Sequence[EstimationPlan], shown: Columns, extent: Extent
) -> Streamed:
    """The rows of plans that differ only in their groups; `shown` is what planning saw of them."""
    plan = plans[0]
    none = shown.selected(slice(0, 0))
    empty = arrays(plan, none, rows_dropped=shown.rows_dropped, covered=extent.covered)
    options = plan.options
    seeds = tuple(options.seed.child("folds").child(i) for i in range(options.repeats))
    own = {name: kinds[name] for name in dict.fromkeys(name for each in plans for name in each.variables)}
    seeds = () if plan.method == "ols" else seeds
    return Streamed(scan, own, tuple(plans), extent.n, extent.among, seeds, options.folds, empty)
