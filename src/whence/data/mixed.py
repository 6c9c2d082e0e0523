"""Columns that look like numbers but for a few cells: read as labels, which should be said.

One "?" among a thousand numbers makes them a thousand labels, and an adjustment for labels is another one.

>>> from whence.data.reading import table
>>> print(*mixed(table({"dose": ["1", "2", "3", "?"]}), ["dose"]))
"dose" is read as labels because of "?"; its other values are numbers.
"""

from __future__ import annotations

from collections.abc import Iterable

from whence.data.tables import Table
from whence.runtime.plain import quoted

MOST_NUMBERS = 0.5
"""Above this share of levels that are numbers, the others are taken for slips."""


def mixed(table: Table, names: Iterable[str]) -> tuple[str, ...]:
    """A sentence for each of these columns whose levels are mostly, but not all, numbers."""
    notes: list[str] = []
    for name in dict.fromkeys(names):
        column = table.column(name) if name in table else None
        if column is None or column.storage != "text":
            continue
        others = [level for level in column.levels if not is_number(level)]
        if others and len(others) < (1 - MOST_NUMBERS) * len(column.levels):
            shown = ", ".join(quoted(level, 20) for level in others[:3])
            notes.append(
                f"{quoted(name)} is read as labels because of {shown}; its other values are numbers."
            )
    return tuple(notes)


def is_number(text: str) -> bool:
    """Whether the text is written as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
