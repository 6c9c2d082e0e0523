"""Logistic regression by iteratively reweighted least squares on fixed blocks of rows.

A tiny ridge on the scaled columns keeps the solution finite where the groups can be told apart perfectly,
and a step that makes the likelihood worse is halved; so a fit always ends, and always in the same place.

Source: P. McCullagh and J. Nelder, *Generalized Linear Models* (1989), section 4.4.

>>> import numpy as np
>>> fit = fit_logistic(np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([0.0, 1.0, 1.0, 1.0]))
>>> round(float(fit.predict(np.array([[0.0]]))[0]), 4)
0.5
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whence.numerics.arrays import Floats, with_intercept
from whence.numerics.ascent import Look, View, newton, together
from whence.numerics.blas import kernel, product
from whence.numerics.blocks import block_sum
from whence.numerics.linear import Scaling, scaling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.runtime.executor import Executor

RIDGE = 1e-6


def logistic(x: Floats) -> Floats:
    """1 / (1 + e⁻ˣ), to full accuracy in both tails."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0.0, 1.0, small) / (1.0 + small)


@dataclass(frozen=True, slots=True, eq=False)
class LogisticFit:
    """The chance of a one given a design: `coefficients` (1 + p,) in the columns' units, intercept first."""

    coefficients: Floats
    rounds: int
    converged: bool

    @kernel
    def predict(self, design: Floats) -> Floats:
        """The fitted probabilities of a design (n, p): (n,)."""
        return logistic(self.coefficients[0] + product(design, self.coefficients[1:]))


@kernel
def fit_logistic(
    design: Floats,
    target: Floats,
    ridge: float = RIDGE,
    start: Floats | None = None,
    executor: Executor | None = None,
    weights: Floats | None = None,
) -> LogisticFit:
    """Maximum likelihood of a 0/1 target (n,) on an intercept and the design (n, p), with a tiny ridge.

    `start` are coefficients (1 + p,) to begin from: the place where the search ends does not depend on them.
    `weights` (n,) say how many rows each row stands for.
    """
    scale = scaling(design, executor)
    columns = with_intercept(scale.apply(design))
    penalty = np.full(columns.shape[1], ridge)
    penalty[0] = 0.0

    def looking(asked: Sequence[tuple[int, Look]]) -> list[View]:
        beta = asked[0][1].at

        def part(rows: slice) -> Floats:
            counted = None if weights is None else weights[rows]
            return likelihood(columns[rows], target[rows], beta, counted)

        return [penalised(block_sum(part, columns.shape[0], executor), beta, penalty)]

    beta = np.zeros(columns.shape[1]) if start is None else _scaled(start, scale)
    top = together([newton(beta)], looking)[0]
    slopes = top.at[1:] / scale.scales
    coefficients = np.concatenate([[top.at[0] - float(scale.means @ slopes)], slopes])
    return LogisticFit(coefficients, top.rounds, top.converged)


def likelihood(columns: Floats, target: Floats, beta: Floats, weights: Floats | None = None) -> Floats:
    """Of one block: the log-likelihood, its gradient and its negated second derivative, in one array."""
    width = columns.shape[1]
    linear = product(columns, beta)
    small = np.exp(-np.abs(linear))
    chance = np.where(linear >= 0.0, 1.0, small) / (1.0 + small)
    height = target * linear - np.maximum(linear, 0.0) - np.log1p(small)
    left, spread = target - chance, chance * (1.0 - chance)
    if weights is not None:
        height, left, spread = height * weights, left * weights, spread * weights
    found = np.empty(1 + width + width * width)
    found[0] = np.sum(height)
    found[1 : 1 + width] = product(left, columns)
    found[1 + width :] = product(columns.T, columns * spread[:, None]).ravel()
    return found


def penalised(sums: Floats, beta: Floats, penalty: Floats) -> View:
    """What the sums of `likelihood` say, with a penalty on the squares of the coefficients."""
    width = beta.size
    curve = sums[1 + width :].reshape(width, width)
    height = float(sums[0]) - 0.5 * float(penalty @ beta**2)
    slope = sums[1 : 1 + width] - penalty * beta
    return View(height, slope, (curve + curve.T) / 2.0 + np.diag(penalty))


def _scaled(coefficients: Floats, scale: Scaling) -> Floats:
    slopes = coefficients[1:] * scale.scales
    return np.concatenate([[coefficients[0] + float(scale.means @ coefficients[1:])], slopes])
