"""The directions in which whole numbers can change without changing given sums of them, exactly.

Rows are reduced one at a time by fraction-free elimination; each row is divided by what its entries have in
common, so that numbers stay small. A basis of what all rows leave unchanged is read off the reduced rows.

Source: E. Bareiss, "Sylvester's identity and multistep integer-preserving Gaussian elimination" (1968), for
elimination in whole numbers.

>>> null_space([[1, 1, 1], [1, 0, 1]], 3)
[(-1, 0, 1)]
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def null_space(rows: Iterable[Sequence[int]], width: int) -> list[tuple[int, ...]]:
    """A basis of the vectors of this width that every row is orthogonal to; empty if there is but zero."""
    echelon: dict[int, list[int]] = {}
    for row in rows:
        left = list(row)
        for pivot, other in echelon.items():
            if left[pivot]:
                left = _cleared(left, other, pivot)
        place = next((i for i, entry in enumerate(left) if entry), None)
        if place is None:
            continue
        left = _primitive(left)
        for pivot, other in echelon.items():
            if other[place]:
                echelon[pivot] = _cleared(other, left, place)
        echelon[place] = left
        if len(echelon) == width:
            return []
    return [_direction(echelon, free, width) for free in range(width) if free not in echelon]


def _cleared(row: Sequence[int], by: Sequence[int], pivot: int) -> list[int]:
    """The row less so much of another that nothing is left at the pivot."""
    a, b = row[pivot], by[pivot]
    return _primitive([b * one - a * two for one, two in zip(row, by, strict=True)])


def _primitive(row: list[int]) -> list[int]:
    common = math.gcd(*row)
    return [entry // common for entry in row] if common > 1 else row


def _direction(echelon: dict[int, list[int]], free: int, width: int) -> tuple[int, ...]:
    scale = math.lcm(*(row[pivot] for pivot, row in echelon.items() if row[free]), 1)
    found = [0] * width
    found[free] = scale
    for pivot, row in echelon.items():
        if row[free]:
            found[pivot] = -row[free] * scale // row[pivot]
    return tuple(_primitive(found))
