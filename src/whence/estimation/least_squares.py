"""Least squares in two passes over blocks of rows: the normal equations, then what they leave.

The first pass gives centred sums of products, which are solved. The second looks at the residuals themselves:
they carry the robust error, and what is left of the normal equations corrects the solution, as a residual
does in iterative refinement; where the columns are so nearly dependent that the correction is felt beside the
standard errors, the second pass is made again from the corrected solution.

Source: Å. Björck, *Numerical Methods for Least Squares Problems* (1996), section 6.6.5; H. White,
Econometrica 48 (1980), for the robust error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from whence.numerics.arrays import Floats, Integers
from whence.numerics.blas import kernel, product
from whence.numerics.blocks import BLOCK, summed
from whence.numerics.fold_moments import standard
from whence.numerics.linear import Solution, solve_gram
from whence.numerics.moments import Central, central

if TYPE_CHECKING:
    from whence.estimation.pieces import Piece, Rows
    from whence.estimation.problem import Problem
    from whence.runtime.executor import Executor

FELT = 1e-9
"""A correction of more than this share of a standard error calls for another look at the residuals."""

LOOKS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Normal:
    """The first pass: moments of the design, the treatment and the outcome, and of design and outcome by arm.

    `rows` (blocks,) are how many rows of each block the plan is about, `ends` (3,) the least treatment
    (negated), the greatest, and the greatest size of the outcome.
    """

    whole: Central
    arms: tuple[Central, ...]
    rows: Integers
    ends: Floats

    def __add__(self, other: Normal) -> Normal:
        """The sums over the rows of both."""
        return Normal(
            self.whole + other.whole,
            tuple(a + b for a, b in zip(self.arms, other.arms, strict=True)),
            np.concatenate([self.rows, other.rows]),
            np.maximum(self.ends, other.ends),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """The second pass: sums over what is left, r of the outcome and l of the treatment times its bread.

    `squares` (4,) are Σr², Σl², Σl⁴ and Σ(rl)²; `normal` (p,) what is left of the normal equations; `peaks`
    (blocks, 2) the greatest (rl)² of each block and its place; `some` (m, p + 1) evenly spaced rows of the
    design, the treatment last.
    """

    squares: Floats
    normal: Floats
    peaks: Floats
    some: Floats

    def __add__(self, other: Left) -> Left:
        """The sums over the rows of both."""
        return Left(
            self.squares + other.squares,
            self.normal + other.normal,
            np.concatenate([self.peaks, other.peaks]),
            np.concatenate([self.some, other.some]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A regression of the outcome on an intercept, the design and the treatment, which comes last."""

    normal: Normal
    solution: Solution
    left: Left | None = None

    @property
    def n(self) -> int:
        """How many rows it rests on."""
        return round(self.normal.whole.n)

    @property
    def rank(self) -> int:
        """How many coefficients were estimated, the intercept included."""
        return int(np.count_nonzero(self.solution.kept)) + 1

    @kernel
    def residuals(self, data: Problem) -> tuple[Floats, Floats, Floats]:
        """Of some rows: the centred columns (m, p), and r and l (m,) each."""
        means = self.normal.whole.means
        columns = np.column_stack([data.design, data.t]) - means[:-1]
        r = data.y - means[-1] - product(columns, self.solution.coefficients)
        return columns, r, product(columns, self.solution.inverse[-1])

    def peak(self) -> tuple[float, int]:
        """The largest share of the squared error that one row makes, and which of the rows that is."""
        if self.left is None or self.left.squares[3] <= 0.0:
            return 0.0, 0
        block = int(np.argmax(self.left.peaks[:, 0]))
        before = int(np.sum(self.normal.rows[:block]))
        share = float(self.left.peaks[block, 0]) / float(self.left.squares[3])
        return share, before + int(self.left.peaks[block, 1])


def solved(rows: Rows, which: int, executor: Executor | None) -> Line:
    """The regression among the rows of group `which`, from the first pass."""

    def part(item: object) -> Normal:
        data = _group(rows.piece(item), which)
        ends = [
            np.max(-data.t, initial=-np.inf),
            np.max(data.t, initial=-np.inf),
            np.max(np.abs(data.y), initial=0.0),
        ]
        with_outcome = np.column_stack([data.design, data.y])
        return Normal(
            central(np.column_stack([data.design, data.t, data.y])),
            tuple(central(with_outcome[arm]) for arm in data.arms),
            np.array([data.n], dtype=np.int64),
            np.array(ends),
        )

    normal = summed(part, rows.items(), executor, stage="regression", total=rows.blocks)
    width = normal.whole.means.size - 1
    products = normal.whole.products
    return Line(normal, solve_gram(without_constants(normal.whole, width), products[:width, width]))


def without_constants(whole: Central, width: int) -> Floats:
    """The products of the first columns, nought for those that differ from their means by rounding only."""
    varying = standard(whole, width).factors > 0.0
    return whole.products[:width, :width] * np.outer(varying, varying)


def looked_at(line: Line, rows: Rows, which: int, executor: Executor | None, most: int) -> Line:
    """The regression with what it leaves, corrected; about `most` evenly spaced rows are kept."""
    step = max(line.n // most, 1)
    for _ in range(LOOKS):
        left = _left(line, rows, which, executor, step)
        change = line.solution.inverse @ left.normal
        corrected = replace(line.solution, coefficients=line.solution.coefficients + change)
        line = replace(line, solution=corrected, left=left)
        spare = max(line.n - line.rank, 1)
        errors = np.sqrt(np.maximum(np.diag(line.solution.inverse), 0.0) * left.squares[0] / spare)
        if not bool(np.any(np.abs(change) > FELT * errors)):
            break
    return line


def _left(line: Line, rows: Rows, which: int, executor: Executor | None, step: int) -> Left:
    starts = np.cumsum(line.normal.rows) - line.normal.rows

    def part(item: object) -> Left:
        piece = rows.piece(item)
        data = _group(piece, which)
        columns, r, l = line.residuals(data)
        both = (r * l) ** 2
        peak = int(np.argmax(both)) if both.size else 0
        with np.errstate(over="ignore"):
            squares = np.array([np.sum(r**2), np.sum(l**2), np.sum(l**4), np.sum(both)])
        # Every `step`-th of all rows, wherever the block begins.
        some = slice(-int(starts[piece.rows.start // BLOCK]) % step, None, step)
        kept = np.column_stack([data.design[some], data.t[some]])
        return Left(squares, product(r, columns), np.array([[both[peak] if both.size else 0.0, peak]]), kept)

    return summed(part, rows.items(), executor, stage="regression", total=rows.blocks)


def _group(piece: Piece, which: int) -> Problem:
    group = piece.groups[which]
    return piece.data if bool(group.all()) else piece.data.rows(np.flatnonzero(group))
