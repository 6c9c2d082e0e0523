"""Climbing to the top of many likelihoods at once, with one pass over the rows for each step of all of them.

A climb is a generator: it asks for a look at some coefficients and is sent what is seen there. So climbs that
know nothing of one another take their steps together, and whoever looks for them reads the rows once.

Near its end a climb is judged by the Newton decrement, which is the squared distance to the top in standard
errors of the coefficients; it does not depend on the units of the columns.

Source: S. Boyd and L. Vandenberghe, *Convex Optimization* (2004), section 9.5; J. Ortega and W. Rheinboldt,
*Iterative Solution of Nonlinear Equations* (1970), section 10.2, for steps with a curvature that is kept.

>>> import numpy as np
>>> def seen(asked):
...     return [View(-(l.at[0] - 3.0) ** 2, 2.0 * (3.0 - l.at), np.array([[2.0]])) for _, l in asked]
>>> [round(float(found.at[0]), 6) for found in together([newton(np.zeros(1))], seen)]
[3.0]
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np
from scipy.linalg import cho_factor, cho_solve

if TYPE_CHECKING:
    from whence.numerics.arrays import Floats

ROUNDS = 60
HALVINGS = 30
CLOSE = 1e-15
"""A squared distance to the top, in standard errors, that is none."""

SLOW = 0.25
"""A step with a kept curvature has to leave less than this share of the squared distance."""

JITTER = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Coefficients `at` which to look; whether the height and the curvature are wanted besides the slope."""

    at: Floats
    whole: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What is seen there: the (penalised) log-likelihood, its gradient, and its negated second derivative."""

    height: float
    slope: Floats
    curve: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Top:
    """Where a climb ended, in how many looks, and whether it came close."""

    at: Floats
    rounds: int
    converged: bool


Climb: TypeAlias = Generator[Look, View, Top]
Looking: TypeAlias = Callable[[Sequence[tuple[int, Look]]], Sequence[View]]


def together(climbs: Sequence[Climb], looking: Looking) -> list[Top]:
    """Make all climbs; `looking` gives what is seen for (climb, look) pairs, all of one round at once."""
    ends: dict[int, Top] = {}
    asked: list[tuple[int, Look]] = []
    for number, climb in enumerate(climbs):
        _resume(number, climb, None, asked, ends)
    while asked:
        views, answered = looking(asked), asked
        asked = []
        for (number, _), view in zip(answered, views, strict=True):
            _resume(number, climbs[number], view, asked, ends)
    return [ends[number] for number in range(len(climbs))]


def _resume(
    number: int, climb: Climb, view: View | None, asked: list[tuple[int, Look]], ends: dict[int, Top]
) -> None:
    try:
        look = next(climb) if view is None else climb.send(view)
    except StopIteration as end:
        ends[number] = cast("Top", end.value)
    else:
        asked.append((number, look))


def newton(at: Floats, enough: float = CLOSE) -> Climb:
    """Newton's steps from anywhere, each halved until it does not lead down.

    It ends where the squared distance to the top is at most `enough`, one last step from there included.
    """
    view = yield Look(at)
    for rounds in range(1, ROUNDS + 1):
        step = _solved(view.curve, view.slope)
        if float(view.slope @ step) <= enough:
            return Top(at + step, rounds, converged=True)
        size, found = 1.0, view
        for _ in range(HALVINGS):
            found = yield Look(at + size * step)
            if found.height >= view.height - 1e-10 * (1.0 + abs(view.height)):
                break
            size /= 2.0
        else:
            return Top(at, rounds, converged=False)
        at = at + size * step
        if not found.height > view.height and not _nearer(view, found, step):
            return Top(at, rounds, converged=True)  # as high as rounding lets one see
        view = found
    return Top(at, ROUNDS, converged=False)


def nearby(at: Floats, slope: Floats, curve: Floats) -> Climb:
    """Steps that keep the curvature of a place near the top; Newton's own where they come closer too slowly.

    It ends where one last step, which leaves the share that the one before has left, is sure to come close.
    """
    factor = cho_factor(_firm(curve))
    step = cho_solve(factor, slope)
    distance = float(slope @ step)
    for rounds in range(1, ROUNDS + 1):
        if distance <= CLOSE:
            return Top(at + step, rounds, converged=True)
        view = yield Look(at + step, whole=False)
        following = cho_solve(factor, view.slope)
        left = float(view.slope @ following)
        if not left <= SLOW * distance:
            return (yield from newton(at + step if left < distance else at))
        if left * (left / distance) <= CLOSE:
            return Top(at + step + following, rounds, converged=True)
        at, step, distance = at + step, following, left
    return Top(at, ROUNDS, converged=False)


def _firm(curve: Floats) -> Floats:
    """The curvature, and so little more that rounding cannot make it flat in any direction."""
    return curve + (JITTER + 1e-15 * float(np.trace(curve))) * np.eye(curve.shape[0])


def _solved(curve: Floats, slope: Floats) -> Floats:
    return cho_solve(cho_factor(_firm(curve)), slope)


def _nearer(before: View, after: View, step: Floats) -> bool:
    """Whether a step that led no higher came nearer to the top nonetheless, as the slopes tell."""
    return abs(float(after.slope @ step)) < 0.5 * abs(float(before.slope @ step))
