"""Where each variable of a causal graph is drawn, so that the drawing reads as the story is told.

The treatment stands at the left and the outcome at the right of one line, mediators between them, instruments
further left; what comes before the treatment stands above, what follows without leading to the outcome below.
Covariates that are all confounded with one another (or that all play the same part) are framed as one group,
so that ten of them cost two arrows and not fifty-five. Within a row the order is by barycentres and then by
exchanges that save crossings.

Source: K. Sugiyama, S. Tagawa and M. Toda, "Methods for visual understanding of hierarchical system
structures" (1981), with rows given by the roles instead of by depth alone.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y")])
>>> at = {node.name: node for node in layout(g, roles(g, ["X"], ["Y"])).nodes}
>>> at["X"].x < at["Z"].x < at["Y"].x, at["Z"].y < at["X"].y
(True, True)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations

from whence.language.graph import Graph, bits, union
from whence.language.layout_blocks import Block, blocks
from whence.language.layout_rows import Item, order_rows, settle
from whence.language.lettering import width, wrap
from whence.language.roles import Role, closure, roles

__all__ = ["Frame", "Layout", "Node", "layout", "roles"]

RADIUS = 19.0
MEMBER_RADIUS = 11.0
TEXT = 13.0
LINE = 15.0
LABEL_LIMIT = 118.0
COLUMN = 128.0
ROW = 116.0
FRAME_LIMIT = 540.0
ROW_LIMIT = 760.0
NARROW = 340.0
LARGEST_PERMUTED = 5


@dataclass(frozen=True, slots=True)
class Node:
    """A variable: its middle, its radius, its role, and its name in lines; `framed` when in a group."""

    name: str
    role: Role
    x: float
    y: float
    radius: float
    lines: tuple[str, ...]
    framed: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """A group drawn as one: its members, what they share, and its rectangle."""

    names: tuple[str, ...]
    title: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Every node and frame at its place; y grows downwards."""

    nodes: tuple[Node, ...]
    frames: tuple[Frame, ...]


@dataclass(slots=True)
class _Plan:
    """What is being placed: items by key, and the rows above, on and below the line of the effect."""

    graph: Graph
    roles: Mapping[str, Role]
    blocks: tuple[Block, ...]
    narrow: bool
    items: dict[str, Item] = field(default_factory=dict[str, Item])
    owner: dict[int, str] = field(default_factory=dict[int, str])

    def links(self) -> dict[str, dict[str, int]]:
        """How many edges join each two items."""
        found: dict[str, dict[str, int]] = {key: {} for key in self.items}
        for edge in self.graph.edges:
            a, b = (self.owner[self.graph.index[end]] for end in (edge.source, edge.target))
            if a != b:
                found[a][b] = found[a].get(b, 0) + 1
                found[b][a] = found[b].get(a, 0) + 1
        return found


def layout(graph: Graph, played: Mapping[str, Role] | None = None, *, narrow: bool = False) -> Layout:
    """The places of every node for these roles (see `roles`); without a question, causes above effects.

    `narrow` keeps rows and frames to the width of a telephone.
    """
    found = dict(roles(graph)) if played is None else dict(played)
    main, above, below = _bands(graph, found)
    plan = _Plan(graph, found, blocks(graph, above, found), narrow)
    columns = _columns(graph, main, found)
    _make_items(plan)
    upper = _levels(plan, above, graph.children)
    lower = _levels(plan, below, graph.parents)
    _place_line(plan, columns)
    links = plan.links()
    rows = [*(upper[level] for level in sorted(upper)), *(lower[level] for level in sorted(lower))]
    fixed = [plan.items[plan.owner[node]] for node in columns]
    order_rows(rows, fixed, links)
    _stack(fixed, upper, lower)
    settle([row for row in rows if row], fixed, links)
    return _result(plan)


def _bands(graph: Graph, found: Mapping[str, Role]) -> tuple[int, int, int]:
    """The masks of what stands on the line of the effect, above it and below it."""
    x = graph.mask(name for name, role in found.items() if role == "treatment")
    y = graph.mask(name for name, role in found.items() if role == "outcome")
    if not x or not y:
        return 0, graph.all, 0
    instruments = graph.mask(name for name, role in found.items() if role == "instrument")
    after = closure(graph.children, union(graph.children, x | y))
    between = after & closure(graph.children, x) & closure(graph.parents, y)
    main = x | y | between | instruments
    below = after & ~main
    return main, graph.all & ~main & ~below, below


def _columns(graph: Graph, main: int, found: Mapping[str, Role]) -> dict[int, int]:
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


