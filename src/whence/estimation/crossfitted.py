"""AIPW and partially linear regression, cross-fitted over repeated splits: from arrays to an estimate.

Source: V. Chernozhukov and others, "Double/debiased machine learning", Econometrics Journal 21 (2018).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation import cautions
from whence.estimation.crossfit import cross_fit
from whence.estimation.learners import learner_name
from whence.estimation.naive import naive_comparison
from whence.estimation.nuisances import chances_of, nuisances_of
from whence.estimation.overlap import apart, balance, correlations, overlap, weights_of
from whence.estimation.plan import spelt
from whence.estimation.scores import augmented_mean, effect_on_treated, slope
from whence.estimation.screening import Screened, screened
from whence.estimation.values import Balance, Diagnostics, Estimate, Overlap
from whence.language.refusals import NoOverlap, NoVariation, Refusal
from whence.numerics.arrays import floats
from whence.numerics.folds import fold_labels
from whence.numerics.intervals import median_of_splits, normal_interval
from whence.numerics.linear import TOLERANCE, regress
from whence.numerics.sandwich import mean_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.plan import EstimationPlan
    from whence.estimation.problem import Problem
    from whence.numerics.arrays import Floats
    from whence.runtime.executor import Executor


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Out-of-fold predictions of every nuisance for every split, and the plan with its learners settled.

    `treatment[split]` and `outcome[split]` list predictions (n,) in the order of `nuisances_of`.
    """

    plan: EstimationPlan
    screened: Screened
    treatment: tuple[tuple[Floats, ...], ...]
    outcome: tuple[tuple[Floats, ...], ...]


def fitted(plan: EstimationPlan, data: Problem, executor: Executor | None) -> Fitted:
    """Choose the learners and cross-fit them over the plan's splits."""
    options = plan.options
    choice = screened(plan, data, options.seed.child("screen"), executor)
    settled = replace(plan, learners=choice.learners, ridges=choice.ridges)
    treatment, outcome = nuisances_of(settled, data)
    splits = [
        fold_labels(
            data.strata, options.folds, options.seed.child("folds").child(i), data.clusters, data.copies
        )
        for i in range(options.repeats)
    ]
    found = cross_fit(
        data.design,
        (*treatment, *outcome),
        splits,
        options.folds,
        seed=options.seed.child("fits"),
        executor=executor,
    )
    return Fitted(
        settled,
        choice,
        tuple(tuple(each[: len(treatment)]) for each in found),
        tuple(tuple(each[len(treatment) :]) for each in found),
    )


def scored(plan: EstimationPlan, data: Problem, fit: Fitted) -> Estimate | Refusal:
    """The estimate of a plan (for its own group) from nuisances fitted once for all groups."""
    if plan.method == "plr":
        return _partially_linear(plan, data, fit)
    return _augmented(plan, data, fit)


def _augmented(plan: EstimationPlan, data: Problem, fit: Fitted) -> Estimate | Refusal:
    group = data.group
    y, arms = data.y[group], [arm[group] for arm in data.arms]
    missing = [plan.arms[i] for i, arm in enumerate(arms) if not bool(arm.any())]
    if missing:
        return NoVariation(f"Where {spelt(plan.within)}, no row has {spelt(missing[0])}.")
    values: list[float] = []
    influences: list[Floats] = []
    chances_over_splits: list[list[Floats]] = []
    for treatment, outcome in zip(fit.treatment, fit.outcome, strict=True):
        chances = [chance[group] for chance in chances_of(data, treatment)]
        predicted = [each[group] for each in outcome]
        weights = weights_of(arms, chances, treated=plan.treated)
        chances_over_splits.append(chances)
        if plan.treated:
            value, influence = effect_on_treated(y, arms[0], weights[1], predicted[0])
        else:
            parts = [augmented_mean(y, w, m) for w, m in zip(weights, predicted, strict=True)]
            value = parts[0][0] - (parts[1][0] if len(parts) == 2 else 0.0)
            influence = parts[0][1] - (parts[1][1] if len(parts) == 2 else 0.0)
        values.append(value)
        influences.append(influence)
    chances = [np.mean(over, axis=0) for over in zip(*chances_over_splits, strict=True)]
    weights = weights_of(arms, chances, treated=plan.treated)
    labels = [spelt(arm) for arm in plan.arms]
    found = overlap(arms, chances, weights, labels, treated=plan.treated)
    if apart(arms, found):
        other = labels[1] if len(labels) == 2 else "the rest"
        return NoOverlap(
            f"{labels[0]} and {other} can be told apart perfectly from what is adjusted for, so nobody "
            "in one group can be compared with anybody in the other.",
            ("rows of both groups that are alike in what is adjusted for", "a question about other groups"),
        )
    balanced = balance(data.design[group], data.labels, arms, weights)
    return _assembled(plan, data, fit, values, influences, found, balanced)


