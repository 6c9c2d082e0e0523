"""Standard errors and intervals by the bootstrap: what the estimate would have been with other rows.

Samples of as many units as there are (rows, or whole clusters where these are named) are drawn with
replacement, the estimate is made anew on each, and its scatter over the samples is taken for its error. The
learners stay as they were chosen; everything else is done again, fold splits and their median included.
Stated rules:

1. The standard error is the standard deviation of the replicates. The interval is the estimate give or take
   the usual multiple of it, a little more where replicates are few; with at least 25 replicates beyond each
   end (1,000 for 95 %) it runs between the percentiles of the replicates instead.
2. A table of probabilities has no units to draw. Boosted trees stop early by rows held out, and copies of
   those would be among the rows they grow on: both are errors.
3. Where columns are more than a fifth of the rows the replicates scatter too widely, and where more of them
   have no number (an empty cell, a group that is gone) than lie beyond one end of the interval, that end
   could be anywhere: both are refusals.
4. Replicates that centre more than a quarter of a standard error from the estimate are warned of.

Source: B. Efron and R. Tibshirani, *An Introduction to the Bootstrap* (1993), chapters 6, 10, 13 and 19;
N. El Karoui and E. Purdom, "Can we trust the bootstrap in high-dimensions?" (JMLR 2018), for rule 3.

>>> [round(end, 9) for end in percentiles(np.arange(1.0, 1000.0), 0.95)]
[25.0, 975.0]
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from whence.estimation import cautions
from whence.estimation.kinds import kind_of_runs, of_users
from whence.estimation.replicates import replicate_of
from whence.estimation.values import Estimate
from whence.language.refusals import Refusal, TooFewRows
from whence.numerics.arrays import floats
from whence.numerics.intervals import normal_quantile, t_quantile
from whence.runtime.errors import UnsuitableLearner, UnsuitableMethod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.columns import Columns
    from whence.estimation.plan import EstimationPlan
    from whence.estimation.values import Warning_
    from whence.numerics.arrays import Floats
    from whence.runtime.executor import Executor

BEYOND_EACH_END = 25
ROWS_PER_COLUMN = 5
CURES = ('errors="robust", which needs no replicates', "more rows")


def unfit_for_bootstrap(plans: Sequence[EstimationPlan], columns: Columns) -> TooFewRows | None:
    """A refusal where samples drawn from these rows would tell nothing of the error.

    Raises `UnsuitableMethod` for a table of probabilities and `UnsuitableLearner` for boosted trees.
    """
    if columns.weighting == "probabilities":
        reason = "a table of probabilities has no rows to draw from"
        raise UnsuitableMethod("bootstrap", reason, 'Leave errors="robust": its values have no errors.')
    for plan in plans:
        if plan.method in ("aipw", "plr") and "boosted" in (plan.learners.outcome, plan.learners.treatment):
            raise UnsuitableLearner(
                "boosted",
                "boosted trees stop early by rows held out, and in a bootstrap sample copies of those are "
                "among the rows they grow on",
                'Take learners="splines" or "linear", or leave errors="robust".',
            )
        refusal = None if plan.method == "plug-in" else _too_many_columns(plan, columns)
        if refusal is not None:
            return refusal
    return None


def bootstrapped(
    found: Sequence[Estimate | Refusal], columns: Columns, executor: Executor
) -> list[Estimate | Refusal]:
    """The estimates with errors and intervals from replicates of them; refusals pass through.

    `columns` are those that the estimates were made from. All estimates of a question are made from the
    same replicates.
    """
    plans = [each.plan for each in found if isinstance(each, Estimate) and each.plan is not None]
    if not plans:
        return list(found)
    options = plans[0].options
    seeds = [options.seed.child("bootstrap").child(i) for i in range(options.replicates or 0)]
    kind = kind_of_runs(plans[0], columns)
    drawn = executor.map(replicate_of(plans, columns), seeds, stage="bootstrap", kind=kind)
    by_plan = iter(zip(*drawn, strict=True))
    return [
        _with_errors(each, next(by_plan), columns)
        if isinstance(each, Estimate) and each.plan is not None
        else each
        for each in found
    ]


def percentiles(values: Floats, level: float) -> tuple[float, float]:
    """The values that cut off the same share at either end: the k-th of n at k = (n + 1) · share."""
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(values, (tail, 1.0 - tail), method="weibull")
    return float(low), float(high)


def _too_many_columns(plan: EstimationPlan, columns: Columns) -> TooFewRows | None:
    rows = columns.selected(columns.members(plan.within)).n if plan.method == "ols" else columns.n
    classes = plan.options.method != "ols"
    width = columns.width(dict.fromkeys((*plan.adjust, *plan.by)), classes=classes) + 2
    if rows >= ROWS_PER_COLUMN * width:
        return None
    return TooFewRows(
        f"With {width:,} coefficients and {rows:,} rows the bootstrap does not tell the error: a sample "
        "holds under two thirds of the rows, and estimates from so few scatter more than the answer does.",
        CURES,
    )


def _with_errors(found: Estimate, drawn: Sequence[float | None], columns: Columns) -> Estimate | Refusal:
    """The estimate with the error that its replicates show; a refusal where too many have no number."""
    plan = cast("EstimationPlan", found.plan)
    values = floats([value for value in drawn if value is not None])
    failed, tail = len(drawn) - values.size, (1.0 - found.level) / 2.0
    if failed > tail * len(drawn):
        return TooFewRows(
            f"In {failed:,} of {len(drawn):,} bootstrap samples the estimate cannot be made, since rows that "
            "it needs (a group, a combination) were not drawn: these samples could lie anywhere.",
            CURES,
        )
    se = float(np.std(values, ddof=1))
    beyond = round(tail * values.size, 6) >= BEYOND_EACH_END
    multiple = _multiple(found, values.size)
    low, high = (
        percentiles(values, found.level)
        if beyond
        else (found.value - multiple * se, found.value + multiple * se)
    )
    if plan.event is not None and len(plan.arms) < 2:
        low, high = max(low, 0.0), min(high, 1.0)
    ends = (
        f"the interval runs between their {100 * tail:g} and {100 - 100 * tail:g} % points"
        if beyond
        else f"the interval is the estimate ± {multiple:.3g} times their standard deviation"
    )
    return replace(
        found,
        se=se,
        interval=(low, high),
        why=" ".join(part for part in (found.why, _why(plan, len(drawn), ends, found.se, columns)) if part),
        warnings=(*found.warnings, *_warnings(found, plan, values, failed, se)),
    )


def _multiple(found: Estimate, replicates: int) -> float:
    """How many standard errors the interval reaches: as many as that of a single run (Student's for plain
    regression), and by as much further as a standard deviation of so many values is itself unsure.
    """
    cut = 0.5 + found.level / 2.0
    unsure = t_quantile(cut, replicates - 1) / normal_quantile(cut)
    if found.method == "ols" and found.se and found.interval is not None:
        return (found.interval[1] - found.value) / found.se * unsure
    return t_quantile(cut, replicates - 1)


def _why(plan: EstimationPlan, replicates: int, ends: str, usual: float | None, columns: Columns) -> str:
    name = plan.options.clusters
    units = "rows" if columns.weights is None else "the units counted"
    units = units if name is None else f"whole clusters ({name})"
    drawn = (
        f"Errors by the bootstrap: estimated anew on {replicates:,} samples of {units}, as many as there "
        f"are, drawn with replacement; {ends}."
    )
    parts = [drawn]
    if usual is not None:
        parts.append(f"The standard error from the influence of each row is {usual:.4g}.")
    if plan.method in ("aipw", "plr"):
        parts.append("Learners stay as chosen, without boosted trees; copies of a row share a fold.")
    return " ".join(parts)


def _warnings(
    found: Estimate, plan: EstimationPlan, values: Floats, failed: int, se: float
) -> tuple[Warning_, ...]:
    known = {each.code for each in found.warnings}
    learner = plan.method in ("aipw", "plr") and of_users(plan.learners)
    return (
        *cautions.of_failures(failed, failed + values.size),
        *cautions.of_bias(float(np.mean(values)) - found.value, se, values.size),
        *(cautions.of_own_learner() if learner else ()),
        *(cautions.of_error(se, values) if "no_error" not in known and se == 0.0 else ()),
    )
