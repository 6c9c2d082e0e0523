"""Adjust for pure noise as well: an answer that moves was an accident of its adjustment set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.again import re_estimate
from whence.numerics.intervals import normal_tail
from whence.numerics.random import generator
from whence.refutation.power import power_of_z
from whence.refutation.rerun import Subject, values_again
from whence.refutation.result import SHARED_LEVEL, VISIBLE_BIAS, Refutation, verdict_of

if TYPE_CHECKING:
    from whence.estimation.columns import Columns
    from whence.estimation.plan import EstimationPlan
    from whence.estimation.values import Estimate
    from whence.language.refusals import Refusal
    from whence.runtime.seeds import Seed

NAME = "random common cause"
TIMES = 3


def random_common_cause(subject: Subject) -> Refutation | None:
    """A z test, on the scale of the answer's standard error, that noise does not move the answer."""
    found = values_again(subject, with_noise, stage=NAME, times=TIMES)
    if found.size == 0:
        return None
    shift = float(np.mean(found) - subject.estimate.value) / subject.se
    p, power = normal_tail(shift), power_of_z(VISIBLE_BIAS, SHARED_LEVEL)
    return Refutation(
        name=NAME,
        verdict=verdict_of(p=p, power=power, alpha=SHARED_LEVEL),
        null="adjusting for a made-up variable leaves the answer where it was",
        statistic=shift,
        p=p,
        power=power,
        blind_to="hidden confounding: the made-up variable is related to nothing",
        sentence=f"Adjusting for a random variable as well moves the answer by {abs(shift):.2f} of its "
        f"standard errors ({found.size} draws).",
        details={"estimates": found.tolist()},
    )


def with_noise(plan: EstimationPlan, columns: Columns, seed: Seed) -> Estimate | Refusal:
    """The estimate that also adjusts for a standard normal covariate that knows nothing."""
    name = "random common cause"
    while name in columns.of:
        name += "'"
    return re_estimate(plan, columns, extra={name: generator(seed).standard_normal(columns.rows)})
