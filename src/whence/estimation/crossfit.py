"""Cross-fitting: every row is predicted by models that never saw its fold.

Linear nuisances cost one pass over the rows for all folds, since the Gram matrix outside a fold is the total
less that of the fold. Everything else is fitted fold by fold, each fit an item of work of its own.

Source: V. Chernozhukov and others, "Double/debiased machine learning", Econometrics Journal 21 (2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.kinds import kind_of_fits
from whence.estimation.learners import OURS, Choice, fit_predict
from whence.numerics.arrays import Booleans, Floats, Integers, with_intercept
from whence.numerics.basis import hinges
from whence.numerics.blas import kernel
from whence.numerics.blocks import blocks, fold_grams, training_grams
from whence.numerics.linear import scaling, solve_gram
from whence.numerics.logistic import RIDGE, fit_logistic
from whence.runtime.seeds import Seed

if TYPE_CHECKING:
    from whence.runtime.executor import Executor


SPLINE_RIDGE = 0.001
"""The ridge per row of a fit on splines, whose neighbouring columns are nearly alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Nuisance:
    """A function to be learnt: E[target | design] among `members`, or a probability.

    `ridge` is the penalty on scaled columns, per row, of the linear learners; `members` (n,) says which
    rows are learnt from (all, if None). Every row is predicted.
    """

    target: Floats
    choice: Choice
    probability: bool
    members: Booleans | None = None
    ridge: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """One item of work: a nuisance in a fold of a split. Held as one task, so that arrays travel once.

    `bent` is the design with its hinges, for the nuisances learnt on splines.
    """

    design: Floats
    bent: Floats
    nuisances: tuple[Nuisance, ...]
    splits: tuple[Integers, ...]
    starts: tuple[Floats | None, ...]
    seed: Seed

    def __call__(self, item: tuple[int, int, int]) -> Floats:
        which, split, fold = item
        nuisance, labels = self.nuisances[which], self.splits[split]
        learn = labels != fold if nuisance.members is None else (labels != fold) & nuisance.members
        if nuisance.choice in OURS:
            design = _basis(nuisance, self.design, self.bent)
            penalty = _penalty(nuisance, int(np.count_nonzero(learn)))
            fit = fit_logistic(design[learn], nuisance.target[learn], penalty, self.starts[which])
            return fit.predict(design[labels == fold])
        seed = self.seed.child(which).child(split).child(fold)
        return fit_predict(
            nuisance.choice,
            self.design[learn],
            nuisance.target[learn],
            self.design[labels == fold],
            probability=nuisance.probability,
            seed=seed,
        )


def cross_fit(
    design: Floats,
    nuisances: Sequence[Nuisance],
    splits: Sequence[Integers],
    folds: int,
    *,
    seed: Seed,
    executor: Executor | None = None,
) -> list[list[Floats]]:
    """Out-of-fold predictions (n,) of each nuisance for each split: `result[split][nuisance]`."""
    found = [[np.empty(design.shape[0]) for _ in nuisances] for _ in splits]
    bent = hinges(design) if any(each.choice == "splines" for each in nuisances) else design
    linear = [i for i, each in enumerate(nuisances) if each.choice in OURS and not each.probability]
    for choice in OURS:
        members = [i for i in linear if nuisances[i].choice == choice]
        if not members:
            continue
        basis = design if choice == "linear" else bent
        columns = with_intercept(scaling(basis, executor).apply(basis))
        for which in members:
            for split, labels in enumerate(splits):
                found[split][which] = linear_out_of_fold(columns, nuisances[which], labels, folds, executor)
    rest = [i for i in range(len(nuisances)) if i not in linear]
    items = [(which, split, fold) for which in rest for split in range(len(splits)) for fold in range(folds)]
    if not items:
        return found
    starts = tuple(_start(_basis(each, design, bent), each) for each in nuisances)
    task = _Fit(design, bent, tuple(nuisances), tuple(splits), starts, seed)
    kind = kind_of_fits([nuisances[which].choice for which in rest], design.size)
    results = (
        [task(item) for item in items]
        if executor is None
        else executor.map(task, items, stage="nuisances", kind=kind)
    )
    for (which, split, fold), predicted in zip(items, results, strict=True):
        found[split][which][splits[split] == fold] = predicted
    return found


@kernel
def linear_out_of_fold(
    columns: Floats, nuisance: Nuisance, labels: Integers, folds: int, executor: Executor | None = None
) -> Floats:
    """Out-of-fold least squares on columns (n, 1 + p) that start with ones: predictions (n,)."""
    own = labels if nuisance.members is None else np.where(nuisance.members, labels, -1)
    scale = scaling(nuisance.target[:, None])
    together = np.column_stack([columns, scale.apply(nuisance.target[:, None])])
    outside = training_grams(fold_grams(together, own, folds, executor))
    width = columns.shape[1]
    coefficients = np.empty((folds, width))
    for fold in range(folds):
        penalty = np.full(width, _penalty(nuisance, float(outside[fold, 0, 0])))
        penalty[0] = 0.0
        squares, moments = outside[fold, :width, :width], outside[fold, :width, width]
        coefficients[fold] = solve_gram(squares, moments, penalty).coefficients
    predicted = np.empty(columns.shape[0])
    for rows in blocks(columns.shape[0]):
        # All folds' predictions of a block, then each row's own: no rows are gathered or copied.
        every = columns[rows] @ coefficients.T
        predicted[rows] = np.take_along_axis(every, labels[rows, None], axis=1)[:, 0]
    return predicted * scale.scales[0] + scale.means[0]


def _basis(nuisance: Nuisance, design: Floats, bent: Floats) -> Floats:
    return bent if nuisance.choice == "splines" else design


def _penalty(nuisance: Nuisance, rows: float) -> float:
    """The ridge of a linear learner fitted on so many rows; a probability always has a trace of one."""
    per_row = max(nuisance.ridge, SPLINE_RIDGE) if nuisance.choice == "splines" else nuisance.ridge
    return per_row * rows + (RIDGE if nuisance.probability else 0.0)


def _start(design: Floats, nuisance: Nuisance) -> Floats | None:
    """Where the logistic fits of all folds begin: near their common end, which does not depend on it."""
    if nuisance.choice not in OURS or not nuisance.probability:
        return None
    rows = slice(None) if nuisance.members is None else nuisance.members
    target = nuisance.target[rows]
    return fit_logistic(design[rows], target, _penalty(nuisance, target.size)).coefficients
