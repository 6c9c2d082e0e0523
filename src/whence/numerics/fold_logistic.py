"""What logistic regressions outside of every fold of every split need to see of one block of rows.

At one place for all of them the slope and the curvature of each come from those within the folds, for little
more than a single regression costs. Where each has coefficients of its own their slopes come from one product
of matrices.

Source: P. McCullagh and J. Nelder, *Generalized Linear Models* (1989), section 4.4.

>>> import numpy as np
>>> ones, labels = np.array([0.0, 1.0, 1.0, 1.0]), np.array([[0], [0], [1], [1]])
>>> within = slopes_and_curves(np.ones((4, 1)), ones, np.zeros(1), labels, 2)
>>> within[0, :, 0].tolist(), within[0, :, 1].tolist()
([0.0, 1.0], [0.5, 0.5])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.numerics.blas import product
from whence.numerics.blocks import by_label
from whence.numerics.logistic import logistic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.numerics.arrays import Floats, Integers

CHUNK = 8_192
"""Rows at a time where there is a column for each regression: so many stay in the processor's cache."""


def slopes_and_curves(columns: Floats, target: Floats, beta: Floats, labels: Integers, folds: int) -> Floats:
    """The gradient and the negated second derivative of the log-likelihood within each fold of each split.

    Of columns (n, w) and a target (n,) at coefficients (w,), with the folds of the rows in labels (n, splits)
    below zero for rows of none: (splits, folds, w + w²).
    """
    width = columns.shape[1]
    chance = logistic(product(columns, beta))
    # Beside the columns what their product with them is wanted of: one gathering, one product for each fold.
    both = np.empty((columns.shape[0], 2 * width + 1))
    both[:, :width] = columns
    both[:, width] = target - chance
    np.multiply(columns, (chance * (1.0 - chance))[:, None], out=both[:, width + 1 :])
    found = np.empty((labels.shape[1], folds, width * (width + 1)))
    for split in range(labels.shape[1]):
        ordered, ends = by_label(labels[:, split], folds)
        together, start = both.take(ordered, axis=0), 0
        for fold, end in enumerate(ends):
            rows = together[start:end]
            products = product(rows[:, :width].T, rows[:, width:])
            found[split, fold, :width] = products[:, 0]
            found[split, fold, width:] = products[:, 1:].ravel()
            start = end
    return found


def slopes_outside(
    columns: Floats, target: Floats, betas: Floats, labels: Integers, cells: Sequence[tuple[int, int]]
) -> Floats:
    """The gradient at its own coefficients (k, w) for each (split, fold) of `cells`, outside that fold."""
    found = np.zeros(betas.shape)
    for start in range(0, columns.shape[0], CHUNK):
        rows = slice(start, start + CHUNK)
        left = logistic(product(columns[rows], betas.T))
        np.subtract(target[rows, None], left, out=left)
        for place, (split, fold) in enumerate(cells):
            own = labels[rows, split]
            left[(own == fold) | (own < 0), place] = 0.0
        found += product(left.T, columns[rows])
    return found
