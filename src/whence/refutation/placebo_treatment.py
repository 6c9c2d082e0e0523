"""Shuffle who was treated: an effect that remains was never the treatment's.

Source: the permutation argument of R. A. Fisher, *The Design of Experiments* (1935).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.again import re_estimate
from whence.numerics.intervals import t_tail
from whence.numerics.random import generator
from whence.refutation.power import power_of_t
from whence.refutation.rerun import Subject, values_again
from whence.refutation.result import SHARED_LEVEL, VISIBLE_BIAS, Refutation, verdict_of

if TYPE_CHECKING:
    from whence.estimation.columns import Columns
    from whence.estimation.plan import EstimationPlan
    from whence.estimation.values import Estimate
    from whence.language.refusals import Refusal
    from whence.runtime.seeds import Seed

NAME = "placebo treatment"
TIMES = 10


def placebo_treatment(subject: Subject) -> Refutation | None:
    """A t test that the estimates under shuffled treatments average zero."""
    found = values_again(subject, shuffled, stage=NAME, times=TIMES)
    if found.size < 3:
        return None
    spread = float(np.std(found, ddof=1)) / float(np.sqrt(found.size))
    if spread == 0:
        return None
    t, df = float(np.mean(found)) / spread, found.size - 1
    p = t_tail(t, df)
    power = power_of_t(VISIBLE_BIAS * subject.se / spread, df, SHARED_LEVEL)
    verdict = verdict_of(p=p, power=power, alpha=SHARED_LEVEL)
    average = f"{float(np.mean(found)) / subject.se:+.2f}".replace("-", "\N{MINUS SIGN}")
    return Refutation(
        name=NAME,
        verdict=verdict,
        null="with the treatment shuffled among the rows, the estimator finds no effect on average",
        statistic=t,
        p=p,
        power=power,
        blind_to="hidden confounding: shuffling breaks it together with the effect",
        sentence=f"With the treatment shuffled {found.size} times the estimate averages {average} standard "
        f"errors of the answer from zero.",
        details={"estimates": found.tolist()},
    )


def shuffled(plan: EstimationPlan, columns: Columns, seed: Seed) -> Estimate | Refusal:
    """The estimate with the treatment dealt out anew; one fold split, since the average is over many runs."""
    order = generator(seed).permutation(columns.rows)
    return re_estimate(plan, columns, treatment=columns[plan.treatment].numbers[order], repeats=1)
