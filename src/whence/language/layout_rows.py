"""The order of items in rows, and where along a row each stands.

Order first by barycentres, then by exchanging neighbours while that saves crossings; places by isotonic
regression, which is the least movement from the wished places that keeps the order and the distances.

>>> spread([0.0, 0.0], [10.0, 10.0], gap=4.0)
[-7.0, 7.0]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

GAP = 26.0
SWEEPS = 4
Links = Mapping[str, Mapping[str, int]]


@dataclass(slots=True)
class Item:
    """Something to be placed: its size, and its middle once known."""

    key: str
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    block: bool = False


def order_rows(rows: Sequence[list[Item]], fixed: Sequence[Item], links: Links) -> None:
    """Sort each row in place, nearest to the fixed items first, so that few edges cross."""
    places = {item.key: item for row in rows for item in row} | {item.key: item for item in fixed}
    middle = _middle(fixed)
    for number, row in enumerate(rows):
        for item in row:
            item.x, item.y = middle, -100.0 * (number + 1)
    known = {item.key for item in fixed}
    for _ in range(SWEEPS):
        for row in rows:
            for item in row:
                near = [(places[key].x, count) for key, count in links[item.key].items() if key in known]
                if near:
                    item.x = sum(x * count for x, count in near) / sum(count for _, count in near)
            row.sort(key=lambda item: item.x)
            _apart(row)
            known.update(item.key for item in row)
    for row in rows:
        _exchange(row, places, links)


def settle(rows: Sequence[list[Item]], fixed: Sequence[Item], links: Links) -> None:
    """Give every item its x: near to what it is joined with, in order, without touching."""
    places = {item.key: item for row in rows for item in row} | {item.key: item for item in fixed}
    middle = _middle(fixed)
    for _ in range(SWEEPS):
        for row in rows:
            wished: list[float] = []
            for item in row:
                joined = {key: count for key, count in links[item.key].items() if key in places}
                total = sum(joined.values())
                pull = sum(places[key].x * n for key, n in joined.items())
                wished.append(pull / total if total else middle)
            for item, x in zip(row, spread(wished, [item.width for item in row], GAP), strict=True):
                item.x = x


def _middle(fixed: Sequence[Item]) -> float:
    return (min(item.x for item in fixed) + max(item.x for item in fixed)) / 2 if fixed else 0.0


def _apart(row: Sequence[Item]) -> None:
    for item, x in zip(row, spread([item.x for item in row], [item.width for item in row], GAP), strict=True):
        item.x = x


def spread(wished: Sequence[float], widths: Sequence[float], gap: float) -> list[float]:
    """The places nearest to those wished that keep the order and leave `gap` between items."""
    offsets = [0.0]
    for left, right in pairwise(widths):
        offsets.append(offsets[-1] + (left + right) / 2 + gap)
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wished, offsets, strict=False):
        mean, count = wish - offset, 1
        while pools and pools[-1][0] > mean:
            before, size = pools.pop()
            mean, count = (before * size + mean * count) / (size + count), size + count
        pools.append((mean, count))
    level = [mean for mean, count in pools for _ in range(count)]
    return [place + offset for place, offset in zip(level, offsets, strict=False)]


def _exchange(row: list[Item], places: Mapping[str, Item], links: Links) -> None:
    """Swap neighbours while the edges at the two then cross less."""
    for _ in range(SWEEPS):
        better = False
        for i in range(len(row) - 1):
            left, right = row[i], row[i + 1]
            if _crossings(right, left, places, links) < _crossings(left, right, places, links):
                row[i], row[i + 1] = right, left
                left.x, right.x = right.x, left.x
                better = True
        if not better:
            return


def _crossings(left: Item, right: Item, places: Mapping[str, Item], links: Links) -> int:
    """How many pairs of edges, one at each item, cross when `left` stands left of `right`."""
    count = 0
    for near, m in links[left.key].items():
        for far, n in links[right.key].items():
            same_side = (places[near].y - left.y) * (places[far].y - right.y) > 0
            if same_side and places[near].x > places[far].x:
                count += m * n
    return count
