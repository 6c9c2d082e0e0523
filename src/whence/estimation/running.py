"""Plans carried out: each with its method, the nuisances fitted once for plans that differ in the group only.

>>> from whence.estimation.columns import Column, Columns
>>> from whence.estimation.plan import EstimationPlan, Options
>>> import numpy as np
>>> x, y = Column(np.array([0.0, 0.0, 1.0, 1.0]), (0, 1)), Column(np.array([1.0, 2.0, 3.0, 6.0]))
>>> arms = ((("x", 1),), (("x", 0),))
>>> plan = EstimationPlan("y", ("x",), (), "ols", Options(), arms=arms)
>>> round(run(plan, Columns({"x": x, "y": y})).value, 6)
3.0
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from whence.estimation.crossfitted import Fitted, fitted, scored
from whence.estimation.discrete import plug_in_estimates
from whence.estimation.problem import problem
from whence.estimation.regression import regression
from whence.language.refusals import Refusal
from whence.runtime.executor import executor as executor_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.columns import Columns
    from whence.estimation.plan import EstimationPlan
    from whence.estimation.values import Estimate
    from whence.runtime.executor import Executor


def run(
    plan: EstimationPlan, columns: Columns, executor: Executor | str | None = "serial"
) -> Estimate | Refusal:
    """Carry out one plan on columns; the plan of an estimate on its own columns gives it again.

    The standard error is that of the influence function even where the plan asks for the bootstrap, which
    is made of such runs (see `bootstrap`).
    """
    return run_all((plan,), columns, executor_of(executor))[0]


def run_all(
    made: Sequence[EstimationPlan], columns: Columns, workers: Executor | None
) -> list[Estimate | Refusal]:
    """Run plans, fitting the nuisances once for those that differ only in the group they are for.

    Without `workers` all is done here and no progress is told: for runs that are items of work themselves.
    """
    if all(plan.method == "plug-in" and plan.expression is made[0].expression for plan in made):
        return plug_in_estimates(made, columns)
    results: list[Estimate | Refusal] = []
    last: tuple[EstimationPlan, Fitted] | None = None
    for plan in made:
        if plan.method == "plug-in":
            results.extend(plug_in_estimates((plan,), columns))
            continue
        data = problem(plan, columns)
        if isinstance(data, Refusal):
            results.append(data)
        elif plan.method == "ols":
            results.append(regression(plan, data, workers))
        else:
            alike = replace(plan, within=(), label="")
            if last is None or last[0] != alike:
                last = (alike, fitted(plan, data, workers))
            results.append(scored(plan, data, last[1]))
    return results
