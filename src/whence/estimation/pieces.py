"""The rows of an estimate, block by block: in memory slices of arrays, elsewhere read as they are needed.

Everything that is computed over rows goes through these blocks, so that the digits of an answer cannot depend
on where the rows are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from whence.estimation.lessons import Lesson, Nuisance
from whence.estimation.nuisances import nuisances_of
from whence.numerics.arrays import Booleans, Integers
from whence.numerics.basis import Knots, knots
from whence.numerics.blocks import blocks

if TYPE_CHECKING:
    from whence.estimation.plan import EstimationPlan
    from whence.estimation.problem import Problem


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Some rows of an estimate: their arrays, folds (m, splits), and whom of them each plan is about."""

    data: Problem
    splits: Integers
    groups: tuple[Booleans, ...]
    rows: slice


class Rows(Protocol):
    """All rows of an estimate."""

    @property
    def n(self) -> int:
        """How many there are."""
        ...

    @property
    def blocks(self) -> int:
        """How many blocks they are in."""
        ...

    @property
    def empty(self) -> Problem:
        """The arrays without any rows: what there is."""
        ...

    @property
    def held(self) -> Problem | None:
        """The arrays of all rows, where they are in memory."""
        ...

    def items(self) -> Iterable[Any]:
        """The blocks, as cheaply as they can be told apart or read."""
        ...

    def piece(self, item: Any) -> Piece:  # noqa: ANN401  (whatever `items` gives)
        """The arrays of a block."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Rows in memory, with the folds of each (n, splits), and whom each plan is about."""

    held: Problem
    splits: Integers
    groups: tuple[Booleans, ...]

    @property
    def n(self) -> int:
        """How many there are."""
        return self.held.n

    @property
    def blocks(self) -> int:
        """How many blocks they are in."""
        return len(blocks(self.n))

    @property
    def empty(self) -> Problem:
        """The arrays without any rows."""
        return self.held.rows(slice(0, 0))

    def items(self) -> Iterable[slice]:
        """The blocks of rows."""
        return blocks(self.n)

    def piece(self, item: slice) -> Piece:
        """The arrays of a block."""
        groups = tuple(group[item] for group in self.groups)
        return Piece(self.held.rows(item), self.splits[item], groups, item)


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """The rows as lessons: what a plan has to learn from them."""

    rows: Rows
    plan: EstimationPlan

    @property
    def n(self) -> int:
        """How many rows there are."""
        return self.rows.n

    @property
    def blocks(self) -> int:
        """How many blocks they are in."""
        return self.rows.blocks

    @property
    def nuisances(self) -> tuple[Nuisance, ...]:
        """What is to be learnt."""
        return self._of(self.rows.empty)

    @property
    def knots(self) -> Knots:
        """Where splines bend."""
        return knots((self.rows.held or self.rows.empty).design)

    @property
    def held(self) -> Lesson | None:
        """All rows as one lesson, where they are in memory."""
        if self.rows.held is None:
            return None
        return self.taught(self.rows.piece(slice(0, self.n)))

    def items(self) -> Iterable[Any]:
        """The blocks."""
        return self.rows.items()

    def lesson(self, item: Any) -> Lesson:  # noqa: ANN401  (whatever `items` gives)
        """The rows of a block."""
        return self.taught(self.rows.piece(item))

    def taught(self, piece: Piece) -> Lesson:
        """What is to be learnt from a piece."""
        return Lesson(piece.data.design, self._of(piece.data), piece.splits, piece.rows)

    def _of(self, data: Problem) -> tuple[Nuisance, ...]:
        treatment, outcome = nuisances_of(self.plan, data)
        return (*treatment, *outcome)
