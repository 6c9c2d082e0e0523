"""Where each variable of a causal graph is drawn, so that the drawing reads as the story is told.

The treatment stands at the left and the outcome at the right of one line, mediators between them,
instruments further left; what comes before the treatment stands above, what follows without leading to the
outcome below. Covariates that are all confounded with one another (or that all play the same part) are
framed as one group, so that ten of them cost two arrows and not fifty-five. Rows, the order in them and the
places follow the layered method (`layout_ranks`, `layout_order`, `layout_rows`), above and below the line
each by itself. Long edges get way-points, which keep them clear of what stands in the rows that they pass.

A graph that was drawn before is drawn again with as little moved as may be (`layout_kept`), and what a person
has pinned stays where it was put.

Source: K. Sugiyama, S. Tagawa and M. Toda, "Methods for visual understanding of hierarchical system
structures" (1981), with rows given by the roles instead of by depth alone.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y")])
>>> at = {node.name: node for node in layout(g, roles(g, ["X"], ["Y"])).nodes}
>>> at["X"].x < at["Z"].x < at["Y"].x, at["Z"].y < at["X"].y
(True, True)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from whence.language.graph import Graph, bits, union
from whence.language.layout_blocks import Block, blocks
from whence.language.layout_kept import kept
from whence.language.layout_line import COLUMN, RADIUS, ROW, columns_of, place_line
from whence.language.layout_plan import LINE, MEMBER_RADIUS, TEXT, Frame, Layout, Node
from whence.language.layout_rows import Item, Point, levels, place_rows
from whence.language.lettering import width, wrap
from whence.language.roles import Role, closure, roles

__all__ = [
    "COLUMN",
    "LINE",
    "RADIUS",
    "ROW",
    "TEXT",
    "Frame",
    "Layout",
    "Node",
    "layout",
    "roles",
]

LABEL_LIMIT = 118.0
FRAME_LIMIT = 540.0
ROW_LIMIT = 760.0
WIDE_LIMIT = 1400.0
NARROW = 340.0
BETWEEN = 58.0


@dataclass(slots=True)
class _Plan:
    """What is being placed: items by key, which item each node is in, and how long a row may be."""

    graph: Graph
    roles: Mapping[str, Role]
    blocks: tuple[Block, ...]
    narrow: bool
    limit: float
    items: dict[str, Item] = field(default_factory=dict[str, Item])
    owner: dict[int, str] = field(default_factory=dict[int, str])
    vias: dict[tuple[str, str], list[Point]] = field(default_factory=dict[tuple[str, str], list[Point]])


def layout(
    graph: Graph,
    played: Mapping[str, Role] | None = None,
    *,
    narrow: bool = False,
    framed: bool = True,
    previous: Layout | None = None,
    pins: Mapping[str, Point] | None = None,
) -> Layout:
    """The places of every node for these roles (see `roles`); without a question, causes above effects.

    `narrow` keeps rows and frames to the width of a telephone; `framed` draws groups as one. Without
    frames, `previous` is what was drawn before, of which as much as may be stays, and `pins` says where
    nodes must be.
    """
    found = dict(roles(graph)) if played is None else dict(played)
    held = dict(pins or {})
    drawn = (graph.nodes, graph.edges, tuple(found.items()), tuple(held.items()), narrow, framed)
    if previous is not None and previous.drawn == drawn:
        return previous
    main, above, below = _bands(graph, found)
    limit = NARROW if narrow else ROW_LIMIT if framed else WIDE_LIMIT
    plan = _Plan(graph, found, blocks(graph, above, found) if framed else (), narrow, limit)
    columns = columns_of(graph, main, found)
    _make_items(plan)
    place_line(graph, columns, {node: plan.items[plan.owner[node]] for node in columns})
    fixed = [plan.items[plan.owner[node]] for node in columns]
    upper, lower = _levels(plan, above, main, upwards=True), _levels(plan, below, main, upwards=False)
    _stack(fixed, upper, lower)
    line = [sorted(fixed, key=lambda item: (item.x, item.y))] if fixed else []
    _place(plan, [*(upper[level] for level in sorted(upper, reverse=True)), *line], bool(fixed))
    if lower:
        _place(plan, [*line, *(lower[level] for level in sorted(lower))], bool(fixed), below=True)
    fresh = _result(plan)
    return replace(fresh if framed else kept(fresh, graph, previous, held), drawn=drawn)


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


def _levels(plan: _Plan, band: int, main: int, *, upwards: bool) -> dict[int, list[Item]]:
    """The rows of a band, 1 nearest to the line; without a line, 1 is the lowest."""
    graph = plan.graph
    nodes = [node for node in graph.order if band >> node & 1]
    number = {node: i for i, node in enumerate(nodes)}
    place = {node: i for i, node in enumerate(graph.order)}
    links = [(number[node], number[child]) for node in nodes for child in bits(graph.children[node] & band)]
    for edge in graph.edges:
        if edge.mark not in ("->", "<->"):
            ends = sorted((graph.index[edge.source], graph.index[edge.target]), key=place.__getitem__)
            if all(end in number for end in ends):
                links.append((number[ends[0]], number[ends[1]]))
    if main:
        joined = {end for link in links for end in link[:: 1 if upwards else -1][:1]}
        towards, hub = (graph.children if upwards else graph.parents), len(nodes)
        for node, i in number.items():
            count = (towards[node] & main).bit_count() or int(i not in joined)
            links += [(i, hub) if upwards else (hub, i)] * count
    found = levels(len(nodes) + bool(main), links)
    last = found[-1] if main else max(found, default=0) + 1
    shared: dict[str, int] = {}
    for node, row in zip(nodes, found, strict=False):
        key = plan.owner[node]
        shared[key] = max(shared.get(key, 0), last - row if upwards else row - last)
    rows: dict[int, list[Item]] = {}
    for key, row in shared.items():
        rows.setdefault(row, []).append(plan.items[key])
    return _not_too_long(rows, plan.limit)


def _not_too_long(rows: dict[int, list[Item]], limit: float) -> dict[int, list[Item]]:
    """The rows, those too long for a page in two or more; keys are renumbered."""
    found: dict[int, list[Item]] = {}
    for level in sorted(rows):
        items = rows[level]
        count = max(1, round(sum(item.width for item in items) / limit + 0.4))
        for part in range(count):
            if items[part::count]:
                found[len(found) + 1] = items[part::count]
    return found


def _place(plan: _Plan, rows: list[list[Item]], lined: bool, *, below: bool = False) -> None:
    """Order and place the rows on one side of the line, which stands still, and note the way-points."""
    here = {item.key for row in rows for item in row}
    graph, links = plan.graph, dict[tuple[str, str], list[tuple[str, str]]]()
    for edge in graph.edges:
        a, b = (plan.owner[graph.index[end]] for end in (edge.source, edge.target))
        if a != b and a in here and b in here:
            links.setdefault((a, b), []).append((edge.source, edge.target))
    still = None if not lined else 0 if below else len(rows) - 1
    heights = [sum(item.y for item in row) / len(row) for row in rows]
    for (a, b), points in place_rows(rows, list(links), still).items():
        way = [(x, heights[row]) for x, row in points]
        first, last = plan.items[a], plan.items[b]
        turned = way if first.y <= last.y else way[::-1]
        for pair in links[a, b]:
            plan.vias[pair] = turned


def _stack(fixed: list[Item], upper: Mapping[int, list[Item]], lower: Mapping[int, list[Item]]) -> None:
    """Give y to the rows: upwards from the highest of the line, downwards from the lowest."""
    top = min((item.y - item.height / 2 for item in fixed), default=0.0)
    for level in sorted(upper):
        tallest = max(item.height for item in upper[level])
        for item in upper[level]:
            item.y = top - BETWEEN - tallest / 2
        top -= BETWEEN + tallest
    bottom = max((item.y + item.height / 2 for item in fixed), default=0.0)
    for level in sorted(lower):
        tallest = max(item.height for item in lower[level])
        for item in lower[level]:
            item.y = bottom + BETWEEN + tallest / 2
        bottom += BETWEEN + tallest


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
    vias = {pair: tuple(points) for pair, points in plan.vias.items()}
    return Layout(tuple(nodes[name] for name in plan.graph.nodes), tuple(frames), vias)
