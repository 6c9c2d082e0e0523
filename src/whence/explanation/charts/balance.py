"""Love plot: how far apart the groups are in each covariate, before adjusting and after.

Source: T. Love (2004); the line at 0.1 is the customary bound, P. Austin, *Statistics in Medicine* (2009).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.explanation.charts.canvas import Scale, axis, chart, diamond, dot, line, ticks, words
from whence.explanation.figures import number
from whence.language.lettering import cut, escape, visible
from whence.language.svg_marks import tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.estimation.values import Balance

BOUND = 0.1
ROW = 24.0
MOST = 40


def love_plot(balance: Sequence[Balance]) -> str:
    """The figure; the covariates furthest apart before adjusting come first."""
    rows = sorted(balance, key=lambda each: -abs(each.before))[:MOST]
    largest = max(
        [BOUND * 1.5, *(abs(each.before) for each in rows), *(abs(each.after or 0) for each in rows)]
    )
    places = ticks(0.0, largest, about=4)
    scale = Scale(0.0, places[-1], 36.0, 96.0)
    height = ROW * len(rows) + 8
    bound = scale.at(BOUND)
    parts = [line(bound, 0, bound, height, "wh-zero")]
    for i, each in enumerate(rows):
        parts += _row(each, ROW * i + ROW / 2 + 2, scale)
    parts.append(axis(scale, places, height))
    parts.append(
        words(66, height + 36, "standardised difference (absolute)", "wh-quiet", size=12, anchor="middle")
    )
    said = "; ".join(f"{visible(each.name)} {number(each.before)} to {number(each.after)}" for each in rows)
    return chart(height + 44, "Balance of the covariates before and after adjusting", said, *parts)


def _row(each: Balance, y: float, scale: Scale) -> list[str]:
    before = scale.at(abs(each.before))
    name = visible(each.name)
    attributes = {"x": "33%", "y": y + 4, "font-size": 12, "text-anchor": "end"}
    told = tag("title", {}, f"{escape(each.name)}: {number(each.before)} before, {number(each.after)} after")
    parts = [tag("text", attributes, told, escape(cut(name, 108, 12)))]
    parts.append(line(scale.left, y, scale.right, y, "wh-grid"))
    if each.after is not None:
        after = scale.at(abs(each.after))
        parts.append(line(before, y, after, y, "wh-axis"))
        parts.append(diamond(before, y, "wh-hollow-dot", 5))
        parts.append(dot(after, y, "wh-dot", 5))
    else:
        parts.append(diamond(before, y, "wh-hollow-dot", 5))
    return parts
