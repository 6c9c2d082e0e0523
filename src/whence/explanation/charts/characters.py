"""The number line in characters, for terminals.

A row for the plain comparison, one for the answer with its interval, and the axis under them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.explanation.charts.canvas import ticks
from whence.explanation.figures import interval, number, percent, sample, tick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.explanation.outline import Cell, NumberLine

Styled = list[tuple[str, str]]
NAME = 21


def line_of_characters(shown: NumberLine, width: int = 100) -> list[Styled]:
    """The lines, each as pieces with a style."""
    ends = shown.interval or (shown.value, shown.value)
    naive = [] if shown.naive is None else [shown.naive]
    places = ticks(min(0.0, *ends, *naive), max(0.0, *ends, *naive), about=4)
    room = max(20, width - NAME - 4)
    low, high = places[0], places[-1]

    def at(value: float) -> int:
        return round((value - low) / (high - low) * (room - 1))

    zero = at(0.0)
    rows: list[Styled] = []
    if shown.naive is not None and shown.removed is not None:
        label = number(shown.naive, shown.unit)
        rows.append(_row("plain comparison", _marked(room, zero, at(shown.naive), "◇", label), ""))
        rows.append(
            _row("confounding removed", _arrow(room, zero, at(shown.naive), at(shown.value), shown), "dim")
        )
    low_end, high_end = (at(end) for end in ends)
    sides = None if shown.interval is None else (low_end, high_end)
    drawn = _interval(room, zero, at(shown.value), sides, number(shown.value, shown.unit))
    rows.append(_row("answer", drawn, "bold"))
    below = [" "] * room
    for i, place in enumerate(places):
        text = tick(place, places[1] - places[0], shown.unit)
        start = min(max(0, at(place) - (len(text) // 2 if 0 < i < len(places) - 1 else 0)), room - len(text))
        if all(c == " " for c in below[max(0, start - 1) : start + len(text) + 1]):
            below[start : start + len(text)] = text
    marks = {at(place) for place in places}
    ruler = "".join("┬" if i in marks else "─" for i in range(room))
    rows.append([(" " * NAME + "  " + ruler, "dim")])
    rows.append([(" " * NAME + "  " + "".join(below), "dim")])
    sure = (
        "" if shown.interval is None else f"{percent(shown.level)}: {interval(shown.interval, shown.unit)}; "
    )
    rows.append([(" " * NAME + f"  {sure}{sample(shown.n)}", "dim")])
    return rows


def _row(name: str, drawn: str, style: str) -> Styled:
    return [(f"{name:>{NAME}}  ", "dim"), (drawn, style)]


def _marked(room: int, zero: int, place: int, mark: str, label: str) -> str:
    """A mark with its label on the side that has room."""
    line = [" "] * room
    line[zero] = "┊"
    line[place] = mark
    start = place + 2 if place + 2 + len(label) <= room else place - 1 - len(label)
    line[max(0, start) : max(0, start) + len(label)] = label
    return "".join(line[:room])


def _arrow(room: int, zero: int, start: int, end: int, shown: NumberLine) -> str:
    line = [" "] * room
    line[zero] = "┊"
    low, high = min(start, end), max(start, end)
    line[low : high + 1] = "─" * (high - low + 1)
    if high > low:
        line[end] = "▶" if end > start else "◀"
    label = f" {number(shown.removed, shown.unit, signed=True)} "
    if high - low > len(label) + 4:
        middle = (low + high - len(label)) // 2
        line[middle : middle + len(label)] = label
    elif high + len(label) < room:
        line[high + 1 : high + 1 + len(label)] = label
    else:
        line[max(0, low - len(label)) : max(0, low - len(label)) + len(label)] = label
    return "".join(line[:room])


def _interval(room: int, zero: int, place: int, ends: tuple[int, int] | None, label: str) -> str:
    """The answer on its interval, its number beside it."""
    line = [" "] * room
    line[zero] = "┊"
    low, high = ends or (place, place)
    if high > low:
        line[low : high + 1] = "━" * (high - low + 1)
        line[low], line[high] = "┝", "┥"
    line[place] = "●"
    start = high + 2 if high + 2 + len(label) <= room else max(0, low - 1 - len(label))
    line[start : start + len(label)] = label
    return "".join(line[:room])


def cell_lines(cells: Sequence[Cell], width: int) -> list[str]:
    """Several numbers as aligned columns, or each under its name where the names are long."""
    value = max(len(cell.value) for cell in cells)
    told = [f"{cell.value:>{value}}  ({cell.sure})" for cell in cells]
    longest = max(len(cell.label) for cell in cells)
    if longest + 2 + max(map(len, told)) <= width:
        return [f"{cell.label:<{longest}}  {each}" for cell, each in zip(cells, told, strict=True)]
    return [line for cell, each in zip(cells, told, strict=True) for line in (cell.label, f"    {each}")]
