"""Logistic regressions outside of every fold of every split, in a few passes over the rows for all of them.

All begin at one place, the regression on all rows: there the slope and the curvature outside each fold are
the totals less those within it. From there every regression takes its own steps, with the curvature it has,
and a pass over the rows serves the next step of all. Where rows are in several blocks the first place is
found on a part of them, as many of either class in each block, each standing for those left out.

Source: P. McCullagh and J. Nelder, *Generalized Linear Models* (1989), section 4.4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from whence.numerics.arrays import Floats, Integers, integers
from whence.numerics.ascent import Climb, Look, View, nearby, newton, together
from whence.numerics.blocks import summed
from whence.numerics.fold_logistic import slopes_and_curves, slopes_outside
from whence.numerics.logistic import fit_logistic, likelihood, penalised

if TYPE_CHECKING:
    from whence.estimation.lessons import Lesson, Lessons
    from whence.numerics.basis import Basis
    from whence.runtime.executor import Executor

SAMPLED = 65_536
"""Rows of either class that the first place is found on."""

NEAR = 1e-3
"""The first place is near enough where its squared distance from the top, in standard errors, is less than
this share of the rows of the rarer class: one more step of Newton's brings it as near as it need be."""

ALL = (-1, -1)
"""Not outside of any fold."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rows of a basis (m, p) with their target, and how many rows each stands for."""

    columns: Floats
    target: Floats
    weights: Floats

    def __add__(self, other: Sample) -> Sample:
        """Those of both."""
        return Sample(
            np.concatenate([self.columns, other.columns]),
            np.concatenate([self.target, other.target]),
            np.concatenate([self.weights, other.weights]),
        )


