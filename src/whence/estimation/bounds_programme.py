"""A bounds problem with its numbers filled in: the matrices of a linear programme over type shares.

Unknown is the share of each response type, block after block. Equalities: every row of the problem, the
shares of each block add up to one, and those of the core are the same in all blocks.

Source: A. Balke and J. Pearl (JASA 1997), section 3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.bounds_rows import Rows
from whence.numerics.arrays import Booleans, Floats, Integers, floats, integers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from whence.estimation.bounds_values import Numbers
    from whence.language.bounds_problem import BoundsProblem, Chance, Form, Piece, Row
    from whence.language.expression import Value


class Undefined(Exception):  # noqa: N818 - no error: the caller makes a refusal of it
    """The question needs a chance whose condition never occurs."""

    def __init__(self, chance: Chance) -> None:
        super().__init__(chance)
        self.chance = chance


@dataclass(frozen=True, slots=True, eq=False)
class Programme:
    """Shares q ≥ 0 with `equal` q = `equals` and `less` q ≤ `limits`; `blocks` gives the block of each.

    The first `structural` rows of `equal` hold by what shares are; the rest are what the distributions say.
    """

    equal: Rows
    equals: Floats
    less: Rows
    limits: Floats
    blocks: Floats
    structural: int

    @property
    def size(self) -> int:
        """How many unknowns there are."""
        return int(self.blocks.shape[0])

    def also(self, less: Rows, limits: Floats) -> Programme:
        """With more inequalities."""
        return replace(
            self,
            less=self.less.above(less),
            limits=floats(np.concatenate([self.limits, limits])),
        )


class Writer:
    """Forms of one problem as vectors over its types."""

    def __init__(self, problem: BoundsProblem) -> None:
        self.problem = problem
        self.columns: list[dict[int, object]] = []
        self.starts: list[int] = []
        at = 0
        for block in problem.blocks:
            table = np.empty((len(block.types), len(block.responses)), dtype=object)
            for i, kind in enumerate(block.types):
                table[i, :] = kind
            self.columns.append({response: table[:, j] for j, response in enumerate(block.responses)})
            self.starts.append(at)
            at += len(block.types)
        self.size = at
        self.known: dict[tuple[int, int, Value], Booleans] = {}

    def vector(self, form: Form, weigh: Callable[[Piece], float]) -> Floats:
        """The coefficients of a form, each piece weighed."""
        found = np.zeros(self.size)
        for piece in form:
            weight = weigh(piece)
            if weight != 0.0:
                places = self.places(piece)
                found[places] += weight
        return found

    def places(self, piece: Piece) -> Integers:
        """Which types answer as the piece says, in the first block that has all its responses."""
        block = next(
            i
            for i, columns in enumerate(self.columns)
            if all(response in columns for response, _ in piece.event)
        )
        chosen: Booleans | None = None
        for response, value in piece.event:
            one = self._answers(block, response, value)
            chosen = one if chosen is None else chosen & one
        if chosen is None:
            places = np.arange(len(self.problem.blocks[block].types))
        else:
            places = np.flatnonzero(chosen)
        return integers(places + self.starts[block])

    def _answers(self, block: int, response: int, value: Value) -> Booleans:
        key = (block, response, value)
        if key not in self.known:
            self.known[key] = np.asarray(self.columns[block][response] == value, dtype=np.bool_)
        return self.known[key]

    def structure(self) -> tuple[Rows, Floats]:
        """Each block adds up to one; the core is the same in all blocks."""
        rows = Rows.of((row for part in (self._totals(), self._ties()) for row in part), self.size)
        totals = len(self.problem.blocks)
        return rows, floats(np.append(np.ones(totals), np.zeros(rows.count - totals)))

    def _totals(self) -> Iterator[Floats]:
        for start, block in zip(self.starts, self.problem.blocks, strict=True):
            one = np.zeros(self.size)
            one[start : start + len(block.types)] = 1.0
            yield one

    def _ties(self) -> Iterator[Floats]:
        if not self.problem.core:
            return
        first, *others = [self._by_core(i) for i in range(len(self.problem.blocks))]
        for other in others:
            for kind in dict.fromkeys([*first, *other]):
                tie = np.zeros(self.size)
                tie[first.get(kind, [])] = 1.0
                tie[other.get(kind, [])] -= 1.0
                yield tie

    def _by_core(self, number: int) -> dict[tuple[Value, ...], list[int]]:
        block, found = self.problem.blocks[number], dict[tuple["Value", ...], list[int]]()
        at = [block.responses.index(response) for response in self.problem.core]
        for i, kind in enumerate(block.types):
            found.setdefault(tuple(kind[j] for j in at), []).append(self.starts[number] + i)
        return found


def product_of(chances: Sequence[Chance], numbers: Numbers) -> float | None:
    """The product of chances; what never happens has no weight, and otherwise undefined stays undefined."""
    found = [numbers[each] for each in chances]
    if any(each == 0.0 for each in found):
        return 0.0
    defined = [each for each in found if each is not None]
    return prod(defined) if len(defined) == len(found) else None


def weigher(numbers: Numbers) -> Callable[[Piece], float]:
    """What a piece counts for; raises `Undefined`."""

    def weigh(piece: Piece) -> float:
        found = product_of(piece.chances, numbers)
        if found is None:
            raise Undefined(next(each for each in piece.chances if numbers[each] is None))
        return float(piece.times) * found

    return weigh


def programme(problem: BoundsProblem, numbers: Numbers, writer: Writer) -> Programme:
    """The equalities; a row whose number is undefined says nothing and is left out. Raises `Undefined`."""
    structure, equals = writer.structure()
    weigh = weigher(numbers)
    sides: list[float] = []

    def told() -> Iterator[Floats]:
        for row in problem.rows:
            number = product_of(row.chances, numbers)
            form = None if number is None else _row(row, number, writer, weigh)
            if number is not None and form is not None:
                sides.append(0.0 if row.condition is not None else number)
                yield form

    rows = Rows.of(told(), writer.size)
    blocks = np.concatenate([np.full(len(b.types), i) for i, b in enumerate(problem.blocks)])
    return Programme(
        structure.above(rows),
        floats(np.concatenate([equals, floats(sides)])),
        Rows.of([], writer.size),
        floats([]),
        floats(blocks),
        len(equals),
    )


def _row(row: Row, number: float, writer: Writer, weigh: Callable[[Piece], float]) -> Floats | None:
    """The left side of a row; None where it weighs by something undefined, and so says nothing."""
    try:
        form = writer.vector(row.form, weigh)
        return form if row.condition is None else form - number * writer.vector(row.condition, weigh)
    except Undefined:
        return None
