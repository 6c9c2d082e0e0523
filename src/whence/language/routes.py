"""How the edges of a drawn graph run: straight where the way is free, bent around what stands in it.

Each edge is one quadratic curve. Of a fan of curves, ever more bent to either side, the first is taken that
meets no node and no name; a bidirected arc starts bent. Members of a frame that all point the same way are
drawn as one edge of the frame.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from whence.language.graph import Edge, Graph
from whence.language.layout import LINE, TEXT, Frame, Layout, Node
from whence.language.lettering import width

Point = tuple[float, float]
Side = str  # "above" | "below" | "right" | "left"
BENDS = (0.0, 0.14, -0.14, 0.24, -0.24, 0.36, -0.36, 0.5, -0.5, 0.68, -0.68, 0.9, -0.9)
ARC_BENDS = (0.24, 0.36, 0.5, 0.68, 0.9, -0.24, -0.36, -0.5, -0.68, -0.9)
SAMPLES = 14
CLEAR = 5.0
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
    """One drawn edge: the curve from `start` to `end` pulled towards `bend`, and the edges it stands for."""

    edges: tuple[Edge, ...]
    start: Point
    bend: Point
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
    placed: list[Label] = []
    for node in found.nodes:
        if node.framed:
            placed.append(label_at(node, "right"))
            continue
        ends = [_other(edge, node.name) for edge in graph.edges if node.name in (edge.source, edge.target)]
        angles = [math.atan2(middles[end][1] - node.y, middles[end][0] - node.x) for end in ends]
        best = min(
            (label_at(node, side) for side in ("below", "above", "right", "left")),
            key=lambda label: _cost(label, node, angles, [*taken, *(other.box for other in placed)]),
        )
        placed.append(best)
    return tuple(placed)


def _other(edge: Edge, name: str) -> str:
    return edge.target if edge.source == name else edge.source


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
    made: list[Route] = []
    for edges in _bundles(graph, frame_of):
        edge = edges[0]
        both = (edge.source, edge.target)
        ends = [_anchor(end, len(edges) > 1, at, frame_of) for end in both]
        skip = {"\0".join(frame_of[end].names) if end in frame_of else end for end in both}
        solid = [box for key, box in boxes.items() if key not in skip]
        words = [label.box for label in texts if label.name not in skip]
        own = [label.box for label in texts if label.name in skip]
        made.append(_route(edges, ends[0], ends[1], (solid, words, own), tries))
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


def _route(
    edges: tuple[Edge, ...],
    source: Anchor,
    target: Anchor,
    obstacles: tuple[Sequence[Rectangle], Sequence[Rectangle], Sequence[Rectangle]],
    tries: int,
) -> Route:
    """The least bent curve that is free, or the freest."""
    a, b = _middle(source, target), _middle(target, source)
    arc = edges[0].mark == "<->"
    # Arcs bow upwards: out of the way of the line of the effect.
    up = -1.0 if b[0] >= a[0] else 1.0
    bends = [up * bend for bend in ARC_BENDS] if arc else BENDS
    best, least = None, math.inf
    for bend in bends[:tries]:
        control = ((a[0] + b[0]) / 2 - bend * (b[1] - a[1]), (a[1] + b[1]) / 2 + bend * (b[0] - a[0]))
        start, end = _edge_of(source, a, control), _edge_of(target, b, control)
        cost = _price(start, control, end, obstacles) + abs(bend) * 6
        if cost < least:
            best, least = Route(edges, start, control, end), cost
        if cost < abs(bend) * 6 + 1:
            break
    return best if best is not None else Route(edges, a, b, b)


def _middle(anchor: Anchor, other: Anchor) -> Point:
    """Where an edge of this node aims; for a frame, the point of its border nearest to the other end."""
    if isinstance(anchor, Node):
        return (anchor.x, anchor.y)
    x, y = (other.x, other.y) if isinstance(other, Node) else (other.x + other.width / 2, other.y)
    inset = min(28.0, anchor.width / 4)
    near_x = min(max(x, anchor.x + inset), anchor.x + anchor.width - inset)
    near_y = anchor.y + anchor.height if y >= anchor.y + anchor.height / 2 else anchor.y
    return (near_x, near_y)


def _edge_of(anchor: Anchor, middle: Point, towards: Point) -> Point:
    """Where the curve leaves the shape."""
    away = anchor.radius + 2.5 if isinstance(anchor, Node) else 2.0
    dx, dy = towards[0] - middle[0], towards[1] - middle[1]
    length = math.hypot(dx, dy) or 1.0
    return (middle[0] + dx / length * away, middle[1] + dy / length * away)


def _price(
    start: Point,
    bend: Point,
    end: Point,
    obstacles: tuple[Sequence[Rectangle], Sequence[Rectangle], Sequence[Rectangle]],
) -> float:
    """What a curve meets: shapes cost most, other names less, the names of its own ends little."""
    solid, words, own = obstacles
    points = [along(start, bend, end, i / SAMPLES) for i in range(1, SAMPLES)]
    shapes = sum(any(box.holds(point, CLEAR) for point in points) for box in solid)
    names = sum(any(box.holds(point, 2) for point in points) for box in words)
    mine = sum(any(box.holds(point, 1) for point in points) for box in own)
    return 100.0 * shapes + 40.0 * names + 12.0 * mine


def along(start: Point, bend: Point, end: Point, t: float) -> Point:
    """The point of a quadratic curve at `t` in [0, 1]."""
    s = 1 - t
    return (
        s * s * start[0] + 2 * s * t * bend[0] + t * t * end[0],
        s * s * start[1] + 2 * s * t * bend[1] + t * t * end[1],
    )
