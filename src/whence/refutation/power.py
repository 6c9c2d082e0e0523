"""The power of a check: the chance that it would have seen a bias of a stated size.

>>> round(power_of_z(3.0), 3)
0.851
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from whence.numerics.intervals import normal_quantile, t_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

FAR = 10.0
"""Beyond this shift power is as good as one, and the noncentral chi-squared loses its digits."""

POINTS = 2_000
"""Quantiles over which a power is averaged: right to four digits."""


def power_of_z(shift: float, alpha: float = 0.05) -> float:
    """The chance that a two-sided z test rejects when its statistic is centred `shift` from zero."""
    critical = normal_quantile(1 - alpha / 2)
    return float(special.ndtr(shift - critical) + special.ndtr(-critical - shift))


def power_of_t(shift: float, df: int, alpha: float = 0.05) -> float:
    """The chance that a two-sided t test rejects when its statistic is shifted by `shift`.

    A t statistic is a normal one over an independent chi: the power is that of the normal, averaged over the
    chi's quantiles. (The library's noncentral t is NaN for some shifts.)
    """
    quantiles = special.chdtri(df, (np.arange(POINTS) + 0.5) / POINTS)
    critical = t_quantile(1 - alpha / 2, df) * np.sqrt(quantiles / df)
    return float(np.mean(special.ndtr(shift - critical) + special.ndtr(-critical - shift)))


def power_of_tests(ways: Sequence[int], shift: float, alpha: float = 0.05) -> float:
    """The least power of several tests at one level in all, each off by `shift` standard errors.

    `ways` are their degrees of freedom. Those of none test nothing; where there are only such, power is 0.
    """
    able = [each for each in ways if each > 0]
    return min((power_of_chi2(shift**2, each, alpha / len(able)) for each in able), default=0.0)


def power_of_chi2(noncentrality: float, df: int, alpha: float = 0.05) -> float:
    """The chance that a chi-squared test rejects at this noncentrality."""
    critical = float(special.chdtri(df, alpha))
    return float(1.0 - special.chndtr(critical, df, min(noncentrality, FAR**2)))
