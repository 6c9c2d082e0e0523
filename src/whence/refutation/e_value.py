"""How strong, on the risk-ratio scale, would a hidden confounder have to be with both treatment and outcome?

Source: T. VanderWeele and P. Ding, "Sensitivity analysis in observational research: introducing the E-value"
(Annals of Internal Medicine 2017). Their example of smoking and lung cancer:

>>> round(e_value(10.73), 2), round(e_value_of_limit((8.02, 14.36)), 2)
(20.95, 15.52)
"""

from __future__ import annotations

import math


def e_value(risk_ratio: float) -> float:
    """The least risk ratio, with both treatment and outcome, that explains `risk_ratio` away; 1 for none."""
    ratio = risk_ratio if risk_ratio >= 1 else 1 / risk_ratio
    return ratio + math.sqrt(ratio * (ratio - 1))


def e_value_of_limit(interval: tuple[float, float]) -> float:
    """The E-value of the interval's limit nearer to 1; 1 where the interval holds 1."""
    low, high = interval
    if low <= 1 <= high:
        return 1.0
    return e_value(low if low > 1 else high)


def risk_ratio_of_difference(
    difference: float, se: float, spread: float
) -> tuple[float, tuple[float, float]]:
    """An approximate risk ratio, with its 95 % interval, of a difference in means.

    `spread` is the outcome's standard deviation; the source gives exp(0.91 d ± 1.78 s) for a standardised
    difference d with standard error s.
    """
    d, s = difference / spread, se / spread
    return math.exp(0.91 * d), (math.exp(0.91 * d - 1.78 * s), math.exp(0.91 * d + 1.78 * s))
