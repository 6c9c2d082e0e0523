"""Intervals, tails, effective sample sizes, and one figure out of several fold splits.

scipy.special rather than scipy.stats: the same functions for a third of the import time.

>>> low, high = normal_interval(0.0, 1.0, 0.95)
>>> round(high, 4)
1.96
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from whence.numerics.arrays import Floats, floats

if TYPE_CHECKING:
    from collections.abc import Sequence


def normal_quantile(probability: float) -> float:
    """The standard normal's quantile."""
    return float(special.ndtri(probability))


def normal_tail(z: float) -> float:
    """The chance that a standard normal is further from zero than z, on either side."""
    return float(2.0 * special.ndtr(-abs(z)))


def t_quantile(probability: float, degrees: float) -> float:
    """The quantile of Student's t with so many degrees of freedom."""
    return float(special.stdtrit(degrees, probability))


def t_tail(t: float, degrees: float) -> float:
    """The chance that Student's t is further from zero than t, on either side."""
    return float(2.0 * special.stdtr(degrees, -abs(t)))


def chi2_tail(statistic: float, degrees: float) -> float:
    """The chance that a chi-squared variable exceeds the statistic; 1 with no degrees of freedom."""
    return float(special.chdtrc(degrees, statistic)) if degrees > 0 else 1.0


def normal_interval(value: float, se: float, level: float) -> tuple[float, float]:
    """Value ± z·se at the level."""
    reach = normal_quantile(0.5 + level / 2.0) * se
    return (value - reach, value + reach)


def t_interval(value: float, se: float, level: float, degrees: float) -> tuple[float, float]:
    """Value ± t·se at the level."""
    reach = t_quantile(0.5 + level / 2.0, degrees) * se
    return (value - reach, value + reach)


def median_of_splits(values: Sequence[float], errors: Sequence[float]) -> tuple[float, float]:
    """One value and standard error from repeated cross-fits: medians, with the spread in the error.

    The error is √median(seᵣ² + (θᵣ − θ)²): Chernozhukov and others (2018), definition 3.3.
    """
    thetas = floats(values)
    value = float(np.median(thetas))
    spread = floats(errors) ** 2 + (thetas - value) ** 2
    return value, float(np.sqrt(np.median(spread)))


def effective_size(weights: Floats) -> float:
    """Kish's effective sample size (Σw)² / Σw²; zero for no or no positive weights.

    Source: L. Kish, Survey Sampling (1965).
    """
    return effective_size_of(float(np.sum(weights)), float(np.sum(weights**2)))


def effective_size_of(total: float, squares: float) -> float:
    """The effective sample size from the sums of weights and of their squares."""
    return total**2 / squares if squares > 0.0 else 0.0
