"""Cross-fitting: every row is predicted by models that never saw its fold.

Linear nuisances cost one pass over the rows for all folds of all splits, since the sums of products outside a
fold are the total less those of the fold. Logistic ones cost a few passes more, one for each step of all of
them. Everything else is fitted fold by fold, each fit an item of work of its own, on rows in memory.

Source: V. Chernozhukov and others, "Double/debiased machine learning", Econometrics Journal 21 (2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.kinds import kind_of_fits
from whence.estimation.learners import fit_predict
from whence.estimation.lessons import Lesson, Lessons, Nuisance
from whence.estimation.logistic_folds import Sample, logistic_outside, sample_of
from whence.numerics.arrays import Booleans, Floats, Integers
from whence.numerics.basis import Knots, hinges
from whence.numerics.blas import kernel
from whence.numerics.blocks import summed
from whence.numerics.fold_moments import (
    FoldMoments,
    Standard,
    coefficients_outside,
    fold_moments,
    informative,
    standard,
)
from whence.numerics.logistic import logistic
from whence.numerics.moments import Central, central
from whence.runtime.errors import UnsuitableLearner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.runtime.executor import Executor
    from whence.runtime.seeds import Seed

PREDICTED = 8_192
"""Rows predicted at a time, so that what is predicted for every fold stays in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Columns made from a design: itself, or bent at knots; and how they are made alike."""

    knots: Knots | None
    form: Standard

    def columns(self, design: Floats) -> Floats:
        """A column of ones and those of the basis, made alike."""
        return self.form.apply(_bent(design, self.knots))


@dataclass(frozen=True, slots=True, eq=False)
class _Ours:
    """Coefficients outside each fold of each split (splits, folds, 1 + p), on which basis, added to what."""

    which: int
    basis: int
    coefficients: Floats
    centre: float


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """The models of all nuisances, and the moments of the design's columns over all rows.

    `held` (nuisances, splits, n) are the predictions of those that only rows in memory can have.
    """

    whole: Central
    bases: tuple[Basis, ...]
    ours: tuple[_Ours, ...]
    held: tuple[tuple[int, Floats], ...]
    probabilities: Booleans
    width: int

    @property
    def kept(self) -> Booleans:
        """Which columns of the design others do not determine."""
        return informative(self.whole, self.width)

    @property
    def means(self) -> Floats:
        """The means of the design's columns over all rows."""
        return self.whole.means[: self.width]

    @kernel
    def predict(self, lesson: Lesson) -> Floats:
        """What each row's nuisances are predicted to be, out of its fold: (nuisances, splits, m)."""
        rows, splits = lesson.splits.shape
        found = np.empty((self.probabilities.size, splits, rows))
        for which, predicted in self.held:
            found[which] = predicted[:, lesson.rows]
        for start in range(0, rows, PREDICTED):
            part = slice(start, min(start + PREDICTED, rows))
            bent = [basis.columns(lesson.design[part]) for basis in self.bases]
            for each in self.ours:
                found[each.which, :, part] = _own(each, bent[each.basis], lesson.splits[part])
        for each in self.ours:
            if self.probabilities[each.which]:
                found[each.which] = logistic(found[each.which])
        return found


def _own(model: _Ours, columns: Floats, labels: Integers) -> Floats:
    """Every fold's prediction of some rows, then each row's own: no rows are gathered or copied."""
    splits, folds, width = model.coefficients.shape
    every = columns @ model.coefficients.reshape(splits * folds, width).T
    places = labels + folds * np.arange(splits)
    return np.take_along_axis(every, places, axis=1).T + model.centre


def learn(lessons: Lessons, folds: int, *, seed: Seed, executor: Executor | None = None) -> Learnt:
    """The models of all nuisances outside each fold of each split.

    Raises `UnsuitableLearner` for a learner that needs all rows in memory where they are not.
    """
    nuisances = lessons.nuisances
    bases: list[Basis] = []
    ours: list[_Ours] = []
    first: _Passed | None = None
    for choice in ("linear", "splines"):
        members = [i for i, each in enumerate(nuisances) if each.choice == choice]
        if not members and choice == "splines":
            continue
        at = lessons.knots if choice == "splines" else None
        moments = _moments(lessons, members, at, folds, executor)
        first = first or moments
        basis = Basis(at, standard(moments.sums.whole, moments.width))
        ours += _linear(nuisances, members, moments, basis, len(bases))
        ours += _logistic(lessons, members, moments, basis, len(bases), folds, executor)
        bases.append(basis)
    held = _held(lessons, folds, seed, executor)
    chances = np.array([each.probability for each in nuisances], dtype=np.bool_)
    assert first is not None  # noqa: S101 - the first basis is always looked at
    used = {each.basis for each in ours}
    assert used <= set(range(len(bases)))  # noqa: S101
    return Learnt(first.sums.whole, tuple(bases), tuple(ours), held, chances, first.width)


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """What the first pass gathers of each block."""

    folds: FoldMoments
    samples: tuple[Sample, ...]

    def __add__(self, other: _Sums) -> _Sums:
        samples = tuple(a + b for a, b in zip(self.samples, other.samples, strict=True))
        return _Sums(self.folds + other.folds, samples)

    @property
    def whole(self) -> Central:
        return self.folds.whole


@dataclass(frozen=True, slots=True, eq=False)
class _Passed:
    """The sums of the first pass over a basis of `width` columns, and what stands where in them."""

    sums: _Sums
    width: int
    targets: dict[int, int]
    groups: dict[int, int]


def _moments(
    lessons: Lessons, members: Sequence[int], at: Knots | None, folds: int, executor: Executor | None
) -> _Passed:
    """One pass: the moments of the basis and of what is learnt on it, by fold, and a sample to begin from."""
    nuisances = lessons.nuisances
    linear = [i for i in members if not nuisances[i].probability]
    chances = [i for i in members if nuisances[i].probability]
    targets = [_first(i, [id(nuisances[k].target) for k in members], members) for i in members]
    distinct = list(dict.fromkeys(targets))
    alike = [_first(i, [id(nuisances[k].members) for k in linear], linear) for i in linear]
    groups = list(dict.fromkeys(alike))
    sampled = list(dict.fromkeys(_first_chance(i, chances, nuisances) for i in chances)) if lessons.blocks > 1 else []

    def part(item: object) -> _Sums:
        lesson = lessons.lesson(item)
        bent = _bent(lesson.design, at)
        columns = np.column_stack([bent, *(lesson.nuisances[i].target for i in distinct)])
        whole = central(columns)
        found = fold_moments(columns, whole, [lesson.own(i) for i in groups], folds)
        return _Sums(found, tuple(sample_of(bent, lesson, i, lessons.blocks) for i in sampled))

    sums = summed(part, lessons.items(), executor, stage="nuisances", total=lessons.blocks)
    width = sums.whole.means.size - len(distinct)
    return _Passed(
        sums,
        width,
        {i: width + distinct.index(target) for i, target in zip(members, targets, strict=True)},
        {i: groups.index(group) for i, group in zip(linear, alike, strict=True)},
    )
