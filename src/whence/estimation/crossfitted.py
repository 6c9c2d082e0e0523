"""AIPW and partially linear regression, cross-fitted over repeated splits: from rows to an estimate.

Source: V. Chernozhukov and others, "Double/debiased machine learning", Econometrics Journal 21 (2018).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation import cautions
from whence.estimation.balance import balanced, correlations
from whence.estimation.learners import learner_name
from whence.estimation.learning import Learnt, learn
from whence.estimation.overlap import apart
from whence.estimation.pieces import Held, Planned, Rows
from whence.estimation.plan import spelt
from whence.estimation.scoring import Scored, influences, scored_rows
from whence.estimation.screening import Screened, screened
from whence.estimation.values import Balance, Diagnostics, Estimate, Overlap
from whence.language.refusals import NoOverlap, NoVariation, Refusal
from whence.numerics.blas import kernel
from whence.numerics.folds import fold_labels
from whence.numerics.intervals import median_of_splits, normal_interval
from whence.numerics.linear import TOLERANCE
from whence.numerics.moments import Central
from whence.numerics.ratios import mean_errors
from whence.numerics.sandwich import mean_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.plan import EstimationPlan
    from whence.estimation.problem import Problem
    from whence.numerics.arrays import Floats
    from whence.runtime.executor import Executor


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """The models of every nuisance for every split, the rows they were learnt from, and why these learners.

    The plan has them settled.
    """

    plan: EstimationPlan
    screened: Screened
    rows: Rows
    learnt: Learnt
    executor: Executor | None


def fitted(plan: EstimationPlan, data: Problem, executor: Executor | None) -> Fitted:
    """Choose the learners for rows in memory and cross-fit them over the plan's splits."""
    options = plan.options
    choice = screened(plan, data, options.seed.child("screen"), executor)
    splits = [
        fold_labels(
            data.strata, options.folds, options.seed.child("folds").child(i), data.clusters, data.copies
        )
        for i in range(options.repeats)
    ]
    return fitted_as(plan, choice, Held(data, np.stack(splits, axis=1), (data.group,)), executor)


@kernel
def fitted_as(plan: EstimationPlan, choice: Screened, rows: Rows, executor: Executor | None) -> Fitted:
    """Cross-fit the learners that were chosen."""
    options = plan.options
    settled = replace(plan, learners=choice.learners, ridges=choice.ridges)
    lessons, seed = Planned(rows, settled), options.seed.child("fits")
    learnt = learn(lessons, options.folds, seed=seed, executor=executor)
    return Fitted(settled, choice, rows, learnt, executor)


def scored(plan: EstimationPlan, data: Problem, fit: Fitted) -> Estimate | Refusal:
    """The estimate of a plan (for its own group) from nuisances fitted once for all groups."""
    rows = fit.rows
    if isinstance(rows, Held):
        fit = replace(fit, rows=replace(rows, groups=(data.group,)))
    return scored_all((plan,), fit)[0]


@kernel
def scored_all(plans: Sequence[EstimationPlan], fit: Fitted) -> list[Estimate | Refusal]:
    """The estimates of plans that differ only in the groups they are for, in the order of the groups."""
    found = scored_rows([_settled(plan, fit) for plan in plans], fit.rows, fit.learnt, fit.executor)
    return [
        _partially_linear(plan, fit, sums) if plan.method == "plr" else _augmented(plan, fit, sums)
        for plan, sums in zip(plans, found, strict=True)
    ]


def _settled(plan: EstimationPlan, fit: Fitted) -> EstimationPlan:
    return replace(fit.plan, within=plan.within, label=plan.label, why=plan.why)


def _augmented(plan: EstimationPlan, fit: Fitted, sums: Scored) -> Estimate | Refusal:
    missing = [arm for arm, found in zip(plan.arms, sums.moments, strict=True) if found.n == 0.0]
    if missing or sums.propensities is None:
        return NoVariation(f"Where {spelt(plan.within)}, no row has {spelt(missing[0])}.")
    labels = [spelt(arm) for arm in plan.arms]
    found = sums.propensities.told(labels, treated=plan.treated)
    if apart(found, round(sums.ratios.n)):
        other = labels[1] if len(labels) == 2 else "the rest"
        return NoOverlap(
            f"{labels[0]} and {other} can be told apart perfectly from what is adjusted for, so nobody "
            "in one group can be compared with anybody in the other.",
            ("rows of both groups that are alike in what is adjusted for", "a question about other groups"),
        )
    of_design = [_first_columns(each, fit.learnt.width) for each in sums.moments]
    alike = balanced(fit.rows.empty.labels, of_design, list(sums.weights)) if len(labels) == 2 else ()
    means = [float(each.means[-1]) for each in sums.moments]
    naive = means[0] - (means[1] if len(means) == 2 else 0.0)
    return _assembled(plan, fit, sums, naive, found, alike)


