"""What a hidden confounder would have to be like to overturn the answer, measured by the covariates at hand.

The answer may have been estimated otherwise; its sensitivity is judged by the linear regression of the
outcome on the treatment and the same covariates (Cinelli & Hazlett 2020), which the sentence says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from whence.estimation.problem import Problem, problem
from whence.numerics.arrays import integers
from whence.numerics.linear import regress
from whence.refutation.cinelli_hazlett import Regression, Strength, benchmark_strength, contour
from whence.refutation.result import Refutation, Verdict
from whence.runtime.errors import UnknownColumn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.numerics.arrays import Floats
    from whence.refutation.rerun import Subject

NAME = "sensitivity"
TIMES = (1.0, 2.0, 3.0)
"""How many times as strong as a covariate the confounders are that the benchmarks speak of."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A confounder `times` as strong as the covariate `name`, and what would be left of the estimate."""

    name: str
    times: float
    strength: Strength
    adjusted: Regression

    def to_dict(self, level: float) -> dict[str, Any]:
        """As plain JSON."""
        low, high = self.adjusted.interval(level)
        return {
            "name": self.name,
            "times": self.times,
            "with_treatment": self.strength.with_treatment,
            "with_outcome": self.strength.with_outcome,
            "estimate": self.adjusted.estimate,
            "se": self.adjusted.se,
            "interval": [low, high],
        }


def sensitivity(subject: Subject, benchmarks: Sequence[str]) -> Refutation | None:
    """Robustness values, benchmarks and contours; None where there is no regression to judge by.

    `survived` when a confounder just as strong as the strongest benchmark would leave an interval without
    zero; else `inconclusive`, never `failed`: how strong a confounder must be is no evidence of one.
    Raises `UnknownColumn` for a benchmark that is not adjusted for.
    """
    for name in benchmarks:
        if name not in subject.plan.adjust:
            raise UnknownColumn(name, known=subject.plan.adjust, where="set that is adjusted for")
    # As a regression would have it: rows of a third level have no part in the comparison.
    data = problem(replace(subject.plan, method="ols"), subject.columns)
    if not isinstance(data, Problem):
        return None
    data = data.rows(integers(np.flatnonzero(data.group)))
    found = _Fitted(data, _places(subject))
    fit = found.regression()
    if fit is None:
        return None
    level = subject.estimate.level
    made = found.benchmarks(fit, benchmarks or tuple(found.places))
    shown = made if benchmarks else strongest(fit, made)
    verdict = _verdict(fit, shown, level)
    details = {
        "estimate": fit.estimate,
        "se": fit.se,
        "df": fit.df,
        "partial_r2": fit.partial_r2,
        "robustness_value": fit.robustness_value(),
        "robustness_value_alpha": fit.robustness_value(alpha=1 - level),
        "alpha": 1 - level,
        "benchmarks": [each.to_dict(level) for each in shown],
        "contour": _contour(fit, shown),
    }
    return Refutation(
        name=NAME,
        verdict=verdict,
        null="a hidden confounder as strong as the strongest benchmark would leave an effect",
        statistic=fit.robustness_value(),
        p=None,
        power=None,
        blind_to="whether there are such confounders: it says only how strong they would have to be",
        sentence=_sentence(fit, shown, level),
        details=details,
    )


def _places(subject: Subject) -> dict[str, slice]:
    places: dict[str, slice] = {}
    start = 0
    for name in dict.fromkeys((*subject.plan.adjust, *subject.plan.by)):
        width = subject.columns.width((name,), classes=subject.plan.options.method != "ols")
        places[name] = slice(start, start + width)
        start += width
    return places


