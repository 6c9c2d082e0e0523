"""The one door to the solver HiGHS, which SciPy brings: loaded when first needed, for it takes long to load.

Source: Q. Huangfu and J. Hall, "Parallelizing the dual revised simplex method" (Mathematical Programming
Computation 2018).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, cast

from whence.estimation.bounds_rows import Rows
from whence.numerics.arrays import Floats, floats

OPTIMAL, INFEASIBLE = 0, 2
"""Statuses; the others are limits of iterations (1), unboundedness (3) and numerical trouble (4)."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What the solver found: its status, where the optimum is, and the multipliers of both kinds of rows."""

    status: int
    message: str
    shares: Floats
    on_equal: Floats
    on_less: Floats


@cache
def _linprog() -> Callable[..., Any]:
    return cast("Callable[..., Any]", import_module("scipy.optimize").linprog)


@cache
def _csr() -> Callable[..., Any]:
    return cast("Callable[..., Any]", import_module("scipy.sparse").csr_array)


def _matrix(rows: Rows) -> object:
    return _csr()((rows.value, (rows.row, rows.column)), shape=(rows.count, rows.size))


def highs(
    objective: Floats, equal: Rows, equals: Floats, less: Rows, limits: Floats, tolerance: float
) -> Outcome:
    """Minimise the objective over x ≥ 0 with `equal` x = `equals` and `less` x ≤ `limits`."""
    result = _linprog()(
        objective,
        A_ub=_matrix(less) if less.count else None,
        b_ub=limits if less.count else None,
        A_eq=_matrix(equal) if equal.count else None,
        b_eq=equals if equal.count else None,
        bounds=(0, None),
        method="highs",
        options={"primal_feasibility_tolerance": tolerance, "dual_feasibility_tolerance": tolerance},
    )
    status = int(result.status)
    if status != OPTIMAL:
        return Outcome(status, str(result.message), floats([]), floats([]), floats([]))
    return Outcome(
        status,
        str(result.message),
        floats(result.x),
        floats(result.eqlin.marginals) if equal.count else floats([]),
        floats(result.ineqlin.marginals) if less.count else floats([]),
    )
