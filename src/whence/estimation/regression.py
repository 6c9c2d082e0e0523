"""Plain regression: the coefficient of the treatment, with classical, robust or clustered errors.

With nothing to adjust for it is the difference in means of a randomised experiment, and its robust (HC1)
error.

Source: J. Angrist and J.-S. Pischke, *Mostly Harmless Econometrics* (2009), chapter 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.estimation import cautions
from whence.estimation.naive import naive_comparison
from whence.estimation.balance import balance
from whence.estimation.overlap import support_of_regression
from whence.estimation.plan import spelt
from whence.estimation.values import Balance, Diagnostics, Estimate
from whence.language.refusals import NoVariation, Refusal, TooFewRows
from whence.numerics.arrays import floats
from whence.numerics.intervals import t_interval
from whence.numerics.linear import regress
from whence.numerics.sandwich import covariance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.plan import EstimationPlan
    from whence.estimation.problem import Problem
    from whence.numerics.arrays import Booleans
    from whence.numerics.linear import Regression
    from whence.numerics.sandwich import Errors
    from whence.runtime.executor import Executor

KINDS: dict[str, Errors] = {"classical": "classical", "robust": "HC1", "cluster": "CR1"}


def regression(plan: EstimationPlan, data: Problem, executor: Executor | None = None) -> Estimate | Refusal:
    """The least-squares effect of the treatment, given the design, within the plan's group."""
    group = data.group
    y, t = data.y[group], data.t[group]
    # The treatment comes last, so that where it is determined by the covariates it is the one found wanting.
    design = np.column_stack([data.design[group], t])
    fit = regress(design, y, executor=executor)
    refusal = _undetermined(plan, fit, y.size)
    if refusal is not None:
        return refusal
    clusters = None if data.clusters is None else data.clusters[group]
    kind = KINDS[plan.options.usual]
    residuals = y - fit.predict(design)
    table = covariance(design, residuals, fit, kind, clusters if kind == "CR1" else None)
    value = float(fit.coefficients[-1]) * plan.step
    se = float(np.sqrt(max(float(table[-1, -1]), 0.0))) * abs(plan.step)
    degrees = (
        y.size - fit.rank if kind != "CR1" or clusters is None else max(int(np.unique(clusters).size) - 1, 1)
    )
    influence = np.zeros(data.n)
    left = fit.bread[-1, 0] + design @ fit.bread[-1, 1:]
    influence[group] = residuals * left * y.size * plan.step
    arms = [arm[group] for arm in data.arms]
    dropped = [label for label, own in zip(data.labels, fit.kept[1:-1], strict=True) if not own]
    return Estimate(
        value=value,
        se=se,
        interval=t_interval(value, se, plan.options.level, degrees),
        level=plan.options.level,
        n=int(y.size),
        naive=naive_comparison(plan, data),
        method="ols",
        why=plan.why,
        label=plan.label,
        diagnostics=_diagnostics(plan, data, arms),
        warnings=(
            *cautions.of_regression(plan.treatment, y.size, np.array([np.sum(left**2), np.sum(left**4)]), support_of_regression(design[:, :-1], arms)),
            *cautions.of_range(plan, float(t.min()), float(t.max())),
            *cautions.of_rows(data.rows_dropped, data.n),
            *cautions.of_clusters(clusters if kind == "CR1" else None, arms),
            *cautions.of_influence(influence[group]),
            *cautions.of_error(se, y),
            *cautions.of_columns(dropped),
        ),
        influence=influence,
        plan=plan,
    )


def _undetermined(plan: EstimationPlan, fit: Regression, rows: int) -> Refusal | None:
    """Why the rows do not tell the coefficient of the treatment, if they do not."""
    if not bool(fit.kept[-1]) and fit.rank < rows:
        return NoVariation(
            f"{plan.treatment} is determined by what is adjusted for, so its coefficient cannot be told.",
            (f"rows that are alike in what is adjusted for and differ in {plan.treatment}",),
        )
    if fit.rank >= rows:
        return TooFewRows(
            f"{rows:,} rows do not determine {fit.rank:,} coefficients with a residual to spare.",
            ("more rows",),
        )
    return None


def _diagnostics(plan: EstimationPlan, data: Problem, arms: Sequence[Booleans]) -> Diagnostics:
    """A regression weights nobody: its arms are worth their rows, and balance is as it was found."""
    before = balance(data.design[data.group], data.labels, arms, [floats(arm) for arm in arms])
    sizes = {
        spelt(setting): float(np.count_nonzero(arm)) for setting, arm in zip(plan.arms, arms, strict=True)
    }
    return Diagnostics(
        effective_sample_size=sizes,
        balance=tuple(Balance(each.name, each.before, None) for each in before),
        rows_dropped=data.rows_dropped,
    )
