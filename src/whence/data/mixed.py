"""Columns that look like numbers but for a few cells: read as labels, which should be said.

One "?" among a thousand numbers makes them a thousand labels, and an adjustment for labels is another one.

>>> from whence.data.reading import table
>>> print(*mixed(table({"dose": ["1", "2", "3", "?"]}), ["dose"]))
"dose" is read as labels because of "?"; its other values are numbers.

So do numbers with commas, decimal or not: which of the two they are is not for us to guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from whence.data.any_data import AnyData

COMMA = re.compile(r"[-+−]?[\d.]*\d(?:,\d+)*", re.ASCII)
"""A number in which commas stand, for the decimal point or between thousands."""

MOST_NUMBERS = 0.5
"""Above this share of levels that are numbers, the others are taken for slips."""


def mixed(table: AnyData, names: Iterable[str]) -> tuple[str, ...]:
    """A sentence for each of these columns whose levels are mostly, but not all, numbers."""
    notes: list[str] = []
    for name in dict.fromkeys(names):
        if name not in table or table.storage(name) != "text":
            continue
        labels = table.labels(name)
        if hold_commas(labels):
            notes.append(
                f"{quoted(name)} is read as labels, because its numbers hold commas: write them with decimal "
                "points. If the commas are decimal ones, a column can be made: "
                f"cast(replace({quoted(name)}, ',', '.') as double)."
            )
            continue
        others = [level for level in labels if not is_number(level)]
        if others and len(others) < (1 - MOST_NUMBERS) * len(labels):
            shown = ", ".join(quoted(level, 20) for level in others[:3])
            notes.append(
                f"{quoted(name)} is read as labels because of {shown}; its other values are numbers."
            )
    return tuple(notes)


def hold_commas(levels: Sequence[str]) -> bool:
    """Whether most of these texts are numbers, some of them with commas.

    >>> hold_commas(["1,50", "2", "n/a"]), hold_commas(["a,b", "1", "2"]), hold_commas(["1", "2", "?"])
    (True, False, False)
    """
    numbers = [level for level in levels if is_number(level) or COMMA.fullmatch(level)]
    commas = any("," in level for level in numbers)
    return commas and len(numbers) > MOST_NUMBERS * len(levels)


def is_number(text: str) -> bool:
    """Whether the text is written as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
