"""Estimates from a scan of more than one block: planned on counts, carried out block by block.

The methods are those of rows in memory, and so are their digits: plug-in from exact counts, plain regression,
partially linear regression and AIPW with linear models. What needs all rows at once is an error that names
the cure, or is not tried where nobody asked for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.averaged import read_by
from whence.estimation.crossfitted import fitted_as, scored_all
from whence.estimation.discrete import plug_in_estimates
from whence.estimation.labels import told_apart
from whence.estimation.plan import EstimationPlan, Options, spelt
from whence.estimation.planning import needed, plans
from whence.estimation.problem import (
    among_arms,
    no_variation,
    nobody_within,
    outcome_of,
    too_few,
    treatment_of,
)
from whence.estimation.regression import regression_on
from whence.estimation.streaming.checks import check_options
from whence.estimation.streaming.counted import counted_columns
from whence.estimation.streaming.reading import Kind, kinds_of
from whence.estimation.streaming.ridges import ridges_on
from whence.estimation.streaming.rows import Extent, Streamed, streamed
from whence.estimation.streaming.screen import linear_screen
from whence.estimation.streaming.shown import shown
from whence.estimation.two_levels import third_level
from whence.language.estimand import Adjustment
from whence.language.refusals import NoVariation, Refusal

if TYPE_CHECKING:
    from whence.data.scanning.scan import Scan
    from whence.estimation.columns import Columns
    from whence.estimation.values import Estimate
    from whence.language.estimand import Estimand
    from whence.runtime.executor import Executor


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """A scan that misses none of the variables, what they are, and what planning saw of them."""

    scan: Scan
    kinds: Mapping[str, Kind]
    shown: Columns
    executor: Executor | None


def streamed_estimates(
    estimand: Estimand, scan: Scan, options: Options, dropped: int, executor: Executor | None
) -> list[Estimate | Refusal] | Refusal:
    """An estimate, or a refusal, for each number that the query asks for.

    `scan` is of the rows that miss none of the variables; `dropped` were left out for that. Raises
    `UnsuitableMethod` and `UnsuitableLearner` for what needs all rows at once.
    """
    check_options(options)
    names = needed(estimand, options)
    kinds = kinds_of(scan, names)
    seen = shown(scan, kinds, *_keys(estimand), dropped)
    refusal = third_level(estimand, seen)
    if refusal is not None:
        return refusal
    made = plans(estimand, seen, options)
    if isinstance(made, Refusal):
        return made
    source = _Source(scan, kinds, seen, executor)
    found: list[Estimate | Refusal] = []
    for some in _alike(made):
        found += _plug_in(source, some) if some[0].method == "plug-in" else _on_rows(source, some)
    return found


def _keys(estimand: Estimand) -> tuple[list[str], list[str]]:
    """What has to be counted together for planning: treatments and groups; and what else if it can be."""
    query, shape = estimand.query, estimand.shape
    contrast = query.contrast
    first = [*query.treatments, *(() if contrast is None else (contrast.treatment, *contrast.by))]
    first += [name for name in read_by([query.body]) if name not in query.outcomes]
    if not isinstance(shape, Adjustment):
        return first, []
    return [*shape.treatments, *first, *shape.by], list(shape.adjust)


def _alike(made: Sequence[EstimationPlan]) -> list[list[EstimationPlan]]:
    """Neighbouring plans that can be carried out together."""
    found: list[list[EstimationPlan]] = []
    for plan in made:
        if found and _core(found[-1][0]) == _core(plan):
            found[-1].append(plan)
        else:
            found.append([plan])
    return found


def _core(plan: EstimationPlan) -> EstimationPlan:
    """A plan without what only says whom it is about."""
    if plan.method == "plug-in":
        return replace(plan, entry=(), label="")
    return replace(plan, within=(), label="")


def _plug_in(source: _Source, some: Sequence[EstimationPlan]) -> list[Estimate | Refusal]:
    plan = some[0]
    formulas = [each for each in (plan.expression, plan.naive) if each is not None]
    columns = counted_columns(
        source.scan, plan.variables, formulas, source.shown.rows_dropped, source.executor
    )
    if isinstance(columns, Refusal):
        return [columns for _ in some]
    return plug_in_estimates(some, columns)


def _on_rows(source: _Source, some: Sequence[EstimationPlan]) -> list[Estimate | Refusal]:
    found: dict[int, Estimate | Refusal] = {}
    going: list[EstimationPlan] = []
    extent = None
    for number, plan in enumerate(some):
        checked = _checked(source, plan)
        if isinstance(checked, Refusal):
            found[number] = checked
        else:
            extent = checked
            going.append(plan)
    if extent is not None:
        rows = streamed(source.scan, source.kinds, going, source.shown, extent)
        estimates = iter(_carried_out(source, rows, extent.sizes))
        found.update({number: next(estimates) for number in range(len(some)) if number not in found})
    return [found[number] for number in range(len(some))]


def _carried_out(source: _Source, rows: Streamed, sizes: Sequence[int]) -> list[Estimate | Refusal]:
    plan, executor = rows.plans[0], source.executor
    if plan.method == "ols":
        return [regression_on(each, rows, place, executor) for place, each in enumerate(rows.plans)]
    ridges = ridges_on(rows, sizes, executor)
    choice = linear_screen(source.scan, plan, ridges, len(rows.empty.labels), executor)
    return scored_all(rows.plans, fitted_as(plan, choice, rows, source.executor))


def _checked(source: _Source, plan: EstimationPlan) -> Extent | Refusal:
    """The refusals of `problem`, from what planning saw; else which rows have a part in it."""
    columns = source.shown
    arms = [columns.members(arm) for arm in plan.arms]
    sizes = [columns.selected(arm).n for arm in arms]
    empty = [arm for arm, size in zip(plan.arms, sizes, strict=True) if size == 0]
    if empty:
        return NoVariation(
            f"No row has {spelt(empty[0])}, so there is nothing to compare with.",
            (f"rows with {spelt(empty[0])}",),
        )
    covered = len(arms) == 2 and sum(sizes) == columns.n
    among = among_arms(plan) and not covered
    if among:
        columns = columns.selected(arms[0] | arms[1])
        arms, covered = [columns.members(arm) for arm in plan.arms], True
    outcome_of(plan, columns)
    t = treatment_of(plan, columns, arms)
    if bool(np.all(t == t[0])) and len(arms) != 1:
        return no_variation(plan, float(t[0]))
    if columns.selected(columns.members(plan.within)).n == 0:
        return nobody_within(plan)
    refusal = _told_apart(source, plan) or too_few(plan, columns.n, min(sizes, default=columns.n), bool(arms))
    return refusal or Extent(columns.n, tuple(sizes), among, covered)


def _told_apart(source: _Source, plan: EstimationPlan) -> Refusal | None:
    """The refusal of labels that leave nobody to compare with, each counted with the arms and the groups."""
    for name in dict.fromkeys((*plan.adjust, *plan.by)):
        if source.kinds[name].text:
            beside = (*(plan.treatments if plan.arms else ()), *plan.by)
            keys = [each for each in dict.fromkeys((name, *beside)) if source.kinds[each].discrete]
            seen = shown(source.scan, source.kinds, keys, (), source.shown.rows_dropped)
            arms = [seen.members(arm) for arm in plan.arms]
            if among_arms(plan):
                seen = seen.selected(arms[0] | arms[1])
                arms = [seen.members(arm) for arm in plan.arms]
            alone = replace(plan, adjust=(name,), by=())
            refusal = told_apart(alone, seen, arms, seen.members(plan.within))
            if refusal is not None:
                return refusal
    return None
