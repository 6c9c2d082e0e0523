"""Suppose there were a hidden confounder of some strength: what would it leave of the estimate?

The mathematics is that of `whence.refutation.cinelli_hazlett`; here the recorded sensitivity of an answer is
read back, so that any strength can be asked about, not only those that were recorded.

>>> from whence.refutation.cinelli_hazlett import benchmark_strength
>>> found = measured("age", 1.0, 0.25, benchmark_strength(0.2, 0.1, 1.0).with_outcome)
>>> round(found.of_treatment, 12), round(found.of_outcome, 12)
(0.2, 0.1)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from whence.refutation.cinelli_hazlett import Regression, Strength, benchmark_strength

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whence.explanation.answer import Answer

WHOLE = 1.0 - 1e-9
"""A confounder that explained all of the treatment would leave nothing to compare."""


@dataclass(frozen=True, slots=True)
class Covariate:
    """A covariate that strengths are measured by: its partial R² with the treatment and with the outcome.

    `most` is how many times as strong as it the strongest recorded confounder is.
    """

    name: str
    of_treatment: float
    of_outcome: float
    most: float

    def strength(self, times: float) -> Strength | None:
        """The strength of a confounder so many times as strong; None where none can be."""
        return benchmark_strength(self.of_treatment, self.of_outcome, times)


@dataclass(frozen=True, slots=True)
class Supposed:
    """A supposed confounder: its strength, the regression that it would leave, and the interval of that."""

    strength: Strength
    before: Regression
    left: Regression
    interval: tuple[float, float]
    level: float

    @property
    def flips(self) -> bool:
        """Whether what is left has another sign than the estimate."""
        return self.left.estimate * self.before.estimate < 0

    @property
    def holds_zero(self) -> bool:
        """Whether zero lies in the interval of what is left."""
        return self.interval[0] <= 0 <= self.interval[1]


def suppose(answer: Answer, strength: Strength) -> Supposed | None:
    """What a confounder of this strength would leave; None for an answer without recorded sensitivity."""
    fit = regression(answer.sensitivity)
    if fit is None or fit.df < 2:
        return None
    treatment = min(max(strength.with_treatment, 0.0), WHOLE)
    outcome = min(max(strength.with_outcome, 0.0), 1.0)
    left = fit.adjusted(treatment, outcome)
    level = answer.estimate.level if answer.estimate is not None else 0.95
    ends = left.interval(level) if left.se > 0 else (left.estimate, left.estimate)
    return Supposed(Strength(treatment, outcome), fit, left, ends, level)


def regression(details: Mapping[str, Any] | None) -> Regression | None:
    """The recorded regression; None where there is none, or it cannot be read."""
    found = [(details or {}).get(key) for key in ("estimate", "se", "df")]
    if not all(isinstance(each, int | float) and math.isfinite(each) for each in found):
        return None
    estimate, se, df = (float(cast("float", each)) for each in found)
    return Regression(estimate, se, int(df)) if se > 0 and df >= 1 and estimate else None


def covariates(answer: Answer) -> tuple[Covariate, ...]:
    """The covariates that the recorded benchmarks speak of, in their order."""
    recorded = (answer.sensitivity or {}).get("benchmarks")
    found: dict[str, Covariate] = {}
    for each in cast("list[object]", recorded) if isinstance(recorded, list) else []:
        made = _recorded(each)
        if made is None:
            continue
        before = found.get(made.name)
        if before is None:
            found[made.name] = made
        else:
            found[made.name] = Covariate(
                made.name, before.of_treatment, before.of_outcome, max(made.most, before.most)
            )
    return tuple(found.values())


def _recorded(data: object) -> Covariate | None:
    if not isinstance(data, dict):
        return None
    each = cast("dict[str, Any]", data)
    try:
        times, treatment, outcome = (float(each[key]) for key in ("times", "with_treatment", "with_outcome"))
        return measured(str(each["name"]), times, treatment, outcome)
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None


def measured(name: str, times: float, with_treatment: float, with_outcome: float) -> Covariate | None:
    """The covariate behind a recorded benchmark: equations 22 and 23 of the source, solved for its R²."""
    if times <= 0 or not 0 <= with_treatment < 1 or not 0 <= with_outcome <= 1:
        return None
    of_treatment = with_treatment / (times + with_treatment)
    between = times * of_treatment**2 / ((1 - times * of_treatment) * (1 - of_treatment))
    if not 0 <= between < 1:
        return None
    leverage = ((math.sqrt(times) + math.sqrt(between)) / math.sqrt(1 - between)) ** 2
    ratio = with_outcome / leverage
    return Covariate(name, of_treatment, ratio / (1 + ratio), times)
