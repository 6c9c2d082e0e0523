"""From out-of-fold predictions to sums: one pass over the rows for the estimates of all plans of a question.

What a block adds is a value that can be added to that of another: what each row puts above and below the
ratios of the score, the moments that say how the arms differ, the propensities, and the one row that counts
most.

Source: V. Chernozhukov and others, "Double/debiased machine learning", Econometrics Journal 21 (2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from whence.estimation.balance import weighted
from whence.estimation.nuisances import chances_of
from whence.estimation.overlap import weights_of
from whence.estimation.pieces import Piece, Planned, Rows
from whence.estimation.propensities import Seen, seen
from whence.estimation.scores import Score, augmented_difference, augmented_mean, effect_on_treated, slope
from whence.numerics.arrays import Booleans, Floats, Integers
from whence.numerics.blocks import summed
from whence.numerics.moments import Central, central
from whence.numerics.ratios import Ratios, ratios_of

if TYPE_CHECKING:
    from whence.estimation.learning import Learnt
    from whence.estimation.plan import EstimationPlan
    from whence.estimation.problem import Problem
    from whence.runtime.executor import Executor

KEPT = 65_536
"""Of each arm the propensities of so many evenly spaced rows are kept, where there are several blocks."""


@dataclass(frozen=True, slots=True, eq=False)
class Peaks:
    """Of each block the row that seems to count most, among `rows` of its plan: what it puts above and below.

    `tops` and `bottoms` (blocks, S, J), `places` (blocks,) among the plan's rows of that block.
    """

    rows: Integers
    places: Integers
    tops: Floats
    bottoms: Floats

    def __add__(self, other: Peaks) -> Peaks:
        """Those of both."""
        return Peaks(
            np.concatenate([self.rows, other.rows]),
            np.concatenate([self.places, other.places]),
            np.concatenate([self.tops, other.tops]),
            np.concatenate([self.bottoms, other.bottoms]),
        )

    def largest(self, ratios: Ratios, signs: Floats) -> tuple[float, int]:
        """The largest share of the squared error that one row makes by itself, and which row that is."""
        excess = self.tops - ratios.values * self.bottoms
        squares = np.mean(np.sum(ratios.weights(signs) * excess, axis=2), axis=1) ** 2
        total, which = float(np.mean(ratios.squares(signs))), int(np.argmax(squares))
        before = int(np.sum(self.rows[:which]))
        return (float(squares[which]) / total if total > 0.0 else 0.0), before + int(self.places[which])


@dataclass(frozen=True, slots=True, eq=False)
class Extremes:
    """The greatest of some numbers; what is wanted least goes in negated."""

    values: Floats

    def __add__(self, other: Extremes) -> Extremes:
        """Those of both."""
        return Extremes(np.maximum(self.values, other.values))


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """The sums of one plan over the rows that it is about.

    `moments` are those of `_of_arms`, one of each arm, or the one of `_of_slope`; `weights` the sums of
    `weighted` of each arm, `propensities` None where there are none; `treatment` the moments of the treatment
    among all rows of the question, whoever the plan is about, `extremes` (3,) its least (negated), its
    greatest, and the greatest size of the outcome; `left` (2,) sums of squares and of fourth powers.
    """

    ratios: Ratios
    peaks: Peaks
    moments: tuple[Central, ...]
    outcome: Central
    treatment: Central
    extremes: Extremes
    weights: Floats
    left: Floats
    propensities: Seen | None

    def __add__(self, other: Scored) -> Scored:
        """The sums over the rows of both."""
        mine, others = self.propensities, other.propensities
        return Scored(
            self.ratios + other.ratios,
            self.peaks + other.peaks,
            tuple(a + b for a, b in zip(self.moments, other.moments, strict=True)),
            self.outcome + other.outcome,
            self.treatment + other.treatment,
            self.extremes + other.extremes,
            self.weights + other.weights,
            self.left + other.left,
            None if mine is None or others is None else mine + others,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _All:
    """The sums of several plans."""

    of: tuple[Scored, ...]

    def __add__(self, other: _All) -> _All:
        return _All(tuple(a + b for a, b in zip(self.of, other.of, strict=True)))


def scored_rows(
    plans: Sequence[EstimationPlan], rows: Rows, learnt: Learnt, executor: Executor | None
) -> tuple[Scored, ...]:
    """The sums of plans that differ only in whom they are about, `rows` telling whom, in their order."""
    lessons = Planned(rows, plans[0])
    most = None if rows.blocks == 1 else -(-KEPT // rows.blocks)

    def part(item: object) -> _All:
        piece = rows.piece(item)
        predicted = learnt.predict(lessons.taught(piece))
        return _All(
            tuple(
                _of_group(plan, piece, group, predicted, learnt.means, most)
                for plan, group in zip(plans, piece.groups, strict=True)
            )
        )

    return summed(part, rows.items(), executor, stage="scores", total=rows.blocks).of


def _of_group(
    plan: EstimationPlan, piece: Piece, group: Booleans, predicted: Floats, means: Floats, most: int | None
) -> Scored:
    everyone, t = piece.data, piece.data.t
    data, found = (everyone, predicted) if bool(group.all()) else _among(everyone, group, predicted)
    scores = scores_of(plan, data, found)
    ratios = ratios_of([(each.tops, each.bottoms) for each in scores])
    size = float(np.max(np.abs(data.y), initial=0.0))
    ends = np.array([np.max(-t, initial=-np.inf), np.max(t, initial=-np.inf), size])
    of_slope = plan.method == "plr"
    sums = _of_slope(data, found) if of_slope else _of_arms(plan, data, found, means, most)
    return Scored(
        ratios,
        _peak(scores, ratios, data.n),
        sums[0],
        central(data.y[:, None]),
        central(t[:, None]),
        Extremes(ends),
        *sums[1:],
    )


def _among(data: Problem, group: Booleans, predicted: Floats) -> tuple[Problem, Floats]:
    chosen = np.flatnonzero(group)
    return data.rows(chosen), predicted[:, :, chosen]


def scores_of(plan: EstimationPlan, data: Problem, predicted: Floats) -> list[Score]:
    """The score of a plan in each split, from predictions (nuisances, splits, n) of the rows of `data`."""
    return [_score(plan, data, predicted[:, split]) for split in range(predicted.shape[1])]


def _score(plan: EstimationPlan, data: Problem, predicted: Floats) -> Score:
    if plan.method == "plr":
        treatment, outcome = predicted
        return slope(data.y - outcome, data.t - treatment)
    chances, outcomes = _split(plan, data, list(predicted))
    weights = weights_of(data.arms, chances, treated=plan.treated)
    if plan.treated:
        return effect_on_treated(data.y, data.arms[0], weights[1], outcomes[0])
    if len(data.arms) == 1:
        return augmented_mean(data.y, weights[0], outcomes[0])
    return augmented_difference(data.y, weights, outcomes)


def _split(
    plan: EstimationPlan, data: Problem, predicted: Sequence[Floats]
) -> tuple[list[Floats], Sequence[Floats]]:
    """The chance of each arm, and the outcomes predicted: see `nuisances_of`."""
    first = len(predicted) - (len(data.arms) - 1 if plan.treated else len(data.arms))
    return chances_of(data, predicted[:first]), predicted[first:]


def _peak(scores: Sequence[Score], ratios: Ratios, rows: int) -> Peaks:
    """The row of a block that counts most, by the ratios and the means of the block."""
    place = 0
    if rows:
        influence = np.zeros(rows)
        for split, each in enumerate(scores):
            influence += each.influence(ratios, split)
        place = int(np.argmax(np.abs(influence)))
    one = slice(place, place + 1) if rows else slice(0, 0)
    tops, bottoms = (np.zeros((1, len(scores), scores[0].signs.size)) for _ in range(2))
    for split, each in enumerate(scores):
        tops[0, split] = each.tops[:, one].sum(axis=1)
        bottoms[0, split] = each.bottoms[:, one].sum(axis=1)
    return Peaks(np.array([rows], dtype=np.int64), np.array([place], dtype=np.int64), tops, bottoms)


_Sums: TypeAlias = "tuple[tuple[Central, ...], Floats, Floats, Seen | None]"


def _of_slope(data: Problem, predicted: Floats) -> _Sums:
    """Moments of the design, then treatment, what is left of it, outcome; sums of powers of what is left."""
    left = data.t - np.mean(predicted[0], axis=0)
    squares = left**2
    with np.errstate(over="ignore"):
        powers = np.array([np.sum(squares), np.sum(squares**2)])
    together = np.column_stack([data.design, data.t, left, data.y])
    return (central(together),), np.zeros(0), powers, None


def _of_arms(
    plan: EstimationPlan, data: Problem, predicted: Floats, means: Floats, most: int | None
) -> _Sums:
    """Moments of the design, then the outcome, of each arm; its weighted sums; and the propensities."""
    chances, _ = _split(plan, data, list(np.mean(predicted, axis=1)))
    weights = weights_of(data.arms, chances, treated=plan.treated)
    moments = tuple(central(np.column_stack([data.design, data.y])[arm]) for arm in data.arms)
    sums = np.stack([weighted(data.design, means, weight) for weight in weights])
    return moments, sums, np.zeros(2), seen(data.arms, chances, weights, treated=plan.treated, most=most)


def influences(plan: EstimationPlan, rows: Rows, learnt: Learnt, ratios: Ratios) -> Floats:
    """The influence of every row that a plan is about, in each split, on rows in memory: (splits, n)."""
    lessons = Planned(rows, plan)
    found: list[Floats] = []
    for item in rows.items():
        piece = rows.piece(item)
        predicted = learnt.predict(lessons.taught(piece))
        data, own = _among(piece.data, piece.groups[0], predicted)
        scores = scores_of(plan, data, own)
        found.append(np.stack([each.influence(ratios, split) for split, each in enumerate(scores)]))
    return np.concatenate(found, axis=1)
