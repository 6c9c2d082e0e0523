"""The line of the effect: instruments, treatment, mediators and outcome from left to right.

What shares a column is stacked, in the order and on the side where fewest edges cross or run over a variable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, permutations
from math import factorial

from whence.language.graph import Graph, bits
from whence.language.layout_rows import Item
from whence.language.roles import Role, closure

RADIUS = 19.0
COLUMN = 128.0
ROW = 116.0
LARGEST_PERMUTED = 5
MOST_PAIRS = 12_000


def columns_of(graph: Graph, main: int, found: Mapping[str, Role]) -> dict[int, int]:
    """The column of each node on the line: instruments negative, treatments from 0, outcomes last."""
    x = graph.mask(name for name, role in found.items() if role == "treatment")
    y = graph.mask(name for name, role in found.items() if role == "outcome")
    column: dict[int, int] = {}
    after = closure(graph.children, x) & main
    for node in graph.order:
        if after >> node & 1 and not y >> node & 1:
            before = [column[parent] for parent in bits(graph.parents[node] & after) if parent in column]
            column[node] = max(before, default=-1) + 1
    last = max([2, *(place + 1 for place in column.values())])
    for node in (node for node in graph.order if y >> node & 1):
        before = [column[parent] for parent in bits(graph.parents[node] & y) if parent in column]
        column[node] = max(before, default=last - 1) + 1
    for node in reversed(graph.order):
        if main >> node & 1 and node not in column:
            next_to = [column[child] for child in bits(graph.children[node]) if child in column]
            column[node] = min([-1, *(place - 1 for place in next_to if place < 0)])
    return column


def place_line(graph: Graph, columns: Mapping[int, int], item_of: Mapping[int, Item]) -> None:
    """Give x and y to what stands on the line; what shares a column is stacked."""
    stacks: dict[int, list[int]] = {}
    for node, column in columns.items():
        stacks.setdefault(column, []).append(node)
    pairs = [(node, child) for node in columns for child in bits(graph.children[node]) if child in columns]
    skipping = any(columns[child] - columns[node] > 1 for node, child in pairs if columns[node] >= 0)
    last = max(columns.values(), default=0)
    x = 0.0
    for column in sorted(stacks):
        x += COLUMN
        for node in stacks[column]:
            item_of[node].x = x
        if column == 0 and 1 not in stacks and last > 1:
            x += COLUMN * (last - 1) * 0.75
    places = {node: item_of[node] for node in columns}
    ends = [(places[node], places[child]) for node, child in pairs]
    for column in [*sorted(stacks), *sorted(stacks, reverse=True)]:
        free = skipping and 0 < column < last
        _arrange([places[node] for node in stacks[column]], free, ends, list(places.values()))


def _arrange(stack: list[Item], free: bool, ends: Sequence[tuple[Item, Item]], all_items: list[Item]) -> None:
    """Give y to what shares a column: the order and side with fewest crossings and least in the way."""
    shifts = (0.62, -0.62) if free and len(stack) % 2 else (0.0,)
    best: tuple[float, dict[str, float]] | None = None
    many = len(ends) ** 2 > MOST_PAIRS
    for order in _orders(stack, len(ends)):
        for shift in shifts[:1] if many else shifts:
            for place, item in enumerate(order):
                item.y = ROW * (place - (len(order) - 1) / 2 + shift)
            cost = 0.0 if many else _tangle(ends, all_items)
            if best is None or cost < best[0]:
                best = (cost, {item.key: item.y for item in stack})
    for item in stack:
        item.y = best[1][item.key] if best else item.y


def _orders(stack: list[Item], edges: int) -> Iterator[Sequence[Item]]:
    """All orders of a column, or, where those are too many, those that exchange two neighbours."""
    if len(stack) <= LARGEST_PERMUTED and factorial(len(stack)) * edges * edges <= MOST_PAIRS:
        yield from permutations(stack)
        return
    yield stack
    if len(stack) * edges * edges <= MOST_PAIRS:
        for i in range(len(stack) - 1):
            yield [*stack[:i], stack[i + 1], stack[i], *stack[i + 2 :]]


def _tangle(ends: Sequence[tuple[Item, Item]], items: Sequence[Item]) -> float:
    """How many straight edges cross, and (worse) how many run over a node."""
    crossed = sum(_cross(first, second) for first, second in combinations(ends, 2))
    hit = 0
    for a, b in ends:
        low, high = min(a.x, b.x), max(a.x, b.x)
        for item in items:
            if low < item.x < high:
                height = a.y + (b.y - a.y) * (item.x - a.x) / (b.x - a.x)
                hit += abs(height - item.y) < RADIUS + 12
    return crossed + 3.0 * hit


def _cross(first: tuple[Item, Item], second: tuple[Item, Item]) -> bool:
    a, b = first
    c, d = second
    if len({a.key, b.key, c.key, d.key}) < 4:
        return False
    return _turn(a, b, c) != _turn(a, b, d) and _turn(c, d, a) != _turn(c, d, b)


def _turn(a: Item, b: Item, c: Item) -> bool:
    return (b.x - a.x) * (c.y - a.y) > (b.y - a.y) * (c.x - a.x)
