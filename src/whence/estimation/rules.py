"""Which method estimates a plan, and why: stated rules, told in words with every estimate.

For `method="auto"`, in order:

1. A table of probabilities: the plug-in, exactly.
2. Nothing to adjust for, two arms or a slope: plain regression, which is the difference in means.
3. Everything adjusted for discrete, and every stratum seen five times under each arm: the plug-in, which
   needs no model.
4. An effect with fewer than ten rows for each column of the design: plain regression. Cross-fitted models
   would have to shrink the columns, which leaves confounding in; regression absorbs them.
5. Two arms (or one): AIPW. A treatment that is a number of many values: partially linear regression.

An estimand of another shape never comes here: it is always evaluated as it stands, by the plug-in.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.averaged import can_be_averaged
from whence.estimation.forms import adjusted
from whence.estimation.joint import MOST_CELLS
from whence.estimation.plan import EstimationPlan, Options, spelt
from whence.language.expression import substitute
from whence.language.refusals import NoOverlap, Refusal
from whence.numerics.blocks import BLOCK
from whence.runtime.errors import UnsuitableMethod

if TYPE_CHECKING:
    from whence.estimation.columns import Columns
    from whence.estimation.methods import Method

LEAST_PER_CELL = 5
LEAST_PER_STRATUM = 10
ROWS_PER_COLUMN = 10
SPARE_ROWS = 30


def with_method(
    made: tuple[EstimationPlan, ...], columns: Columns, options: Options
) -> tuple[EstimationPlan, ...] | Refusal:
    """The plans with the method that the rules or the user choose, and the reason in words."""
    found: list[EstimationPlan] = []
    for plan in made:
        chosen = _by_rule(plan, columns) if options.method == "auto" else _as_asked(plan, options)
        method, why = chosen
        if method is None:
            return NoOverlap(why, ("rows of both groups that are alike in what is adjusted for",))
        found.append(settled(replace(plan, method=method, why=why)))
    return tuple(found)


def settled(plan: EstimationPlan) -> EstimationPlan:
    """The plan with the formulas that a plug-in evaluates; other methods need none."""
    if plan.method != "plug-in":
        return replace(plan, expression=None)
    bare = replace(plan, adjust=(), by=tuple(name for name, _ in plan.within), treated=False)
    written = adjusted(plan) if plan.expression is None else substitute(plan.expression, dict(plan.within))
    return replace(plan, expression=written, naive=adjusted(bare))


def _by_rule(plan: EstimationPlan, columns: Columns) -> tuple[Method | None, str]:
    if columns.weighting == "probabilities":
        return "plug-in", "The table holds probabilities, and the formula is evaluated on them exactly."
    names = tuple(dict.fromkeys((*plan.adjust, *plan.by)))
    if not names and len(plan.arms) != 1:
        what = "the difference in means" if plan.arms else "the plain slope"
        return "ols", f"There is nothing to adjust for, so this is {what}."
    discrete = all(columns[name].discrete for name in names)
    if plan.arms and discrete and columns.combines((*names, *plan.treatments)):
        least, overlapping = _strata(plan, columns, names)
        if least >= LEAST_PER_CELL and _fits(plan, columns, names):
            return "plug-in", (
                "Every combination of what is adjusted for was seen under each treatment, so means are "
                "compared within each and averaged; no model is needed."
            )
        if not overlapping:
            arms = " and ".join(spelt(arm) for arm in plan.arms)
            return None, f"No combination of {', '.join(names)} was seen under both {arms}."
    rows, width = columns.n, columns.width(names, classes=True)
    if len(plan.arms) != 1 and width + SPARE_ROWS <= rows < ROWS_PER_COLUMN * (width + 1):
        return "ols", (
            f"Plain regression: with {width:,} columns to adjust for and {rows:,} rows, cross-fitted models "
            "would have to shrink the columns and leave confounding in. The effect is taken as one for all."
        )
    if not plan.arms:
        return "plr", (
            f"{plan.treatment} is a number of many values, so its effect is taken as the same for each unit "
            "more (partially linear regression)."
        )
    return "aipw", (
        "Augmented inverse-probability weighting, which is right if either the model of the outcome or that "
        "of the treatment is."
    )


def _as_asked(plan: EstimationPlan, options: Options) -> tuple[Method, str]:
    asked, treatment = options.method, plan.treatment
    match asked:
        case "plug-in" if not plan.arms:
            raise UnsuitableMethod(asked, f"{treatment} has too many values", 'Use method="plr".')
        case "plug-in":
            return "plug-in", "Asked for: the estimand evaluated on the table's own frequencies."
        case "aipw" if not plan.arms:
            raise UnsuitableMethod(asked, f"{treatment} is a number of many values", 'Use method="plr".')
        case "plr" | "ols" if len(plan.arms) == 1:
            raise UnsuitableMethod(asked, "it gives effects; a mean was asked for", 'Use method="aipw".')
        case "plr":
            return (
                "plr",
                "Asked for: partially linear regression, which takes the effect as the same for all.",
            )
        case "ols":
            return (
                "ols",
                ("Asked for: plain regression; it takes the effect as the same for all, and all as linear."),
            )
        case _:
            return "aipw", "Asked for: augmented inverse-probability weighting."


def _fits(plan: EstimationPlan, columns: Columns, names: tuple[str, ...]) -> bool:
    sizes = [float(len(columns[name].all_levels())) for name in (*names, *plan.treatments)]
    outcome = columns[plan.outcome]
    if outcome.discrete or (columns.together is None and columns.n <= BLOCK):
        return float(np.prod(sizes)) * len(outcome.all_levels()) <= MOST_CELLS
    # Of more rows an outcome of many values is averaged within cells.
    return plan.event is None and can_be_averaged(prod(int(size) for size in sizes))


def _strata(plan: EstimationPlan, columns: Columns, names: tuple[str, ...]) -> tuple[float, bool]:
    """The fewest units of an arm in any stratum that counts, and whether the arms meet.

    They meet where some stratum has every arm; strata of under ten units on average are too fine to tell.
    """
    arms = [columns.members(arm) for arm in plan.arms]
    strata = columns.strata(names)
    weights = np.ones(columns.rows) if columns.weights is None else columns.weights
    many = int(strata.max()) + 1
    counts = np.stack([np.bincount(strata, weights=weights * arm, minlength=many) for arm in arms])
    counting = counts[0] > 0.0 if plan.treated else np.ones(many, dtype=np.bool_)
    fine = float(counts.sum()) < LEAST_PER_STRATUM * many
    return float(counts[:, counting].min(initial=np.inf)), fine or bool(np.any(counts.min(axis=0) > 0.0))
