"""Least squares from Gram matrices, with columns that others determine left out rather than guessed.

A regression centres and scales its columns, solves the normal equations by Cholesky, and corrects the
solution once with its own residuals, which brings it to the accuracy of a QR decomposition. Where a column
is a combination of earlier ones the later one is dropped: its coefficient is zero and `kept` says so.

Source: Å. Björck, *Numerical Methods for Least Squares Problems* (1996), section 2.4.5 and 6.6.5.

>>> import numpy as np
>>> fit = regress(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 3.0, 5.0]))
>>> [round(float(b), 12) for b in fit.coefficients]
[1.0, 2.0]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from whence.numerics.blas import kernel, product
from whence.numerics.blocks import block_sum, cross, gram

if TYPE_CHECKING:
    from whence.numerics.arrays import Booleans, Floats
    from whence.runtime.executor import Executor

TOLERANCE = 1e-10
"""A column is dropped when earlier columns explain all but this share of its square."""


@dataclass(frozen=True, slots=True)
class Solution:
    """Coefficients b of G b = c, which columns they rest on, and the inverse of G over those (else zeros)."""

    coefficients: Floats
    kept: Booleans
    inverse: Floats


@dataclass(frozen=True, slots=True)
class Regression:
    """y on an intercept and the columns of a design (n, p).

    `coefficients` (1 + p,) in the columns' own units, the intercept first; `kept` (1 + p,) tells which
    columns carry information of their own; `bread` (1 + p, 1 + p) is (X'X)⁻¹, zero for columns dropped.
    """

    coefficients: Floats
    kept: Booleans
    bread: Floats

    @property
    def rank(self) -> int:
        """How many coefficients were estimated."""
        return int(np.count_nonzero(self.kept))

    @kernel
    def predict(self, design: Floats) -> Floats:
        """The fitted values of a design (n, p): (n,)."""
        return self.coefficients[0] + product(design, self.coefficients[1:])


@dataclass(frozen=True, slots=True)
class Scaling:
    """The mean and scale of each column; constant columns have scale one."""

    means: Floats
    scales: Floats

    def apply(self, matrix: Floats) -> Floats:
        """The columns centred and scaled."""
        return (matrix - self.means) / self.scales


@kernel
def scaling(matrix: Floats, executor: Executor | None = None) -> Scaling:
    """Means and standard deviations of the columns of (n, p), in fixed blocks."""
    rows = matrix.shape[0]
    means = block_sum(lambda part: matrix[part].sum(axis=0), rows, executor) / rows
    squares = block_sum(lambda part: ((matrix[part] - means) ** 2).sum(axis=0), rows, executor)
    scales = np.sqrt(squares / rows)
    # A constant column differs from its mean by rounding only; dividing by that would make noise of it.
    constant = scales <= 1e-12 * np.maximum(np.abs(means), 1e-300)
    return Scaling(means, np.where(constant, 1.0, scales))


@kernel
def solve_gram(gram_matrix: Floats, moments: Floats, penalty: Floats | None = None) -> Solution:
    """The least-squares coefficients from X'X (p, p) and X'Y (p,) or (p, k); `penalty` (p,) is a ridge."""
    penalised = gram_matrix if penalty is None else gram_matrix + np.diag(penalty)
    diagonal = np.diag(penalised)
    present = diagonal > 0.0
    scales = np.sqrt(np.where(present, diagonal, 1.0))
    correlation = penalised / np.outer(scales, scales)
    kept = _independent(correlation, present)
    index = np.flatnonzero(kept)
    coefficients = np.zeros_like(moments)
    inverse = np.zeros_like(gram_matrix)
    if index.size:
        factor = cho_factor(correlation[np.ix_(index, index)], lower=True)
        inner = scales[index]
        inverse[np.ix_(index, index)] = cho_solve(factor, np.eye(index.size)) / np.outer(inner, inner)
        target = moments[index] / (inner if moments.ndim == 1 else inner[:, None])
        solved = cho_solve(factor, target)
        coefficients[index] = solved / (inner if moments.ndim == 1 else inner[:, None])
    return Solution(coefficients, kept, inverse)


def _independent(correlation: Floats, present: Booleans) -> Booleans:
    """Which columns are not combinations of earlier ones: those with a Cholesky pivot above the tolerance."""
    if present.all():
        try:
            if float(np.min(np.diag(np.linalg.cholesky(correlation)) ** 2, initial=1.0)) > TOLERANCE:
                return present
        except np.linalg.LinAlgError:
            pass
    remaining = correlation.copy()
    kept = present.copy()
    for j in range(correlation.shape[0]):
        if not kept[j] or remaining[j, j] <= TOLERANCE:
            kept[j] = False
            continue
        column = remaining[j + 1 :, j].copy()
        remaining[j + 1 :, j + 1 :] -= np.outer(column, column) / remaining[j, j]
    return kept


@kernel
def regress(
    design: Floats, target: Floats, ridge: float = 0.0, executor: Executor | None = None
) -> Regression:
    """Least squares of target (n,) on an intercept and the design (n, p).

    `ridge` penalises the squares of the coefficients of the scaled columns, never the intercept.
    """
    rows = design.shape[0]
    scale = scaling(design, executor)
    columns = scale.apply(design)
    mean = float(block_sum(lambda part: target[part].sum(keepdims=True), rows, executor)[0]) / rows
    centred = target - mean
    penalty = np.full(design.shape[1], ridge) if ridge > 0.0 else None
    squares = gram(columns, executor=executor)
    solution = solve_gram(squares, cross(columns, centred, executor), penalty)
    slopes = solution.coefficients
    left = cross(columns, centred - product(columns, slopes), executor) - ridge * slopes
    slopes = slopes + solution.inverse @ left
    change = np.diag(1.0 / scale.scales)
    shift = -scale.means / scale.scales
    bread = np.empty((design.shape[1] + 1,) * 2)
    bread[1:, 1:] = change @ solution.inverse @ change
    bread[1:, 0] = bread[0, 1:] = change @ solution.inverse @ shift
    bread[0, 0] = 1.0 / rows + shift @ solution.inverse @ shift
    coefficients = np.concatenate([[mean + float(shift @ slopes)], slopes / scale.scales])
    return Regression(coefficients, np.concatenate([[True], solution.kept]), bread)
