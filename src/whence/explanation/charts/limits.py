"""Limits on a line: a bar between the two, a thin one for their confidence interval, and zero.

>>> limits({"lower": -0.2, "upper": 0.7, "n": 100}, "").count("<line") > 1
True
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from whence.explanation.charts.canvas import Scale, axis, chart, line, ticks, words
from whence.explanation.figures import interval, percent, sample

if TYPE_CHECKING:
    from collections.abc import Mapping


def limits(bounds: Mapping[str, Any], unit: str) -> str:
    """The figure for the limits of one number; none where one of them is infinite."""
    ends, sure = (float(bounds["lower"]), float(bounds["upper"])), bounds.get("interval")
    every = (*ends, *(float(end) for end in sure or ()))
    if not all(map(math.isfinite, every)):
        return ""
    places = ticks(min(0.0, *every), max(0.0, *every), about=5)
    scale, y, base = Scale(places[0], places[-1]), 24.0, 84.0
    low, high = (scale.at(end) for end in ends)
    middle = (low + high) / 2
    parts = [line(scale.at(0.0), 4, scale.at(0.0), base, "wh-zero")]
    said = f"Limits {interval(ends, unit)}"
    if sure:
        outer = (float(sure[0]), float(sure[1]))
        parts.append(line(scale.at(outer[0]), y, scale.at(outer[1]), y, "wh-span"))
        shown = f"{percent(float(bounds.get('level', 0.95)))}: {interval(outer, unit)}"
        parts.append(words(middle, y + 42, shown, "wh-quiet", size=12))
        said += f", {shown}"
    parts.append(line(low, y, high, y, "wh-bar-answer"))
    parts += [line(end, y - 8, end, y + 8, "wh-bar-answer") for end in (low, high)]
    parts.append(words(middle, y + 25, f"limits  {interval(ends, unit)}", "wh-strong"))
    parts.append(axis(scale, places, base, unit))
    return chart(base + 26, "The limits on a number line", f"{said}; {sample(bounds.get('n') or 0)}.", *parts)
