"""How the edges of a drawn graph run: straight where the way is free, bent around what stands in it.

A long edge follows the way-points that the layout keeps clear for it, as a quadratic B-spline. Any other is
one quadratic curve: of a fan of curves, ever more bent to either side, the first is taken that meets no
node and no name; a bidirected arc starts bent. Members of a frame that all point the same way are drawn as
one edge of the frame.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from whence.language.graph import Edge, Graph
from whence.language.layout_plan import LINE, TEXT, Frame, Layout, Node, Point
from whence.language.lettering import width

Side = str  # "above" | "below" | "right" | "left"
STEP = 0.3
BENDS = (0.0, 0.14, -0.14, 0.24, -0.24, STEP, 0.36, -0.36, 0.5, -0.5, 0.68, -0.68, 0.9, -0.9)
ARC_BENDS = (0.24, 0.36, 0.5, 0.68, 0.9, -0.24, -0.36, -0.5, -0.68, -0.9)
SAMPLES = 14
CLEAR = 5.0
STRAIGHT = 5.0
PASSING = 26.0
LEVEL = 60.0
SHAPE, NAME, OWN_NAME = 100.0, 40.0, 12.0
LARGEST_CLEAR = 120


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A part of the drawing that edges and names keep out of."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Rectangle) -> bool:
        """Whether the two overlap."""
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)

    def holds(self, point: Point, margin: float = 0.0) -> bool:
        """Whether the point lies inside, or nearer than the margin."""
        x, y = point
        return (
            self.left - margin <= x <= self.right + margin and self.top - margin <= y <= self.bottom + margin
        )


@dataclass(frozen=True, slots=True)
class Route:
    """One drawn edge: the edges it stands for, and the curve from `start` to `end` that `controls` pull."""

    edges: tuple[Edge, ...]
    start: Point
    controls: tuple[Point, ...]
    end: Point


@dataclass(frozen=True, slots=True)
class Label:
    """A name beside its node: the lines, their anchor, and the first baseline."""

    name: str
    lines: tuple[str, ...]
    anchor: str
    x: float
    y: float
    box: Rectangle


def shape_box(node: Node) -> Rectangle:
    """The square around the shape of a node."""
    r = node.radius
    return Rectangle(node.x - r, node.y - r, node.x + r, node.y + r)


def frame_box(frame: Frame) -> Rectangle:
    """The rectangle of a frame."""
    return Rectangle(frame.x, frame.y, frame.x + frame.width, frame.y + frame.height)


def label_at(node: Node, side: Side) -> Label:
    """The name of a node on one side of its shape."""
    wide = max(width(line, TEXT) for line in node.lines)
    tall = LINE * len(node.lines)
    if side in ("above", "below"):
        top = node.y - node.radius - 5 - tall if side == "above" else node.y + node.radius + 4
        box = Rectangle(node.x - wide / 2, top, node.x + wide / 2, top + tall)
        return Label(node.name, node.lines, "middle", node.x, top + LINE - 3, box)
    top = node.y - tall / 2
    x = node.x + node.radius + 6 if side == "right" else node.x - node.radius - 6
    left = x if side == "right" else x - wide
    box = Rectangle(left, top, left + wide, top + tall)
    return Label(node.name, node.lines, "start" if side == "right" else "end", x, top + LINE - 3, box)


def labels(graph: Graph, found: Layout) -> tuple[Label, ...]:
    """The names, each on the side of its node where fewest edges leave and nothing else stands."""
    at = {node.name: node for node in found.nodes}
    middles = {name: (node.x, node.y) for name, node in at.items()}
    for frame in found.frames:
        middle = (frame.x + frame.width / 2, frame.y + frame.height / 2)
        middles.update(dict.fromkeys(frame.names, middle))
    taken = [shape_box(node) for node in found.nodes if not node.framed]
    taken += [frame_box(frame) for frame in found.frames]
    joined: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        for end in (edge.source, edge.target):
            joined.setdefault(end, []).append(edge)
    placed: list[Label] = []
    for node in found.nodes:
        if node.framed:
            placed.append(label_at(node, "right"))
            continue
        ends = [_next(edge, node.name, found, middles) for edge in joined.get(node.name, ())]
        angles = [math.atan2(y - node.y, x - node.x) for x, y in ends]
        best = min(
            (label_at(node, side) for side in ("below", "above", "right", "left")),
            key=lambda label: _cost(label, node, angles, [*taken, *(other.box for other in placed)]),
        )
        placed.append(best)
    return tuple(placed)


def _next(edge: Edge, name: str, found: Layout, middles: Mapping[str, Point]) -> Point:
    """Where an edge goes first from this end of it."""
    via = found.vias.get((edge.source, edge.target))
    if via and edge.mark != "<->":
        return via[0] if edge.source == name else via[-1]
    return middles[edge.target if edge.source == name else edge.source]


def _cost(label: Label, node: Node, angles: Sequence[float], taken: Iterable[Rectangle]) -> float:
    own = shape_box(node)
    hits = sum(100.0 for box in taken if box != own and box.meets(label.box))
    reach = node.radius + 14
    for angle in angles:
        dx, dy = math.cos(angle) * reach, math.sin(angle) * reach
        points = [(node.x + dx * k, node.y + dy * k) for k in (1, 1.4)]
        hits += 10.0 * any(label.box.holds(point, 3) for point in points)
    return hits + (0.0 if label.anchor == "middle" else 4.0)


def routes(graph: Graph, found: Layout, names: Sequence[Label]) -> tuple[Route, ...]:
    """The curve of every edge; edges inside a frame that its title tells of are left out."""
    at = {node.name: node for node in found.nodes}
    frame_of = {name: frame for frame in found.frames for name in frame.names}
    boxes: dict[str, Rectangle] = {node.name: shape_box(node) for node in found.nodes if not node.framed}
    boxes |= {"\0".join(frame.names): frame_box(frame) for frame in found.frames}
    texts = [label for label in names if not at[label.name].framed]
    # Beyond a page's worth of nodes no drawing is clear of crossings; time is worth more there.
    tries = len(BENDS) if len(found.nodes) <= LARGEST_CLEAR else 1
    priced = [(key, SHAPE, 0.0, box) for key, box in boxes.items()]
    priced += [(label.name, NAME, OWN_NAME, label.box) for label in texts]
    made: list[Route] = []
    for edges in _bundles(graph, frame_of):
        edge = edges[0]
        both = (edge.source, edge.target)
        ends = (
            _anchor(both[0], len(edges) > 1, at, frame_of),
            _anchor(both[1], len(edges) > 1, at, frame_of),
        )
        via = found.vias.get(both) if edge.mark != "<->" else None
        if via:
            made.append(_led(edges, ends, via))
            continue
        skip = {"\0".join(frame_of[end].names) if end in frame_of else end for end in both}
        obstacles = [(own if key in skip else other, box) for key, other, own, box in priced]
        made.append(_route(edges, ends, [each for each in obstacles if each[0]], tries))
    return tuple(made)


def _bundles(graph: Graph, frame_of: Mapping[str, Frame]) -> list[tuple[Edge, ...]]:
    """The edges to be drawn, those that a whole frame shares together."""
    shared: dict[tuple[tuple[str, ...], str, str, bool], list[Edge]] = {}
    alone: list[tuple[Edge, ...]] = []
    for edge in graph.edges:
        a, b = frame_of.get(edge.source), frame_of.get(edge.target)
        if a is not None and a is b:
            continue
        if (a is None) == (b is None):
            alone.append((edge,))
        elif a is not None:
            shared.setdefault((a.names, edge.target, edge.mark, True), []).append(edge)
        elif b is not None:
            shared.setdefault((b.names, edge.source, edge.mark, False), []).append(edge)
    for (names, *_), edges in shared.items():
        alone.extend([tuple(edges)] if len(edges) == len(names) else [(edge,) for edge in edges])
    return alone


Anchor = Node | Frame


def _anchor(name: str, bundled: bool, at: Mapping[str, Node], frame_of: Mapping[str, Frame]) -> Anchor:
    return frame_of[name] if bundled and name in frame_of else at[name]


def _led(edges: tuple[Edge, ...], ends: tuple[Anchor, Anchor], via: tuple[Point, ...]) -> Route:
    """The curve along its way-points; those that lie on the straight way anyhow are left out."""
    a, b = _middle(ends[0], via[0]), _middle(ends[1], via[-1])
    length = math.hypot(b[0] - a[0], b[1] - a[1]) or 1.0
    away = max(abs((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / length for x, y in via)
    middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    controls = _through([a, *via, b]) if away > STRAIGHT else (middle,)
    return Route(edges, _edge_of(ends[0], a, controls[0]), controls, _edge_of(ends[1], b, controls[-1]))


def _through(points: Sequence[Point]) -> tuple[Point, ...]:
    """The pulls of a curve through all points but the ends, each passed as its neighbours lie."""
    found: list[Point] = []
    for before, (x, y), after in zip(points, points[1:], points[2:], strict=False):
        dx, dy = after[0] - before[0], after[1] - before[1]
        # Steeply, so that the curve stays in the gap that was kept for it.
        dx = max(-abs(dy), min(abs(dy), dx)) * 0.8
        length = math.hypot(dx, dy) or 1.0
        reach = PASSING / length
        found += [(x - dx * reach, y - dy * reach), (x + dx * reach, y + dy * reach)]
    return tuple(found)


def _route(
    edges: tuple[Edge, ...],
    ends: tuple[Anchor, Anchor],
    obstacles: Sequence[tuple[float, Rectangle]],
    tries: int,
) -> Route:
    """The least bent curve that is free, or the freest."""
    source, target = ends
    a, b = _middle(source, _centre(target)), _middle(target, _centre(source))
    arc = edges[0].mark == "<->"
    # Arcs bow upwards: out of the way of the line of the effect.
    up = -1.0 if b[0] >= a[0] else 1.0
    bends = [up * bend for bend in ARC_BENDS] if arc else BENDS
    best, least = None, math.inf
    for bend in bends[:tries]:
        if bend == STEP and abs(b[1] - a[1]) < LEVEL:
            continue
        way = _bent(edges, ends, (a, b), bend)
        own = abs(bend) * 6
        cost = sum(_price(*piece, obstacles) for piece in pieces(way)) + own
        if cost < least:
            best, least = way, cost
        if cost < own + 1:
            break
    return best if best is not None else Route(edges, a, (b,), b)


def _bent(
    edges: tuple[Edge, ...], ends: tuple[Anchor, Anchor], line: tuple[Point, Point], bend: float
) -> Route:
    """The curve of one bend; `STEP` goes down first, then across between two rows, then down."""
    (ax, ay), (bx, by) = line
    controls: tuple[Point, ...]
    if bend == STEP:
        lean, drop = 0.12 * (bx - ax), 0.42 * (by - ay)
        controls = ((ax + lean, ay + drop), (bx - lean, by - drop))
    else:
        controls = (((ax + bx) / 2 - bend * (by - ay), (ay + by) / 2 + bend * (bx - ax)),)
    start, end = _edge_of(ends[0], line[0], controls[0]), _edge_of(ends[1], line[1], controls[-1])
    return Route(edges, start, controls, end)


def _centre(anchor: Anchor) -> Point:
    if isinstance(anchor, Node):
        return (anchor.x, anchor.y)
    return (anchor.x + anchor.width / 2, anchor.y)


def _middle(anchor: Anchor, towards: Point) -> Point:
    """Where an edge of this node aims; for a frame, the point of its border nearest to where it goes."""
    if isinstance(anchor, Node):
        return (anchor.x, anchor.y)
    inset = min(28.0, anchor.width / 4)
    near_x = min(max(towards[0], anchor.x + inset), anchor.x + anchor.width - inset)
    near_y = anchor.y + anchor.height if towards[1] >= anchor.y + anchor.height / 2 else anchor.y
    return (near_x, near_y)


def _edge_of(anchor: Anchor, middle: Point, towards: Point) -> Point:
    """Where the curve leaves the shape."""
    away = anchor.radius + 2.5 if isinstance(anchor, Node) else 2.0
    dx, dy = towards[0] - middle[0], towards[1] - middle[1]
    length = math.hypot(dx, dy) or 1.0
    return (middle[0] + dx / length * away, middle[1] + dy / length * away)


def _price(start: Point, bend: Point, end: Point, obstacles: Sequence[tuple[float, Rectangle]]) -> float:
    """What a curve meets: shapes cost most, other names less, the names of its own ends little."""
    low_x, high_x = min(start[0], bend[0], end[0]) - CLEAR, max(start[0], bend[0], end[0]) + CLEAR
    low_y, high_y = min(start[1], bend[1], end[1]) - CLEAR, max(start[1], bend[1], end[1]) + CLEAR
    near = [
        (price, box)
        for price, box in obstacles
        if box.left < high_x and box.right > low_x and box.top < high_y and box.bottom > low_y
    ]
    if not near:
        return 0.0
    points = [_at(start, bend, end, i / SAMPLES) for i in range(1, SAMPLES)]
    total = 0.0
    for price, box in near:
        margin = CLEAR if price == SHAPE else 2.0
        left, right, top, bottom = (
            box.left - margin,
            box.right + margin,
            box.top - margin,
            box.bottom + margin,
        )
        if any(left <= x <= right and top <= y <= bottom for x, y in points):
            total += price
    return total


def pieces(way: Route) -> list[tuple[Point, Point, Point]]:
    """The quadratic curves that a route is made of, each from its start by its pull to its end."""
    joints = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(way.controls)]
    knots = [way.start, *joints, way.end]
    return list(zip(knots, way.controls, knots[1:], strict=False))


def along(way: Route, t: float) -> Point:
    """The point of a route at `t` in [0, 1].

    >>> along(Route((), (0.0, 0.0), ((5.0, 0.0),), (10.0, 0.0)), 0.5)
    (5.0, 0.0)
    """
    parts = pieces(way)
    number = min(int(t * len(parts)), len(parts) - 1)
    return _at(*parts[number], t * len(parts) - number)


def _at(start: Point, bend: Point, end: Point, t: float) -> Point:
    s = 1 - t
    return (
        s * s * start[0] + 2 * s * t * bend[0] + t * t * end[0],
        s * s * start[1] + 2 * s * t * bend[1] + t * t * end[1],
    )
