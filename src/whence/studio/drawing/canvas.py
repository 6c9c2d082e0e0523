"""The canvas: the graph as an SVG that is drawn on, which the server makes anew after every edit.

It holds everything that the page needs to know: ids, places, words for those who hear it, wide unseen lines
and circles for fingers, and what each way between treatment and outcome lights up. What a hand does on it
comes back as events, which `commands` turns into requests. Colours and movement are in the style sheet
(20-canvas.css).

>>> canvas(Reading(Graph.of((), []), "empty", ""), {}, None, address="/p/abc", live=True)[:24]
'<svg id="canvas" class="'
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from whence.language.graph import Edge, Graph
from whence.language.layout_plan import Layout
from whence.language.lettering import escape
from whence.language.routes import Label, Rectangle, Route, along, labels, routes, shape_box
from whence.language.svg import description
from whence.language.svg_edges import edge_marks
from whence.language.svg_marks import n, shape, tag, text
from whence.studio.drawing.commands import attributes
from whence.studio.drawing.marks import Place, broken_mark, edge_mark, ground, node_mark
from whence.studio.drawing.places import places, played
from whence.studio.drawing.ways import traces
from whence.studio.reasoning.reading import Reading, Verdict, Verdicts

SMALLEST = (720.0, 420.0)
MARGIN = 28.0
STEP = 40.0
LARGE = 1300.0
MOST_BROKEN = 40
RANK = {"plain": 0, "blocked": 1, "open": 2, "causal": 3}


def canvas(
    reading: Reading,
    pins: Mapping[str, tuple[float, float]],
    verdicts: Verdicts | None,
    *,
    address: str,
    live: bool,
    previous: Layout | None = None,
    plan: Layout | None = None,
) -> str:
    """The `<svg id="canvas">` of a project.

    `plan` says where everything stands (see `places`); without it, that is found here, and what need not move
    from `previous` stays. `live` is false for a permalink, on which nothing can be changed.
    """
    graph = reading.graph
    if not graph.nodes:
        return _empty(address, live=live)
    plan = places(reading, pins, previous) if plan is None else plan
    names = labels(graph, plan)
    ways = routes(graph, plan, names)
    broken = _broken(graph, verdicts)
    box = _view(plan, names, ways)
    strands, lit = reading.strands or {}, traces(reading)
    ordered = sorted(ways, key=lambda way: RANK[strands.get(way.edges[0], "plain")])
    lines = [
        edge_mark(way, strands.get(way.edges[0], "plain"), lit.edges.get(way.edges[0]), live=live)
        for way in ordered
    ]
    boxes = [*(shape_box(node) for node in plan.nodes), *(label.box for label in names)]
    taken = ground(boxes, ways if broken else ())
    for way in routes(_pairs(graph, broken), replace(plan, vias={}), names):
        mark, plate = broken_mark(broken[way.edges[0]], way, taken)
        lines.append(mark)
        taken.boxes.append(plate)
    marks = [
        Place(
            node,
            name,
            node.name in pins,
            i == 0,
            lit.along.get(node.name, ()),
            lit.blocking.get(node.name, ()),
        )
        for i, (node, name) in enumerate(zip(plan.nodes, names, strict=True))
    ]
    told = tag("desc", {"id": "canvas-words"}, escape(description(graph, played(reading), 12)))
    nodes = [node_mark(place, graph, live=live) for place in marks]
    return _svg(
        box,
        [told, tag("g", {"class": "lines"}, *lines), tag("g", {"class": "nodes"}, *nodes)],
        {
            "aria-label": "Causal graph",
            "aria-describedby": "canvas-words",
            "data-class": "{tracing: $_path!=''}",
            **attributes(address, live=live),
        },
        live=live,
    )


def _svg(box: Rectangle, parts: Sequence[str], more: Mapping[str, str], *, live: bool) -> str:
    wide, tall = box.right - box.left, box.bottom - box.top
    kind = "wh-graph canvas" + ("" if live else " still") + (" large" if max(wide, tall) > LARGE else "")
    head = {
        "id": "canvas",
        "class": kind,
        "data-canvas": "edit" if live else "read",
        "viewBox": f"{n(box.left)} {n(box.top)} {n(wide)} {n(tall)}",
        "width": round(wide),
        "height": round(tall),
        "role": "application" if live else "group",
    }
    return tag("svg", {**head, **more}, *parts)


def _view(plan: Layout, names: Sequence[Label], ways: Sequence[Route]) -> Rectangle:
    """The part of the plane that is shown; it grows in steps, so that small edits do not change the scale."""
    boxes = [shape_box(node) for node in plan.nodes] + [label.box for label in names]
    points = [along(way, i / 8) for way in ways for i in range(1, 8)]
    sides = (
        min([box.left for box in boxes] + [x for x, _ in points]) - MARGIN,
        min([box.top for box in boxes] + [y for _, y in points]) - MARGIN,
        max([box.right for box in boxes] + [x for x, _ in points]) + MARGIN,
        max([box.bottom for box in boxes] + [y for _, y in points]) + MARGIN,
    )
    left, top = (math.floor(side / STEP) * STEP for side in sides[:2])
    right, bottom = (math.ceil(side / STEP) * STEP for side in sides[2:])
    wide, tall = max(0.0, SMALLEST[0] - (right - left)) / 2, max(0.0, SMALLEST[1] - (bottom - top)) / 2
    return Rectangle(left - wide, top - tall, right + wide, bottom + tall)


def _broken(graph: Graph, verdicts: Verdicts | None) -> dict[Edge, Verdict]:
    """The independences that the data contradict, the clearest of each two variables."""
    found: dict[Edge, Verdict] = {}
    tested = () if verdicts is None else verdicts.tested
    for verdict in sorted((each for each in tested if each.broken), key=lambda each: each.p):
        if verdict.x in graph.index and verdict.y in graph.index and len(found) < MOST_BROKEN:
            found.setdefault(Edge(verdict.x, verdict.y, "--"), verdict)
    return found


def _pairs(graph: Graph, broken: Mapping[Edge, Verdict]) -> Graph:
    return Graph.of(graph.nodes, broken, kind="CPDAG")


def _empty(address: str, *, live: bool) -> str:
    """The ground before anything is drawn: what a graph looks like, and how to begin."""
    wide, tall = SMALLEST
    x, y = wide / 2, tall / 2
    edge = Edge("X", "Y")
    spans = (
        ((x - 70, y - 62), (x + 70, y - 62)),
        ((x - 16, y - 128), (x - 76, y - 80)),
        ((x + 16, y - 128), (x + 76, y - 80)),
    )
    ghost = [
        part
        for i, (a, b) in enumerate(spans)
        for part in edge_marks(
            Route((edge,), a, (((a[0] + b[0]) / 2, (a[1] + b[1]) / 2),), b), "plain" if i else "causal"
        )
    ] + [
        *shape("treatment", x - 92, y - 62, 19),
        *shape("outcome", x + 92, y - 62, 19),
        *shape("confounder", x, y - 140, 19),
    ]
    words = ["Nothing is drawn yet."]
    if live:
        words = [
            "Double-click anywhere, or press N, to add a variable.",
            "Then drag from the arrow at its corner to another variable: the first causes the second.",
        ]
    told = [
        text(x, y + 24 + 28 * i, line, "lead" if i == 0 else "hint", 18 if i == 0 else 15, anchor="middle")
        for i, line in enumerate(words)
    ]
    box = Rectangle(0, 0, wide, tall)
    parts = [tag("g", {"class": "ghost", "aria-hidden": "true"}, *ghost), tag("g", {"class": "teach"}, *told)]
    more = {"aria-label": "Causal graph, empty. " + " ".join(words), "tabindex": "0"}
    return _svg(box, parts, {**more, **attributes(address, live=live)}, live=live)
