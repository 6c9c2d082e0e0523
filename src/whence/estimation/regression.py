"""Plain regression: the coefficient of the treatment, with classical, robust or clustered errors.

With nothing to adjust for it is the difference in means of a randomised experiment, and its robust (HC1)
error.

Source: J. Angrist and J.-S. Pischke, *Mostly Harmless Econometrics* (2009), chapter 3; J. MacKinnon and
H. White, J. Econometrics 29 (1985), for HC1; K.-Y. Liang and S. Zeger, Biometrika 73 (1986), for clusters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.estimation import cautions
from whence.estimation.balance import balanced
from whence.estimation.least_squares import Line, looked_at, solved
from whence.estimation.overlap import MOST_ROWS, support_of_regression
from whence.estimation.pieces import Held, Rows
from whence.estimation.plan import spelt
from whence.estimation.values import Balance, Diagnostics, Estimate
from whence.language.refusals import NoVariation, Refusal, TooFewRows
from whence.numerics.blas import kernel
from whence.numerics.intervals import t_interval
from whence.numerics.moments import Central
from whence.numerics.sandwich import cluster_sums

if TYPE_CHECKING:
    from whence.estimation.plan import EstimationPlan
    from whence.estimation.problem import Problem
    from whence.numerics.arrays import Floats, Integers
    from whence.runtime.executor import Executor


def regression(plan: EstimationPlan, data: Problem, executor: Executor | None = None) -> Estimate | Refusal:
    """The least-squares effect of the treatment, given the design, within the plan's group, in memory."""
    rows = Held(data, np.zeros((data.n, 0), dtype=np.int64), (data.group,))
    return regression_on(plan, rows, 0, executor)


@kernel
def regression_on(
    plan: EstimationPlan, rows: Rows, which: int, executor: Executor | None
) -> Estimate | Refusal:
    """The same on rows wherever they are; the plan's group is the one of number `which`."""
    line = solved(rows, which, executor)
    refusal = _undetermined(plan, line)
    if refusal is not None:
        return refusal
    line = looked_at(line, rows, which, executor, MOST_ROWS)
    held, empty = rows.held, rows.empty
    influence, clusters = None, None
    if held is not None:
        influence, clusters = _influence(plan, held, line)
    value = float(line.solution.coefficients[-1]) * plan.step
    se = float(np.sqrt(max(_variance(plan, line, influence, clusters), 0.0))) * abs(plan.step)
    groups = 0 if clusters is None else int(np.unique(clusters).size)
    degrees = line.n - line.rank if clusters is None else max(groups - 1, 1)
    return Estimate(
        value=value,
        se=se,
        interval=t_interval(value, se, plan.options.level, degrees),
        level=plan.options.level,
        n=line.n,
        naive=_naive(plan, line),
        method="ols",
        why=plan.why,
        label=plan.label,
        diagnostics=_diagnostics(plan, empty, line),
        warnings=(
            *cautions.of_regression(plan.treatment, line.n, _left(line)[1:3], _support(empty, line)),
            *cautions.of_range(plan, -float(line.normal.ends[0]), float(line.normal.ends[1])),
            *cautions.of_rows(empty.rows_dropped, rows.n),
            *_of_clusters(held, clusters),
            *cautions.of_largest(*line.peak()),
            *cautions.of_no_error(se, _spread(line), float(line.normal.ends[2])),
            *cautions.of_columns(_dropped(empty, line)),
        ),
        influence=None if influence is None or held is None else _of_all(held, influence * plan.step),
        plan=plan,
    )


def _influence(plan: EstimationPlan, held: Problem, line: Line) -> tuple[Floats, Integers | None]:
    """The influence of each row of the group in memory on the coefficient, and its cluster if that counts."""
    group = np.flatnonzero(held.group)
    _, r, l = line.residuals(held.rows(group))
    clustered = plan.options.usual == "cluster" and held.clusters is not None
    return r * l * line.n, held.clusters[group] if clustered and held.clusters is not None else None


def _of_all(held: Problem, influence: Floats) -> Floats:
    found = np.zeros(held.n)
    found[held.group] = influence
    return found


def _variance(plan: EstimationPlan, line: Line, influence: Floats | None, clusters: Integers | None) -> float:
    """The variance of the coefficient: classical, HC1, or CR1 with the small-sample factor of Stata."""
    spare = max(line.n - line.rank, 1)
    if plan.options.usual == "classical":
        return float(line.solution.inverse[-1, -1]) * float(_left(line)[0]) / spare
    if clusters is None or influence is None:
        return float(_left(line)[3]) * line.n / spare
    sums = cluster_sums(influence[:, None] / line.n, clusters)[:, 0]
    factor = sums.size / max(sums.size - 1, 1) * (line.n - 1) / spare
    return float(np.sum(sums**2)) * factor


def _left(line: Line) -> Floats:
    return np.zeros(4) if line.left is None else line.left.squares


def _undetermined(plan: EstimationPlan, line: Line) -> Refusal | None:
    """Why the rows do not tell the coefficient of the treatment, if they do not."""
    if not bool(line.solution.kept[-1]) and line.rank < line.n:
        return NoVariation(
            f"{plan.treatment} is determined by what is adjusted for, so its coefficient cannot be told.",
            (f"rows that are alike in what is adjusted for and differ in {plan.treatment}",),
        )
    if line.rank >= line.n:
        return TooFewRows(
            f"{line.n:,} rows do not determine {line.rank:,} coefficients with a residual to spare.",
            ("more rows",),
        )
    return None


def _naive(plan: EstimationPlan, line: Line) -> float:
    """The crude difference in means, or the crude slope times the step."""
    if line.normal.arms:
        first, second = line.normal.arms
        return float(first.means[-1]) - float(second.means[-1])
    products = line.normal.whole.products
    square = float(products[-2, -2])
    return float(products[-2, -1]) / square * plan.step if square > 0.0 else 0.0


def _support(empty: Problem, line: Line) -> float | None:
    if len(empty.arms) != 2 or line.left is None:
        return None
    treated = line.left.some[:, -1] == 1.0
    return support_of_regression(line.left.some[:, :-1], [treated, ~treated])


def _spread(line: Line) -> float:
    return float(np.sqrt(max(float(line.normal.whole.products[-1, -1]), 0.0) / line.n))


def _dropped(empty: Problem, line: Line) -> list[str]:
    kept = line.solution.kept[:-1]
    return [label for label, own in zip(empty.labels, kept, strict=True) if not own]


def _of_clusters(held: Problem | None, clusters: Integers | None) -> list[cautions.Warning_]:
    if held is None or clusters is None:
        return []
    return cautions.of_clusters(clusters, [arm[held.group] for arm in held.arms])


def _diagnostics(plan: EstimationPlan, empty: Problem, line: Line) -> Diagnostics:
    """A regression weights nobody: its arms are worth their rows, and balance is as it was found."""
    arms = line.normal.arms
    found: tuple[Balance, ...] = ()
    if len(arms) == 2 and empty.labels:
        plain = [Central(each.n, each.means[:-1], each.products[:-1, :-1]) for each in arms]
        found = balanced(
            empty.labels, plain, [np.concatenate([[each.n], each.n * each.means]) for each in plain]
        )
    sizes = {spelt(setting): each.n for setting, each in zip(plan.arms, arms, strict=True)}
    return Diagnostics(
        effective_sample_size=sizes,
        balance=tuple(Balance(each.name, each.before, None) for each in found),
        rows_dropped=empty.rows_dropped,
    )
