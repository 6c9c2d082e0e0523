"""How strong would a hidden confounder have to be? Robustness values, benchmarks and contours.

A linear regression of the outcome on the treatment and the covariates is compared with the one that
would also hold a confounder Z. Two partial R² say how strong Z is: with the treatment, and with the
outcome given the treatment. The robustness value is the strength, equal for both, that would bring the
estimate to zero.

Source: C. Cinelli and C. Hazlett, "Making sense of sensitivity: extending omitted variable bias"
(JRSS B 2020).
The Darfur figures of that paper, from the t value and the degrees of freedom alone:

>>> fit = Regression(estimate=0.0973158, se=0.0232565, df=783)
>>> round(fit.robustness_value(), 4), round(fit.robustness_value(alpha=0.05), 4), round(fit.partial_r2, 4)
(0.1388, 0.0763, 0.0219)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from whence.numerics.intervals import t_interval, t_quantile


@dataclass(frozen=True, slots=True)
class Regression:
    """What sensitivity needs of a fit: the coefficient of the treatment, its classical error, residual df."""

    estimate: float
    se: float
    df: int

    @property
    def t(self) -> float:
        """Estimate over standard error."""
        return self.estimate / self.se

    @property
    def partial_r2(self) -> float:
        """Share of the outcome's residual variance that the treatment explains (eq. 15 of the source)."""
        return self.t**2 / (self.t**2 + self.df)

    def robustness_value(self, share: float = 1.0, alpha: float | None = None) -> float:
        """Partial R² (with both) that takes away `share` of the estimate, or its significance at `alpha`.

        Section 4.2 of the source; the second branch is its exact form for small t.
        """
        f = share * abs(self.t) / math.sqrt(self.df)
        critical = 0.0
        if alpha is not None:
            critical = t_quantile(1 - alpha / 2, self.df - 1) / math.sqrt(self.df - 1)
        gap = f - critical
        if gap <= 0:
            return 0.0
        if critical > 0 and f > 1 / critical:
            return (f**2 - critical**2) / (1 + f**2)
        return (math.sqrt(gap**4 + 4 * gap**2) - gap**2) / 2

    def adjusted(self, with_treatment: float, with_outcome: float) -> Regression:
        """The fit had a confounder of these partial R² been in it, its bias taken against the estimate."""
        bias = self.se * math.sqrt(with_outcome * with_treatment / (1 - with_treatment) * self.df)
        shrunk = math.copysign(1.0, self.estimate) * (abs(self.estimate) - bias)
        se = self.se * math.sqrt((1 - with_outcome) / (1 - with_treatment) * self.df / (self.df - 1))
        return Regression(shrunk, se, self.df - 1)

    def interval(self, level: float) -> tuple[float, float]:
        """The two-sided interval of the estimate."""
        return t_interval(self.estimate, self.se, level, self.df)


@dataclass(frozen=True, slots=True)
class Strength:
    """Partial R² of a confounder with the treatment and with the outcome, bounded below one."""

    with_treatment: float
    with_outcome: float


def benchmark_strength(treatment_r2: float, outcome_r2: float, times: float = 1.0) -> Strength | None:
    """The strength of a confounder `times` as strong as a covariate (section 4.4, equations 22 and 23).

    `treatment_r2` is the covariate's partial R² with the treatment given the other covariates, `outcome_r2`
    with the outcome given those and the treatment. None where no confounder can be that strong.
    """
    with_treatment = times * treatment_r2 / (1 - treatment_r2)
    if with_treatment >= 1:
        return None
    between = times * treatment_r2**2 / ((1 - times * treatment_r2) * (1 - treatment_r2))
    if not 0 <= between < 1:
        return None
    leverage = ((math.sqrt(times) + math.sqrt(between)) / math.sqrt(1 - between)) ** 2
    with_outcome = min(leverage * outcome_r2 / (1 - outcome_r2), 1.0)
    return Strength(with_treatment, with_outcome)


def contour(fit: Regression, largest: float, points: int = 41) -> list[list[float]]:
    """The estimate over a grid of strengths from 0 to `largest`: rows by outcome, columns by treatment."""
    steps = [largest * i / (points - 1) for i in range(points)]
    return [[fit.adjusted(treatment, outcome).estimate for treatment in steps] for outcome in steps]
