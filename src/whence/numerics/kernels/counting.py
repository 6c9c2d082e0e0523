"""How many rows fall in each cell of a table: in one pass over the codes, or by numpy in one for each of
them.

>>> import numpy as np
>>> codes = [np.array([0, 0, 1]), np.array([1, 1, 0])]
>>> by_numpy(codes, (2, 2)).tolist()
[0, 2, 1, 0]
>>> counted(codes, (2, 2)).tolist()
[0, 2, 1, 0]
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, TypeAlias, cast

import numpy as np

from whence.numerics.arrays import Integers

BLOCK: Final = 16_384
"""Rows whose codes are brought together at a time: few enough to stay in the cache of a core."""

WORTH_LOADING: Final = 300_000_000
"""From so many codes on (about a second of numpy) the second that numba takes to load is well spent."""

WORTH_CALLING: Final = 1 << 17
"""From so many codes on the compiled kernel is the faster one once it is there."""

Kernel: TypeAlias = Callable[[Integers, Integers, Integers], bool]


def counted(codes: Sequence[Integers], sizes: Sequence[int]) -> Integers:
    """How many rows fall in each cell, last code fastest: (cells,), by whichever way is the faster.

    `codes` are integers (n,) from 0 to below the size that goes with them.
    """
    work = sum(code.shape[0] for code in codes)
    if work >= WORTH_CALLING and (work >= WORTH_LOADING or loaded()) and available():
        return by_numba(codes, sizes)
    return by_numpy(codes, sizes)


def by_numpy(codes: Sequence[Integers], sizes: Sequence[int]) -> Integers:
    """The same by numpy: the twin."""
    index = np.zeros(codes[0].shape[0] if codes else 0, dtype=np.int64)
    for code, size in zip(codes, sizes, strict=True):
        index = index * size + code
    return np.bincount(index, minlength=math.prod(sizes)).astype(np.int64)


def by_numba(codes: Sequence[Integers], sizes: Sequence[int]) -> Integers:
    """The same by the compiled kernel. A code that is out of range is left to numpy to refuse or to take."""
    kernel, limits = compiled(), np.array(sizes, dtype=np.int64)
    cells = np.zeros(math.prod(sizes), dtype=np.int64)
    rows = codes[0].shape[0] if codes else 0
    room = np.empty((len(codes), min(BLOCK, rows)), dtype=np.int64)
    for start in range(0, rows, BLOCK):
        block = room[:, : min(BLOCK, rows - start)]
        for place, code in enumerate(codes):
            block[place] = code[start : start + block.shape[1]]
        if not kernel(block, limits, cells):
            return by_numpy(codes, sizes)
    return cells


def available() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None


def loaded() -> bool:
    """Whether the kernel has been compiled in this process already."""
    return "numba" in sys.modules and compiled.cache_info().currsize > 0


@lru_cache(maxsize=1)
def compiled() -> Kernel:
    """The kernel as machine code; takes about a second the first time in a process."""
    numba = cast("Any", import_module("numba"))
    signature = "boolean(int64[:, :], int64[::1], int64[::1])"
    try:
        made = numba.njit(signature, nogil=True, cache=True)(_count)
    except RuntimeError:  # there is no folder that a compiled kernel could be kept in
        made = numba.njit(signature, nogil=True)(_count)
    return cast("Kernel", made)


def _count(codes: Integers, sizes: Integers, cells: Integers) -> bool:
    """Add each row (a column of `codes`) to its cell; False, and nothing more, at a code out of range."""
    for row in range(codes.shape[1]):
        cell = 0
        for place in range(codes.shape[0]):
            code = codes[place, row]
            # Compiled code does not look where it writes: this is what keeps it inside of `cells`.
            if code < 0 or code >= sizes[place]:
                return False
            cell = cell * sizes[place] + code
        cells[cell] += 1
    return True
