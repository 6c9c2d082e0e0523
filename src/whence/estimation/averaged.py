"""An outcome of many values within each combination of discrete variables: two values that stand for all.

A formula that only averages the outcome sees nothing of it within a combination but its mean; the error of
that formula nothing more than its spread. So a combination of n rows with mean m and variance v may be shown
as n rows of which half lie sqrt(v) above m and half as far below (for odd n a little less far above than
below): value and standard error come out as on the rows themselves. Means and spreads are added up block by
block, so it does not matter where the rows are; and of each row in memory the influence is a line between
those of the two values of its combination.

>>> values, counts = two_values(5, 10.0, 6.0)
>>> [round(float(x), 12) for x in (counts @ values / 5, counts @ (values - 10.0) ** 2 / 5)], counts.tolist()
([10.0, 6.0], [3, 2])
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.columns import Column, Columns
from whence.estimation.joint import MOST_CELLS
from whence.language.expression import (
    Difference,
    Expectation,
    Expression,
    P,
    Product,
    Quotient,
    Sum,
    atoms,
    children,
)
from whence.numerics.arrays import Floats, Integers, floats, integers
from whence.numerics.blocks import BLOCK, blocks, summed
from whence.numerics.counts import cell_index

if TYPE_CHECKING:
    from whence.runtime.executor import Executor


def two_values(n: int, mean: float, variance: float) -> tuple[Floats, Integers]:
    """Two values and how often each stands among `n`, of this mean and variance; one where nothing varies."""
    if n < 2 or variance <= 0.0:
        return floats([mean]), integers([n])
    above, below = (n + 1) // 2, n // 2
    spread = float(np.sqrt(variance))
    ends = [mean + spread * float(np.sqrt(below / above)), mean - spread * float(np.sqrt(above / below))]
    return floats(ends), integers([above, below])


def can_be_averaged(cells: int) -> bool:
    """Whether a joint table of so many combinations with two values of the outcome in each can be held."""
    return 2 * cells * cells <= MOST_CELLS


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


def spreads(outcome: Floats, cells: Integers, many: int) -> Spreads:
    """The spread of an outcome (n,) within each of `many` cells; `cells` (n,) are their numbers."""
    rows = floats(np.bincount(cells, minlength=many))
    safe = np.maximum(rows, 1.0)
    means = np.bincount(cells, outcome, many) / safe
    left = outcome - means[cells]
    rest = np.bincount(cells, left, many) / safe
    return Spreads(rows, means + rest, floats(np.bincount(cells, (left - rest[cells]) ** 2, many)))


@dataclass(frozen=True, slots=True, eq=False)
class Averaged:
    """The `columns` of cells with two values (or one) of the averaged variable, weighted by counts.

    `first` (cells,) is where each cell of the `keys` has its first row, below zero where nobody is.
    """

    columns: Columns
    keys: tuple[str, ...]
    averaged: str
    first: Integers

    def influence(self, of_cells: Floats, rows: Columns) -> Floats:
        """The influence of rows in memory (n,) from those of the columns' rows (m,)."""
        values = self.columns[self.averaged].numbers
        seen = np.flatnonzero(self.first >= 0)
        starts = self.first[seen]
        # The rows of a cell are neighbours: its last is its second, or its only one.
        last = np.append(starts[1:], values.size) - 1
        apart = np.where(last > starts, values[last] - values[starts], 1.0)
        slopes = np.zeros(self.first.size)
        slopes[seen] = (of_cells[last] - of_cells[starts]) / apart
        own = _cells(rows, self.keys)
        at = self.first[own]
        return of_cells[at] + slopes[own] * (rows[self.averaged].numbers - values[at])


