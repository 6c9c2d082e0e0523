"""Covariances of regression coefficients that do not believe the errors to be alike.

Source: H. White, Econometrica 48 (1980); J. MacKinnon and H. White, J. Econometrics 29 (1985), for HC1–HC3;
K.-Y. Liang and S. Zeger, Biometrika 73 (1986), for clusters, with the small-sample factor of Stata (CR1).

>>> import numpy as np
>>> from whence.numerics.linear import regress
>>> x, y = np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([0.0, 2.0, 3.0, 7.0])
>>> fit = regress(x, y)
>>> round(float(covariance(x, y - fit.predict(x), fit, "HC1")[1, 1]) ** 0.5, 6)
2.236068
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from whence.numerics.arrays import Floats, Integers, with_intercept
from whence.numerics.blas import kernel, product
from whence.numerics.blocks import gram

if TYPE_CHECKING:
    from whence.numerics.linear import Regression

Errors = Literal["classical", "HC0", "HC1", "HC2", "HC3", "CR0", "CR1"]


@kernel
def covariance(
    design: Floats, residuals: Floats, fit: Regression, kind: Errors, clusters: Integers | None = None
) -> Floats:
    """The covariance (1 + p, 1 + p) of the coefficients of `fit` on the design (n, p).

    `clusters` (n,) are needed for CR0 and CR1 and unused otherwise.
    """
    columns = with_intercept(design)
    rows, bread = columns.shape[0], fit.bread
    spare = max(rows - fit.rank, 1)
    if kind == "classical":
        return bread * (float(residuals @ residuals) / spare)
    # Each row is taken through the bread before anything is squared: B(ΣxxV)B would lose the square of a
    # column's mean over its spread, and columns such as dates have large ones.
    pulls = product(columns, bread)
    if kind in ("CR0", "CR1"):
        scores = cluster_sums(pulls * residuals[:, None], clusters)
        groups = scores.shape[0]
        factor = groups / max(groups - 1, 1) * (rows - 1) / spare if kind == "CR1" else 1.0
        return gram(scores) * factor
    squares = residuals**2
    if kind in ("HC2", "HC3"):
        squares = squares / np.maximum(1.0 - _leverage(design, fit), 1e-12) ** (1 if kind == "HC2" else 2)
    factor = rows / spare if kind == "HC1" else 1.0
    return gram(pulls, squares) * factor


def _leverage(design: Floats, fit: Regression) -> Floats:
    """How far each row decides its own fitted value: the diagonal of the hat matrix (n,)."""
    centred = design - design.mean(axis=0)
    inner = fit.bread[1:, 1:]
    return 1.0 / design.shape[0] + np.einsum("ij,jk,ik->i", centred, inner, centred)


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
