"""Distributions at hand, and the chances that a bounds problem asks of them.

>>> cells = Cells(("X", "Y"), ((0, 1), (0, 1)), np.array([[4.0, 1.0], [2.0, 3.0]]), counted=True)
>>> cells.chance((("Y", 1),), (("X", 1),))
(0.6, 5.0)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from whence.data.contingency import counts
from whence.data.frame import check_finite
from whence.numerics.arrays import Floats, floats
from whence.numerics.counts import cell_index
from whence.runtime.errors import InvalidOption, InvalidQuery, TextInNumericRole
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whence.data.columns import Column
    from whence.data.tables import Table
    from whence.language.bounds_problem import Chance, Setting
    from whence.language.expression import Value
    from whence.language.factor import Factor

Range = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Counts or probabilities of every combination of levels, one axis for each name.

    `dropped` observations were incomplete and are not counted.
    """

    names: tuple[str, ...]
    levels: tuple[tuple[Value, ...], ...]
    cells: Floats
    counted: bool = False
    dropped: int = 0

    def chance(self, of: Setting, given: Setting) -> tuple[float | None, float]:
        """P(of | given), None where `given` never occurs, and how many observations `given` has."""
        below = float(self._at(given).sum())
        if below <= 0.0:
            return None, 0.0
        return float(self._at((*of, *given)).sum()) / below, below

    def _at(self, setting: Setting) -> Floats:
        values = dict(setting)
        index = tuple(
            levels.index(values[name]) if name in values else slice(None)
            for name, levels in zip(self.names, self.levels, strict=True)
        )
        return floats(self.cells[index])


@dataclass(frozen=True, slots=True)
class Told:
    """One probability that was stated as a number."""

    value: float

    counted = False

    def chance(self, of: Setting, given: Setting) -> tuple[float | None, float]:  # noqa: ARG002 - one number only
        """The number that was stated."""
        return self.value, 0.0


AtHand = Cells | Told


def of_factor(factor: Factor, levels: Mapping[str, tuple[Value, ...]]) -> Cells:
    """A factor's cells with its axes in the order of the levels; whole numbers are counts.

    Raises `InvalidQuery` for cells that are undefined or negative.
    """
    if any(cell is None or cell < 0 for cell in factor.cells):
        raise InvalidQuery(
            "A distribution has a cell that is negative or undefined.", "Give numbers from 0 on."
        )
    shape = [len(own) for own in factor.levels]
    found = floats([float(cell or 0) for cell in factor.cells]).reshape(shape)
    wider = np.zeros([len(levels[name]) for name in factor.variables])
    index = np.ix_(
        *([levels[n].index(v) for v in own] for n, own in zip(factor.variables, factor.levels, strict=True))
    )
    wider[index] = found
    counted = all(isinstance(cell, int) for cell in factor.cells)
    return Cells(factor.variables, tuple(levels[name] for name in factor.variables), wider, counted)


def of_table(
    table: Table, names: Sequence[str], levels: Mapping[str, tuple[Value, ...]], ranges: Mapping[str, Range]
) -> Cells:
    """The cells of some columns of a table; a column with a range becomes its two ends.

    A value y of a range from a to b counts as b with weight (y − a) ÷ (b − a) and as a with the rest, which
    keeps every mean. Raises what `counts` raises, and `InvalidOption` for a value outside its range.
    """
    ranged = [name for name in names if name in ranges]
    if ranged:
        return _widened(_of_means(table, names, ranged[0], ranges[ranged[0]]), levels)
    found = counts(table, names)
    counted = found.weighting != "probabilities"
    cells = floats(found.cells) if counted else found.probabilities()
    return _widened(Cells(found.names, found.levels, cells, counted, found.rows_dropped), levels)


def _of_means(table: Table, names: Sequence[str], outcome: str, limits: Range) -> Cells:
    """The cells of the other columns, each shared out between the two ends of the outcome's range."""
    others = [name for name in names if name != outcome]
    rows = np.flatnonzero(np.logical_and.reduce([table.column(name).present for name in names]))
    check_finite(outcome, table.column(outcome))
    share = _share(outcome, table.column(outcome).take(rows), limits)
    one_each = table.weights is None
    weights = np.ones(len(rows)) if one_each else floats(table.store[str(table.weights)].values[rows])
    coded = [table.column(name).take(rows).level_codes() for name in others]
    sizes = tuple(len(own) for own, _ in coded)
    index = cell_index([codes for _, codes in coded], sizes) if coded else np.zeros(len(rows), dtype=np.int64)
    cells = np.stack(
        [
            np.bincount(index, weights=weights * each, minlength=prod(sizes)).reshape(sizes)
            for each in (1.0 - share, share)
        ],
        axis=-1,
    )
    dropped = table.rows - len(rows)
    return Cells((*others, outcome), (*(own for own, _ in coded), limits), floats(cells), dropped=dropped)


def _share(name: str, column: Column, limits: Range) -> Floats:
    """How far up its range each value is, from 0 to 1."""
    low, high = limits
    if column.storage not in ("boolean", "integer", "number"):
        raise TextInNumericRole(name, "outcome")
    numbers = floats(column.values)
    if numbers.size and not (low <= float(numbers.min()) and float(numbers.max()) <= high):
        seen = f"from {float(numbers.min()):g} to {float(numbers.max()):g}"
        raise InvalidOption(
            f"the range of {quoted(name)}", list(limits), f"one that holds its values, {seen}"
        )
    return floats((numbers - low) / (high - low))


def _widened(found: Cells, levels: Mapping[str, tuple[Value, ...]]) -> Cells:
    """The same cells over all levels, those that no row has among them."""
    if all(own == levels[name] for name, own in zip(found.names, found.levels, strict=True)):
        return found
    wider = np.zeros([len(levels[name]) for name in found.names])
    index = np.ix_(
        *([levels[n].index(v) for v in own] for n, own in zip(found.names, found.levels, strict=True))
    )
    wider[index] = found.cells
    return replace(found, levels=tuple(levels[name] for name in found.names), cells=wider)


def chance(at_hand: Sequence[AtHand], asked: Chance) -> tuple[float | None, float]:
    """What a distribution at hand says of one chance, and how many observations its condition has."""
    return at_hand[asked.source].chance(asked.of, asked.given)
