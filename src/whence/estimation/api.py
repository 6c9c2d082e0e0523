"""`estimate`: an estimand and a table in, an estimate or a refusal out.

Which estimator serves is decided by stated rules (`planning`), which learners by rules and out-of-fold risk
(`screening`); both are told in the estimate's `why`. The same seed gives the same bytes on any executor.

>>> from whence.data.reading import table
>>> from whence.language.graph_text import graph
>>> from whence.language.query import effect
>>> from whence.identification.identify import identify
>>> t = table({"x": [0, 0, 0, 1, 1, 1], "y": [1.0, 2.0, 3.0, 3.0, 4.0, 5.0]})
>>> found = estimate(identify(effect("x", "y"), graph("x -> y")), t)
>>> round(found.value, 6), found.method
(2.0, 'ols')
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from whence.estimation.crossfitted import Fitted, fitted, scored
from whence.estimation.discrete import plug_in_estimates
from whence.estimation.learners import Given, Learners
from whence.estimation.methods import Asked
from whence.estimation.plan import Errors, EstimationPlan, Options
from whence.estimation.planning import needed, plans
from whence.estimation.problem import problem
from whence.estimation.regression import regression
from whence.estimation.rows import columns_of
from whence.estimation.two_levels import third_level
from whence.estimation.values import Estimate
from whence.estimation.values_asked import check_values
from whence.language.refusals import Refusal
from whence.runtime.errors import UnsuitableMethod
from whence.runtime.executor import executor as executor_of
from whence.runtime.seeds import as_seed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.data.tables import Table
    from whence.estimation.columns import Columns
    from whence.language.estimand import Estimand
    from whence.runtime.executor import Executor
    from whence.runtime.seeds import Seed


def estimate(  # noqa: PLR0913
    estimand: Estimand,
    table: Table,
    *,
    method: Asked = "auto",
    learners: Given = None,
    errors: Errors = "robust",
    clusters: str | None = None,
    folds: int = 5,
    repeats: int = 5,
    level: float = 0.95,
    seed: int | Seed = 0,
    executor: Executor | str | None = None,
) -> Estimate | Refusal:
    """The number that answers a query, with its standard error, interval, diagnostics and warnings.

    Parameters
    ----------
    estimand: what `identify` returned; its shape says which estimators fit
    table: the data
    method: "auto", or one of "aipw", "plr", "ols", "plug-in"
    learners: "linear", "boosted", any object with fit and predict, or a mapping of these by "outcome" and
        "treatment"; None leaves it to the rules
    errors: "robust" (for "ols": HC1), "classical" ("ols" only), or "cluster" with `clusters`, a column
    folds, repeats: how cross-fitting splits the rows, and how often; the median over repeats is reported
    level: of the interval
    seed, executor: the source of chance, and the cores to use; the answer depends on the first only

    Returns a refusal (`NoVariation`, `NoOverlap`, `TooFewRows`, `ImpossibleEvidence`, `NotYetAnswerable`)
    where there is no such number. Raises `InvalidOption`, `UnsuitableMethod`, `UnsuitableLearner`, and what
    the data room raises for unknown or unusable columns.
    """
    options = Options(method, Learners.of(learners), errors, clusters, folds, repeats, level, as_seed(seed))
    found = _estimates(estimand, table, options, executor_of(executor))
    if isinstance(found, Refusal):
        return found
    if len(found) > 1:
        raise UnsuitableMethod(
            "estimate",
            f"the query asks for {len(found)} numbers, one for each level of what it leaves open",
            "Use estimate_all, or give values to what is open.",
        )
    return found[0]


def estimate_all(  # noqa: PLR0913
    estimand: Estimand,
    table: Table,
    *,
    method: Asked = "auto",
    learners: Given = None,
    errors: Errors = "robust",
    clusters: str | None = None,
    folds: int = 5,
    repeats: int = 5,
    level: float = 0.95,
    seed: int | Seed = 0,
    executor: Executor | str | None = None,
) -> tuple[Estimate, ...] | Refusal:
    """An estimate for each number that the query asks for: for CATE one per group, for open values one each.

    Parameters as for `estimate`. Where only some of the numbers can be had, those; where none can, the
    first refusal.
    """
    options = Options(method, Learners.of(learners), errors, clusters, folds, repeats, level, as_seed(seed))
    found = _estimates(estimand, table, options, executor_of(executor))
    if isinstance(found, Refusal):
        return found
    numbers = tuple(each for each in found if isinstance(each, Estimate))
    return numbers or cast("Refusal", found[0])


def columns_for(plan: EstimationPlan, table: Table, extra: Sequence[str] = ()) -> Columns:
    """The complete rows that a plan (and a refutation, which names `extra` columns) reads."""
    return columns_of(table, (*plan.variables, *extra))


def run(
    plan: EstimationPlan, columns: Columns, executor: Executor | str | None = "serial"
) -> Estimate | Refusal:
    """Carry out one plan on columns; the plan of an estimate on its own columns gives it again."""
    return _run_all((plan,), columns, executor_of(executor))[0]


def _estimates(
    estimand: Estimand, table: Table, options: Options, workers: Executor
) -> list[Estimate | Refusal] | Refusal:
    columns = columns_of(table, needed(estimand, options))
    check_values(estimand.query, table)
    refusal = third_level(estimand, columns)
    if refusal is not None:
        return refusal
    made = plans(estimand, columns, options)
    return made if isinstance(made, Refusal) else _run_all(made, columns, workers)


def _run_all(
    made: tuple[EstimationPlan, ...], columns: Columns, workers: Executor
) -> list[Estimate | Refusal]:
    """Run plans, fitting the nuisances once for those that differ only in the group they are for."""
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
