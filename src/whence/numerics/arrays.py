"""The kinds of array that the numeric rooms pass around, by name.

>>> floats([1, 2]).dtype
dtype('float64')
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
"""Real numbers: a vector (n,) or a matrix (n, p)."""

Integers: TypeAlias = npt.NDArray[np.int64]
"""Codes, labels of folds and clusters, counts."""

Booleans: TypeAlias = npt.NDArray[np.bool_]
"""Which rows, which columns."""


def floats(values: npt.ArrayLike) -> Floats:
    """The values as an array of float64, copied only where they are not one already."""
    return np.asarray(values, dtype=np.float64)


def integers(values: npt.ArrayLike) -> Integers:
    """The values as an array of int64, copied only where they are not one already."""
    return np.asarray(values, dtype=np.int64)


def with_intercept(matrix: Floats) -> Floats:
    """The matrix (n, p) with a first column of ones: (n, 1 + p)."""
    return np.column_stack([np.ones(matrix.shape[0]), matrix])
