"""The ground that the charts share: scales, ticks, marks and texts placed in per cent of the width.

>>> ticks(0, 1)
[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
>>> Scale(0, 10, 10, 90).at(5)
50.0
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import count

from whence.explanation.figures import tick
from whence.language.lettering import escape
from whence.language.svg_marks import tag

RULES = """
.wh-chart{display:block;width:100%;overflow:visible;font-variant-numeric:tabular-nums}
.wh-chart text{fill:var(--wh-ink,#1B1B1A)}
.wh-chart text{paint-order:stroke;stroke:var(--wh-paper,#FCFCFA);stroke-width:4px;stroke-linejoin:round}
.wh-chart .wh-quiet{fill:var(--wh-quiet,#5C5C58)}
.wh-chart .wh-strong{font-weight:650}
.wh-chart .wh-axis{stroke:var(--wh-quiet,#5C5C58);stroke-width:1}
.wh-chart .wh-grid{stroke:var(--wh-line,#E3E2DD);stroke-width:1}
.wh-chart .wh-zero{stroke:var(--wh-ink,#1B1B1A);stroke-width:1;stroke-dasharray:2 3}
.wh-chart .wh-bar-answer{stroke:var(--wh-accent,#0B5CAD);stroke-width:4;stroke-linecap:round}
.wh-chart .wh-dot{fill:var(--wh-accent,#0B5CAD);stroke:var(--wh-paper,#FCFCFA);stroke-width:1.5}
.wh-chart .wh-hollow-dot{fill:var(--wh-paper,#FCFCFA);stroke:var(--wh-quiet,#5C5C58);stroke-width:2}
.wh-chart .wh-span{stroke:var(--wh-bias,#C65300);stroke-width:1.5;fill:none}
.wh-chart .wh-span-head{fill:var(--wh-bias,#C65300)}
.wh-chart .wh-bias{fill:var(--wh-bias,#C65300)}
.wh-chart .wh-one{fill:#0072B2}
.wh-chart .wh-two{fill:#E69F00}
.wh-chart .wh-edge-one{stroke:var(--wh-ink,#1B1B1A);stroke-width:.6}
.wh-chart .wh-level{fill:none;stroke:var(--wh-quiet,#5C5C58);stroke-width:1}
.wh-chart .wh-trail{fill:none;stroke:var(--wh-accent,#0B5CAD);stroke-width:1.5;stroke-dasharray:2 4}
.wh-chart .wh-moving{fill:var(--wh-accent,#0B5CAD);stroke:var(--wh-paper,#FCFCFA);stroke-width:2}
.wh-chart .wh-null{fill:none;stroke:var(--wh-bias,#C65300);stroke-width:2.5}
"""
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to per cent of the width."""

    low: float
    high: float
    left: float = 3.0
    right: float = 97.0

    def at(self, value: float) -> float:
        """The place of a value; what lies outside is put at the border."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.left + (self.right - self.left) * min(1.0, max(0.0, share))


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from below `low` to above `high`, about so many."""
    span = (high - low) or abs(high) or 1.0
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def chart(height: float, title: str, description: str, *parts: str) -> str:
    """The figure: as wide as its place, so many pixels high, told in words too."""
    number = next(_numbers)
    words = tag("title", {"id": f"wh-c{number}"}, escape(title))
    words += tag("desc", {"id": f"wh-e{number}"}, escape(description))
    attributes = {
        "class": "wh-chart",
        "width": "100%",
        "height": round(height),
        "role": "img",
        "aria-labelledby": f"wh-c{number} wh-e{number}",
    }
    return tag("svg", attributes, words, *parts)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line; x in per cent, y in pixels."""
    return tag("line", {"class": kind, "x1": f"{x1:.2f}%", "y1": y1, "x2": f"{x2:.2f}%", "y2": y2})


def words(x: float, y: float, text: str, kind: str = "", *, size: int = 13, anchor: str = "") -> str:
    """A text at a place; by default it leans inwards, so that it stays on the figure."""
    lean = anchor or ("start" if x < 24 else "end" if x > 76 else "middle")
    attributes = {"class": kind, "x": f"{x:.2f}%", "y": round(y, 1), "font-size": size, "text-anchor": lean}
    return tag("text", attributes, escape(text))


def mark(x: float, y: float, *drawn: str) -> str:
    """Something drawn in pixels around a place."""
    return tag("svg", {"x": f"{x:.2f}%", "y": round(y, 1), "overflow": "visible"}, *drawn)


def dot(x: float, y: float, kind: str, radius: float = 6) -> str:
    """A round mark."""
    return tag("circle", {"class": kind, "cx": f"{x:.2f}%", "cy": round(y, 1), "r": radius})


def diamond(x: float, y: float, kind: str, radius: float = 7) -> str:
    """A mark with corners, to be told from a dot without colour."""
    corners = f"0,{-radius} {radius},0 0,{radius} {-radius},0"
    return mark(x, y, tag("polygon", {"class": kind, "points": corners}))


def axis(scale: Scale, places: list[float], y: float, unit: str = "") -> str:
    """A line with ticks and their numbers; every other number is left out where they would touch."""
    step = places[1] - places[0] if len(places) > 1 else 1.0
    nought = places.index(0.0) if 0.0 in places else 0
    shown = [tick(place, step, unit) for place in places]
    parts = [line(scale.left, y, scale.right, y, "wh-axis")]
    every = 1 if len(places) <= 5 else 2
    for i, (place, text) in enumerate(zip(places, shown, strict=True)):
        x = scale.at(place)
        parts.append(line(x, y, x, y + 5, "wh-axis"))
        # Zero keeps its number whichever are left out.
        if i % every == (nought % every):
            anchor = "start" if x < 6 else "end" if x > 94 else "middle"
            parts.append(words(x, y + 19, text, "wh-quiet", size=12, anchor=anchor))
    return "".join(parts)