def _partially_linear(plan: EstimationPlan, data: Problem, fit: Fitted) -> Estimate | Refusal:
    group = data.group
    values: list[float] = []
    influences: list[Floats] = []
    t = data.t[group]
    lefts: list[Floats] = []
    for treatment, outcome in zip(fit.treatment, fit.outcome, strict=True):
        t_left = t - treatment[0][group]
        if float(np.mean(t_left**2)) <= TOLERANCE * max(float(np.var(data.t)), 1e-300):
            return NoVariation(
                f"{plan.treatment} is determined by what is adjusted for, so nothing of it is left to vary.",
                (f"rows that are alike in what is adjusted for and differ in {plan.treatment}",),
            )
        value, influence = slope(data.y[group] - outcome[0][group], t_left)
        values.append(value * plan.step)
        influences.append(influence * plan.step)
        lefts.append(t_left)
    balanced = correlations(data.design[group], data.labels, t, np.mean(lefts, axis=0))
    return _assembled(plan, data, fit, values, influences, None, balanced, floats(np.mean(lefts, axis=0)))


def _assembled(
    plan: EstimationPlan,
    data: Problem,
    fit: Fitted,
    values: Sequence[float],
    influences: Sequence[Floats],
    found: Overlap | None,
    balanced: tuple[Balance, ...],
    left: Floats | None = None,
) -> Estimate:
    clusters = data.clusters if plan.options.usual == "cluster" else None
    inside = None if clusters is None else clusters[data.group]
    value, se = median_of_splits(values, [mean_error(each, inside) for each in influences])
    influence = np.zeros(data.n)
    influence[data.group] = np.mean(influences, axis=0)
    sizes = {} if found is None else {arm.label: arm.effective_size for arm in found.arms}
    warnings = (
        *cautions.of_overlap(found),
        *(cautions.of_balance(balanced) if found is not None else ()),
        *(cautions.of_regression(plan.treatment, left, None) if left is not None else ()),
        *cautions.of_range(plan, data.t),
        *cautions.of_columns(_dropped_columns(data)),
        *cautions.of_rows(data.rows_dropped, data.n),
        *cautions.of_splits(values, se),
        *cautions.of_clusters(inside, [arm[data.group] for arm in data.arms]),
        *cautions.of_influence(influence[data.group]),
        *cautions.of_error(se, data.y[data.group]),
    )
    return Estimate(
        value=value,
        se=se,
        interval=normal_interval(value, se, plan.options.level),
        level=plan.options.level,
        n=int(np.count_nonzero(data.group)),
        naive=naive_comparison(plan, data),
        method=plan.method,
        why=_why(plan, data, fit),
        label=plan.label,
        diagnostics=Diagnostics(
            found, sizes, balanced, data.rows_dropped, fit.screened.risks, tuple(float(v) for v in values)
        ),
        warnings=warnings,
        influence=influence,
        plan=replace(fit.plan, within=plan.within, label=plan.label, why=plan.why),
    )


def _why(plan: EstimationPlan, data: Problem, fit: Fitted) -> str:
    options = plan.options
    learners = fit.screened.learners
    how = (
        f"Outcome by {learner_name(learners.outcome, probability=False)}, treatment by "
        f"{learner_name(learners.treatment, probability=bool(data.arms))}"
    )
    times = "once" if options.repeats == 1 else f"{options.repeats} times, the median reported"
    folds = f"cross-fitted over {options.folds} folds, split {times}."
    return " ".join(part for part in (plan.why, f"{how}, {folds}", *fit.screened.why) if part)


def _dropped_columns(data: Problem) -> tuple[str, ...]:
    """Labels of the design's columns that earlier ones determine."""
    kept = regress(data.design, data.y).kept[1:]
    return tuple(label for label, own in zip(data.labels, kept, strict=True) if not own)
