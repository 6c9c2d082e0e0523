"""How an edge is drawn: its line, the marks at its ends, and the bar across it where its bias is blocked.

>>> from whence.language.graph import Edge
>>> way = Route((Edge("X", "Y"),), (0, 0), ((50, 0),), (100, 0))
>>> edge_marks(way, "causal")[0]
'<path class="wh-edge wh-causal" d="M0 0Q50 0 92 0"/>'
"""

from __future__ import annotations

import math
from typing import Literal

from whence.language.routes import Point, Route, along
from whence.language.svg_marks import n, path, tag

Strand = Literal["causal", "open", "blocked", "plain"]
"""What an edge carries for the question."""

STRANDS: dict[Strand, str] = {
    "causal": "carries the effect",
    "open": "open bias",
    "blocked": "bias, blocked",
    "plain": "other cause",
}


def edge_marks(way: Route, strand: Strand) -> list[str]:
    """The line of an edge, its heads, and its bar if it is blocked."""
    edge = way.edges[0]
    kind = f"wh-edge wh-{strand}" + (" wh-arc" if edge.mark == "<->" else "")
    parts = [
        path(edge_line(way), kind),
        _head(way.start, way.controls[0], edge.mark[0], strand),
        _head(way.end, way.controls[-1], edge.mark[-1], strand),
    ]
    if strand == "blocked":
        parts.append(blocked_bar(way))
    return [part for part in parts if part]


def edge_line(way: Route) -> tuple[Point, ...]:
    """Start, pulls and end of the line alone, which stops where its heads begin."""
    mark = way.edges[0].mark
    start = _short_of(way.start, way.controls[0], mark[0])
    return (start, *way.controls, _short_of(way.end, way.controls[-1], mark[-1]))


def _short_of(end: Point, bend: Point, mark: str) -> Point:
    """Where the line stops so that its head is not drawn over."""
    back = {"<": 8.0, ">": 8.0, "o": 8.0}.get(mark, 0.0)
    dx, dy = bend[0] - end[0], bend[1] - end[1]
    length = math.hypot(dx, dy) or 1.0
    return (end[0] + dx / length * back, end[1] + dy / length * back)


def _head(end: Point, bend: Point, mark: str, strand: Strand) -> str:
    if mark == "-":
        return ""
    angle = math.atan2(end[1] - bend[1], end[0] - bend[0])
    if mark == "o":
        x, y = end[0] - 4 * math.cos(angle), end[1] - 4 * math.sin(angle)
        return tag("circle", {"class": f"wh-ring wh-{strand}", "cx": n(x), "cy": n(y), "r": 3.5})
    length, half = (11.0, 5.0) if strand == "causal" else (9.5, 4.2)
    corners = [end]
    for side in (half, -half):
        x = end[0] - length * math.cos(angle) + side * math.sin(angle)
        y = end[1] - length * math.sin(angle) - side * math.cos(angle)
        corners.append((x, y))
    points = " ".join(f"{n(x)},{n(y)}" for x, y in corners)
    return tag("polygon", {"class": f"wh-head wh-{strand}", "points": points})


def blocked_bar(way: Route) -> str:
    """The two short strokes across the middle of a blocked edge."""
    strokes: list[str] = []
    for t in (0.48, 0.52):
        x, y = along(way, t)
        x0, y0 = along(way, t - 0.02)
        angle = math.atan2(y - y0, x - x0) + math.pi / 2
        shift = 1.2 if t > 0.5 else -1.2
        x, y = x + shift * math.sin(angle), y - shift * math.cos(angle)
        dx, dy = 6 * math.cos(angle), 6 * math.sin(angle)
        strokes.append(f"M{n(x - dx)} {n(y - dy)}L{n(x + dx)} {n(y + dy)}")
    return tag("path", {"class": "wh-bar", "d": "".join(strokes)})
