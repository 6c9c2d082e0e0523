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
from whence.numerics.arrays import Booleans, Floats, Integers, integers
from whence.numerics.basis import Basis, Knots, bent
from whence.numerics.blas import kernel, product
from whence.numerics.blocks import summed
from whence.numerics.fold_moments import (
    FoldMoments,
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
            made = [basis.columns(lesson.design[part]) for basis in self.bases]
            for each in self.ours:
                found[each.which, :, part] = _own(each, made[each.basis], lesson.splits[part])
        for each in self.ours:
            if self.probabilities[each.which]:
                found[each.which] = logistic(found[each.which])
        return found


def _own(model: _Ours, columns: Floats, labels: Integers) -> Floats:
    """Every fold's prediction of some rows, then each row's own: no rows are gathered or copied."""
    splits, folds, width = model.coefficients.shape
    every = product(columns, model.coefficients.reshape(splits * folds, width).T)
    places = labels + integers(range(0, splits * folds, folds))
    return np.take_along_axis(every, places, axis=1).T + model.centre


def learn(lessons: Lessons, folds: int, *, seed: Seed, executor: Executor | None = None) -> Learnt:
    """The models of all nuisances outside each fold of each split.

    Raises `UnsuitableLearner` for a learner that needs all rows in memory where they are not.
    """
    nuisances = lessons.nuisances
    plain = _first_pass(lessons, "linear", None, folds, executor)
    passes = [plain]
    if any(each.choice == "splines" for each in nuisances):
        passes.append(_first_pass(lessons, "splines", lessons.knots, folds, executor))
    ours: list[_Ours] = []
    for number, found in enumerate(passes):
        ours += _linear(found, nuisances, number)
        ours += _logistic(found, lessons, number, folds, executor)
    held = _held(lessons, folds, seed, executor)
    chances = np.array([each.probability for each in nuisances], dtype=np.bool_)
    bases = tuple(found.basis for found in passes)
    return Learnt(plain.sums.whole, bases, tuple(ours), held, chances, plain.width)


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """What the first pass gathers: the moments of all columns, by fold, and rows to begin from."""

    folds: FoldMoments
    samples: tuple[Sample, ...]

    def __add__(self, other: _Sums) -> _Sums:
        samples = tuple(a + b for a, b in zip(self.samples, other.samples, strict=True))
        return _Sums(self.folds + other.folds, samples)

    @property
    def whole(self) -> Central:
        return self.folds.whole


@dataclass(frozen=True, slots=True, eq=False)
class _FirstPass:
    """The sums over a basis of `width` columns, and what stands where in them.

    `linear` and `chances` are the nuisances learnt on it; `target` tells the column of each, `group` whose
    rows the linear ones are learnt from.
    """

    sums: _Sums
    width: int
    knots: Knots | None
    linear: tuple[int, ...]
    chances: tuple[int, ...]
    target: dict[int, int]
    group: dict[int, int]

    @property
    def basis(self) -> Basis:
        return Basis(self.knots, standard(self.sums.whole, self.width))


def _first_pass(
    lessons: Lessons, choice: str, at: Knots | None, folds: int, executor: Executor | None
) -> _FirstPass:
    nuisances = lessons.nuisances
    members = [i for i, each in enumerate(nuisances) if each.choice == choice]
    linear = tuple(i for i in members if not nuisances[i].probability)
    chances = tuple(i for i in members if nuisances[i].probability)
    # What several nuisances share is summed once.
    targets, target = _distinct(members, [id(nuisances[i].target) for i in members])
    groups, group = _distinct(linear, [id(nuisances[i].members) for i in linear])
    several = lessons.blocks > 1

    def part(item: object) -> _Sums:
        lesson = lessons.lesson(item)
        made = bent(lesson.design, at)
        columns = np.column_stack([made, *(lesson.nuisances[i].target for i in targets)])
        own = [lesson.own(i) for i in groups]
        samples = tuple(sample_of(made, lesson, i, lessons.blocks) for i in chances) if several else ()
        return _Sums(fold_moments(columns, central(columns), own, folds), samples)

    sums = summed(part, lessons.items(), executor, stage="nuisances", total=lessons.blocks)
    width = sums.whole.means.size - len(targets)
    return _FirstPass(
        sums, width, at, linear, chances, {i: width + place for i, place in target.items()}, group
    )


def _distinct(indices: Sequence[int], keys: Sequence[int]) -> tuple[list[int], dict[int, int]]:
    """The first index of each key, and the place of each index's key among those."""
    order = list(dict.fromkeys(keys))
    first = [indices[keys.index(key)] for key in order]
    return first, {i: order.index(key) for i, key in zip(indices, keys, strict=True)}


def _linear(found: _FirstPass, nuisances: Sequence[Nuisance], basis: int) -> list[_Ours]:
    if not found.linear:
        return []
    outside, form = found.sums.folds.outside(), found.basis.form
    made: list[_Ours] = []
    for i in found.linear:
        ridge, column = nuisances[i].ridge_per_row, found.target[i]
        coefficients = coefficients_outside(outside[found.group[i]], form, column, ridge)
        made.append(_Ours(i, basis, coefficients, float(found.sums.whole.means[column])))
    return made


def _logistic(
    found: _FirstPass, lessons: Lessons, basis: int, folds: int, executor: Executor | None
) -> list[_Ours]:
    if not found.chances:
        return []
    samples = found.sums.samples or (None,) * len(found.chances)
    shares = [float(found.sums.whole.means[found.target[i]]) for i in found.chances]
    starts = list(zip(found.chances, samples, shares, strict=True))
    fits = logistic_outside(lessons, found.basis, starts, folds, executor)
    return [_Ours(i, basis, each, 0.0) for i, each in zip(found.chances, fits, strict=True)]


def _held(
    lessons: Lessons, folds: int, seed: Seed, executor: Executor | None
) -> tuple[tuple[int, Floats], ...]:
    """The predictions of learners that are not ours, each fit an item of work."""
    others = [i for i, each in enumerate(lessons.nuisances) if not each.ours]
    if not others:
        return ()
    everything = lessons.held
    if everything is None:
        name = lessons.nuisances[others[0]].choice
        raise UnsuitableLearner(
            name if isinstance(name, str) else type(name).__name__,
            "it learns from all rows at once, and these are read block by block",
            'Take learners="linear", or read the rows into memory (whence.table, or a sample of the scan).',
        )
    splits = everything.splits.shape[1]
    items = [(i, split, fold) for i in others for split in range(splits) for fold in range(folds)]
    task = _Fit(everything, seed)
    kind = kind_of_fits([lessons.nuisances[i].choice for i in others], everything.design.size)
    results = (
        [task(item) for item in items]
        if executor is None
        else executor.map(task, items, stage="nuisances", kind=kind)
    )
    found = {i: np.empty((splits, lessons.n)) for i in others}
    for (i, split, fold), predicted in zip(items, results, strict=True):
        found[i][split, everything.splits[:, split] == fold] = predicted
    return tuple(found.items())


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """One item of work: a nuisance in a fold of a split. Held as one task, so that arrays travel once."""

    rows: Lesson
    seed: Seed

    def __call__(self, item: tuple[int, int, int]) -> Floats:
        which, split, fold = item
        nuisance, labels = self.rows.nuisances[which], self.rows.splits[:, split]
        learn = labels != fold if nuisance.members is None else (labels != fold) & nuisance.members
        return fit_predict(
            nuisance.choice,
            self.rows.design[learn],
            nuisance.target[learn],
            self.rows.design[labels == fold],
            probability=nuisance.probability,
            seed=self.seed.child(which).child(split).child(fold),
        )
