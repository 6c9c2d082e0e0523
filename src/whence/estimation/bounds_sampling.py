"""How far bounds may be off because their numbers come from a sample: a conservative confidence interval.

Every chance that the problem uses gets an exact binomial interval (Clopper and Pearson), all of them together
at the level asked for (Bonferroni). Then the limits are worked out over all numbers within these intervals.
So the interval covers the limits themselves, and with them the truth, at least as often as its level says,
in samples of any size; it is wider than it need be. (A bootstrap of the ends has no such guarantee: ends are
the larger of several numbers.)

Source: C. Clopper and E. Pearson (Biometrika 1934); J. Stoye, "More on confidence intervals for partially
identified parameters" (Econometrica 2009), for why the naive ways fail.

>>> [round(end, 3) for end in clopper_pearson(0, 10, 0.05)]
[0.0, 0.308]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betaincinv

from whence.estimation.bounds_data import AtHand, chance
from whence.estimation.bounds_lp import certified, certified_ratio
from whence.estimation.bounds_programme import Programme
from whence.estimation.bounds_rows import Rows
from whence.numerics.arrays import Floats, floats

if TYPE_CHECKING:
    from whence.estimation.bounds_programme import Writer
    from whence.language.bounds_problem import BoundsProblem, Chance, Piece, Ratio

Ends = Mapping["Chance", tuple[float, float]]


def clopper_pearson(hits: float, of: float, alpha: float) -> tuple[float, float]:
    """The exact interval for a chance of which `hits` of `of` came true; all of [0, 1] for none."""
    if of <= 0:
        return 0.0, 1.0
    low = 0.0 if hits <= 0 else float(betaincinv(hits, of - hits + 1, alpha / 2))
    high = 1.0 if hits >= of else float(betaincinv(hits + 1, of - hits, 1 - alpha / 2))
    return low, high


def intervals(
    problem: BoundsProblem, at_hand: Sequence[AtHand], asked: Sequence[Chance], level: float
) -> Ends:
    """For each chance an interval, all of them right together with at least this probability."""
    levels = dict(problem.levels)
    groups: dict[tuple[object, ...], int] = {}
    for each in asked:
        cells = int(np.prod([len(levels.get(name, (0, 1))) for name, _ in each.of]))
        # Two cells have one interval between them: that of the one is one minus that of the other.
        groups[each.source, tuple(name for name, _ in each.of), each.given] = 1 if cells == 2 else cells
    alpha = (1.0 - level) / max(1, sum(groups.values()))
    found: dict[Chance, tuple[float, float]] = {}
    for each in asked:
        share, size = chance(at_hand, each)
        found[each] = clopper_pearson(round((share or 0.0) * size), round(size), alpha)
    return found


def _ends(chances: Sequence[Chance], ends: Ends) -> tuple[float, float]:
    pairs = [ends[each] for each in chances]
    return float(np.prod([low for low, _ in pairs])), float(np.prod([high for _, high in pairs]))


def _weigher(ends: Ends, which: int) -> Callable[[Piece], float]:
    """The least (0) or greatest (1) that a piece can count for; shares are never negative."""

    def weigh(piece: Piece) -> float:
        pair = _ends(piece.chances, ends)
        return float(piece.times) * pair[which if piece.times >= 0 else 1 - which]

    return weigh


def region(problem: BoundsProblem, writer: Writer, ends: Ends) -> Programme:
    """All distributions of types that agree with some numbers within the intervals."""
    structure, equals = writer.structure()
    sides: list[float] = []

    def told() -> Iterator[Floats]:
        for row in problem.rows:
            low, high = _ends(row.chances, ends)
            least, most = (writer.vector(row.form, _weigher(ends, which)) for which in (0, 1))
            if row.condition is None:
                sides.extend((high, -low))
                yield from (least, floats(-most))
            else:
                of = [writer.vector(row.condition, _weigher(ends, which)) for which in (0, 1)]
                sides.extend((0.0, 0.0))
                yield from (floats(least - high * of[1]), floats(low * of[0] - most))

    less = Rows.of(told(), writer.size)
    blocks = np.concatenate([np.full(len(b.types), i) for i, b in enumerate(problem.blocks)])
    return Programme(structure, equals, less, floats(sides), floats(blocks), len(equals))


def confidence_interval(
    problem: BoundsProblem, at_hand: Sequence[AtHand], writer: Writer, level: float
) -> tuple[float, float] | None:
    """Limits over all numbers that the sample does not rule out; None where that is not worked out.

    Raises `Infeasible` where the sample rules out every model of the graph and the assumptions.
    """
    if problem.orderings or not all(each.counted for each in at_hand):
        return None
    forms = [form for row in problem.rows for form in (row.form, row.condition) if form is not None]
    forms += [
        form for each in problem.objective for form in (each.numerator, each.denominator) if form is not None
    ]
    asked = [each for form in forms for piece in form for each in piece.chances]
    asked += [each for row in problem.rows for each in row.chances]
    bottoms = [piece for each in problem.objective for piece in each.denominator or ()]
    if len(problem.objective) != 1 or any(piece.chances for piece in bottoms):
        return None
    ends = intervals(problem, at_hand, tuple(dict.fromkeys(asked)), level)
    found = region(problem, writer, ends)
    (ratio,) = problem.objective
    return _limit(ratio, writer, ends, found, 1), _limit(ratio, writer, ends, found, -1)


def _limit(ratio: Ratio, writer: Writer, ends: Ends, found: Programme, side: int) -> float:
    which = 0 if side == 1 else 1
    top = writer.vector(ratio.numerator, _weigher(ends, which))
    if ratio.denominator is None:
        return certified(top, found, 1 if side == 1 else -1).end
    bottom = writer.vector(ratio.denominator, _weigher(ends, 1))
    return certified_ratio(top, bottom, found, 1 if side == 1 else -1).end
