"""The alphabet of our drawings: elements, text, lines, and the shape of each role.

>>> tag("g", {"class": "a"}, "x")
'<g class="a">x</g>'
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from whence.language.lettering import escape
from whence.language.roles import Role

FILLS: dict[Role, str] = {
    "treatment": "#0072B2",
    "outcome": "#D55E00",
    "adjusted": "#009E73",
    "confounder": "#E69F00",
    "mediator": "#CC79A7",
    "collider": "#F0E442",
    "instrument": "#56B4E9",
    "selection": "#B8B7B1",
    "latent": "var(--wh-paper,#FCFCFA)",
    "other": "var(--wh-other,#F4F4F2)",
}
LETTERS: dict[Role, str] = {
    "treatment": "T",
    "outcome": "Y",
    "adjusted": "A",
    "confounder": "C",
    "mediator": "M",
    "collider": "K",
    "instrument": "I",
    "selection": "S",
    "latent": "U",
    "other": "",
}

LIGHT = (
    "--wh-paper:#FCFCFA;--wh-ink:#1B1B1A;--wh-quiet:#5C5C58;--wh-line:#E3E2DD;--wh-accent:#0B5CAD;"
    "--wh-other:#F4F4F2;--wh-bias:#C65300;--wh-soft:#F4F3EF;"
)
DARK = (
    "--wh-paper:#14161A;--wh-ink:#ECEBE6;--wh-quiet:#A3A29C;--wh-line:#2A2D33;--wh-accent:#7DB7FF;"
    "--wh-other:#3A3E46;--wh-bias:#F0863A;--wh-soft:#1B1E23;"
)

_LINES = """
.wh-graph,.wh-chart{font-family:system-ui,-apple-system,"Segoe UI",sans-serif}
.wh-edge{fill:none;stroke:var(--wh-quiet,#5C5C58);stroke-width:1.3}
.wh-arc{stroke-dasharray:5 4}
.wh-edge.wh-causal{stroke:var(--wh-ink,#1B1B1A);stroke-width:2.4}
.wh-edge.wh-open{stroke:var(--wh-bias,#C65300);stroke-width:2.2}
.wh-edge.wh-blocked{stroke:var(--wh-bias,#C65300);stroke-width:1.5;stroke-dasharray:4 4}
.wh-head{fill:var(--wh-quiet,#5C5C58)}
.wh-head.wh-causal{fill:var(--wh-ink,#1B1B1A)}
.wh-head.wh-open,.wh-head.wh-blocked{fill:var(--wh-bias,#C65300)}
.wh-ring{fill:var(--wh-paper,#FCFCFA);stroke:var(--wh-quiet,#5C5C58);stroke-width:1.3}
.wh-bar{stroke:var(--wh-bias,#C65300);stroke-width:1.6;fill:none}
.wh-shape{stroke:var(--wh-ink,#1B1B1A);stroke-width:1.5}
.wh-hollow{fill:none;stroke:var(--wh-ink,#1B1B1A);stroke-width:1.2}
.wh-shape.wh-latent{stroke-dasharray:4 3}
.wh-letter{font-weight:700;fill:#1B1B1A}
.wh-letter.wh-treatment{fill:#FFFFFF}
.wh-letter.wh-latent{fill:var(--wh-ink,#1B1B1A)}
.wh-name{fill:var(--wh-ink,#1B1B1A);paint-order:stroke;stroke:var(--wh-paper,#FCFCFA);stroke-width:4px;
stroke-linejoin:round;unicode-bidi:plaintext}
.wh-framed{stroke:none}
.wh-frame{fill:var(--wh-soft,#F4F3EF);stroke:var(--wh-quiet,#5C5C58);stroke-width:1;stroke-dasharray:5 4}
.wh-frame-title,.wh-legend{fill:var(--wh-quiet,#5C5C58)}
"""
RULES = _LINES + "".join(f".wh-shape.wh-{role}{{fill:{fill}}}\n" for role, fill in FILLS.items())
STYLE = (
    f".wh-alone{{{LIGHT}background:var(--wh-paper)}}"
    f"@media (prefers-color-scheme:dark){{.wh-alone{{{DARK}}}}}{RULES}"
)

Attributes = Mapping[str, str | float]


def tag(name: str, attributes: Attributes, *content: str) -> str:
    """An element; attribute values are escaped here, content must be safe already."""
    shown = "".join(f' {key}="{escape(str(value))}"' for key, value in attributes.items())
    return f"<{name}{shown}>{''.join(content)}</{name}>" if content else f"<{name}{shown}/>"


def text(
    x: float, y: float, words: str, kind: str, size: float, *, anchor: str = "start", weight: str = ""
) -> str:
    """A line of text, escaped."""
    attributes: dict[str, str | float] = {
        "class": kind,
        "x": n(x),
        "y": n(y),
        "font-size": n(size),
        "text-anchor": anchor,
    }
    if weight:
        attributes["font-weight"] = weight
    return tag("text", attributes, escape(words))


def path(points: Sequence[tuple[float, float]], kind: str) -> str:
    """A curve from the first point to the last, pulled by those between in turn (a quadratic B-spline).

    >>> path([(0, 0), (5, 8), (10, 0)], "a")
    '<path class="a" d="M0 0Q5 8 10 0"/>'
    """
    (x, y), *pulls, end = points
    steps = [f"M{n(x)} {n(y)}"]
    for i, (cx, cy) in enumerate(pulls):
        x, y = end if i + 1 == len(pulls) else ((cx + pulls[i + 1][0]) / 2, (cy + pulls[i + 1][1]) / 2)
        steps.append(f"Q{n(cx)} {n(cy)} {n(x)} {n(y)}")
    return tag("path", {"class": kind, "d": "".join(steps)})


def n(value: float) -> str:
    """A length as SVG writes it: a tenth of a pixel is enough."""
    return f"{value:.1f}".removesuffix(".0")


def shape(role: Role, x: float, y: float, r: float) -> list[str]:
    """The shape of a role around a point, with its letter."""
    look: dict[str, str | float] = {"class": f"wh-shape wh-{role}"}
    parts: list[str]
    match role:
        case "treatment":
            side = r * 0.92
            box = {"x": n(x - side), "y": n(y - side), "width": n(2 * side), "height": n(2 * side)}
            parts = [tag("rect", {**look, **box, "rx": n(r * 0.28)})]
        case "mediator":
            parts = [_polygon(look, x, y, r * 1.1, (0, 90, 180, 270))]
        case "collider":
            parts = [_polygon(look, x, y, r * 1.04, (0, 60, 120, 180, 240, 300))]
        case "instrument":
            parts = [_polygon(look, x, y + r * 0.2, r * 1.2, (-90, 30, 150))]
        case "selection":
            parts = [tag("path", {**look, "d": _notched(x, y, r * 0.9)})]
        case _:
            parts = [tag("circle", {**look, "cx": n(x), "cy": n(y), "r": n(r)})]
    if role == "adjusted":
        inner = r - max(2.4, r * 0.19)
        parts.append(tag("circle", {"class": "wh-hollow", "cx": n(x), "cy": n(y), "r": n(inner)}))
    if LETTERS[role]:
        parts.append(_letter(role, x, y, r))
    return parts


def _letter(role: Role, x: float, y: float, r: float) -> str:
    size = r * (0.86 if role == "instrument" else 0.95)
    drop = r * 0.2 if role == "instrument" else 0.0
    place = {"x": n(x), "y": n(y + size * 0.355 + drop), "font-size": n(size), "text-anchor": "middle"}
    return tag("text", {"class": f"wh-letter wh-{role}", **place}, LETTERS[role])


def _polygon(look: Attributes, x: float, y: float, r: float, angles: Sequence[float]) -> str:
    corners = [(x + r * math.cos(math.radians(a)), y + r * math.sin(math.radians(a))) for a in angles]
    points = " ".join(f"{n(px)},{n(py)}" for px, py in corners)
    return tag("polygon", {**look, "points": points, "stroke-linejoin": "round"})


def _notched(x: float, y: float, r: float) -> str:
    """A square with a notch in its top edge."""
    a, b = r * 0.36, r * 0.4
    steps = [(-r, -r), (-a, -r), (0, -r + b), (a, -r), (r, -r), (r, r), (-r, r)]
    return "M" + "L".join(f"{n(x + dx)} {n(y + dy)}" for dx, dy in steps) + "Z"