@dataclass(frozen=True, slots=True)
class _Fitted:
    """The regression behind a problem, and where each covariate stands in its design."""

    data: Problem
    places: dict[str, slice]

    def regression(self) -> Regression | None:
        design = np.column_stack([self.data.t, self.data.design])
        fitted = regress(design, self.data.y)
        residual = self.data.y - fitted.predict(design)
        df = self.data.n - fitted.rank
        if df < 3 or not fitted.kept[1]:
            return None
        squares = float(residual @ residual)
        se = float(np.sqrt(squares / df * fitted.bread[1, 1]))
        return Regression(float(fitted.coefficients[1]), se, df) if se > 0 else None

    def benchmarks(self, fit: Regression, names: Sequence[str]) -> tuple[Benchmark, ...]:
        made: list[Benchmark] = []
        with_treatment = np.column_stack([self.data.t, self.data.design])
        squares_t, squares_y = _squares(self.data.design, self.data.t), _squares(with_treatment, self.data.y)
        for name in names:
            others = np.ones(self.data.design.shape[1], dtype=np.bool_)
            others[self.places[name]] = False
            of_treatment = _partial(_squares(self.data.design[:, others], self.data.t), squares_t)
            reduced = with_treatment[:, np.concatenate([[True], others])]
            of_outcome = _partial(_squares(reduced, self.data.y), squares_y)
            for times in TIMES:
                possible = of_treatment < 1 and of_outcome < 1
                strength = benchmark_strength(of_treatment, of_outcome, times) if possible else None
                if strength is not None:
                    adjusted = fit.adjusted(strength.with_treatment, strength.with_outcome)
                    made.append(Benchmark(name, times, strength, adjusted))
        return tuple(made)


def _squares(design: Floats, y: Floats) -> float:
    residual = y - regress(design, y).predict(design) if design.shape[1] else y - y.mean()
    return float(residual @ residual)


def _partial(without: float, within: float) -> float:
    return max(0.0, (without - within) / without) if without > 0 else 0.0


def strongest(fit: Regression, made: Sequence[Benchmark]) -> tuple[Benchmark, ...]:
    """The benchmarks of the covariate that would leave the least of the estimate, in its own direction."""
    direction = np.sign(fit.estimate)
    single = [each for each in made if each.times == 1.0]
    if not single:
        return ()
    name = min(single, key=lambda each: float(direction * each.adjusted.estimate)).name
    return tuple(each for each in made if each.name == name)


def _verdict(fit: Regression, shown: Sequence[Benchmark], level: float) -> Verdict:
    single = [each.adjusted for each in shown if each.times == 1.0]
    flipped = any(np.sign(each.estimate) != np.sign(fit.estimate) for each in single)
    overturned = flipped or any(_holds_zero(each, level) for each in (fit, *single))
    # Never "failed": that such a confounder would overturn the answer is no evidence that there is one.
    return "inconclusive" if overturned or not single else "survived"


def _holds_zero(fit: Regression, level: float) -> bool:
    low, high = fit.interval(level)
    return low <= 0 <= high


def _contour(fit: Regression, shown: Sequence[Benchmark]) -> dict[str, Any]:
    reach = [2.0 * fit.robustness_value(), 0.05]
    for each in shown:
        reach += [1.15 * each.strength.with_treatment, 1.15 * each.strength.with_outcome]
    largest = min(0.95, max(reach))
    return {"largest": largest, "estimates": contour(fit, largest)}


def _sentence(fit: Regression, shown: Sequence[Benchmark], level: float) -> str:
    value = _share(fit.robustness_value())
    needed = f"a hidden confounder would have to explain {value} of what is left of treatment and outcome"
    if _holds_zero(fit, level):
        return (
            f"The linear regression on the same covariates leaves zero open as it is, so there is nothing to "
            f"overturn; to bring its estimate to zero, {needed}."
        )
    edge = _share(fit.robustness_value(alpha=1 - level))
    text = f"In the linear regression, {needed} to bring the effect to zero, {edge} to make it insignificant."
    single = [each for each in shown if each.times == 1.0]
    if single:
        least = min(single, key=lambda each: float(np.sign(fit.estimate) * each.adjusted.estimate))
        text += f" With one as strong as {least.name} {_left(fit, least.adjusted, level)}."
    return text


def _left(fit: Regression, adjusted: Regression, level: float) -> str:
    """What a hidden confounder would leave of the regression's estimate."""
    if np.sign(adjusted.estimate) != np.sign(fit.estimate):
        return "the effect would change its sign"
    return f"the interval {'would hold' if _holds_zero(adjusted, level) else 'still excludes'} zero"


def _share(value: float) -> str:
    return f"{100 * value:.3g} %"