def _partially_linear(plan: EstimationPlan, fit: Fitted, sums: Scored) -> Estimate | Refusal:
    n, spread = sums.ratios.n, float(sums.treatment.products[0, 0]) / sums.treatment.n
    if bool(np.any(sums.ratios.bottoms / n <= TOLERANCE * max(spread, 1e-300))):
        return NoVariation(
            f"{plan.treatment} is determined by what is adjusted for, so nothing of it is left to vary.",
            (f"rows that are alike in what is adjusted for and differ in {plan.treatment}",),
        )
    treatment, left, outcome = (fit.learnt.width + place for place in range(3))
    products = sums.moments[0].products
    square = float(products[treatment, treatment])
    naive = float(products[treatment, outcome]) / square * plan.step if square > 0.0 else 0.0
    alike = correlations(fit.rows.empty.labels, sums.moments[0], treatment, left)
    return _assembled(plan, fit, sums, naive, None, alike)


def _first_columns(found: Central, width: int) -> Central:
    return Central(found.n, found.means[:width], found.products[:width, :width])


def _assembled(
    plan: EstimationPlan,
    fit: Fitted,
    sums: Scored,
    naive: float,
    found: Overlap | None,
    alike: tuple[Balance, ...],
) -> Estimate:
    rows, n, signs = fit.rows, round(sums.ratios.n), signs_of(plan)
    values = [float(each) * plan.step for each in sums.ratios.totals(signs)]
    errors = mean_errors(sums.ratios.squares(signs), sums.ratios.n) * abs(plan.step)
    influence, inside, arms = None, None, ()
    data = rows.held
    if data is not None:
        by_split = influences(_settled(plan, fit), rows, fit.learnt, sums.ratios) * plan.step
        group = rows.groups[0] if isinstance(rows, Held) else data.group
        influence = np.zeros(data.n)
        influence[group] = np.mean(by_split, axis=0)
        if plan.options.usual == "cluster" and data.clusters is not None:
            inside, arms = data.clusters[group], [arm[group] for arm in data.arms]
            errors = np.array([mean_error(each, inside) for each in by_split])
    value, se = median_of_splits(values, list(errors))
    sizes = {} if found is None else {arm.label: arm.effective_size for arm in found.arms}
    warnings = (
        *cautions.of_overlap(found),
        *(cautions.of_balance(alike) if found is not None else ()),
        *(cautions.of_regression(plan.treatment, n, sums.left, None) if plan.method == "plr" else ()),
        *cautions.of_range(plan, -float(sums.extremes.values[0]), float(sums.extremes.values[1])),
        *cautions.of_columns(_dropped_columns(fit)),
        *cautions.of_rows(rows.empty.rows_dropped, rows.n),
        *fit.screened.warnings,
        *cautions.of_splits(values, se),
        *cautions.of_clusters(inside, arms),
        *cautions.of_largest(*sums.peaks.largest(sums.ratios, signs)),
        *cautions.of_no_error(se, _spread(sums.outcome), float(sums.extremes.values[2])),
    )
    return Estimate(
        value=value,
        se=se,
        interval=normal_interval(value, se, plan.options.level),
        level=plan.options.level,
        n=n,
        naive=naive,
        method=plan.method,
        why=_why(plan, fit),
        label=plan.label,
        diagnostics=Diagnostics(
            found, sizes, alike, rows.empty.rows_dropped, fit.screened.risks, tuple(values)
        ),
        warnings=warnings,
        influence=influence,
        plan=_settled(plan, fit),
    )


def signs_of(plan: EstimationPlan) -> Floats:
    """The signs of the ratios that a plan's score is made of."""
    if plan.method == "plr":
        return np.ones(1)
    if plan.treated:
        return np.array([1.0, -1.0])
    return np.ones(2) if len(plan.arms) == 1 else np.array([1.0, 1.0, -1.0])


def _spread(found: Central) -> float:
    return float(np.sqrt(max(float(found.products[0, 0]), 0.0) / max(found.n, 1.0)))


def _why(plan: EstimationPlan, fit: Fitted) -> str:
    options = plan.options
    learners = fit.screened.learners
    how = (
        f"Outcome by {learner_name(learners.outcome, probability=False)}, treatment by "
        f"{learner_name(learners.treatment, probability=bool(plan.arms))}"
    )
    times = "once" if options.repeats == 1 else f"{options.repeats} times, the median reported"
    folds = f"cross-fitted over {options.folds} folds, split {times}."
    return " ".join(part for part in (plan.why, f"{how}, {folds}", *fit.screened.why) if part)


def _dropped_columns(fit: Fitted) -> tuple[str, ...]:
    """Labels of the design's columns that earlier ones determine."""
    labels = fit.rows.empty.labels
    return tuple(label for label, own in zip(labels, fit.learnt.kept, strict=True) if not own)
