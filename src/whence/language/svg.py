"""A causal graph as plain SVG: no script, no font, nothing from outside, every name escaped.

A node tells its role by colour, shape and letter; an edge tells by colour and line whether it carries the
effect asked for, an open bias, or a bias that the adjustment blocks. Colours are CSS variables with
fall-backs, so that one drawing serves light and dark pages; alone, the drawing brings its own.

Source of the colours: M. Okabe and K. Ito, "Color universal design" (2008).

>>> from whence.language.graph import Edge, Graph
>>> picture = draw(Graph.of((), [Edge("X", "Y")]), title="an effect")
>>> picture.startswith("<svg") and "<title" in picture
True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

from whence.language.graph import Edge, Graph
from whence.language.layout import layout
from whence.language.layout_plan import TEXT, Frame, Layout, Node, Point
from whence.language.lettering import escape, visible, width
from whence.language.roles import ROLES, Role, roles
from whence.language.routes import Label, Rectangle, Route, along, labels, routes, shape_box
from whence.language.svg_edges import STRANDS, Strand, blocked_bar, edge_marks
from whence.language.svg_marks import STYLE, n, path, shape, tag, text

WORDS: dict[Role, str] = {
    "treatment": "treatment",
    "outcome": "outcome",
    "adjusted": "adjusted for",
    "confounder": "confounder",
    "mediator": "mediator",
    "collider": "collider",
    "instrument": "instrument",
    "selection": "selected on",
    "latent": "not measured",
    "other": "other",
}
PADDING = 14.0
__all__ = ["STRANDS", "WORDS", "Strand", "description", "draw"]
_numbers = count(1)


def draw(
    graph: Graph,
    played: Mapping[str, Role] | None = None,
    *,
    strands: Mapping[Edge, Strand] | None = None,
    title: str = "Causal graph",
    alone: bool = True,
    narrow: bool = False,
    plan: Layout | None = None,
) -> str:
    """The graph as an `<svg>` element. `alone` adds the style that a page of ours already has.

    `played` gives each node's role (see `roles`), `strands` what each edge carries; `narrow`
    keeps to the width of a telephone where it can; `plan` says where the nodes stand if that is known.
    """
    found = dict(roles(graph)) if played is None else dict(played)
    carried: dict[Edge, Strand] = dict(strands or {})
    plan = layout(graph, found, narrow=narrow) if plan is None else plan
    names = labels(graph, plan)
    ways = routes(graph, plan, names)
    if not plan.nodes:
        return tag("svg", {"class": "wh-graph", "width": 10, "height": 10}, tag("title", {}, escape(title)))
    legend_at, legend, box = _with_legend(plan, names, ways, found, carried)
    parts = [_frame(frame) for frame in plan.frames]
    parts += [_edge(way, carried.get(way.edges[0], "plain")) for way in _in_order(ways, carried)]
    parts += [_node(node) for node in plan.nodes]
    framed = {name for frame in plan.frames for name in frame.names}
    parts += [_label(label, framed=label.name in framed) for label in names]
    parts.append(tag("g", {"transform": f"translate({n(legend_at[0])} {n(legend_at[1])})"}, *legend))
    wide, tall = box.right - box.left, box.bottom - box.top
    number = next(_numbers)
    head = [
        tag("title", {"id": f"wh-t{number}"}, escape(title)),
        tag("desc", {"id": f"wh-d{number}"}, escape(description(graph, found))),
    ]
    attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": "wh-graph" + (" wh-alone" if alone else ""),
        "viewBox": f"{n(box.left)} {n(box.top)} {n(wide)} {n(tall)}",
        "width": round(wide),
        "height": round(tall),
        "role": "img",
        "aria-labelledby": f"wh-t{number} wh-d{number}",
    }
    if not alone:
        del attributes["xmlns"]
    return tag("svg", attributes, *head, tag("style", {}, STYLE) if alone else "", *parts)


def description(graph: Graph, played: Mapping[str, Role], most: int = 60) -> str:
    """The graph in words, for those who hear it."""
    nodes = ", ".join(f"{visible(name)} ({WORDS[played.get(name, 'other')]})" for name in graph.nodes[:most])
    edges = "; ".join(
        f"{visible(edge.source)} {edge.mark} {visible(edge.target)}" for edge in graph.edges[:most]
    )
    rest = "" if len(graph.edges) <= most else f"; and {len(graph.edges) - most} more"
    return f"Variables: {nodes}. Edges: {edges or 'none'}{rest}."


def _in_order(ways: Sequence[Route], carried: Mapping[Edge, Strand]) -> list[Route]:
    """The edges with the quiet ones first, so that the effect is drawn over them."""
    rank: list[Strand] = ["plain", "blocked", "open", "causal"]
    return sorted(ways, key=lambda way: rank.index(carried.get(way.edges[0], "plain")))


def _frame(frame: Frame) -> str:
    place = {
        "x": n(frame.x),
        "y": n(frame.y),
        "width": n(frame.width),
        "height": n(frame.height),
        "rx": 6,
    }
    title = text(frame.x + 10, frame.y + 15, frame.title, "wh-frame-title", 11)
    return tag("rect", {"class": "wh-frame", **place}) + title


def _edge(way: Route, strand: Strand) -> str:
    told = "; ".join(f"{escape(edge.source)} {escape(edge.mark)} {escape(edge.target)}" for edge in way.edges)
    return tag("g", {}, tag("title", {}, f"{told} ({STRANDS[strand]})"), *edge_marks(way, strand))


def _node(node: Node) -> str:
    told = f"{escape(node.name)} ({WORDS[node.role]})"
    return tag("g", {}, tag("title", {}, told), *shape(node.role, node.x, node.y, node.radius))


def _label(label: Label, *, framed: bool) -> str:
    kind = "wh-name wh-framed" if framed else "wh-name"
    lines = [
        text(label.x, label.y + 15 * i, line, kind, TEXT, anchor=label.anchor)
        for i, line in enumerate(label.lines)
    ]
    return "".join(lines)


def _with_legend(
    plan: Layout,
    names: Sequence[Label],
    ways: Sequence[Route],
    found: Mapping[str, Role],
    carried: Mapping[Edge, Strand],
) -> tuple[Point, list[str], Rectangle]:
    """Where the legend stands, its parts, and the box around all."""
    boxes = [shape_box(node) for node in plan.nodes] + [label.box for label in names]
    boxes += [Rectangle(f.x, f.y, f.x + f.width, f.y + f.height) for f in plan.frames]
    points = [along(way, i / 8) for way in ways for i in range(9)]
    left = min([box.left for box in boxes] + [x for x, _ in points]) - PADDING
    right = max([box.right for box in boxes] + [x for x, _ in points]) + PADDING
    top = min([box.top for box in boxes] + [y for _, y in points]) - PADDING
    bottom = max([box.bottom for box in boxes] + [y for _, y in points]) + PADDING
    wide = max(right - left, 330.0)
    parts, tall = _legend(
        wide - 2 * PADDING, found, [carried.get(way.edges[0], "plain") for way in ways], ways
    )
    spare = (wide - (right - left)) / 2
    box = Rectangle(left - spare, top, right + spare, bottom + (tall + 12 if parts else 0))
    return (box.left + PADDING, bottom + 10), parts, box


def _legend(
    wide: float, found: Mapping[str, Role], strands: Sequence[Strand], ways: Sequence[Route]
) -> tuple[list[str], float]:
    """The words for the shapes and lines that occur, in rows no wider than the drawing."""
    seen = set(found.values())
    present: list[Role] = [role for role in ROLES if role in seen and role != "other"]
    asked = "treatment" in present
    items: list[tuple[str, Role | None, Strand | None]] = []
    items.extend((WORDS[role], role, None) for role in present)
    items.extend((STRANDS[s], None, s) for s in STRANDS if s in strands and (asked or s != "plain"))
    parts: list[str] = []
    x, y = 0.0, 12.0
    for word, role, strand in items:
        need = 30 + width(word, 12) + 14
        if x and x + need > wide:
            x, y = 0.0, y + 24
        parts += _legend_item(x, y, word, role, strand)
        x += need
    if any(way.edges[0].mark == "<->" for way in ways):
        word = "unmeasured common cause"
        if x and x + 30 + width(word, 12) > wide:
            x, y = 0.0, y + 24
        parts.append(tag("g", {}, path([(x, y), (x + 12, y - 8), (x + 24, y)], "wh-edge wh-plain wh-arc")))
        parts.append(text(x + 30, y + 4, word, "wh-legend", 12))
        return parts, y + 12
    return parts, y + 12 if parts else 0.0


def _legend_item(x: float, y: float, word: str, role: Role | None, strand: Strand | None) -> list[str]:
    mark: list[str] = []
    if role is not None:
        mark = shape(role, x + 12, y, 8.5)
    if strand is not None:
        ends = Route((), (x, y), ((x + 12, y),), (x + 24, y))
        mark = [path(((x, y), (x + 12, y), (x + 24, y)), f"wh-edge wh-{strand}")]
        if strand == "blocked":
            mark.append(blocked_bar(ends))
    return [*mark, text(x + 30, y + 4, word, "wh-legend", 12)]
