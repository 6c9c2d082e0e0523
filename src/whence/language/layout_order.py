"""In which order the items of each row stand, so that few edges cross.

Edges join neighbouring rows only (longer ones pass through way-points, which are items too). Rows are
sorted by the middle of what each item is joined with in the row before, downwards and upwards in turn; then
neighbours are exchanged, and single items moved to any other place of their row, while that saves
crossings. The best of all orders seen is taken, from more than one beginning.

Sources: K. Sugiyama, S. Tagawa and M. Toda (1981); P. Eades and N. Wormald, "Edge crossings in drawings of
bipartite graphs" (1994), for the median; E. Gansner, E. Koutsofios, S. North and K.-P. Vo (1993), for the
exchanges; R. Rudell's sifting (1993) as applied to drawings by C. Matuszewski et al. (1999).

>>> web = Web(rows=[[0, 1], [2, 3]], up=[[], [], [1], [0]], down=[[3], [2], [], []])
>>> arrange(web)
>>> web.rows, crossings(web)
([[0, 1], [3, 2]], 0)
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass

ROUNDS = 14
PATIENCE = 4
MOST_PASSES = 40
WORK = 8_400
"""Rounds times edges: the larger the graph, the fewer rounds."""
TWICE = 1_500
"""With more edges there is one beginning only."""
Ends = tuple[list[int], list[int]]
"""The places of what an item is joined with above and below, in order."""


@dataclass(slots=True)
class Web:
    """Items in rows: `up` and `down` say what each is joined with in the rows before and after.

    A row in `still` keeps its order.
    """

    rows: list[list[int]]
    up: list[list[int]]
    down: list[list[int]]
    still: frozenset[int] = frozenset()


def arrange(web: Web) -> None:
    """Order the rows in place."""
    best, least = [list(row) for row in web.rows], crossings(web)
    first = [list(row) for row in web.rows]
    size = 1 + sum(map(len, web.down))
    rounds = max(2, min(ROUNDS, WORK // size))
    for downwards in (True, False) if size <= TWICE else (True,):
        if not least:
            break
        web.rows = [list(row) for row in first]
        _unfold(web, downwards=downwards)
        crossed = _rounds(web, rounds, passes=max(2, min(MOST_PASSES, WORK // size)))
        if crossed < least:
            best, least = web.rows, crossed
    web.rows = best


def _unfold(web: Web, *, downwards: bool) -> None:
    """Begin with the items in the order in which a search through the graph meets them."""
    row_of = {item: number for number, row in enumerate(web.rows) for item in row}
    near = [(*down, *up) if downwards else (*up, *down) for up, down in zip(web.up, web.down, strict=True)]
    seen = {item for number in web.still for item in web.rows[number]}
    queue = [item for number in sorted(web.still) for item in web.rows[number]]
    rows = [row if number in web.still else [] for number, row in enumerate(web.rows)]
    for start in (item for row in (web.rows if downwards else web.rows[::-1]) for item in row):
        if start not in seen and not queue:
            queue, seen = [start], seen | {start}
        for item in queue:
            if row_of[item] not in web.still:
                rows[row_of[item]].append(item)
            for other in near[item]:
                if other not in seen:
                    seen.add(other)
                    queue.append(other)
        queue = []
    web.rows = rows


def _rounds(web: Web, rounds: int, passes: int) -> int:
    """Sweep to and fro, keep the best order seen, and tell how many crossings it has.

    Exchanges that change nothing are made too in every other pair of rounds, and ties are turned round:
    without that the search comes to rest on the first plateau.
    """
    best, least, idle = [list(row) for row in web.rows], crossings(web), 0
    for turn in range(rounds):
        loose = turn % 4 < 2
        _sweep(web, downwards=turn % 2 == 0, median=loose, turned=loose)
        _exchange(web, passes, level=not loose)
        crossed = crossings(web)
        if crossed < least:
            best, least, idle = [list(row) for row in web.rows], crossed, 0
        else:
            idle += 1
        if not least or idle == PATIENCE:
            break
    web.rows = best
    if least and rounds > 2:
        _sift(web)
        least = crossings(web)
    return least


def crossings(web: Web) -> int:
    """How many pairs of edges cross."""
    total = 0
    for upper, lower in zip(web.rows, web.rows[1:], strict=False):
        place = {item: i for i, item in enumerate(lower)}
        seen: list[int] = []
        for item in upper:
            ends = [place[other] for other in web.down[item]]
            for end in ends:
                total += len(seen) - bisect_left(seen, end + 1)
            for end in ends:
                insort(seen, end)
    return total


def _sweep(web: Web, *, downwards: bool, median: bool, turned: bool) -> None:
    """Sort each row by what its items are joined with in the row before it on the way."""
    rows = web.rows
    near = web.up if downwards else web.down
    numbers = range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1)
    for number in numbers:
        if number in web.still:
            continue
        before = rows[number - 1 if downwards else number + 1]
        place = {item: i for i, item in enumerate(before)}
        wished: dict[int, float] = {}
        for item in rows[number]:
            ends = [place[other] for other in near[item]]
            if len(ends) == 1:
                wished[item] = ends[0]
            elif ends:
                wished[item] = _middle(ends) if median else sum(ends) / len(ends)
        joined = list(reversed(wished)) if turned else list(wished)
        joined.sort(key=wished.__getitem__)
        if len(joined) == len(rows[number]):
            rows[number] = joined
            continue
        # What is joined with nothing there keeps its place.
        moved = iter(joined)
        rows[number] = [next(moved) if item in wished else item for item in rows[number]]


def _middle(ends: list[int]) -> float:
    ends.sort()
    half = len(ends) // 2
    return ends[half] if len(ends) % 2 else (ends[half - 1] + ends[half]) / 2


def _ends(web: Web, number: int) -> dict[int, Ends]:
    """The places of what each item of a row is joined with."""
    rows = web.rows
    above = {item: i for i, item in enumerate(rows[number - 1])} if number else {}
    below = {item: i for i, item in enumerate(rows[number + 1])} if number + 1 < len(rows) else {}
    return {
        item: (
            sorted([above[other] for other in web.up[item]]),
            sorted([below[other] for other in web.down[item]]),
        )
        for item in rows[number]
    }


def _saved(left: Ends, right: Ends) -> int:
    """How many crossings fewer there are when `right` stands left of `left`."""
    total = 0
    for a, b in ((left[0], right[0]), (left[1], right[1])):
        if not a or not b:
            continue
        if len(a) == 1 == len(b):
            total += (a[0] > b[0]) - (a[0] < b[0])
            continue
        for end in a:
            low = bisect_left(b, end)
            total += low - (len(b) - bisect_left(b, end + 1, low))
    return total


def _exchange(web: Web, passes: int, *, level: bool) -> None:
    """Exchange neighbours while that saves crossings; `level` makes those that change nothing too."""
    least = 0 if level else 1
    todo = {number for number, row in enumerate(web.rows) if number not in web.still and len(row) > 1}
    free = frozenset(todo)
    for _ in range(passes):
        better = False
        # A row is looked at again only if it or one beside it has changed.
        touched: set[int] = set()
        for number in sorted(todo):
            row, ends = web.rows[number], _ends(web, number)
            for i in range(len(row) - 1):
                saved = _saved(ends[row[i]], ends[row[i + 1]])
                if saved >= least:
                    row[i], row[i + 1] = row[i + 1], row[i]
                    better |= saved > 0
                    touched |= {number - 1, number, number + 1}
        todo = touched & free
        if not better:
            break


def _sift(web: Web) -> None:
    """Move each item to the best place of its row."""
    for number, row in enumerate(web.rows):
        if number in web.still or len(row) < 3:
            continue
        ends = _ends(web, number)
        for item in list(row):
            _put_best(row, row.index(item), ends)


def _put_best(row: list[int], at: int, ends: dict[int, Ends]) -> None:
    item = row[at]
    best, most, total = at, 0, 0
    for i in range(at + 1, len(row)):
        total += _saved(ends[item], ends[row[i]])
        if total > most:
            best, most = i, total
    total = 0
    for i in range(at - 1, -1, -1):
        total += _saved(ends[row[i]], ends[item])
        if total > most:
            best, most = i, total
    if best != at:
        row.insert(best, row.pop(at))
