"""Plain regression from sums: the rows stay in the server.

The first question asks for the means of outcome, treatment and design, the second for their centred sums of
products: the normal equations. The third sends the coefficients there and asks for what is left of each row,
weighted as the error of the treatment's coefficient weights it (HC1), and for what rounding left of the
normal equations, which corrects the solution once as regression in memory does.

Source: J. Angrist and J.-S. Pischke, *Mostly Harmless Econometrics* (2009), chapter 3; H. White, Econometrica
48 (1980); J. MacKinnon and H. White, J. Econometrics 29 (1985), for HC1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whence.data.pushdown import moments as sums
from whence.data.pushdown.exact import ExactSum, read, written
from whence.data.pushdown.sql import derived, number, select
from whence.estimation import cautions
from whence.estimation.least_squares import without_constants
from whence.estimation.plan import spelt
from whence.estimation.remote.design import Design, design_of
from whence.estimation.values import Balance, Diagnostics, Estimate
from whence.language.refusals import ImpossibleEvidence, NoVariation, Refusal, TooFewRows
from whence.numerics.intervals import t_interval
from whence.numerics.linear import Solution, solve_gram

if TYPE_CHECKING:
    from whence.data.pushdown.moments import Asked
    from whence.data.pushdown.remote import Remote
    from whence.data.pushdown.server import Session
    from whence.estimation.columns import Columns
    from whence.estimation.plan import EstimationPlan
    from whence.numerics.arrays import Floats
    from whence.numerics.moments import Central


@dataclass(frozen=True, slots=True)
class Left:
    """Sums over the rows of what regression leaves: r of the outcome, l of the treatment scaled by its error.

    `normal` (p,) is what is left of the normal equations; `treated` (p,) the sums of squares of the centred
    columns over the treated, where there are such.
    """

    r2: float
    l2: float
    l4: float
    meat: float
    largest: float
    normal: Floats
    treated: Floats


def regression(plan: EstimationPlan, data: Remote, columns: Columns) -> Estimate | Refusal:
    """The least-squares effect of the treatment, given the design, within the plan's group.

    `columns` are those that the plan was made on (see `shown`).
    """
    refusal = _nobody(plan, columns)
    if refusal is not None:
        return refusal
    design = design_of(plan, data, columns)
    with data.session() as session:
        central = sums.moments(session, design.asked)
        solution = _solved(central)
        rank = int(np.count_nonzero(solution.kept)) + 1
        refusal = _undetermined(plan, solution, rank, central)
        if refusal is not None:
            return refusal
        left = _left(session, design.asked, central, solution)
    return _estimate(plan, design, central, solution, left, columns)


def _solved(central: Central) -> Solution:
    width = central.means.size - 1
    return solve_gram(without_constants(central, width), central.products[:width, width])


def _nobody(plan: EstimationPlan, columns: Columns) -> Refusal | None:
    for arm in plan.arms:
        if not bool(columns.members(arm).any()):
            return NoVariation(
                f"No row has {spelt(arm)}, so there is nothing to compare with.", (f"rows with {spelt(arm)}",)
            )
    if not bool(columns.members(plan.within).any()):
        return ImpossibleEvidence(f"No row has {spelt(plan.within)}.")
    return None


def _undetermined(plan: EstimationPlan, solution: Solution, rank: int, central: Central) -> Refusal | None:
    rows, treatment = int(central.n), central.means.size - 2
    if rows < 3:
        return TooFewRows(f"There are {rows} complete rows; a regression needs more.", ("more rows",))
    if float(central.products[treatment, treatment]) == 0.0:
        return NoVariation(
            f"{plan.treatment} is {central.means[treatment]:g} in every row, so its effect cannot be seen.",
            (f"rows in which {plan.treatment} differs",),
        )
    if not bool(solution.kept[-1]) and rank < rows:
        return NoVariation(
            f"{plan.treatment} is determined by what is adjusted for, so its coefficient cannot be told.",
            (f"rows that are alike in what is adjusted for and differ in {plan.treatment}",),
        )
    if rank >= rows:
        return TooFewRows(
            f"{rows:,} rows do not determine {rank:,} coefficients with a residual to spare.", ("more rows",)
        )
    return None


def _left(session: Session, asked: Asked, central: Central, solution: Solution) -> Left:
    """The second question: with r and l computed where the rows are."""
    width = central.means.size - 1
    reach = [
        max(term.high - mean, mean - term.low)
        for term, mean in zip(asked.terms, central.means.tolist(), strict=True)
    ]
    centred = [
        (f"({term.sql} - {number(mean)})", f"d{i}")
        for i, (term, mean) in enumerate(zip(asked.terms, central.means.tolist(), strict=True))
    ]
    weights = solution.inverse[-1].tolist()
    slopes = solution.coefficients.tolist()
    forms = [
        (" ".join([f"d{width}", *(f"- {number(b)} * d{i}" for i, b in enumerate(slopes))]), "r"),
        (" + ".join(f"{number(w)} * d{i}" for i, w in enumerate(weights)), "l"),
    ]
    fence = session.dialect.fence
    inner = derived(centred, asked.source, "centred", fence=fence)
    source = derived(forms, inner, "fitted", keep=[f"d{i}" for i in range(width + 1)], fence=fence)
    r = reach[width] + sum(abs(slope) * each for slope, each in zip(slopes, reach, strict=False))
    l = sum(abs(weight) * each for weight, each in zip(weights, reach, strict=False))
    above = f"CASE WHEN d{width - 1} > 0 THEN d{{0}} * d{{0}} ELSE 0e0 END"
    parts = [
        ExactSum("(r * r)", r * r, finely=True),
        ExactSum("(l * l)", l * l, finely=True),
        ExactSum("(l * l * l * l)", l**4, finely=True),
        ExactSum("(r * l * r * l)", (r * l) ** 2, finely=True),
        *(ExactSum(f"(d{i} * r)", reach[i] * r, finely=True) for i in range(width)),
        *(ExactSum(f"({above.format(i)})", reach[i] ** 2, finely=True) for i in range(width - 1)),
    ]
    items = ["MAX(ABS(r * l))", *(f"SUM({term})" for term in written(parts, session.dialect))]
    largest, *answer = session.rows(select(items, source), asked.names, asked.values)[0]
    found = read(parts, answer, session.dialect)
    normal, treated = np.array(found[4 : 4 + width]), np.array(found[4 + width :])
    return Left(found[0], found[1], found[2], found[3], float(largest), normal, treated)


def _estimate(
    plan: EstimationPlan,
    design: Design,
    central: Central,
    solution: Solution,
    left: Left,
    columns: Columns,
) -> Estimate:
    n, width = int(central.n), central.means.size - 1
    rank = int(np.count_nonzero(solution.kept)) + 1
    slopes = solution.coefficients + solution.inverse @ left.normal
    spare = n - rank
    if plan.options.usual == "classical":
        variance = float(solution.inverse[-1, -1]) * left.r2 / spare
    else:
        variance = left.meat * n / spare
    value, se = float(slopes[-1]) * plan.step, float(np.sqrt(max(variance, 0.0))) * abs(plan.step)
    spread = float(np.sqrt(central.products[width, width] / n))
    largest = max(abs(design.outcome.low), abs(design.outcome.high))
    dropped = [label for label, own in zip(design.labels, solution.kept[:-1], strict=True) if not own]
    return Estimate(
        value=value,
        se=se,
        interval=t_interval(value, se, plan.options.level, spare),
        level=plan.options.level,
        n=n,
        naive=float(central.products[width - 1, width] / central.products[width - 1, width - 1]) * plan.step,
        method="ols",
        why=plan.why,
        label=plan.label,
        diagnostics=_diagnostics(plan, design, central, left, columns),
        warnings=(
            *cautions.of_regression(plan.treatment, n, np.array([left.l2, left.l4]), None),
            *cautions.of_range(plan, design.treatment.low, design.treatment.high),
            *cautions.of_rows(columns.rows_dropped, _compared(plan, columns).n),
            *cautions.of_largest(left.largest**2 / left.meat if left.meat > 0.0 else 0.0, None),
            *cautions.of_no_error(se, spread, largest),
            *cautions.of_columns(dropped),
        ),
        plan=plan,
    )


def _compared(plan: EstimationPlan, columns: Columns) -> Columns:
    arms = [columns.members(arm) for arm in plan.arms]
    return columns.selected(np.logical_or.reduce(arms)) if arms else columns


def _diagnostics(
    plan: EstimationPlan, design: Design, central: Central, left: Left, columns: Columns
) -> Diagnostics:
    """How many rows each arm has, and how far apart the arms are in each column of the design."""
    n, width = central.n, central.means.size - 1
    if len(plan.arms) != 2:
        return Diagnostics(rows_dropped=columns.rows_dropped)
    first = float(central.means[width - 1]) * n
    sizes = [round(first), round(n - first)]
    found: list[Balance] = []
    for i, label in enumerate(design.labels):
        # Sums of centred products with the treatment give the arms' means, those of squares their variances.
        moved = float(central.products[i, width - 1])
        above, below = moved / sizes[0], -moved / sizes[1]
        whole = float(central.products[i, i])
        squares = (float(left.treated[i]), whole - float(left.treated[i]))
        variances = [
            max(total / size - mean**2, 0.0)
            for total, size, mean in zip(squares, sizes, (above, below), strict=True)
        ]
        scale = float(np.sqrt(sum(variances) / 2.0))
        found.append(Balance(label, (above - below) / (scale if scale > 0.0 else 1.0), None))
    return Diagnostics(
        effective_sample_size={spelt(arm): float(size) for arm, size in zip(plan.arms, sizes, strict=True)},
        balance=tuple(found),
        rows_dropped=columns.rows_dropped,
    )
