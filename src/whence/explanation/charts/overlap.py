"""Overlap: how likely the members of each group were to be treated.

Where one group has no bars there is nobody to compare the other with. Heights are square roots of shares, so
that a crowd in one bin does not flatten the rest.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from whence.explanation.charts.canvas import Scale, axis, chart, line, words
from whence.explanation.figures import number, percent
from whence.language.lettering import escape, visible
from whence.language.svg_marks import tag

if TYPE_CHECKING:
    from whence.estimation.values import Arm, Overlap

TALL = 74.0


def overlap_chart(overlap: Overlap) -> str:
    """The first arm above the line, the second below, each as shares of its own rows; empty without bins."""
    arms = [arm for arm in overlap.arms if sum(arm.histogram)]
    if len(arms) < 2:
        return ""
    scale = Scale(0.0, 1.0)
    base = TALL + 24
    parts = _bars(arms[0], scale, base, -TALL, "wh-one wh-edge-one")
    parts += _bars(arms[1], scale, base, TALL, "wh-two wh-edge-one")
    parts.append(line(scale.left, base, scale.right, base, "wh-axis"))
    parts.append(words(97, 14, _told(arms[0]), anchor="end"))
    parts.append(words(97, base + TALL + 16, _told(arms[1]), anchor="end"))
    below = base + TALL + 26
    places = [0.0, 0.25, 0.5, 0.75, 1.0]
    parts.append(axis(scale, places, below))
    parts.append(words(50, below + 36, "probability of being treated", "wh-quiet", size=12, anchor="middle"))
    said = f"{_told(arms[0])}; {_told(arms[1])}; common support {percent(overlap.common_support)}."
    return chart(below + 44, "Overlap of the two groups", said, *parts)


def _told(arm: Arm) -> str:
    return f"{visible(arm.label)}  (n = {number(arm.n, 'count')})"


def _bars(arm: Arm, scale: Scale, base: float, height: float, kind: str) -> list[str]:
    total, bins = sum(arm.histogram), len(arm.histogram)
    parts: list[str] = []
    for i, count in enumerate(arm.histogram):
        if not count:
            continue
        left, right = scale.at(i / bins), scale.at((i + 1) / bins)
        # A bar of any rows at all stays visible: an empty bin is what matters here.
        tall = max(1.5, abs(height) * math.sqrt(count / total))
        told = tag(
            "title", {}, escape(f"{arm.label}: {count} between {i / bins:.2f} and {(i + 1) / bins:.2f}")
        )
        place = {"x": f"{left:.2f}%", "y": round(base - tall if height < 0 else base, 1)}
        size = {"width": f"{right - left - 0.3:.2f}%", "height": round(tall, 1)}
        parts.append(tag("rect", {"class": kind, **place, **size}, told))
    return parts
