"""The E-value of an answer, measured against the covariates at hand.

Alone an E-value is a number; beside the strongest covariate it becomes a judgement: could a hidden cause no
stronger than what was measured explain the answer away?

Source: T. VanderWeele and P. Ding (Annals of Internal Medicine 2017), for the E-value and for its form with
continuous outcomes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.again import re_estimate
from whence.estimation.problem import Problem, problem
from whence.estimation.values import Estimate
from whence.numerics.arrays import integers
from whence.refutation.e_value import e_value, e_value_of_limit, risk_ratio_of_difference
from whence.refutation.result import Refutation, Verdict

if TYPE_CHECKING:
    from whence.numerics.arrays import Booleans, Floats
    from whence.refutation.rerun import Subject

NAME = "E-value"


def hidden_strength(subject: Subject) -> Refutation | None:
    """The E-values of the estimate and of its interval; None unless two arms of a treatment are compared.

    `survived` when no covariate, cut at its median, is as strongly tied to both treatment and outcome as the
    E-value of the interval; else `inconclusive`, never `failed`: a hidden cause as strong as a measured one
    is possible, which is no evidence that there is one.
    """
    if len(subject.plan.arms) != 2 or subject.estimate.interval is None:
        return None
    data = problem(subject.plan, subject.columns)
    if not isinstance(data, Problem):
        return None
    data = data.rows(integers(np.flatnonzero(data.group)))
    found = _ratio(subject, data)
    if found is None:
        return None
    ratio, interval = found
    of_ratio, of_limit = e_value(ratio), e_value_of_limit(interval)
    name, strength = _strongest_covariate(data)
    verdict: Verdict = "survived" if name and of_limit > max(strength, 1.0) else "inconclusive"
    sentence = (
        f"On the risk-ratio scale the answer is {ratio:.3g}; a hidden cause would have to multiply "
        f"both the chance of treatment and that of the outcome by {of_ratio:.3g} to explain it away, and by "
        f"{of_limit:.3g} to bring its interval to no effect."
    )
    if name:
        sentence += f" The strongest covariate, {name}, reaches {strength:.3g}."
    details = {
        "risk_ratio": ratio,
        "interval": list(interval),
        "e_value": of_ratio,
        "e_value_of_limit": of_limit,
        "strongest_covariate": name,
        "strongest_covariate_reaches": strength if name else None,
    }
    null = "no hidden cause as strong as the strongest covariate explains the answer away"
    blind_to = "causes stronger than any covariate"
    return Refutation(NAME, verdict, null, of_ratio, None, None, blind_to, sentence, details)


def _ratio(subject: Subject, data: Problem) -> tuple[float, tuple[float, float]] | None:
    """The answer as a risk ratio: exact in form for 0/1 outcomes, VanderWeele and Ding's for others."""
    estimate, interval = subject.estimate, subject.estimate.interval
    if interval is None:
        return None
    if not np.isin(data.y, (0.0, 1.0)).all():
        spread = float(np.std(data.y))
        return risk_ratio_of_difference(estimate.value, subject.se, spread) if spread > 0 else None
    treated = data.arms[0]
    if subject.plan.treated:
        base = float(data.y[treated].mean()) - estimate.value
    else:
        mean = re_estimate(replace(subject.plan, arms=subject.plan.arms[1:]), subject.columns, repeats=1)
        if not isinstance(mean, Estimate):
            return None
        base = mean.value
    low, high = (min(max(base + end, 1e-6), 1.0) / base if base > 0 else 0.0 for end in interval)
    return ((base + estimate.value) / base, (low, high)) if base > 0 and base + estimate.value > 0 else None


def _strongest_covariate(data: Problem) -> tuple[str, float]:
    """The covariate whose weaker tie, to treatment or to outcome, is the strongest, and that tie."""
    best = ("", 1.0)
    first, second = data.arms
    for place, name in enumerate(data.labels):
        column = data.design[:, place]
        high = column > np.median(column[first | second])
        if not high.any():
            high = column >= column.max()
        tie = min(_tie(high, first, second), _tie_with(data.y, high))
        if tie > best[1]:
            best = (name, tie)
    return best


def _tie(high: Booleans, first: Booleans, second: Booleans) -> float:
    shares = (float(high[first].mean()), float(high[second].mean()))
    return max(shares) / max(min(shares), 1e-6)


def _tie_with(y: Floats, high: Booleans) -> float:
    above, below = y[high], y[~high]
    if not above.size or not below.size:
        return 1.0
    if np.isin(y, (0.0, 1.0)).all():
        shares = (float(above.mean()), float(below.mean()))
        return max(shares) / max(min(shares), 1e-6)
    spread = float(np.std(y)) or 1.0
    return float(np.exp(0.91 * abs(above.mean() - below.mean()) / spread))
