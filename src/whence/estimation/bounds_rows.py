"""Sparse rows of a linear programme: where its coefficients stand and what they are, in numpy alone.

>>> two = Rows.of([floats([1.0, 0.0, 2.0]), floats([0.0, 3.0, 0.0])], 3)
>>> two.by(floats([1.0, 1.0, 1.0])).tolist(), two.across(floats([1.0, 1.0])).tolist()
([3.0, 3.0], [1.0, 3.0, 2.0])
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whence.numerics.arrays import Floats, Integers, floats, integers


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """A matrix of `count` rows and `size` columns: `value[i]` stands at (`row[i]`, `column[i]`)."""

    row: Integers
    column: Integers
    value: Floats
    count: int
    size: int

    @classmethod
    def of(cls, vectors: Iterable[Floats], size: int) -> Rows:
        """The vectors (each of `size`) as rows, taken one at a time; only what is not 0 is kept."""
        columns: list[Integers] = [integers([])]
        values: list[Floats] = [floats([])]
        for vector in vectors:
            places = np.flatnonzero(vector)
            columns.append(integers(places))
            values.append(floats(vector[places]))
        rows = [np.full(len(places), number - 1) for number, places in enumerate(columns)]
        return cls(
            integers(np.concatenate(rows)),
            integers(np.concatenate(columns)),
            floats(np.concatenate(values)),
            len(columns) - 1,
            size,
        )

    def above(self, other: Rows) -> Rows:
        """These rows, and the other ones under them."""
        return Rows(
            integers(np.concatenate([self.row, other.row + self.count])),
            integers(np.concatenate([self.column, other.column])),
            floats(np.concatenate([self.value, other.value])),
            self.count + other.count,
            max(self.size, other.size),
        )

    def beside(self, column: Floats) -> Rows:
        """One more column on the right."""
        places = np.flatnonzero(column)
        return Rows(
            integers(np.concatenate([self.row, places])),
            integers(np.concatenate([self.column, np.full(len(places), self.size)])),
            floats(np.concatenate([self.value, column[places]])),
            self.count,
            self.size + 1,
        )

    def between(self, start: int, stop: int) -> Rows:
        """The rows from `start` on, up to before `stop`."""
        kept = (self.row >= start) & (self.row < stop)
        return Rows(self.row[kept] - start, self.column[kept], self.value[kept], stop - start, self.size)

    def negated(self) -> Rows:
        """The rows with their signs turned."""
        return Rows(self.row, self.column, floats(-self.value), self.count, self.size)

    def by(self, vector: Floats) -> Floats:
        """The product of each row with a vector (size,)."""
        return floats(np.bincount(self.row, self.value * vector[self.column], minlength=self.count))

    def across(self, weights: Floats) -> Floats:
        """The weighted sum of the rows, (size,)."""
        return floats(np.bincount(self.column, self.value * weights[self.row], minlength=self.size))