def averaged_cells(
    parts: Iterable[Columns],
    rows: int,
    names: Sequence[str],
    averaged: str,
    executor: Executor | None = None,
    *,
    rows_dropped: int = 0,
) -> Averaged:
    """So many rows, given in blocks, as the cells of these variables but the averaged one."""
    keys = tuple(name for name in names if name != averaged)
    shape: list[dict[str, Column]] = []

    def each() -> Iterable[Columns]:
        for part in parts:
            if not shape:
                shape.append({name: part[name] for name in keys})
            yield part

    def part(block: Columns) -> Spreads:
        return spreads(block[averaged].numbers, _cells(block, keys), prod(_sizes(block, keys)))

    found = summed(part, each(), executor, stage="counts", total=-(-rows // BLOCK))
    of_keys = Columns(shape[0]) if keys else Columns({})
    sizes = _sizes(of_keys, keys)
    seen = np.flatnonzero(found.rows)
    pairs = [
        two_values(int(found.rows[i]), float(found.means[i]), float(found.squares[i] / found.rows[i]))
        for i in seen
    ]
    times = [values.size for values, _ in pairs]
    first = np.full(found.rows.size, -1, dtype=np.int64)
    first[seen] = np.cumsum(times) - times
    places = np.unravel_index(np.repeat(seen, times), sizes) if keys else ()
    of = {name: _of_levels(of_keys[name], place) for name, place in zip(keys, places, strict=True)}
    of[averaged] = Column(np.concatenate([values for values, _ in pairs]))
    weights = floats(np.concatenate([counts for _, counts in pairs]))
    return Averaged(Columns(of, weights, "counts", rows_dropped), keys, averaged, first)


def _cells(rows: Columns, keys: Sequence[str]) -> Integers:
    if not keys:
        return np.zeros(rows.rows, dtype=np.int64)
    return cell_index([rows[name].codes() for name in keys], _sizes(rows, keys))


def _sizes(rows: Columns, keys: Sequence[str]) -> list[int]:
    return [len(rows[name].all_levels()) for name in keys]


def _of_levels(column: Column, places: Integers) -> Column:
    levels = column.levels or ()
    numbers = floats(places) if column.text else floats([float(level) for level in levels])[places]
    return Column(numbers, levels, column.text)


def averaged_in_memory(
    columns: Columns, names: Sequence[str], expressions: Sequence[Expression]
) -> Averaged | None:
    """Rows in memory as cells, where they are many and one variable of many values is only averaged."""
    many = [name for name in names if not columns[name].discrete]
    if columns.weights is not None or columns.rows <= BLOCK or len(many) != 1:
        return None
    keys = [name for name in names if name != many[0]]
    if not can_be_averaged(prod(_sizes(columns, keys))):
        return None
    if not all(only_averages(each, many[0]) for each in expressions):
        return None
    parts = (columns.selected(rows) for rows in blocks(columns.rows))
    return averaged_cells(parts, columns.rows, names, many[0], rows_dropped=columns.rows_dropped)


def only_averages(expression: Expression, name: str) -> bool:
    """Whether an expression does nothing with a variable but average it.

    >>> only_averages(Expectation("y", P("y", ("x",))), "y"), only_averages(P("y", ("x",)), "y")
    (True, False)
    """
    match expression:
        case Expectation(variable=variable, body=body) if variable == name:
            return _in_proportion(body, name)
        case P():
            return _free(expression, name)
        case _:
            return all(only_averages(part, name) for part in children(expression))


def _in_proportion(body: Expression, name: str) -> bool:
    """Whether an expression is in proportion to one probability of the variable: means are all it takes."""
    match body:
        case P(of=of, given=given):
            own = [term for term in of if term.name == name]
            return len(own) == 1 and own[0].value is None and all(term.name != name for term in given)
        case Sum(over=over, body=inner):
            return name not in over and _in_proportion(inner, name)
        case Product(factors=factors):
            rest = [factor for factor in factors if not _free(factor, name)]
            return len(rest) == 1 and _in_proportion(rest[0], name)
        case Quotient(numerator=top, denominator=bottom):
            return _in_proportion(top, name) and _free(bottom, name)
        case Difference(left=left, right=right):
            return _in_proportion(left, name) and _in_proportion(right, name)
        case _:
            return False


def _free(expression: Expression, name: str) -> bool:
    return name not in read_by([expression])


def read_by(expressions: Sequence[Expression]) -> tuple[str, ...]:
    """The variables that formulas mention, each once."""
    found = [atom for each in expressions for atom in atoms(each) if isinstance(atom, P)]
    return tuple(dict.fromkeys(term.name for atom in found for term in atom.terms))
