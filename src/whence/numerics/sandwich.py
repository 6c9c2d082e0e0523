"""Sums and standard errors of influence values, in which rows of one cluster count as one piece.

Source: K.-Y. Liang and S. Zeger, Biometrika 73 (1986), with the small-sample factor of Stata (CR1).

>>> import numpy as np
>>> round(mean_error(np.array([-1.0, 1.0, -1.0, 1.0])), 6)
0.57735
"""

from __future__ import annotations

import numpy as np

from whence.numerics.arrays import Floats, Integers


def cluster_sums(scores: Floats, clusters: Integers | None) -> Floats:
    """The rows of scores (n, p) added up within each cluster: (clusters, p); unchanged without clusters."""
    if clusters is None:
        return scores
    names, member = np.unique(clusters, return_inverse=True)
    summed = np.zeros((names.size, scores.shape[1]))
    np.add.at(summed, member.ravel(), scores)
    return summed


def mean_error(influence: Floats, clusters: Integers | None = None) -> float:
    """The standard error of a mean from influence values (n,) that average to zero.

    With clusters, their sums count as the independent pieces, with the factor G / (G − 1).
    """
    rows = influence.size
    if clusters is None:
        return float(np.sqrt(np.sum(influence**2) / max(rows - 1, 1) / rows))
    sums = cluster_sums(influence[:, None], clusters)[:, 0]
    factor = sums.size / max(sums.size - 1, 1)
    return float(np.sqrt(factor * np.sum(sums**2))) / rows
