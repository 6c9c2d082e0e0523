"""Sums of products within every fold of every split, from one pass over the rows; least squares outside each.

A block's columns are centred at the block's own means, and two neighbours are brought to common means when
they are added. So nothing is squared far from its mean, whatever the first rows of a file are like: sorted
and drifting data lose no digits. What is outside a fold is the total less the fold's own.

Source: V. Chernozhukov and others, "Double/debiased machine learning", Econometrics Journal 21 (2018);
T. Chan, G. Golub and R. LeVeque, The American Statistician 37 (1983), for the joining of moments.

>>> import numpy as np
>>> from whence.numerics.moments import central
>>> rows = np.array([[1.0], [3.0], [5.0], [7.0]])
>>> found = fold_moments(rows, central(rows), [np.array([[0], [0], [1], [1]])], 2)
>>> found.whole.means.tolist(), found.outside()[0, 0, 0].tolist()
([4.0], [[2.0, 4.0], [4.0, 10.0]])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whence.numerics.arrays import with_intercept
from whence.numerics.blocks import grams_of_labels, training_grams
from whence.numerics.linear import solve_gram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.numerics.arrays import Booleans, Floats, Integers
    from whence.numerics.moments import Central

CONSTANT = 1e-12
"""A column that differs from its mean by no more than this share of it differs by rounding only."""


@dataclass(frozen=True, slots=True, eq=False)
class FoldMoments:
    """`whole` are the moments of q columns over all rows.

    `grams` (groups, splits, folds, 1 + q, 1 + q) are the sums of products of a column of ones and these
    columns less their means, of the rows of each group in each fold of each split.
    """

    whole: Central
    grams: Floats

    def __add__(self, other: FoldMoments) -> FoldMoments:
        """The moments of both, about common means."""
        whole = self.whole + other.whole
        return FoldMoments(whole, self._about(whole.means) + other._about(whole.means))

    def _about(self, means: Floats) -> Floats:
        change = np.eye(means.size + 1)
        change[0, 1:] = self.whole.means - means
        return change.T @ self.grams @ change

    def outside(self) -> Floats:
        """The same sums over the rows of each group outside of each fold."""
        return np.stack([np.stack([training_grams(split) for split in group]) for group in self.grams])


def fold_moments(columns: Floats, whole: Central, groups: Sequence[Integers], folds: int) -> FoldMoments:
    """The moments of one block (n, q), of which `whole` are those of all its rows.

    Each group gives the fold of every row in every split (n, splits), below zero for rows that are not its.
    """
    centred = with_intercept(columns - whole.means)
    grams = [[grams_of_labels(centred, split, folds) for split in labels.T] for labels in groups]
    return FoldMoments(whole, np.array(grams) if grams else np.zeros((0, 1, folds, *(centred.shape[1],) * 2)))


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """How p columns are made alike: less `means`, times `factors`: one over the spread, or zero of none."""

    means: Floats
    factors: Floats

    def apply(self, columns: Floats) -> Floats:
        """A column of ones, and the columns (n, p) made alike: (n, 1 + p)."""
        made = np.empty((columns.shape[0], columns.shape[1] + 1))
        made[:, 0] = 1.0
        np.subtract(columns, self.means, out=made[:, 1:])
        made[:, 1:] *= self.factors
        return made


def standard(whole: Central, width: int) -> Standard:
    """The standard form of the first `width` columns of some moments."""
    means = whole.means[:width]
    spreads = np.sqrt(np.maximum(np.diag(whole.products)[:width], 0.0) / max(whole.n, 1.0))
    constant = spreads <= CONSTANT * np.maximum(np.abs(means), 1e-300)
    return Standard(means, np.where(constant, 0.0, 1.0 / np.where(constant, 1.0, spreads)))


def informative(whole: Central, width: int) -> Booleans:
    """Which of the first `width` columns are neither constant nor combinations of earlier ones."""
    factors = standard(whole, width).factors
    alike = whole.products[:width, :width] * np.outer(factors, factors)
    return solve_gram(alike, np.zeros(width)).kept


def coefficients_outside(grams: Floats, form: Standard, target: int, ridge: float) -> Floats:
    """Least squares outside each fold, from `FoldMoments.outside` of one group: (splits, folds, 1 + p).

    The target is column `target` of the moments, less its mean; `ridge` is the penalty per row on the squares
    of the coefficients of the standard columns, never the intercept.
    """
    width = form.means.size + 1
    factors = np.concatenate([[1.0], form.factors])
    found = np.empty((*grams.shape[:2], width))
    for split, fold in np.ndindex(*grams.shape[:2]):
        own = grams[split, fold]
        penalty = np.full(width, ridge * float(own[0, 0]))
        penalty[0] = 0.0
        squares = own[:width, :width] * np.outer(factors, factors)
        moments = own[:width, target + 1] * factors
        found[split, fold] = solve_gram(squares, moments, penalty).coefficients
    return found
