"""Contingency tables from integer codes: exact, so the same in any order and on any number of cores.

>>> import numpy as np
>>> cross_table([np.array([0, 0, 1]), np.array([1, 1, 0])], (2, 2)).tolist()
[[0, 2], [1, 0]]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.numerics.kernels.counting import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.numerics.arrays import Integers


def cell_index(codes: Sequence[Integers], sizes: Sequence[int]) -> Integers:
    """The number of each row's cell in the table of the given sizes, last code fastest."""
    index = np.zeros(codes[0].shape[0] if codes else 0, dtype=np.int64)
    for code, size in zip(codes, sizes, strict=True):
        index = index * size + code
    return index


def cross_table(codes: Sequence[Integers], sizes: Sequence[int]) -> Integers:
    """How many rows fall in each cell: an array with one axis per code, of the given sizes."""
    return counted(codes, sizes).reshape(tuple(sizes))


def level_codes(column: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[Integers, tuple[float, ...]]:
    """The distinct values of a numeric column, in order, and each row's position among them."""
    levels, codes = np.unique(column, return_inverse=True)
    return codes.ravel().astype(np.int64), tuple(float(level) for level in levels)
