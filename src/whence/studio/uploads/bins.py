"""Bins for a histogram whose edges people can read: steps of 1, 2, 2.5 or 5 times a power of ten, or days.

>>> edges_for(17.0, 55.0, "integer")[:3], len(edges_for(17.0, 55.0, "integer"))
([16.0, 18.0, 20.0], 21)
"""

from __future__ import annotations

import math
from typing import Final

from whence.data.columns import Storage

MOST_BARS: Final = 24
DAY: Final = 86_400e6
_SMALLEST, _LARGEST = 1e-290, 1e290
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_DAYS: Final = (1, 2, 7, 14, 28, 91, 182, 365, 730, 1_826, 3_652, 7_305, 18_262, 36_525, 73_050, 365_250)


def edges_for(low: float, high: float, storage: Storage) -> list[float]:
    """The edges of at most `MOST_BARS` equal bins from `low` to `high`; one edge where the two are as one."""
    width = (high - low) / MOST_BARS
    if not math.isfinite(width) or width <= 0 or low + width == low:
        return [low]
    if width < _SMALLEST or max(abs(low), abs(high)) > _LARGEST:
        return _plain(low, width)
    step = _days(high - low) if storage == "date" else _step(low, high, whole=storage == "integer")
    # Dates begin with the first day that there is: a multiple of ninety-one days since 1970 is no round one.
    start = math.floor(low / DAY) * DAY if storage == "date" else math.floor(low / step) * step
    count = max(math.ceil((high - start) / step), 1)
    if start + count * step <= high and storage in {"integer", "date"}:
        count += 1  # of whole numbers, the last one stands in the bin that begins with it
    edges = [start + place * step for place in range(min(count, MOST_BARS) + 1)]
    holds_all = edges[0] <= low and high <= edges[-1] and edges[0] + step > edges[0]
    return edges if count <= MOST_BARS and holds_all else _plain(low, width)


def _plain(low: float, width: float) -> list[float]:
    """Edges that are nothing but equally far apart, where round ones cannot be had."""
    return [low + place * width for place in range(MOST_BARS + 1)]


def _step(low: float, high: float, *, whole: bool) -> float:
    size = 10.0 ** math.floor(math.log10((high - low) / MOST_BARS))
    for times in (*_STEPS, *(10 * each for each in _STEPS)):
        step = size * times
        if whole and step != round(step):
            continue
        if math.ceil(high / step) - math.floor(low / step) < MOST_BARS:
            return max(step, 1.0) if whole else step
    return high - low


def _days(span: float) -> float:
    for days in _DAYS:
        if span / (days * DAY) < MOST_BARS - 1:
            return days * DAY
    return span / (MOST_BARS - 2)
