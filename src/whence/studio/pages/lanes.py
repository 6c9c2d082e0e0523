"""A recursive run over time: a lane for each run, with the model writing, its code running, its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.explanation.charts.canvas import ticks
from whence.language.lettering import escape
from whence.language.svg_marks import tag
from whence.rlm.views.showing import seconds

if TYPE_CHECKING:
    from whence.rlm.views.tree import RunTree, Turn

MOST_LANES = 14
MOST_BARS = 400
SHORTEST, LONGEST = 1e-6, 1e9
"""Between these many seconds a run can be drawn."""
LANE, TOP, NAME = 32.0, 8.0, 13.0
"""How high a lane is, where the first begins, and how much of the width its name takes, in per cent."""


def lanes(tree: RunTree) -> str:
    """The figure, as wide as its place; empty before anything has happened."""
    runs = list(tree.every_run())
    shown = runs[:MOST_LANES]
    span = max(tree.last, tree.started.at + tree.seconds) - tree.started.at
    if not SHORTEST < span < LONGEST:  # nor is what is no number at all: a journal may say anything
        return ""
    drawn = _Drawn(tree.started.at, span)
    parts: list[str] = []
    base = TOP + LANE * len(shown)
    for place in ticks(0.0, span, about=4):
        if place <= span:
            x = drawn.at(place + drawn.first)
            parts.append(tag("line", {"class": "grid", "x1": x, "x2": x, "y1": TOP, "y2": base}))
            anchor = "start" if place == 0 else "end" if place > 0.9 * span else "middle"
            told = {"x": x, "y": base + 18, "text-anchor": anchor, "font-size": 12}
            parts.append(tag("text", {"class": "quiet", **told}, seconds(place) if place else "0"))
    for i, run in enumerate(shown):
        parts += _lane(run, TOP + LANE * i, drawn)
    if len(runs) > len(shown):
        more = f"and {len(runs) - len(shown):,} more runs"
        parts.append(tag("text", {"class": "quiet", "x": "0", "y": base + 18, "font-size": 12}, more))
    said = f"{len(runs)} runs over {seconds(span)}; what each did is told step by step below."
    told = tag("title", {}, "The run over time") + tag("desc", {}, escape(said))
    look = {"class": "lanes", "width": "100%", "height": round(base + 24), "role": "img"}
    return tag("svg", look, told, *parts)


class _Drawn:
    """From seconds to places, and how many bars there is still room for."""

    def __init__(self, first: float, span: float) -> None:
        self.first = first
        self.span = span
        self.room = MOST_BARS

    def share(self, at: float) -> float:
        """The place in per cent of the width."""
        return NAME + (100 - NAME) * min(1.0, max(0.0, (at - self.first) / self.span))

    def at(self, at: float) -> str:
        """The same, as an attribute."""
        return f"{self.share(at):.2f}%"

    def bar(self, kind: str, begins: float, ends: float, y: float, height: float) -> list[str]:
        """A part of a lane, never too thin to be seen."""
        if self.room <= 0:
            return []
        self.room -= 1
        left = min(99.5, self.share(begins))
        wide = min(100 - left, max(0.5, self.share(ends) - left))
        place = {"x": f"{left:.2f}%", "width": f"{wide:.2f}%", "y": y, "height": height, "rx": 2}
        return [tag("rect", {"class": kind, **place})]


def _lane(run: RunTree, y: float, drawn: _Drawn) -> list[str]:
    depth = run.run.count(".")
    middle = y + LANE / 2
    ends = run.last if run.ended is None else run.started.at + run.seconds
    name = {"x": f"{min(depth, 6)}%", "y": middle + 4, "font-size": 12}
    parts = [tag("text", name, escape(f"Run {run.run}"))]
    line = {"x1": drawn.at(run.started.at), "x2": drawn.at(ends), "y1": middle, "y2": middle}
    parts.append(tag("line", {"class": "whole", **line}))
    before = run.started.at
    for turn in run.turns:
        bars, before = _bars(turn, before, y, drawn)
        parts += bars
    if run.ended is not None:
        good = run.ended.error is None
        mark = {"cx": drawn.at(ends), "cy": middle, "r": 5}
        parts.append(tag("circle", {"class": "stop good" if good else "stop bad", **mark}))
    return parts


def _bars(turn: Turn, before: float, y: float, drawn: _Drawn) -> tuple[list[str], float]:
    """The bars of a turn, and when it was over."""
    parts: list[str] = []
    if turn.reply is not None:
        # The reply of a recording comes at once, however long it took then.
        parts += drawn.bar("reply", max(before, turn.reply.at - turn.reply.seconds), turn.reply.at, y + 9, 14)
        before = turn.reply.at
    for step in turn.steps:
        asked = [batch.ended for batch in step.batches]
        over = max([before, *asked]) if step.ran is None else step.ran.at
        parts += drawn.bar("cell", before, over, y + 9, 14)
        for batch in step.batches:
            parts += drawn.bar("calls", batch.began, batch.ended, y + 12, 8)
        before = over
    return parts, before
