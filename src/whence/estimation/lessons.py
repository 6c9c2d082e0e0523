"""What is to be learnt, block by block: the design, the targets and the folds of some rows at a time.

Learning asks for nothing else, so it cannot tell rows in memory from rows that are read from a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from whence.estimation.learners import OURS, Choice
from whence.numerics.arrays import Booleans, Floats, Integers
from whence.numerics.basis import Knots, knots
from whence.numerics.blocks import blocks
from whence.numerics.logistic import RIDGE

SPLINE_RIDGE = 0.001
"""The ridge per row of a fit on splines, whose neighbouring columns are nearly alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Nuisance:
    """A function to be learnt: E[target | design] among `members`, or a probability.

    `ridge` is the penalty on scaled columns, per row, of the linear learners; `members` (n,) says which
    rows are learnt from (all, if None). Every row is predicted.
    """

    target: Floats
    choice: Choice
    probability: bool
    members: Booleans | None = None
    ridge: float = 0.0

    @property
    def ours(self) -> bool:
        """Whether our own solvers learn it."""
        return self.choice in OURS

    @property
    def ridge_per_row(self) -> float:
        """The penalty for each row learnt from."""
        return max(self.ridge, SPLINE_RIDGE) if self.choice == "splines" else self.ridge

    def penalty(self, rows: float) -> float:
        """The ridge of a fit on so many rows; a probability always has a trace of one."""
        return self.ridge_per_row * rows + (RIDGE if self.probability else 0.0)

    def at(self, rows: slice) -> Nuisance:
        """The same of some of the rows."""
        members = None if self.members is None else self.members[rows]
        return replace(self, target=self.target[rows], members=members)


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Some rows to learn from: design (m, p), nuisances, and the fold of each row in each split (m, splits).

    `rows` says where they stand among all.
    """

    design: Floats
    nuisances: tuple[Nuisance, ...]
    splits: Integers
    rows: slice

    def own(self, which: int) -> Integers:
        """The folds of the rows that a nuisance is learnt from, below zero for the others: (m, splits)."""
        members = self.nuisances[which].members
        return self.splits if members is None else np.where(members[:, None], self.splits, -1)


class Lessons(Protocol):
    """All rows to learn from."""

    @property
    def n(self) -> int:
        """How many rows there are."""
        ...

    @property
    def blocks(self) -> int:
        """How many blocks they are in."""
        ...

    @property
    def nuisances(self) -> tuple[Nuisance, ...]:
        """What is to be learnt; of rows that are not in memory without any rows."""
        ...

    @property
    def knots(self) -> Knots:
        """Where splines bend."""
        ...

    @property
    def held(self) -> Lesson | None:
        """All rows as one lesson, where they are in memory."""
        ...

    def items(self) -> Iterable[Any]:
        """The blocks, as cheaply as they can be told apart or read."""
        ...

    def lesson(self, item: Any) -> Lesson:  # noqa: ANN401  (whatever `items` gives)
        """The rows of a block."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Rows in memory, as lessons."""

    design: Floats
    nuisances: tuple[Nuisance, ...]
    splits: Integers

    @classmethod
    def of(cls, design: Floats, nuisances: Sequence[Nuisance], splits: Sequence[Integers]) -> Given:
        """Lessons with the folds of each split given one after the other."""
        return cls(design, tuple(nuisances), np.stack(splits, axis=1))

    @property
    def n(self) -> int:
        """How many rows there are."""
        return self.design.shape[0]

    @property
    def blocks(self) -> int:
        """How many blocks they are in."""
        return len(blocks(self.n))

    @property
    def knots(self) -> Knots:
        """Where splines bend: at quantiles of all rows."""
        return knots(self.design)

    @property
    def held(self) -> Lesson:
        """All rows."""
        return self.lesson(slice(0, self.n))

    def items(self) -> Iterable[slice]:
        """The blocks of rows."""
        return blocks(self.n)

    def lesson(self, item: slice) -> Lesson:
        """The rows of a block."""
        return Lesson(self.design[item], self._at(item), self.splits[item], item)

    def _at(self, rows: slice) -> tuple[Nuisance, ...]:
        """The nuisances of some rows; what was one array stays one."""
        return tuple(each.at(rows) for each in self.nuisances)