def sample_of(columns: Floats, lesson: Lesson, which: int, blocks: int) -> Sample:
    """Evenly spaced rows of either class of a nuisance's target, of those that it is learnt from."""
    nuisance = lesson.nuisances[which]
    most = -(-SAMPLED // blocks)
    chosen: list[Integers] = []
    weights: list[Floats] = []
    for one in (False, True):
        of_class = (nuisance.target > 0.5) == one
        rows = integers(np.flatnonzero(of_class if nuisance.members is None else of_class & nuisance.members))
        kept = rows[:: -(-rows.size // most)] if rows.size else rows
        chosen.append(kept)
        weights.append(np.full(kept.size, rows.size / max(kept.size, 1)))
    at = np.concatenate(chosen)
    return Sample(columns[at], nuisance.target[at], np.concatenate(weights))


@dataclass(frozen=True, slots=True, eq=False)
class _Fits:
    """The regressions of some nuisances on one basis."""

    lessons: Lessons
    basis: Basis
    chances: Sequence[int]
    folds: int
    executor: Executor | None

    def penalty(self, which: int, rows: float) -> Floats:
        """The ridge on each coefficient, never on the intercept."""
        found = np.full(self.basis.width, self.lessons.nuisances[which].penalty(rows))
        found[0] = 0.0
        return found

    def whole(self, asked: Sequence[tuple[int, tuple[int, int], Floats]]) -> list[Floats]:
        """The sums of `likelihood` for (nuisance, cell, coefficients), each outside its cell."""

        def part(item: object) -> Floats:
            lesson = self.lessons.lesson(item)
            columns = self.basis.columns(lesson.design)
            return np.stack([_outside(lesson, columns, *each) for each in asked])

        return list(self._summed(part))

    def slopes(self, asked: Sequence[tuple[int, tuple[int, int], Floats]]) -> list[Floats]:
        """The gradients for (nuisance, cell, coefficients), each outside its cell."""
        found = np.empty((len(asked), asked[0][2].size))
        by_nuisance = {i: [k for k, each in enumerate(asked) if each[0] == i] for i in self.chances}

        def part(item: object) -> Floats:
            lesson = self.lessons.lesson(item)
            columns, sums = self.basis.columns(lesson.design), np.empty_like(found)
            for i, places in by_nuisance.items():
                if places:
                    betas = np.stack([asked[k][2] for k in places])
                    cells = [asked[k][1] for k in places]
                    target = lesson.nuisances[i].target
                    sums[places] = slopes_outside(columns, target, betas, lesson.own(i), cells)
            return sums

        return list(self._summed(part))

    def within(self, centres: Sequence[Floats]) -> Floats:
        """Gradients and curvatures within each cell at each nuisance's centre, and the rows there."""

        def part(item: object) -> Floats:
            lesson = self.lessons.lesson(item)
            columns = self.basis.columns(lesson.design)
            found: list[Floats] = []
            for i, centre in zip(self.chances, centres, strict=True):
                own = lesson.own(i)
                cells = slopes_and_curves(columns, lesson.nuisances[i].target, centre, own, self.folds)
                rows = [np.bincount(each[each >= 0], minlength=self.folds) for each in own.T]
                found.append(np.concatenate([cells, np.array(rows, dtype=np.float64)[:, :, None]], axis=2))
            return np.stack(found)

        return self._summed(part)

    def _summed(self, part: Callable[[object], Floats]) -> Floats:
        total = self.lessons.blocks
        return summed(part, self.lessons.items(), self.executor, stage="nuisances", total=total)


def _outside(lesson: Lesson, columns: Floats, which: int, cell: tuple[int, int], beta: Floats) -> Floats:
    nuisance = lesson.nuisances[which]
    if cell == ALL and nuisance.members is None:
        return likelihood(columns, nuisance.target, beta)
    own = lesson.own(which)[:, max(cell[0], 0)]
    learn = (own != cell[1]) & (own >= 0)
    return likelihood(columns[learn], nuisance.target[learn], beta)


Start: TypeAlias = "tuple[int, Sample | None, float]"
"""A nuisance, rows to begin from (None where all rows are in one block), and the share of ones."""


def logistic_outside(
    lessons: Lessons, basis: Basis, starts: Sequence[Start], folds: int, executor: Executor | None
) -> list[Floats]:
    """The coefficients (splits, folds, w) of each nuisance of `starts` on the columns of a basis."""
    chances = [which for which, _, _ in starts]
    fits = _Fits(lessons, basis, chances, folds, executor)
    centres = _centres(fits, starts)
    within = fits.within(centres)
    splits, width = within.shape[1], basis.width
    cells = [
        (k, split, fold) for k in range(len(chances)) for split in range(splits) for fold in range(folds)
    ]
    penalties: list[Floats] = []
    climbs: list[Climb] = []
    for k, split, fold in cells:
        left = within[k, split].sum(axis=0) - within[k, split, fold]
        penalty = fits.penalty(chances[k], float(left[-1]))
        curve = left[width:-1].reshape(width, width)
        slope = left[:width] - penalty * centres[k]
        penalties.append(penalty)
        climbs.append(nearby(centres[k], slope, (curve + curve.T) / 2.0 + np.diag(penalty)))

    def looking(asked: Sequence[tuple[int, Look]]) -> list[View]:
        wanted = [(chances[cells[n][0]], cells[n][1:], look.at) for n, look in asked]
        return _views(fits, asked, wanted, [penalties[n] for n, _ in asked])

    tops = together(climbs, looking)
    return list(np.stack([top.at for top in tops]).reshape(len(chances), splits, folds, width))


def _views(
    fits: _Fits,
    asked: Sequence[tuple[int, Look]],
    wanted: Sequence[tuple[int, tuple[int, int], Floats]],
    penalties: Sequence[Floats],
) -> list[View]:
    """Whole views for those who want them, and slopes for the others."""
    views: dict[int, View] = {}
    whole = [place for place, (_, look) in enumerate(asked) if look.whole]
    rest = [place for place, (_, look) in enumerate(asked) if not look.whole]
    if whole:
        for place, sums in zip(whole, fits.whole([wanted[place] for place in whole]), strict=True):
            views[place] = penalised(sums, asked[place][1].at, penalties[place])
    if rest:
        for place, sums in zip(rest, fits.slopes([wanted[place] for place in rest]), strict=True):
            slope = sums - penalties[place] * asked[place][1].at
            views[place] = View(0.0, slope, np.zeros((0, 0)))
    return [views[place] for place in range(len(asked))]


def _centres(fits: _Fits, starts: Sequence[Start]) -> list[Floats]:
    """Where each nuisance's regression on all rows is, nearly."""
    rows = fits.lessons.n
    climbs = [
        newton(_start(fits, which, sample), NEAR * rows * min(share, 1.0 - share))
        for which, sample, share in starts
    ]
    penalties = [fits.penalty(which, rows) for which in fits.chances]

    def looking(asked: Sequence[tuple[int, Look]]) -> list[View]:
        wanted = [(fits.chances[n], ALL, look.at) for n, look in asked]
        return _views(fits, asked, wanted, [penalties[n] for n, _ in asked])

    return [top.at for top in together(climbs, looking)]


def _start(fits: _Fits, which: int, sample: Sample | None) -> Floats:
    if sample is None:
        return np.zeros(fits.basis.width)
    ridge = fits.lessons.nuisances[which].penalty(float(np.sum(sample.weights)))
    columns = fits.basis.form.apply(sample.columns)[:, 1:]
    return fit_logistic(columns, sample.target, ridge, weights=sample.weights).coefficients
