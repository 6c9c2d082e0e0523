"""Which fold each row belongs to: balanced, kept whole within clusters, even across strata.

>>> import numpy as np
>>> labels = fold_labels(np.arange(10) % 2, folds=5, seed=0)
>>> np.bincount(labels).tolist()
[2, 2, 2, 2, 2]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.numerics.arrays import Integers, integers
from whence.numerics.random import generator

if TYPE_CHECKING:
    from whence.runtime.seeds import Seed


def fold_labels(strata: Integers, folds: int, seed: int | Seed, clusters: Integers | None = None) -> Integers:
    """A fold in 0 … folds − 1 for each row, dealt out at random within each stratum.

    With `clusters` (codes of each row's cluster) whole clusters are dealt out instead, so that no cluster is
    both learnt from and predicted; strata are then ignored.
    """
    draws = generator(seed)
    if clusters is not None:
        names, member = np.unique(clusters, return_inverse=True)
        return _dealt(names.size, folds, draws, 0)[member.ravel()]
    labels = np.zeros(strata.size, dtype=np.int64)
    offset = 0
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        # The deal goes on where the last stratum stopped, so that fold sizes differ by one at most.
        labels[rows] = _dealt(rows.size, folds, draws, offset)
        offset += rows.size
    return labels


def _dealt(items: int, folds: int, draws: np.random.Generator, offset: int) -> Integers:
    labels = np.empty(items, dtype=np.int64)
    labels[draws.permutation(items)] = (np.arange(items) + offset) % folds
    return integers(labels)
