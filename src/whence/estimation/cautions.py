"""The warnings that an estimate can carry, each with the rule that gives it.

low_overlap                the weights leave under a tenth of an arm, or over a tenth lack common support
low_effective_sample_size  fewer than 50 effective rows in an arm
outside_support            some who count have nobody like them in the other arm, or a level was never seen
unbalanced                 after weighting a covariate still differs by over 0.1 standard deviations
rows_dropped               rows were incomplete
unstable_splits            the estimate moves by over half a standard error between fold splits
few_clusters               clustered errors rest on fewer than 40 clusters, or on fewer of one arm
dropped_columns            columns of the design are determined by others
one_row                    one row alone makes more than a quarter of the squared standard error
no_error                   the standard error is zero, since nothing was left to vary
small_cells                a plug-in divides by the frequency of a combination seen fewer than five times
bootstrap_failures         some bootstrap samples gave no number
bootstrap_bias             the bootstrap's estimates centre over a quarter of a standard error from the answer
linear_only                of rows read in blocks linear models were learnt; on a sample others do better
bootstrap_learner          a learner of the user's own was refitted on samples that hold copies of rows
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.overlap import SMALL_EFFECTIVE_SIZE, is_poor
from whence.estimation.values import Warning_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.plan import EstimationPlan
    from whence.estimation.values import Balance, Overlap
    from whence.numerics.arrays import Booleans, Floats, Integers

UNBALANCED = 0.1
FEW_CLUSTERS = 40
LEAST_SUPPORT = 0.95
LARGEST_SHARE = 0.25
SMALL_BIAS = 0.25
SUPPORT_OF_REGRESSION = 0.5
"""Below this a regression warns: it leans less on overlap than weights do, and few rows show less of it."""


def of_overlap(found: Overlap | None) -> list[Warning_]:
    """What the propensities warn of."""
    if found is None:
        return []
    warnings: list[Warning_] = []
    support = f"{100 * found.common_support:.0f} %"
    if is_poor(found):
        worst = min(found.arms, key=lambda arm: arm.effective_size / max(arm.n, 1))
        message = (
            f"Overlap is poor: weighting leaves the {worst.n:,} rows with {worst.label} worth "
            f"{worst.effective_size:,.0f}, and {support} of those who count lie within the common range of "
            "propensities. The answer leans on few rows and on the models."
        )
        warnings.append(Warning_("low_overlap", message))
    small = [arm for arm in found.arms if arm.effective_size < SMALL_EFFECTIVE_SIZE]
    for arm in small:
        message = (
            f"The {arm.n:,} rows with {arm.label} are worth only {arm.effective_size:.0f} after weighting; "
            "below 50 the interval is not to be relied on."
        )
        warnings.append(Warning_("low_effective_sample_size", message))
    if found.common_support < LEAST_SUPPORT:
        message = (
            f"Only {support} of those who count have a propensity that somebody in the other group has "
            "too; for the others the models extrapolate."
        )
        warnings.append(Warning_("outside_support", message))
    return warnings


def of_range(plan: EstimationPlan, low: float, high: float) -> list[Warning_]:
    """Levels of a numeric treatment that lie beyond what was seen, where a slope is carried on to them."""
    contrast = plan.contrast
    if plan.arms or contrast is None:
        return []
    asked = [level for level in (contrast.level, contrast.base) if isinstance(level, int | float)]
    beyond = [level for level in asked if not low <= level <= high]
    if not beyond:
        return []
    message = (
        f"{contrast.treatment} was seen from {low:g} to {high:g}, not at {beyond[0]:g}; the slope is "
        "carried on to there."
    )
    return [Warning_("outside_support", message)]


def of_balance(found: Sequence[Balance]) -> list[Warning_]:
    """Covariates that still differ between the arms after weighting."""
    still = [each for each in found if each.after is not None and abs(each.after) > UNBALANCED]
    if not still:
        return []
    worst = max(still, key=lambda each: abs(each.after or 0.0))
    names = ", ".join(each.name for each in still[:5]) + (" and others" if len(still) > 5 else "")
    return [
        Warning_(
            "unbalanced",
            f"After weighting, the groups still differ in {names} (most in {worst.name}, by "
            f"{abs(worst.after or 0.0):.2f} standard deviations).",
        )
    ]


def of_rows(dropped: int, kept: int) -> list[Warning_]:
    """Rows lost because a value was missing."""
    if dropped == 0:
        return []
    share = dropped / (dropped + kept)
    message = (
        f"{dropped:,} rows ({100 * share:.1f} %) were left out because a value was missing; the answer is "
        "for the others, and the same for all only if rows are missing at random."
    )
    return [Warning_("rows_dropped", message)]


def of_splits(values: Sequence[float], se: float) -> list[Warning_]:
    """An estimate that depends on how the folds fell."""
    if len(values) < 2 or float(np.std(values)) <= 0.5 * se:
        return []
    message = (
        f"Over {len(values)} fold splits the estimate ran from {min(values):.4g} to {max(values):.4g}, "
        "which is wide against its standard error; more repeats steady it."
    )
    return [Warning_("unstable_splits", message)]


def of_clusters(clusters: Integers | None, arms: Sequence[Booleans] = ()) -> list[Warning_]:
    """Clustered errors that rest on few clusters: of the rarer arm, if whole clusters were treated.

    Source: J. MacKinnon and M. Webb, J. Appl. Econometrics 32 (2017), for few treated clusters.
    """
    if clusters is None:
        return []
    counts = [int(np.unique(clusters[arm]).size) for arm in arms]
    count = min([int(np.unique(clusters).size), *counts])
    if count >= FEW_CLUSTERS:
        return []
    which = "clusters in one of the groups" if count in counts else "clusters"
    message = f"There are {count} {which}; below {FEW_CLUSTERS} such errors run small."
    return [Warning_("few_clusters", message)]


def of_regression(name: str, rows: int, left: Floats, support: float | None) -> list[Warning_]:
    """A coefficient that rests on few rows, or on groups that share no ground.

    `left` (2,) are the sums of squares and of fourth powers of what the covariates leave of the treatment;
    normally spread, n rows are worth n. `support` is the share of rows with somebody like them in the other
    arm, where there are arms.
    """
    warnings: list[Warning_] = []
    if support is not None and support < SUPPORT_OF_REGRESSION:
        message = (
            f"Only {100 * support:.0f} % of the rows have a propensity that somebody in the other group has "
            "too; for the others the regression carries straight lines on to where nobody was seen."
        )
        warnings.append(Warning_("low_overlap", message))
    worth = 3.0 * float(left[0]) ** 2 / max(float(left[1]), 1e-300)
    if worth < SMALL_EFFECTIVE_SIZE <= rows:
        message = (
            f"The coefficient rests on the few rows whose {name} is not what the covariates foretell; they "
            f"are worth {worth:.0f} of the {rows:,}, and below 50 the interval is not to be relied on."
        )
        warnings.append(Warning_("low_effective_sample_size", message))
    return warnings


def of_influence(influence: Floats) -> list[Warning_]:
    """An error that one row decides, from the influence of every row."""
    squares = influence**2
    total = float(np.sum(squares))
    return of_largest(float(np.max(squares)) / total if total > 0.0 else 0.0, int(np.argmax(squares)))


def of_largest(share: float, row: int | None) -> list[Warning_]:
    """An error that one row decides: without it the answer would be another, and surer.

    Which row that is may not be known, where the rows are not at hand.
    """
    if share <= LARGEST_SHARE:
        return []
    which = "One row" if row is None else f"Row {row + 1:,}"
    message = (
        f"{which} of those used makes {100 * min(share, 1.0):.0f} % of the squared standard error by "
        "itself: look at it, and do not rely on the interval."
    )
    return [Warning_("one_row", message)]


def of_error(se: float, outcome: Floats) -> list[Warning_]:
    """A standard error of zero, from the outcomes of the rows that are compared."""
    return of_no_error(se, float(np.std(outcome)), float(np.max(np.abs(outcome))))


def of_no_error(se: float, spread: float, largest: float) -> list[Warning_]:
    """A standard error of zero, which comes of an outcome that does not vary within what is compared."""
    # Sums of equal numbers leave a last bit or two, which is no variation either.
    if se > max(1e-9 * spread, 1e-13 * largest):
        return []
    message = (
        "The outcome does not vary within what is compared, so the standard error is zero; that says nothing "
        "of how sure the answer is."
    )
    return [Warning_("no_error", message)]


def of_columns(labels: Sequence[str]) -> list[Warning_]:
    """Columns of a design that others determine."""
    if not labels:
        return []
    names = ", ".join(labels[:5]) + (f" and {len(labels) - 5} more" if len(labels) > 5 else "")
    return [Warning_("dropped_columns", f"Determined by the other columns, and so left out: {names}.")]


def of_cells(empty: str, rows: float) -> Warning_:
    """A conditional frequency that rests on few rows."""
    return Warning_(
        "small_cells", f"Only {rows:g} rows have {empty}; frequencies among them are rough guides."
    )


def of_bends(role: str, learner: str, share: float, rows: int) -> list[Warning_]:
    """A nuisance that bends, of which a linear model was learnt since the rows are read in blocks."""
    message = (
        f"On a random sample of {rows:,} rows the {role} is foretold better by {learner} than by the linear "
        f"model that was used ({100 * share:.0f} % of its loss). What bends is not adjusted for, and more "
        "rows do not cure that: compare with an estimate on a sample held in memory."
    )
    return [Warning_("linear_only", message)]


def of_failures(failed: int, replicates: int) -> list[Warning_]:
    """Bootstrap samples that gave no number, few enough to be left out."""
    if failed == 0:
        return []
    message = (
        f"{failed:,} of {replicates:,} bootstrap samples lacked a group or combination that the estimate "
        "needs and were left out; the answer leans on few rows."
    )
    return [Warning_("bootstrap_failures", message)]


def of_bias(shift: float, se: float, replicates: int) -> list[Warning_]:
    """Replicates that centre elsewhere, by more than their number explains.

    Source: B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), section 10.3.
    """
    if se == 0.0 or abs(shift) <= se * max(SMALL_BIAS, 3.0 / replicates**0.5):
        return []
    message = (
        f"The bootstrap's estimates centre {shift / se:+.2f} standard errors from the answer: with other "
        "rows it comes out differently on average, so the interval may lie to one side."
    )
    return [Warning_("bootstrap_bias", message)]


def of_own_learner() -> list[Warning_]:
    """A learner of the user's own, of which nobody knows whether it splits rows within itself."""
    message = (
        "Bootstrap samples hold copies of rows. If the learner given splits rows itself (to stop early, to "
        "cross-validate), copies stand on both sides, and the errors cannot be relied on."
    )
    return [Warning_("bootstrap_learner", message)]
