"""Estimates where the data are: by counts, by means and spreads within cells, or by plain regression.

1. Every variable of the estimand has few values: the server counts their combinations, and the plug-in
   evaluates the estimand on the counts; the digits are those of the rows in memory.
2. All but the outcome have few: the server adds up the outcome and its square within each combination.
3. `method="ols"`: the server adds up products, and then what regression leaves.

Everything else needs rows, which are not fetched: the error says how to bring them here.

>>> import sqlite3
>>> from whence.data import remote
>>> from whence.estimation.plan import Options
>>> from whence.identification.identify import identify
>>> from whence.language.graph_text import graph
>>> from whence.language.query import effect
>>> db = sqlite3.connect(":memory:")
>>> _ = db.execute("CREATE TABLE t (x INT, y REAL)")
>>> _ = db.executemany("INSERT INTO t VALUES (?, ?)", [(i % 2, i % 2 + i / 100) for i in range(100)])
>>> estimand = identify(effect("x", "y"), graph("x -> y"))
>>> found = remote_estimates(estimand, remote(db, "t"), Options(method="ols"))[0]
>>> round(found.value, 9), found.n
(1.01, 100)
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from whence.data.pushdown.errors import NeedsRows
from whence.data.pushdown.remote import Remote
from whence.estimation.averaged import can_be_averaged, only_averages
from whence.estimation.discrete import mentioned, plug_in_estimates
from whence.estimation.planning import needed, plans
from whence.estimation.remote.cells import celled
from whence.estimation.remote.regression import regression
from whence.estimation.remote.shown import shown
from whence.estimation.rows import columns_of
from whence.estimation.two_levels import third_level
from whence.estimation.values_asked import check_values
from whence.language.estimand import Adjustment
from whence.language.refusals import Refusal
from whence.runtime.errors import listed

if TYPE_CHECKING:
    from whence.estimation.columns import Columns
    from whence.estimation.plan import EstimationPlan, Options
    from whence.estimation.values import Estimate
    from whence.language.estimand import Estimand


def remote_estimates(
    estimand: Estimand, data: Remote, options: Options
) -> list[Estimate | Refusal] | Refusal:
    """An estimate, or a refusal, for each number that the query asks for.

    Raises `NeedsRows` for what cannot be had from counts and sums, and what a table in memory raises for
    unknown or unusable columns.
    """
    names = needed(estimand, options)
    sketches = data.sketch(names)
    check_values(estimand.query, data)
    if options.errors not in ("robust", "classical") or options.clusters is not None:
        raise NeedsRows(options.method, f"{options.errors} errors are computed from rows")
    many = [name for name in names if not sketches[name].levels and sketches[name].missing < data.rows]
    if options.method == "ols":
        columns = _for_regression(estimand, data, names, many)
    elif not many:
        columns = columns_of(data.counted(names), names)
    elif _averaged(estimand, data, names, many):
        columns = celled(data, names, many[0])
    else:
        raise NeedsRows(
            options.method,
            f"{listed(many)} {'has' if len(many) == 1 else 'have'} too many values to be counted",
            'Ask for plain regression, method="ols", which needs sums alone.',
        )
    refusal = third_level(estimand, columns)
    if refusal is not None:
        return refusal
    made = plans(estimand, columns, options)
    if isinstance(made, Refusal):
        return made
    if all(plan.method == "plug-in" and plan.expression is made[0].expression for plan in made):
        return plug_in_estimates(made, columns)
    return [_carried_out(plan, data, columns) for plan in made]


def _carried_out(plan: EstimationPlan, data: Remote, columns: Columns) -> Estimate | Refusal:
    if plan.method == "plug-in":
        return plug_in_estimates((plan,), columns)[0]
    if plan.method == "ols":
        return regression(plan, data, columns)
    raise NeedsRows(
        plan.method,
        f"{plan.method} fits models to rows, which stay in the database",
        'Ask for method="ols", or, where every variable has few values, for method="plug-in".',
    )


def _averaged(estimand: Estimand, data: Remote, names: tuple[str, ...], many: list[str]) -> bool:
    """Whether one number has many values, and the formula does nothing with it but average it."""
    if len(many) != 1 or data.storage(many[0]) == "text":
        return False
    sketches = data.sketch([name for name in names if name not in many])
    cells = prod(len(each.levels) or 1 for each in sketches.values())
    return can_be_averaged(cells) and only_averages(estimand.expression, many[0])


def _for_regression(estimand: Estimand, data: Remote, names: tuple[str, ...], many: list[str]) -> Columns:
    """What planning a regression has to see: treatments and groups counted, the rest by its ends."""
    shape = estimand.shape
    keys = [*estimand.query.treatments, *(shape.by if isinstance(shape, Adjustment) else ())]
    contrast = estimand.query.contrast
    keys += [] if contrast is None else contrast.by
    keys += [name for name in mentioned(estimand.query.body) if name not in estimand.query.outcomes]
    counted = [name for name in dict.fromkeys(keys) if name in names and name not in many]
    return shown(data, names, counted)
