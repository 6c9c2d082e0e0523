"""A drawing that is drawn again: what need not move stays where it was, and pins are kept.

Someone who draws knows the graph by its places. So after an edit the former places are kept, and only
variables that cannot stay are placed anew, each where it tangles least: those that are new, that lie under
a pinned one, or that would stand on the wrong side of what causes them or of the line of the effect. The
drawing made afresh is taken only where it is much clearer than what came of that.

Source: K. Misue, P. Eades, W. Lai and K. Sugiyama, "Layout adjustment and the mental map" (1995), for what
is to be kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from statistics import median
from typing import TypeVar

from whence.language.graph import Graph
from whence.language.layout_plan import Layout, Node, Point
from whence.language.layout_tangle import Segment, crossings, crossings_with, hits

FAR = 20.0
"""Nearer than this in height, neither of two stands above the other."""
STEP = 116.0
ASIDE = 76.0
CLOSE_X, CLOSE_Y = 70.0, 62.0
NEAR = 27.0
APART, ENDS_APART = 10.0, 150.0
HIT, WRONG, UNDER = 2.0, 3.0, 60.0
LONG = 1 / 500
WORSE, SLACK = 1.3, 4.0
MOST_MOVED = 0.4
MOST_EDGES = 500
"""With more edges than these only some of them are looked at."""
MOST_LOOKS = 50_000
"""So many pairs of lines are looked at for each place that is tried, over all variables placed anew: a dense
graph of which half must move is drawn in a second or two, and not in a minute."""
T = TypeVar("T")
Pair = tuple[str, str]
Order = list[tuple[str, str, int, float]]
"""What must keep its side: names, 0 if the first is left of the second or 1 if it is above, and how far."""


@dataclass(slots=True)
class _Board:
    """Places and lines while a drawing is made over."""

    at: dict[str, Point]
    vias: dict[Pair, tuple[Point, ...]]
    edges: tuple[Pair, ...]

    def segments(self, edges: Iterable[Pair]) -> list[Segment]:
        """The lines of these edges, from way-point to way-point."""
        found: list[Segment] = []
        for a, b in edges:
            if a in self.at and b in self.at:
                found += pairwise((self.at[a], *self.vias.get((a, b), ()), self.at[b]))
        return found


def kept(fresh: Layout, graph: Graph, previous: Layout | None, pins: Mapping[str, Point]) -> Layout:
    """The layout to draw: `fresh` where nothing was drawn before, else the former one made over."""
    fixed = {name: pins[name] for name in graph.nodes if name in pins}
    if previous is None and not fixed:
        return fresh
    edges = tuple(dict.fromkeys((edge.source, edge.target) for edge in graph.edges))
    order = [*_order(fresh), *_downward({node.name: (node.x, node.y) for node in fresh.nodes}, edges)]
    # What a person has pinned against the rules is as it should be.
    order = [rule for rule in order if rule[0] not in fixed and rule[1] not in fixed]
    new = _aligned(fresh, previous, edges)
    anew = _made(new, new.at, fixed, [], new.at)
    if previous is None:
        return _layout(fresh, anew)
    former = _Board({node.name: (node.x, node.y) for node in previous.nodes}, dict(previous.vias), edges)
    stays = {name: place for name, place in former.at.items() if name in graph.index}
    for name in _changed_parts(fresh, previous):
        stays.pop(name, None)
    moved = _made(former, stays, fixed, order, new.at)
    gone = sum(moved.at[name] != place for name, place in former.at.items() if name in moved.at)
    if gone > MOST_MOVED * len(former.at) and gone > len(fixed) + 1:
        return _layout(fresh, anew)
    large = len(edges) > MOST_EDGES
    clear = large or _cost(moved, order) <= WORSE * _cost(anew, order) + SLACK
    return _layout(fresh, moved if clear else anew)


def _order(fresh: Layout) -> Order:
    """Who stands above or left of whom for a reason: the ends of the line, and everything towards them."""
    ends = [node for node in fresh.nodes if node.role in ("treatment", "outcome")]
    found: Order = []
    for a, b in combinations(ends, 2):
        if a.role != b.role:
            first, second = (a, b) if a.role == "treatment" else (b, a)
            found.append((first.name, second.name, 0, ENDS_APART))
    for node in fresh.nodes:
        if node not in ends and ends:
            if all(node.y < end.y - FAR for end in ends):
                found += [(node.name, end.name, 1, APART) for end in ends]
            elif all(node.y > end.y + FAR for end in ends):
                found += [(end.name, node.name, 1, APART) for end in ends]
    return found


def _changed_parts(fresh: Layout, previous: Layout) -> list[str]:
    """What became, or is no longer, an end of the question."""
    before = {node.name: node.role for node in previous.nodes}
    ends = ("treatment", "outcome")
    return [
        node.name
        for node in fresh.nodes
        if (node.role in ends or before.get(node.name) in ends) and before.get(node.name) != node.role
    ]


def _aligned(fresh: Layout, previous: Layout | None, edges: tuple[Pair, ...]) -> _Board:
    """The fresh places, moved as a whole to where most of them were before."""
    before = {} if previous is None else {node.name: (node.x, node.y) for node in previous.nodes}
    gaps = [
        (before[node.name][0] - node.x, before[node.name][1] - node.y)
        for node in fresh.nodes
        if node.name in before
    ]
    dx, dy = (median(gap[k] for gap in gaps) for k in (0, 1)) if gaps else (0.0, 0.0)
    at = {node.name: (node.x + dx, node.y + dy) for node in fresh.nodes}
    vias = {pair: tuple((x + dx, y + dy) for x, y in way) for pair, way in fresh.vias.items()}
    return _Board(at, vias, edges)


def _made(
    board: _Board,
    stays: Mapping[str, Point],
    fixed: Mapping[str, Point],
    rules: Order,
    wanted: Mapping[str, Point],
) -> _Board:
    """The board with what is fixed at its place, what stays where it was, and the rest placed anew."""
    at = {name: place for name, place in {**stays, **fixed}.items() if name in wanted}
    for name in _disturbed(at, fixed, rules):
        del at[name]
    same = {name for name, place in at.items() if board.at.get(name) == place}
    vias = {pair: way for pair, way in board.vias.items() if pair in board.edges and same.issuperset(pair)}
    made = _Board(at, vias, board.edges)
    anew = sorted(wanted.keys() - at.keys(), key=lambda each: (wanted[each][1], each))
    for name in anew:
        _put(made, name, [wanted[name], stays.get(name, wanted[name])], rules, MOST_LOOKS // len(anew))
    return made


def _downward(wanted: Mapping[str, Point], edges: Iterable[Pair]) -> Order:
    """Effects stand below their causes, or right of them on one line, as in the fresh drawing."""
    found: Order = []
    for a, b in edges:
        (ax, ay), (bx, by) = wanted[a], wanted[b]
        if abs(by - ay) > FAR:
            found.append((a, b, 1, APART) if by > ay else (b, a, 1, APART))
        else:
            found.append((a, b, 0, APART) if bx > ax else (b, a, 0, APART))
    return found


def _disturbed(at: Mapping[str, Point], fixed: Mapping[str, Point], rules: Order) -> set[str]:
    """What cannot stay: as few as may be, so that the rules hold among the others and nothing is covered."""
    wrong: dict[str, set[str]] = {}
    for first, second, axis, gap in rules:
        if first in at and second in at and at[second][axis] - at[first][axis] < gap:
            wrong.setdefault(first, set()).add(second)
            wrong.setdefault(second, set()).add(first)
    for name, place in fixed.items():
        for other, there in at.items():
            if other not in fixed and _touch(place, there):
                wrong.setdefault(other, set()).add(name)
                wrong.setdefault(name, set()).add(other)
    found: set[str] = set()
    while loose := [name for name, against in wrong.items() if against and name not in fixed]:
        worst = max(loose, key=lambda name: (len(wrong[name]), name))
        found.add(worst)
        for other in wrong.pop(worst):
            wrong[other].discard(worst)
    return found


def _touch(one: Point, other: Point) -> bool:
    return abs(one[0] - other[0]) < CLOSE_X and abs(one[1] - other[1]) < CLOSE_Y


def _put(board: _Board, name: str, wished: Sequence[Point], rules: Order, looks: int) -> None:
    """Give a variable the place at which it tangles least, of those that are wished for and others near;
    about so many `looks` at what it tangles with are taken for each.
    """
    mine = [pair for pair in board.edges if name in pair]
    near = [place for pair in mine for end in pair if end != name and (place := board.at.get(end))]
    middle = (sum(x for x, _ in near) / len(near), sum(y for _, y in near) / len(near)) if near else wished[0]
    places = list(board.at.values())
    mine = _some(mine, looks // max(1, len(places)))
    others = board.segments(pair for pair in board.edges if name not in pair)
    others = _some(others, min(MOST_EDGES, looks // max(1, len(mine))))
    own = [rule for rule in rules if name in rule[:2]]
    best, least = wished[0], float("inf")
    for place in (*wished, *_choices(middle, places)):
        board.at[name] = place
        cost = UNDER * sum(_touch(place, other) for other in places) + WRONG * _broken(board.at, own)
        lines = board.segments(mine)
        cost += LONG * sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in lines)
        cost += LONG / 4 * (abs(place[0] - middle[0]) + abs(place[1] - middle[1]))
        if cost < least:
            cost += crossings_with(lines, others)
            cost += HIT * (hits(lines, places, NEAR) + hits(others, [place], NEAR))
        if cost < least:
            best, least = place, cost
    board.at[name] = best


def _some(items: list[T], most: int) -> list[T]:
    """The items, or evenly chosen ones of them, about so many."""
    return items[:: 1 + len(items) // max(1, most)]


def _choices(middle: Point, places: Sequence[Point]) -> list[Point]:
    """Where a variable may go: in the rows that are there, around what it is joined with."""
    rows: list[float] = []
    for _, y in sorted(places, key=lambda place: abs(place[1] - middle[1])):
        if all(abs(y - row) > STEP / 3 for row in rows):
            rows.append(y)
    rows = rows[:4]
    ends = [min([y for _, y in places], default=middle[1]) - STEP]
    ends.append(max([y for _, y in places], default=middle[1]) + STEP)
    beside = [middle[0] + ASIDE * k for k in (0, 1, -1, 2, -2)]
    return [(x, y) for y in (*rows, *ends) for x in beside]


def _broken(at: Mapping[str, Point], rules: Order) -> int:
    """How many rules do not hold."""
    return sum(
        at[second][axis] - at[first][axis] < gap
        for first, second, axis, gap in rules
        if first in at and second in at
    )


def _cost(board: _Board, order: Order) -> float:
    """How tangled a whole drawing is."""
    lines = board.segments(board.edges)
    places = list(board.at.values())
    long = sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in lines)
    return crossings(lines) + HIT * hits(lines, places, NEAR) + WRONG * _broken(board.at, order) + LONG * long


def _layout(fresh: Layout, board: _Board) -> Layout:
    """The nodes of the fresh layout at the places of the board."""
    nodes: list[Node] = []
    for node in fresh.nodes:
        x, y = board.at[node.name]
        nodes.append(replace(node, x=x, y=y))
    return Layout(tuple(nodes), (), board.vias)
