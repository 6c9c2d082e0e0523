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

from typing import TYPE_CHECKING, cast

from whence.data.pushdown.remote import Remote
from whence.data.scanning.scan import Scan
from whence.estimation.bootstrap import bootstrapped, unfit_for_bootstrap
from whence.estimation.learners import Given, Learners
from whence.estimation.methods import Asked
from whence.estimation.plan import Errors, EstimationPlan, Options
from whence.estimation.planning import needed, plans
from whence.estimation.remote.estimating import remote_estimates
from whence.estimation.rows import columns_of
from whence.estimation.running import run, run_all
from whence.estimation.streaming.estimating import streamed_estimates
from whence.estimation.streaming.reading import held
from whence.estimation.two_levels import third_level
from whence.estimation.values import Estimate
from whence.estimation.values_asked import check_values
from whence.language.refusals import Refusal
from whence.numerics.blocks import BLOCK
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

__all__ = ["columns_for", "estimate", "estimate_all", "run"]


def estimate(  # noqa: PLR0913
    estimand: Estimand,
    table: Table | Scan | Remote,
    *,
    method: Asked = "auto",
    learners: Given = None,
    errors: Errors = "robust",
    clusters: str | None = None,
    folds: int = 5,
    repeats: int = 5,
    level: float = 0.95,
    seed: int | Seed = 0,
    replicates: int | None = None,
    executor: Executor | str | None = None,
) -> Estimate | Refusal:
    """The number that answers a query, with its standard error, interval, diagnostics and warnings.

    Parameters
    ----------
    estimand: what `identify` returned; its shape says which estimators fit
    table: the data: in memory, read block by block (`whence.scan`), or in a database server
    method: "auto", or one of "aipw", "plr", "ols", "plug-in"
    learners: "linear", "boosted", any object with fit and predict, or a mapping of these by "outcome" and
        "treatment"; None leaves it to the rules
    errors: "robust" (for "ols": HC1), "classical" ("ols" only), "cluster" with `clusters`, a column, or
        "bootstrap" (of whole clusters, if these are named)
    replicates: how many bootstrap samples (200); to name it is to ask for the bootstrap
    folds, repeats: how cross-fitting splits the rows, and how often; the median over repeats is reported
    level: of the interval
    seed, executor: the source of chance, and the cores to use; the answer depends on the first only

    Returns a refusal (`NoVariation`, `NoOverlap`, `TooFewRows`, `ImpossibleEvidence`, `NotYetAnswerable`)
    where there is no such number. Raises `InvalidOption`, `UnsuitableMethod`, `UnsuitableLearner`, and what
    the data room raises for unknown or unusable columns.
    """
    chosen, root = Learners.of(learners), as_seed(seed)
    options = Options(method, chosen, errors, clusters, folds, repeats, level, root, replicates)
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
    table: Table | Scan | Remote,
    *,
    method: Asked = "auto",
    learners: Given = None,
    errors: Errors = "robust",
    clusters: str | None = None,
    folds: int = 5,
    repeats: int = 5,
    level: float = 0.95,
    seed: int | Seed = 0,
    replicates: int | None = None,
    executor: Executor | str | None = None,
) -> tuple[Estimate, ...] | Refusal:
    """An estimate for each number that the query asks for: for CATE one per group, for open values one each.

    Parameters as for `estimate`. Where only some of the numbers can be had, those; where none can, the
    first refusal.
    """
    chosen, root = Learners.of(learners), as_seed(seed)
    options = Options(method, chosen, errors, clusters, folds, repeats, level, root, replicates)
    found = _estimates(estimand, table, options, executor_of(executor))
    if isinstance(found, Refusal):
        return found
    numbers = tuple(each for each in found if isinstance(each, Estimate))
    return numbers or cast("Refusal", found[0])


def columns_for(plan: EstimationPlan, table: Table, extra: Sequence[str] = ()) -> Columns:
    """The complete rows that a plan (and a refutation, which names `extra` columns) reads."""
    return columns_of(table, (*plan.variables, *extra))


def _estimates(
    estimand: Estimand, table: Table | Scan | Remote, options: Options, workers: Executor
) -> list[Estimate | Refusal] | Refusal:
    if isinstance(table, Remote):
        return remote_estimates(estimand, table, options)
    names = needed(estimand, options)
    if isinstance(table, Scan):
        whole = table.complete(names)
        check_values(estimand.query, table)
        if whole.rows > BLOCK:
            return streamed_estimates(estimand, whole, options, table.rows - whole.rows, workers)
        columns = held(whole, names, table.rows - whole.rows)
    else:
        columns = columns_of(table, names)
        check_values(estimand.query, table)
    refusal = third_level(estimand, columns)
    if refusal is not None:
        return refusal
    made = plans(estimand, columns, options)
    if isinstance(made, Refusal) or options.errors != "bootstrap":
        return made if isinstance(made, Refusal) else run_all(made, columns, workers)
    return unfit_for_bootstrap(made, columns) or bootstrapped(
        run_all(made, columns, workers), columns, workers
    )
