"""The power of a check: the chance that it would have seen a bias of a stated size.

>>> round(power_of_z(3.0), 3)
0.851
"""

from __future__ import annotations

import math

from scipy import stats


def power_of_z(shift: float, alpha: float = 0.05) -> float:
    """The chance that a two-sided z test rejects when its statistic is centred `shift` from zero."""
    critical = float(stats.norm.isf(alpha / 2))
    return float(stats.norm.sf(critical - shift) + stats.norm.cdf(-critical - shift))


def p_of_z(z: float) -> float:
    """The two-sided p-value of a standard normal statistic."""
    return math.erfc(abs(z) / math.sqrt(2))


def power_of_chi2(noncentrality: float, df: int, alpha: float) -> float:
    """The chance that a chi-squared test at `alpha` rejects at this noncentrality."""
    critical = float(stats.chi2.isf(alpha, df))
    return float(stats.ncx2.sf(critical, df, noncentrality)) if noncentrality > 0 else alpha