def _make_items(plan: _Plan) -> None:
    """One item for each block and for each node outside of them, with the size it needs."""
    graph = plan.graph
    for block in plan.blocks:
        key = "\0".join(block.names)
        columns, cell, height = _grid(block, plan.narrow)
        rows = -(-len(block.names) // columns)
        plan.items[key] = Item(key, columns * cell + 20, rows * height + 30, block=True)
        plan.owner.update({graph.index[name]: key for name in block.names})
    for node, name in enumerate(graph.nodes):
        if node not in plan.owner:
            lines = wrap(name, LABEL_LIMIT, TEXT)
            wide = max([2 * RADIUS, *(width(line, TEXT) for line in lines)]) + 14
            plan.items[name] = Item(name, wide, 2 * RADIUS + LINE * len(lines) + 4)
            plan.owner[node] = name


def _grid(block: Block, narrow: bool) -> tuple[int, float, float]:
    """How many columns a frame has, and the width and height of its cells."""
    names = [wrap(name, LABEL_LIMIT, TEXT, 2) for name in block.names]
    cell = max(width(line, TEXT) for lines in names for line in lines) + 2 * MEMBER_RADIUS + 18
    height = max(30.0, max(len(lines) for lines in names) * LINE + 6)
    fitting = max(1, int(((NARROW if narrow else FRAME_LIMIT) - 20) // cell))
    rows = -(-len(names) // min(fitting, 5))
    return -(-len(names) // rows), cell, height


def _levels(plan: _Plan, band: int, towards: tuple[int, ...]) -> dict[int, list[Item]]:
    """The rows of a band, 1 nearest to the line: by the longest way through the band towards it."""
    level: dict[int, int] = {}
    order = reversed(plan.graph.order) if towards is plan.graph.children else plan.graph.order
    for node in order:
        if band >> node & 1:
            level[node] = 1 + max((level.get(other, 0) for other in bits(towards[node] & band)), default=0)
    rows: dict[int, list[Item]] = {}
    shared: dict[str, int] = {}
    for node in sorted(level):
        key = plan.owner[node]
        shared[key] = max(shared.get(key, 0), level[node])
    for key, row in shared.items():
        rows.setdefault(row, []).append(plan.items[key])
    return _not_too_long(rows, NARROW if plan.narrow else ROW_LIMIT)


def _not_too_long(rows: dict[int, list[Item]], limit: float) -> dict[int, list[Item]]:
    """The rows, those too long for a page in two or more; keys are renumbered."""
    found: dict[int, list[Item]] = {}
    for level in sorted(rows):
        items = rows[level]
        count = max(1, round(sum(item.width for item in items) / limit + 0.4))
        for part in range(count):
            found[len(found) + 1] = items[part::count]
    return found


def _place_line(plan: _Plan, columns: Mapping[int, int]) -> None:
    """Give x and y to what stands on the line; what shares a column is stacked."""
    graph = plan.graph
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
            plan.items[plan.owner[node]].x = x
        if column == 0 and 1 not in stacks and last > 1:
            x += COLUMN * (last - 1) * 0.75
    places = {node: plan.items[plan.owner[node]] for node in columns}
    ends = [(places[node], places[child]) for node, child in pairs]
    for column in [*sorted(stacks), *sorted(stacks, reverse=True)]:
        free = skipping and 0 < column < last
        _arrange([places[node] for node in stacks[column]], free, ends, list(places.values()))


def _arrange(stack: list[Item], free: bool, ends: Sequence[tuple[Item, Item]], all_items: list[Item]) -> None:
    """Give y to what shares a column: the order and side with fewest crossings and least in the way."""
    shifts = (0.62, -0.62) if free and len(stack) % 2 else (0.0,)
    orders = permutations(stack) if len(stack) <= LARGEST_PERMUTED else iter([tuple(stack)])
    best: tuple[float, dict[str, float]] | None = None
    for order in orders:
        for shift in shifts:
            for place, item in enumerate(order):
                item.y = ROW * (place - (len(order) - 1) / 2 + shift)
            cost = _tangle(ends, all_items)
            if best is None or cost < best[0]:
                best = (cost, {item.key: item.y for item in stack})
    for item in stack:
        item.y = best[1][item.key] if best else item.y


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


def _stack(fixed: list[Item], upper: Mapping[int, list[Item]], lower: Mapping[int, list[Item]]) -> None:
    """Give y to the rows: upwards from the highest of the line, downwards from the lowest."""
    top = min((item.y - item.height / 2 for item in fixed), default=0.0)
    for level in sorted(upper):
        tallest = max(item.height for item in upper[level])
        for item in upper[level]:
            item.y = top - 58 - tallest / 2
        top -= 58 + tallest
    bottom = max((item.y + item.height / 2 for item in fixed), default=0.0)
    for level in sorted(lower):
        tallest = max(item.height for item in lower[level])
        for item in lower[level]:
            item.y = bottom + 58 + tallest / 2
        bottom += 58 + tallest


def _result(plan: _Plan) -> Layout:
    """The items as nodes and frames."""
    nodes: dict[str, Node] = {}
    frames: list[Frame] = []
    for block in plan.blocks:
        item = plan.items["\0".join(block.names)]
        columns, cell, height = _grid(block, plan.narrow)
        left, top = item.x - item.width / 2, item.y - item.height / 2
        frames.append(Frame(block.names, block.title, left, top, item.width, item.height))
        for i, name in enumerate(block.names):
            x = left + 10 + (i % columns) * cell + 8 + MEMBER_RADIUS
            y = top + 22 + (i // columns + 0.5) * height
            lines = wrap(name, LABEL_LIMIT, TEXT, 2)
            nodes[name] = Node(name, plan.roles[name], x, y, MEMBER_RADIUS, lines, framed=True)
    for name in plan.graph.nodes:
        if name not in nodes:
            item = plan.items[name]
            lines = wrap(name, LABEL_LIMIT, TEXT)
            nodes[name] = Node(name, plan.roles[name], item.x, item.y, RADIUS, lines)
    return Layout(tuple(nodes[name] for name in plan.graph.nodes), tuple(frames))
