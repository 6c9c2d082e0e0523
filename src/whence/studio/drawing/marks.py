"""The parts of the canvas: a variable with its ring, name and handle; an edge with its wide, unseen hit line;
a dotted line where the data contradict the graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whence.language.graph import Edge, Graph
from whence.language.layout_plan import TEXT, Node, Point
from whence.language.lettering import escape, visible, width
from whence.language.routes import Label, Rectangle, Route, along
from whence.language.svg_edges import Strand, edge_line, edge_marks
from whence.language.svg_marks import n, path, shape, tag, text
from whence.studio.drawing.ways import Trace
from whence.studio.drawing.words import edge_words, node_words, p_words
from whence.studio.projects.naming import edge_id, node_id, pair_id
from whence.studio.reasoning.reading import Verdict

HIT = 27.0
RING = 8.0
HANDLE = 7.0
P_TEXT = 12.0


@dataclass(frozen=True, slots=True)
class Place:
    """How a variable stands on the canvas, beside what the layout says of it."""

    node: Node
    label: Label
    pinned: bool
    first: bool
    along: Sequence[str]
    blocking: Sequence[str]


@dataclass(frozen=True, slots=True)
class Ground:
    """What is drawn already: the boxes of variables and names, and points of the edges (heads count more)."""

    boxes: list[Rectangle]
    points: list[Point]


def ground(boxes: Sequence[Rectangle], ways: Sequence[Route]) -> Ground:
    """What these boxes and edges take up."""
    points = [along(way, i / 24) for way in ways for i in range(1, 24)]
    heads = [way.end for way in ways for _ in range(3)]
    return Ground(list(boxes), points + heads)


def node_mark(place: Place, graph: Graph, *, live: bool) -> str:
    """A variable: `<g>` with its id, its words, and what it looks like."""
    node, name = place.node, place.node.name
    known = node_id(name)
    x, y, r = node.x, node.y, node.radius
    kind = f"node role-{node.role}" + (" unmeasured" if name in graph.latent else "")
    attributes: dict[str, str | float] = {
        "id": known,
        "class": kind + (" pinned" if place.pinned else ""),
        "tabindex": 0 if place.first else -1,
        "role": "button" if live else "img",
        "aria-label": node_words(graph, name, node.role),
        "data-name": visible(name),
        "data-x": n(x),
        "data-y": n(y),
        "data-class": _classes({"onway": place.along, "blocks": place.blocking}, known),
    }
    parts = [
        tag("circle", {"class": "ring", "cx": n(x), "cy": n(y), "r": n(r + RING)}),
        tag("circle", {"class": "hit", "cx": n(x), "cy": n(y), "r": n(HIT)}),
        # What can be read comes in the order in which it is said, with blanks between: the name, the letter.
        " ".join(
            text(place.label.x, place.label.y + 15 * i, line, "wh-name", TEXT, anchor=place.label.anchor)
            for i, line in enumerate(place.label.lines)
        ),
        " ",
        *shape(node.role, x, y, r),
    ]
    if place.blocking:
        parts.append(tag("path", {"class": "stop", "d": _stop(x, y, r)}))
    if live:
        parts.append(_handle(x + (r + RING) * 0.7071, y - (r + RING) * 0.7071))
    cut = any(line.endswith("…") for line in place.label.lines)
    return tag("g", attributes, tag("title", {}, escape(name)) if cut else "", *parts)


def _handle(x: float, y: float) -> str:
    """The place from which an edge is drawn: a dot with an arrow in it."""
    dot = tag("circle", {"class": "dot", "cx": n(x), "cy": n(y), "r": n(HANDLE)})
    hit = tag("circle", {"class": "hit", "cx": n(x), "cy": n(y), "r": 13})
    arrow = f"M{n(x - 3)} {n(y + 3)}L{n(x + 3)} {n(y - 3)}M{n(x - 1)} {n(y - 3)}H{n(x + 3)}V{n(y + 1)}"
    return tag("g", {"class": "handle", "aria-hidden": "true"}, hit, dot, tag("path", {"d": arrow}))


def _stop(x: float, y: float, r: float) -> str:
    """Two upright strokes on either side of a variable that blocks a way."""
    a, b, tall = r + 5, r + 9, r * 0.75
    return "".join(f"M{n(x + dx)} {n(y - tall)}V{n(y + tall)}" for dx in (-b, -a, a, b))


def edge_mark(way: Route, strand: Strand, trace: Trace | None, *, live: bool) -> str:
    """An edge: `<g>` with its id, its words, a wide line to point at, and what it looks like."""
    edge: Edge = way.edges[0]
    known = edge_id(edge.source, edge.mark, edge.target)
    lit = Trace() if trace is None else trace
    attributes: dict[str, str | float] = {
        "id": known,
        "class": f"edge {strand}",
        "tabindex": -1,
        "role": "button" if live else "img",
        "aria-label": edge_words(edge, strand),
        "data-from": node_id(edge.source),
        "data-to": node_id(edge.target),
        "data-mark": edge.mark,
        "data-class": _classes({"flow": lit.flow, "ebb": lit.ebb, "stopped": lit.stopped}, known),
    }
    moving = [path(edge_line(way), "pulse")] if lit.flow or lit.ebb else []
    hit = path((way.start, *way.controls, way.end), "hit")
    return tag("g", attributes, hit, *edge_marks(way, strand), *moving)


def broken_mark(verdict: Verdict, way: Route, taken: Ground) -> tuple[str, Rectangle]:
    """A dotted line between two variables that should be independent and are not, with the p-value on a plate
    (and where that plate is).
    """
    words = p_words(verdict)
    wide = width(words, P_TEXT) + 12
    plate = _free(way, wide, taken)
    x, y = plate.left + wide / 2, plate.top + 10
    box = {"x": n(plate.left), "y": n(plate.top), "width": n(wide), "height": 20, "rx": 10}
    attributes: dict[str, str | float] = {
        "id": pair_id(verdict.x, verdict.y),
        "class": "broken",
        "role": "img",
        "aria-label": visible(verdict.sentence or f"{verdict.x} and {verdict.y} go together: {words}"),
    }
    parts = [
        tag("title", {}, escape(verdict.sentence)) if verdict.sentence else "",
        path((way.start, *way.controls, way.end), "dots"),
        tag("rect", {"class": "plate", **box}),
        text(x, y + 4, words, "p-value", P_TEXT, anchor="middle"),
    ]
    return tag("g", attributes, *parts), plate


def _free(way: Route, wide: float, taken: Ground) -> Rectangle:
    """Where a plate on the line covers no variable and no name, and as little of the edges as may be."""
    best, least = None, float("inf")
    for t in (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.2, 0.8):
        x, y = along(way, t)
        box = Rectangle(x - wide / 2, y - 10, x + wide / 2, y + 10)
        cost = 40 * sum(box.meets(other) for other in taken.boxes)
        cost += sum(box.holds(point) for point in taken.points)
        if best is None or cost < least:
            best, least = box, cost
    return best or Rectangle(*way.start, *way.end)


def _classes(ways: Mapping[str, Sequence[str]], known: str) -> str:
    """The `data-class` of something: selected by its id, lit up by the ways that it is on."""
    rules = [f"selected: $_sel=='{known}'"]
    rules += [f"{kind}: " + "||".join(f"$_path=='{way}'" for way in ids) for kind, ids in ways.items() if ids]
    return "{" + ", ".join(rules) + "}"
