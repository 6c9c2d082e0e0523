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

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from whence.numerics.arrays import Floats, with_intercept
from whence.numerics.blas import kernel
from whence.numerics.blocks import block_sum
from whence.numerics.linear import Scaling, scaling

if TYPE_CHECKING:
    from whence.runtime.executor import Executor

RIDGE = 1e-6
ROUNDS = 60


def logistic(x: Floats) -> Floats:
    """1 / (1 + e⁻ˣ), to full accuracy in both tails."""
    return np.exp(-np.logaddexp(0.0, -x))


@dataclass(frozen=True, slots=True)
class LogisticFit:
    """The chance of a one given a design: `coefficients` (1 + p,) in the columns' units, intercept first."""

    coefficients: Floats
    rounds: int
    converged: bool

    @kernel
    def predict(self, design: Floats) -> Floats:
        """The fitted probabilities of a design (n, p): (n,)."""
        return logistic(self.coefficients[0] + design @ self.coefficients[1:])


@kernel
def fit_logistic(
    design: Floats,
    target: Floats,
    ridge: float = RIDGE,
    start: Floats | None = None,
    executor: Executor | None = None,
) -> LogisticFit:
    """Maximum likelihood of a 0/1 target (n,) on an intercept and the design (n, p), with a tiny ridge.

    `start` are coefficients (1 + p,) to begin from: the place where the search ends does not depend on them.
    """
    scale = scaling(design, executor)
    columns = with_intercept(scale.apply(design))
    penalty = np.full(columns.shape[1], ridge)
    penalty[0] = 0.0
    beta = np.zeros(columns.shape[1]) if start is None else _scaled(start, scale)
    look = _look_of(columns, target, penalty, executor)
    worth, slope, curve = look(beta)
    rounds, converged = 0, False
    while rounds < ROUNDS and not converged:
        rounds += 1
        step = cho_solve(cho_factor(curve + 1e-10 * np.eye(beta.size)), slope)
        beta, found, slope, curve = _improved(look, beta, step, worth)
        gain = found - worth
        worth = found
        converged = gain <= 1e-12 * (1.0 + abs(worth)) and float(np.max(np.abs(step))) < 1e-7
        converged = converged or (gain <= 0.0)
    slopes = beta[1:] / scale.scales
    return LogisticFit(np.concatenate([[beta[0] - float(scale.means @ slopes)], slopes]), rounds, converged)


_Look = Callable[[Floats], tuple[float, Floats, Floats]]


def _look_of(columns: Floats, target: Floats, penalty: Floats, executor: Executor | None) -> _Look:
    """The penalised log-likelihood at coefficients, with its gradient and (negated) second derivative."""
    width = columns.shape[1]

    def look(beta: Floats) -> tuple[float, Floats, Floats]:
        def part(rows: slice) -> Floats:
            block, y = columns[rows], target[rows]
            linear = block @ beta
            chance = logistic(linear)
            found = np.zeros((width + 1, width))
            found[:width] = block.T @ (block * (chance * (1.0 - chance))[:, None])
            found[width] = block.T @ (y - chance)
            worth = float(np.sum(y * linear - np.logaddexp(0.0, linear)))
            return np.append(found.ravel(), worth)

        sums = block_sum(part, columns.shape[0], executor)
        worth = float(sums[-1]) - 0.5 * float(penalty @ beta**2)
        tables = sums[:-1].reshape(width + 1, width)
        return worth, tables[width] - penalty * beta, tables[:width] + np.diag(penalty)

    return look


def _improved(look: _Look, beta: Floats, step: Floats, worth: float) -> tuple[Floats, float, Floats, Floats]:
    """A step along `step`, halved until it does not make the likelihood worse."""
    size = 1.0
    for _ in range(30):
        found, slope, curve = look(beta + size * step)
        if found >= worth - 1e-10 * (1.0 + abs(worth)):
            return beta + size * step, found, slope, curve
        size /= 2.0
    found, slope, curve = look(beta)
    return beta, found, slope, curve


def _scaled(coefficients: Floats, scale: Scaling) -> Floats:
    slopes = coefficients[1:] * scale.scales
    return np.concatenate([[coefficients[0] + float(scale.means @ coefficients[1:])], slopes])
