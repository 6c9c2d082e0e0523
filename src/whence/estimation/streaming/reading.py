"""From the columns of a scan to the columns of an estimate: facts on the whole first, then block by block.

Each column is in a block exactly what a slice of the column in memory would be: the same numbers, and the
same levels in the same places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.columns import MANY_LEVELS, Column, Columns
from whence.numerics.arrays import Floats, floats
from whence.numerics.blocks import BLOCK

if TYPE_CHECKING:
    from whence.data.columns import Column as Cells
    from whence.data.scanning.scan import Scan
    from whence.language.expression import Value


@dataclass(frozen=True, slots=True)
class Kind:
    """What a column of the whole scan is: its levels where they are few, whether they are text, its ends."""

    levels: tuple[Value, ...] | None
    text: bool
    low: float = 0.0
    high: float = 0.0

    @property
    def discrete(self) -> bool:
        """Whether its levels can be counted one by one."""
        return self.levels is not None

    def column(self, cells: Cells) -> Column:
        """Some of its cells, none missing, as the column of an estimate."""
        if not self.text:
            return Column(np.ascontiguousarray(cells.floats()), self.levels)
        if cells.storage == "text":
            return Column(floats(cells.values), self.levels, text=True)
        # Few dates are labels: each cell is its place among them.
        days = np.array([str(level) for level in self.levels or ()], dtype="datetime64[us]")
        return Column(floats(np.searchsorted(days, cells.values)), self.levels, text=True)

    def example(self, rows: int) -> Column:
        """So many cells that show its levels or its ends, and are nobody's."""
        if self.levels is None:
            return Column(np.resize(floats([self.low, self.high]), rows))
        numbers = floats(range(len(self.levels))) if self.text else floats([float(v) for v in self.levels])
        return Column(np.resize(numbers, rows), self.levels, self.text)


def kinds_of(scan: Scan, names: Sequence[str]) -> dict[str, Kind]:
    """What these columns are, over all rows of a scan that misses none of them."""
    found: dict[str, Kind] = {}
    for name, fact in scan.facts(names).items():
        values, storage = fact.values, fact.form.storage
        text = values is not None and any(isinstance(value, str) for value in values)
        few = values is not None and len(values) <= MANY_LEVELS
        if text and (storage == "text" or few):
            found[name] = Kind(values, text=True)
        else:
            low, high = _ends(scan, name)
            found[name] = Kind(values if few else None, text=False, low=low, high=high)
    return found


def _ends(scan: Scan, name: str) -> tuple[float, float]:
    """The least and the greatest of a column of numbers; of dates nothing more than that they differ."""
    fact = scan.facts([name])[name]
    if fact.low is not None and fact.high is not None:
        return fact.low, fact.high
    return 0.0, 1.0 if fact.values is None or len(fact.values) > 1 else 0.0


def read(scan: Scan, kinds: Mapping[str, Kind]) -> Iterator[Columns]:
    """The columns in blocks of 65,536 rows, in the order of the file."""
    for block in scan.blocks(tuple(kinds)):
        yield Columns({name: kind.column(block[name]) for name, kind in kinds.items()})


def held(scan: Scan, names: Sequence[str], rows_dropped: int) -> Columns:
    """The columns of a scan of one block at most, as those of a table in memory."""
    kinds = kinds_of(scan, names)
    only = next(read(scan, kinds))
    return Columns(only.of, rows_dropped=rows_dropped)


def reblocked(blocks: Iterator[Columns], keep: Sequence[str]) -> Iterator[Columns]:
    """The rows anew in blocks of 65,536 (fewer in the last one), of blocks of any size."""
    waiting: list[Columns] = []
    held_rows = 0
    for block in blocks:
        waiting.append(block)
        held_rows += block.rows
        while held_rows >= BLOCK:
            whole = _joined(waiting, keep)
            yield whole.selected(slice(0, BLOCK))
            waiting = [whole.selected(slice(BLOCK, None))] if held_rows > BLOCK else []
            held_rows -= BLOCK
    if held_rows:
        yield _joined(waiting, keep)


def _joined(parts: Sequence[Columns], names: Sequence[str]) -> Columns:
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    numbers: dict[str, Floats] = {
        name: np.concatenate([part[name].numbers for part in parts]) for name in names
    }
    return Columns({name: Column(numbers[name], first[name].levels, first[name].text) for name in names})
