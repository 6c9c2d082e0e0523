"""Ask the same of an outcome that the treatment cannot have changed: the truth is zero, so is the answer?

Unlike the other checks this one can see hidden confounding, provided that what confounds the outcome also
confounds its placebo. The placebo and what was made from it leave the adjustment set.

Source: M. Lipsitch, E. Tchetgen Tchetgen and T. Cohen, "Negative controls" (Epidemiology 2010).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.again import re_estimate
from whence.estimation.values import Estimate
from whence.numerics.intervals import normal_tail
from whence.refutation.power import power_of_z
from whence.refutation.result import VISIBLE_BIAS, Refutation, verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whence.refutation.rerun import Subject


def placebo_outcome(subject: Subject, placebo: str, derived: Iterable[str]) -> Refutation:
    """A z test of no effect on `placebo` by the same estimator, adjusting for neither it nor `derived`."""
    gone = {placebo, *derived}
    found = re_estimate(
        subject.plan, subject.columns, outcome=placebo, without=tuple(sorted(gone)), executor=subject.executor
    )
    left_out = sorted(gone & set(subject.plan.adjust))
    details = {"placebo": placebo, "left_out": left_out}
    null = f"the treatment has no effect on {placebo}"
    blind_to = f"confounding that {placebo} does not share with {subject.plan.outcome}"
    name = f"placebo outcome {placebo}"
    if not isinstance(found, Estimate) or not found.se:
        reason = "there is no standard error" if isinstance(found, Estimate) else found.message
        sentence = f"The effect on {placebo} could not be estimated: {reason}"
        return Refutation(name, "inconclusive", null, None, None, None, blind_to, sentence, details)
    z = found.value / found.se
    p = normal_tail(z)
    shift = VISIBLE_BIAS * subject.se * _spread(subject, placebo) / _spread(subject, subject.plan.outcome)
    power = power_of_z(shift / found.se)
    half = found.interval or (found.value, found.value)
    sentence = (
        f"The same estimator finds an effect of {_number(found.value)} on {placebo} (standard error "
        f"{_number(found.se)}), where the truth is 0."
    )
    details |= {"estimate": found.value, "se": found.se, "interval": list(half), "n": found.n}
    return Refutation(name, verdict_of(p=p, power=power), null, z, p, power, blind_to, sentence, details)


def _spread(subject: Subject, name: str) -> float:
    return float(np.std(subject.columns[name].numbers)) or 1.0


def _number(value: float) -> str:
    shown = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return shown.replace("-", "\N{MINUS SIGN}")
