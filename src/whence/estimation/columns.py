"""The complete rows behind one estimate: each variable a column of numbers, with its levels where it has few.

Refutations change a column or add one (`replaced`, `selected`) and estimate again; nothing here is ever
changed in place.

>>> import numpy as np
>>> t = Column(np.array([0.0, 1.0, 1.0]), (0, 1))
>>> t.equals(1).tolist()
[False, True, True]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.joint import Joint, position
from whence.language.expression import Value
from whence.numerics.arrays import Booleans, Floats, Integers, floats, integers
from whence.numerics.counts import cell_index, cross_table
from whence.runtime.errors import UnknownColumn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.plan import Setting

MANY_LEVELS = 20
"""A numeric column with more distinct values than this is taken as continuous."""


FEW_LEVELS = 5
"""Numbers of three to this many levels may be codes; a spline could not bend between so few."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One variable over the rows: `numbers` (n,), and its `levels` in order where there are few of them.

    For text the numbers are positions in `levels`, and `text` is true.
    """

    numbers: Floats
    levels: tuple[Value, ...] | None = None
    text: bool = False

    @property
    def discrete(self) -> bool:
        """Whether the levels are few enough to be counted one by one."""
        return self.levels is not None

    @property
    def binary(self) -> bool:
        """Whether there are two levels."""
        return self.levels is not None and len(self.levels) == 2

    @property
    def varies(self) -> bool:
        """Whether there is more than one value."""
        if self.levels is not None:
            return len(self.levels) > 1
        return bool(np.any(self.numbers != self.numbers[:1]))

    def codes(self) -> Integers:
        """Each row's position among the levels; of a continuous column, among its distinct values."""
        if self.text:
            return self.numbers.astype(np.int64)
        if self.levels is None:
            return np.unique(self.numbers, return_inverse=True)[1].ravel().astype(np.int64)
        return np.searchsorted(floats([float(level) for level in self.levels]), self.numbers).astype(np.int64)

    def all_levels(self) -> tuple[Value, ...]:
        """The levels; of a continuous column, its distinct values."""
        return tuple(np.unique(self.numbers).tolist()) if self.levels is None else self.levels

    def equals(self, value: Value) -> Booleans:
        """Which rows have this value."""
        if self.text and self.levels is not None:
            place = position(self.levels, value)
            return self.numbers == (-1.0 if place is None else float(place))
        if isinstance(value, str):
            return np.zeros(self.numbers.size, dtype=np.bool_)
        return self.numbers == value

    def stands_for_classes(self, classes: bool) -> bool:
        """Whether a design holds an indicator for each level but the first: of text, and of few numbers.

        With `classes`, three to five numbers are taken as codes, whose effects need not lie on a line.
        """
        few = self.levels is not None and 2 < len(self.levels) <= FEW_LEVELS
        return self.levels is not None and (self.text or (classes and few))

    def indicators(self, name: str, *, classes: bool = False) -> tuple[Floats, tuple[str, ...]]:
        """Design columns (n, k) with their labels: one indicator per level but the first, or the numbers."""
        if self.levels is None or not self.stands_for_classes(classes):
            return self.numbers[:, None], (name,)
        codes = self.codes()
        columns = floats(codes[:, None] == np.arange(1, len(self.levels))[None, :])
        return columns, tuple(f"{name} = {level}" for level in self.levels[1:])


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Complete rows of some variables, in the order of the file.

    `weights` are whole counts (`weighting` "counts") or probabilities ("probabilities") of the rows, or None;
    `rows_dropped` how many rows were left out for missing values. `copies` tells of rows drawn with
    replacement which row each is a copy of; None where every row is a unit of its own. Where the rows stay
    elsewhere, `together` are the variables that were counted together, beside which others show their ends.
    """

    of: Mapping[str, Column]
    weights: Floats | None = None
    weighting: str = "none"
    rows_dropped: int = 0
    copies: Integers | None = None
    together: frozenset[str] | None = None

    def __getitem__(self, name: str) -> Column:
        """The column of a variable."""
        if name not in self.of:
            raise UnknownColumn(name, self.of)
        return self.of[name]

    @property
    def rows(self) -> int:
        """How many rows are held."""
        return next(iter(self.of.values())).numbers.size

    @property
    def n(self) -> int:
        """How many units the rows stand for: the sum of counts, else the number of rows."""
        return round(float(np.sum(self.weights))) if self._counted and self.weights is not None else self.rows

    @property
    def _counted(self) -> bool:
        return self.weighting == "counts"

    def combines(self, names: Iterable[str]) -> bool:
        """Whether the rows tell how often each combination of these variables occurs."""
        return self.together is None or self.together.issuperset(names)

    def members(self, setting: Setting) -> Booleans:
        """Which rows have all the values of a setting."""
        found = np.ones(self.rows, dtype=np.bool_)
        for name, value in setting:
            found &= self[name].equals(value)
        return found

    def replaced(self, changes: Mapping[str, Column]) -> Columns:
        """The same rows with some columns exchanged or added."""
        return replace(self, of={**self.of, **changes})

    def selected(self, rows: Booleans | Integers | slice) -> Columns:
        """Some of the rows, by mask, position or slice."""
        kept = {
            name: replace(column, numbers=np.ascontiguousarray(column.numbers[rows]))
            for name, column in self.of.items()
        }
        weights, copies = (None if each is None else each[rows] for each in (self.weights, self.copies))
        return replace(self, of=kept, weights=weights, copies=copies)

    def drawn(self, rows: Integers) -> Columns:
        """Rows by position, some of them several times, each known as a copy of the row it was drawn from."""
        return replace(self.selected(rows), copies=rows)

    def expanded(self) -> Columns:
        """One row for each unit: a row with count k stands k times."""
        if self.weights is None or not self._counted:
            return self
        repeats = np.repeat(np.arange(self.rows), self.weights.astype(np.int64))
        return replace(self.selected(repeats), weights=None, weighting="none")

    def design(self, names: Iterable[str], *, classes: bool = False) -> tuple[Floats, tuple[str, ...]]:
        """The design matrix (n, p) of these variables, with a label for each of its columns."""
        parts = [self[name].indicators(name, classes=classes) for name in names]
        if not parts:
            return np.empty((self.rows, 0)), ()
        return np.concatenate([part for part, _ in parts], axis=1), tuple(
            label for _, labels in parts for label in labels
        )

    def width(self, names: Iterable[str], *, classes: bool = False) -> int:
        """How many columns the design matrix of these variables has."""
        columns = [self[name] for name in names]
        return sum(len(each.all_levels()) - 1 if each.stands_for_classes(classes) else 1 for each in columns)

    def cells(self, names: Sequence[str]) -> tuple[Integers, tuple[tuple[Value, ...], ...]]:
        """Each row's cell in the table of these variables (last fastest), and the levels of each."""
        levels = tuple(self[name].all_levels() for name in names)
        index = cell_index([self[name].codes() for name in names], [len(found) for found in levels])
        return (index if names else np.zeros(self.rows, dtype=np.int64)), levels

    def strata(self, names: Sequence[str]) -> Integers:
        """Each row's stratum: the number of its combination of these variables among those that occur."""
        found = np.zeros(self.rows, dtype=np.int64)
        for name in names:
            codes = self[name].codes()
            # Renumbered at each step, so that many variables do not overflow the number of a cell.
            found = np.unique(found * (int(codes.max()) + 1) + codes, return_inverse=True)[1].ravel()
        return integers(found)

    def joint(self, names: Sequence[str]) -> Joint:
        """The joint distribution of these variables: exact counts over their total."""
        levels = tuple(self[name].all_levels() for name in names)
        shape = tuple(len(found) for found in levels)
        if self.weights is None and names:
            counted = floats(cross_table([self[name].codes() for name in names], shape))
        else:
            index, size = self.cells(names)[0], int(np.prod(shape, dtype=np.int64))
            counted = floats(np.bincount(index, weights=self.weights, minlength=size)).reshape(shape)
        total = float(counted.sum())
        n = None if self.weighting == "probabilities" else total
        return Joint(tuple(names), levels, counted / total, n)
