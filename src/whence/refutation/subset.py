"""Leave out a fifth of the rows at random: an answer that jumps was carried by few of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.again import re_estimate
from whence.numerics.intervals import chi2_tail
from whence.numerics.random import generator
from whence.refutation.power import power_of_chi2
from whence.refutation.rerun import Subject, values_again
from whence.refutation.result import SHARED_LEVEL, VISIBLE_BIAS, Refutation, verdict_of

if TYPE_CHECKING:
    from whence.estimation.columns import Columns
    from whence.estimation.plan import EstimationPlan
    from whence.estimation.values import Estimate
    from whence.language.refusals import Refusal
    from whence.runtime.seeds import Seed

NAME = "subset"
TIMES = 5
SHARE = 0.8


def subset(subject: Subject) -> Refutation | None:
    """A chi-squared test that estimates from random subsets scatter no more than their size explains.

    An estimate from a share f of the rows differs from that of all of them by a standard deviation of
    se · √(1/f − 1), to which the noise of fold splits adds.
    """
    found = values_again(subject, thinned, stage=NAME, times=TIMES)
    if found.size == 0:
        return None
    splits = subject.estimate.diagnostics.splits
    noise = float(np.var(splits, ddof=1)) if len(splits) > 1 else 0.0
    scale = float(np.sqrt(subject.se**2 * (1 / SHARE - 1) + noise))
    jumps = (found - subject.estimate.value) / scale
    statistic = float(jumps @ jumps)
    p = chi2_tail(statistic, found.size)
    power = power_of_chi2((VISIBLE_BIAS * subject.se / scale) ** 2, found.size, SHARED_LEVEL)
    largest = float(np.max(np.abs(found - subject.estimate.value))) / subject.se
    return Refutation(
        name=NAME,
        verdict=verdict_of(p=p, power=power, alpha=SHARED_LEVEL),
        null=f"estimates from random {100 * SHARE:.0f} % of the rows scatter as their size explains",
        statistic=statistic,
        p=p,
        power=power,
        blind_to="anything that all rows share, hidden confounding above all",
        sentence=f"Over {found.size} random subsets of {100 * SHARE:.0f} % of the rows the answer moves by "
        f"at most {largest:.2f} of its standard errors.",
        details={"estimates": found.tolist()},
    )


def thinned(plan: EstimationPlan, columns: Columns, seed: Seed) -> Estimate | Refusal:
    """The estimate from a random share of the rows, in their order."""
    kept = generator(seed).permutation(columns.rows)[: round(SHARE * columns.rows)]
    return re_estimate(plan, columns, rows=np.sort(kept))
