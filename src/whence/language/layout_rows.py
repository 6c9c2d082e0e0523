"""Rows of things to be placed: which row each stands in, its order there, and how far to the right.

Rows stand above one another; an edge that passes rows gets a way-point in each, so that room is kept for
it. Places follow what an item is joined with: sweeps ask for the mean of what it is joined with (way-points
of one edge pull hardest, so that long edges run straight), and each row grants that as nearly as its order
and widths allow, which is a weighted isotonic regression.

Source: R. E. Barlow, D. J. Bartholomew, J. M. Bremner and H. D. Brunk, "Statistical inference under order
restrictions" (1972), for the pooling of adjacent violators.

>>> spread([5.0, 5.0], [0.0, 2.0], [1.0, 1.0])
[4.0, 6.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from whence.language.layout_order import Web, arrange
from whence.language.layout_ranks import Link, ranks

GAP = 26.0
POINT = -8.0
"""The width of a way-point: edges may run nearer to one another than names."""
SWEEPS = 8
MOST_POINTS = 2_500
"""With more way-points than these the longest edges get none."""
Point = tuple[float, float]


@dataclass(slots=True)
class Item:
    """Something to be placed: its size, and its middle once known."""

    key: str
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    block: bool = False


def levels(count: int, links: Sequence[Link]) -> list[int]:
    """The row of each node, edges downwards and short; what may stand in several goes where fewest are."""
    found = ranks(count, links)
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for a, b in links:
        below[a].append(b)
        above[b].append(a)
    load = [0] * (max(found, default=0) + 1)
    for row in found:
        load[row] += 1
    for node in range(count):
        if above[node] and len(above[node]) == len(below[node]):
            low = max(found[other] for other in above[node]) + 1
            high = min(found[other] for other in below[node])
            best = min(range(low, high), key=load.__getitem__)
            if load[best] + 1 < load[found[node]]:
                load[found[node]] -= 1
                load[best] += 1
                found[node] = best
    return found


def place_rows(
    rows: Sequence[list[Item]], links: Sequence[tuple[str, str]], still: int | None = None
) -> dict[tuple[str, str], list[tuple[float, int]]]:
    """Order every row in place and give its items their x; what stands in the `still` row keeps both.

    Gives for each link that passes rows its way-points, each as x and number of row, from the first row on.
    """
    items = [item for row in rows for item in row]
    number = {item.key: i for i, item in enumerate(items)}
    row_of = [i for i, row in enumerate(rows) for _ in row]
    up: list[list[int]] = [[] for _ in items]
    down: list[list[int]] = [[] for _ in items]
    order = [[number[item.key] for item in row] for row in rows]
    chains: dict[tuple[str, str], list[int]] = {}
    spans = {pair: abs(row_of[number[pair[0]]] - row_of[number[pair[1]]]) for pair in links}
    for pair in sorted(spans, key=spans.__getitem__):
        a, b = sorted((number[key] for key in pair), key=row_of.__getitem__)
        if not spans[pair] or len(up) > len(items) + MOST_POINTS:
            continue
        chain = range(len(up), len(up) + row_of[b] - row_of[a] - 1)
        for place, point in enumerate(chain):
            up.append([])
            down.append([])
            order[row_of[a] + 1 + place].append(point)
        chains[pair] = list(chain)
        for upper, lower in pairwise((a, *chain, b)):
            down[upper].append(lower)
            up[lower].append(upper)
    web = Web(order, up, down, frozenset() if still is None else frozenset({still}))
    arrange(web)
    x = _settled(web, items)
    for i, row in enumerate(rows):
        if i != still:
            row[:] = [items[j] for j in web.rows[i] if j < len(items)]
            for item in row:
                item.x = x[number[item.key]]
    where = {j: i for i, row in enumerate(web.rows) for j in row}
    return {pair: [(x[j], where[j]) for j in chain] for pair, chain in chains.items() if chain}


def _settled(web: Web, items: Sequence[Item]) -> list[float]:
    """The x of every item and way-point."""
    real = len(items)
    widths = [item.width for item in items] + [POINT] * (len(web.up) - real)
    x = [item.x for item in items] + [0.0] * (len(web.up) - real)
    fixed = [x[j] for i in web.still for j in web.rows[i]]
    middle = (min(fixed) + max(fixed)) / 2 if fixed else 0.0
    free = [(row, _offsets(row, widths)) for i, row in enumerate(web.rows) if i not in web.still]
    for row, offsets in free:
        for j, offset in zip(row, offsets, strict=True):
            x[j] = middle + offset - offsets[-1] / 2
    pulls = [
        [(other, _weight(j, other, real)) for other in (*web.up[j], *web.down[j])] for j in range(len(web.up))
    ]
    total = [sum(weight for _, weight in pull) for pull in pulls]
    for sweep in range(SWEEPS):
        for row, offsets in free if sweep % 2 == 0 else reversed(free):
            wished = [
                sum([x[other] * weight for other, weight in pulls[j]]) / total[j] if total[j] else x[j]
                for j in row
            ]
            weights = [total[j] or 0.05 for j in row]
            for j, place in zip(row, spread(wished, offsets, weights), strict=True):
                x[j] = place
    return x


def _weight(one: int, other: int, real: int) -> float:
    """How hard a link pulls: pieces of a long edge hardest, so that it runs straight."""
    return (1.0, 2.0, 6.0)[(one >= real) + (other >= real)]


def _offsets(row: Sequence[int], widths: Sequence[float]) -> list[float]:
    """How far each item stands at least from the first of its row."""
    offsets = [0.0] if row else []
    for left, right in pairwise(row):
        offsets.append(offsets[-1] + (widths[left] + widths[right]) / 2 + GAP)
    return offsets


def spread(wished: Sequence[float], offsets: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The places nearest to those wished that keep the order and the distances that `offsets` ask for."""
    pools: list[tuple[float, float, int]] = []
    for wish, offset, weight in zip(wished, offsets, weights, strict=True):
        mean, heavy, count = wish - offset, weight, 1
        while pools and pools[-1][0] > mean:
            before, other, size = pools.pop()
            mean = (before * other + mean * heavy) / (other + heavy)
            heavy += other
            count += size
        pools.append((mean, heavy, count))
    level = [mean for mean, _, count in pools for _ in range(count)]
    return [place + offset for place, offset in zip(level, offsets, strict=True)]
