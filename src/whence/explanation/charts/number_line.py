"""The first figure of an answer: the plain comparison, the answer with its interval, and zero, on one line.

The distance from the plain comparison to the answer is what adjusting took away, and is labelled so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.explanation.charts.canvas import Scale, axis, chart, diamond, dot, line, mark, ticks, words
from whence.explanation.figures import interval, number, percent, sample
from whence.language.lettering import wrap
from whence.language.svg_marks import tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.explanation.outline import Cell, NumberLine

LABEL, LINE = 320.0, 16.0
"""How wide a line of a label may be on a telephone, and how high."""


def number_line(shown: NumberLine) -> str:
    """The figure for one number."""
    ends = shown.interval or (shown.value, shown.value)
    naive = [] if shown.naive is None else [shown.naive]
    places = ticks(min(0.0, *ends, *naive), max(0.0, *ends, *naive), about=5)
    scale = Scale(places[0], places[-1])
    zero = scale.at(0.0)
    top, parts = 0.0, list[str]()
    if shown.naive is not None and shown.removed is not None:
        parts += _naive(shown, shown.naive, shown.removed, scale)
        top = 92.0
    parts += _answer(shown, scale, top)
    base = top + 78
    parts.insert(0, line(zero, 4, zero, base, "wh-zero"))
    parts.append(axis(scale, places, base, shown.unit))
    said = f"Answer {number(shown.value, shown.unit)}"
    if shown.interval is not None:
        said += f", {percent(shown.level)} interval {interval(shown.interval, shown.unit)}"
    if shown.naive is not None:
        said += f"; plain comparison {number(shown.naive, shown.unit)}"
    return chart(base + 26, "The answer on a number line", f"{said}; {sample(shown.n)}.", *parts)


def _naive(shown: NumberLine, naive: float, removed: float, scale: Scale) -> list[str]:
    """The plain comparison, and the arrow from it to the answer."""
    x, to = scale.at(naive), scale.at(shown.value)
    label = f"plain comparison  {number(naive, shown.unit)}"
    parts = [words(x, 15, label, "wh-quiet"), diamond(x, 34, "wh-hollow-dot")]
    parts.append(line(x, 46, x, 58, "wh-grid"))
    parts.append(line(to, 58, to, 112, "wh-grid"))
    if abs(to - x) > 1.5:
        tip = 8 if to > x else -8
        parts.append(line(x, 58, to, 58, "wh-span"))
        parts.append(
            mark(to, 58, tag("polygon", {"class": "wh-span-head", "points": f"0,0 {-tip},-4 {-tip},4"}))
        )
    middle = min(80.0, max(20.0, (x + to) / 2))
    note = f"confounding removed  {number(removed, shown.unit, signed=True)}"
    parts.append(words(middle, 76, note, "wh-bias", anchor="middle"))
    return parts


def _answer(shown: NumberLine, scale: Scale, top: float) -> list[str]:
    """The answer with its interval."""
    x, y = scale.at(shown.value), top + 24
    parts: list[str] = []
    if shown.interval is not None:
        low, high = (scale.at(end) for end in shown.interval)
        parts.append(line(low, y, high, y, "wh-bar-answer"))
    parts.append(dot(x, y, "wh-dot", 7))
    parts.append(words(x, y + 25, f"answer  {number(shown.value, shown.unit)}", "wh-strong"))
    if shown.interval is not None:
        ends = f"{percent(shown.level)}: {interval(shown.interval, shown.unit)}"
        parts.append(words(x, y + 42, ends, "wh-quiet", size=12))
    return parts


def cells(rows: Sequence[tuple[Cell, float, tuple[float, float] | None]]) -> str:
    """Several numbers under one another: a row each, its name above its mark."""
    every = [value for _, value, _ in rows] + [end for _, _, ends in rows for end in ends or ()]
    places = ticks(min(0.0, *every), max(0.0, *every), about=5)
    scale = Scale(places[0], places[-1])
    labels = [wrap(cell.label, LABEL, 13, 2) for cell, _, _ in rows]
    height = sum(LINE * len(lines) + 44 for lines in labels)
    parts = [line(scale.at(place), 0, scale.at(place), height, "wh-grid") for place in places]
    y = 0.0
    for (cell, value, ends), lines in zip(rows, labels, strict=True):
        parts += [words(3, y + LINE * (i + 1), text, anchor="start") for i, text in enumerate(lines)]
        y += LINE * len(lines)
        parts.append(words(3, y + 15, cell.told, "wh-quiet", size=12, anchor="start"))
        if ends is not None:
            parts.append(line(scale.at(ends[0]), y + 28, scale.at(ends[1]), y + 28, "wh-bar-answer"))
        parts.append(dot(scale.at(value), y + 28, "wh-dot"))
        y += 44
    parts.append(axis(scale, places, height))
    said = "; ".join(f"{cell.label}: {cell.value} ({cell.sure})" for cell, _, _ in rows)
    return chart(height + 26, "The numbers", said, *parts)
