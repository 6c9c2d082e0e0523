"""Linear and linear-fractional programmes by HiGHS, each end with its certificate.

A ratio of two linear functions is solved by Charnes and Cooper's change of variables; its certificate is
that of the linear programme "numerator − end · denominator", whose least value is zero.

Source: Q. Huangfu and J. Hall, "Parallelizing the dual revised simplex method" (2018); A. Charnes and W.
Cooper, "Programming with linear fractional functionals" (1962).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from whence.estimation.bounds_highs import INFEASIBLE, OPTIMAL, highs
from whence.estimation.bounds_rows import Rows
from whence.estimation.bounds_values import Certificate
from whence.numerics.arrays import Floats, floats
from whence.runtime.errors import UnsuitableMethod

if TYPE_CHECKING:
    from whence.estimation.bounds_programme import Programme

TOLERANCE = 1e-10
TINY = 1e-9


class Infeasible(Exception):  # noqa: N818 - no error: the caller makes a refusal of it
    """No distribution of types agrees with the numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """The least value, where it is attained, and the multipliers of equalities and inequalities."""

    value: float
    shares: Floats
    multipliers: Floats


def least(objective: Floats, programme: Programme) -> Solved:
    """The least value of a linear objective.

    Raises `Infeasible`, and `UnsuitableMethod` where the solver gives up: a limit is never guessed.
    """
    return _solved(objective, programme.equal, programme.equals, programme.less, programme.limits)


def _solved(objective: Floats, equal: Rows, equals: Floats, less: Rows, limits: Floats) -> Solved:
    told = ""
    for tolerance in (TOLERANCE, TINY, 1e-7):
        found = highs(objective, equal, equals, less, limits, tolerance)
        if found.status == OPTIMAL:
            multipliers = floats(np.concatenate([found.on_equal, found.on_less]))
            return Solved(float(objective @ found.shares), found.shares, multipliers)
        if found.status == INFEASIBLE:
            raise Infeasible
        told = found.message
    raise UnsuitableMethod("bounds by linear programming", f"the solver gave up ({told})")


def certified(objective: Floats, programme: Programme, side: Literal[1, -1] = 1) -> Certificate:
    """The least value of the objective (side 1) or its greatest (−1), with its proof. Raises `Infeasible`."""
    found = least(side * objective, programme)
    shares = cleaned(found.shares, programme)
    value = float(objective @ shares)
    slack = _slack(side * objective, programme, found.multipliers, side * value)
    return Certificate(value, tuple(shares.tolist()), tuple(found.multipliers.tolist()), slack)


def certified_ratio(
    numerator: Floats, denominator: Floats, programme: Programme, side: Literal[1, -1] = 1
) -> Certificate:
    """The least (greatest) ratio over the distributions in which its denominator is not zero.

    Where the denominator may vanish and the numerator not, it is infinite, and the shares say where.
    """
    endless = _endless(floats(side * numerator), denominator, programme)
    if endless is not None:
        return Certificate(-side * np.inf, endless, (), 0.0)
    one = Rows.of([floats(np.append(denominator, 0.0))], programme.size + 1)
    stretched = _solved(
        floats(np.append(side * numerator, 0.0)),
        programme.equal.beside(floats(-programme.equals)).above(one),
        floats(np.append(np.zeros(len(programme.equals)), 1.0)),
        programme.less.beside(-programme.limits),
        floats(np.zeros(len(programme.limits))),
    )
    shares = cleaned(floats(stretched.shares[:-1] / stretched.shares[-1]), programme)
    value = float(numerator @ shares / (denominator @ shares))
    level = floats(side * (numerator - value * denominator))
    proof = least(level, programme)
    return Certificate(
        value,
        tuple(shares.tolist()),
        tuple(proof.multipliers.tolist()),
        _slack(level, programme, proof.multipliers, 0.0),
    )


def _endless(numerator: Floats, denominator: Floats, programme: Programme) -> tuple[float, ...] | None:
    """A distribution in which the denominator is zero and the numerator below it, if there is one."""
    if least(denominator, programme).value > TINY:
        return None
    try:
        found = least(numerator, programme.also(Rows.of([denominator], programme.size), floats([0.0])))
    except Infeasible:  # zero by rounding only
        return None
    return tuple(cleaned(found.shares, programme).tolist()) if found.value < -TINY else None


def cleaned(shares: Floats, programme: Programme) -> Floats:
    """Shares without the solver's dust: none negative, each block adding up to one."""
    kept = np.where(shares < 1e-15, 0.0, shares)
    totals = np.bincount(programme.blocks.astype(np.int64), weights=kept)
    return floats(kept / totals[programme.blocks.astype(np.int64)])


def _slack(objective: Floats, programme: Programme, multipliers: Floats, value: float) -> float:
    """By how much the multipliers fall short of proving the value: rounding, if all is well."""
    count = len(programme.equals)
    on_equal, on_less = multipliers[:count], np.minimum(multipliers[count:], 0.0)
    reduced = objective - programme.equal.across(on_equal) - programme.less.across(floats(on_less))
    proved = float(programme.equals @ on_equal + programme.limits @ on_less)
    worst = np.full(int(programme.blocks.max()) + 1 if programme.size else 0, np.inf)
    np.minimum.at(worst, programme.blocks.astype(np.int64), reduced)
    # The shares of a block add up to one, so the most negative reduced cost bounds what it can take away.
    return max(0.0, value - proved - float(np.minimum(worst, 0.0).sum()))


def least_deviation(programme: Programme) -> float:
    """The least change of each number given after which some distribution of types agrees with all."""
    free, size = programme.structural, programme.size
    told, sides = programme.equal.between(free, len(programme.equals)), programme.equals[free:]
    by = floats(-np.ones(told.count))
    less = told.beside(by).above(told.negated().beside(by))
    less = less.above(programme.less.beside(floats(np.zeros(len(programme.limits)))))
    return _solved(
        floats(np.append(np.zeros(size), 1.0)),
        programme.equal.between(0, free).beside(floats(np.zeros(free))),
        programme.equals[:free],
        less,
        floats(np.concatenate([sides, -sides, programme.limits])),
    ).value


def bent(programme: Programme, by: float) -> Programme:
    """The programme whose numbers may each be off by so much."""
    free = programme.structural
    told, sides = programme.equal.between(free, len(programme.equals)), programme.equals[free:]
    loose = replace(programme, equal=programme.equal.between(0, free), equals=programme.equals[:free])
    return loose.also(told.above(told.negated()), floats(np.concatenate([sides + by, by - sides])))
