"""Estimating again on altered data, with everything else as it was: what refutations are made of.

`re_estimate` runs the plan of an estimate with the learners it had chosen. A permuted treatment, another
outcome, a random cause added to the adjusting set, or a part of the rows: each is one argument.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.columns import MANY_LEVELS, Column
from whence.estimation.rules import settled
from whence.estimation.running import run
from whence.numerics.arrays import floats
from whence.runtime.errors import UnsuitableMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whence.estimation.columns import Columns
    from whence.estimation.plan import EstimationPlan
    from whence.estimation.values import Estimate
    from whence.language.refusals import Refusal
    from whence.numerics.arrays import Booleans, Floats, Integers
    from whence.runtime.executor import Executor
    from whence.runtime.seeds import Seed


def re_estimate(  # noqa: PLR0913
    plan: EstimationPlan,
    columns: Columns,
    *,
    treatment: Floats | None = None,
    outcome: Floats | str | None = None,
    extra: Mapping[str, Floats] | None = None,
    without: tuple[str, ...] = (),
    rows: Booleans | Integers | None = None,
    repeats: int | None = None,
    seed: Seed | None = None,
    executor: Executor | str | None = "serial",
) -> Estimate | Refusal:
    """The estimate of a plan on altered columns.

    Parameters
    ----------
    plan, columns: of the estimate: `estimate.plan` and `columns_for(estimate.plan, table)`
    treatment: other numbers (n,) for the treatment, or for a text treatment other positions among its levels
    outcome: other numbers (n,) for the outcome, or the name of another of the columns
    extra: columns (n,) to adjust for besides
    without: names to leave out of the adjusting set
    rows: which rows to use, as a mask or positions
    repeats, seed: other than the plan's

    A plan cut to one of its arms gives the mean in that arm.

    Raises `UnsuitableMethod` for `extra` or `without` where the estimand is no adjustment.
    """
    changes: dict[str, Column] = {}
    if treatment is not None:
        changes[plan.treatment] = replace(columns[plan.treatment], numbers=floats(treatment))
    if outcome is not None:
        changes[plan.outcome] = columns[outcome] if isinstance(outcome, str) else numeric_column(outcome)
    added = tuple(extra or ())
    for name, numbers in (extra or {}).items():
        changes[name] = numeric_column(numbers, halves=plan.method == "plug-in")
    altered = columns.replaced(changes)
    if rows is not None:
        altered = altered.selected(rows)
    if isinstance(outcome, str) and not columns[outcome].text:
        plan = replace(plan, event=None)  # another outcome has not the values that an event speaks of
    changed = _changed(plan, added, without)
    options = replace(
        plan.options,
        repeats=plan.options.repeats if repeats is None else repeats,
        seed=plan.options.seed if seed is None else seed,
    )
    return run(replace(changed, options=options), altered, executor)


def _changed(plan: EstimationPlan, added: tuple[str, ...], without: tuple[str, ...]) -> EstimationPlan:
    """The plan with another adjusting set; between arms a plug-in's formula is written for it anew."""
    adjust = tuple(name for name in (*plan.adjust, *added) if name not in without)
    changed = replace(plan, adjust=adjust)
    if len(plan.arms) == 1 and plan.method in ("ols", "plr"):
        changed = replace(changed, method="aipw" if adjust else "plug-in")  # regressions give no means
    if changed.method != "plug-in":
        return changed
    if plan.arms:
        return settled(replace(changed, expression=None))
    if adjust != plan.adjust:
        raise UnsuitableMethod(
            "plug-in", "the estimand is no adjustment, so nothing can be added to it or taken away"
        )
    return changed


def numeric_column(numbers: Floats, *, halves: bool = False) -> Column:
    """A column of numbers, with its levels where they are few; `halves` cuts many values at the median.

    A plug-in counts combinations, so a continuous cause can enter it as two halves only.
    """
    values = floats(numbers)
    distinct = np.unique(values)
    if distinct.size > MANY_LEVELS and halves:
        values = floats(values > float(np.median(values)))
        distinct = np.unique(values)
    return Column(values, tuple(distinct.tolist()) if distinct.size <= MANY_LEVELS else None)
