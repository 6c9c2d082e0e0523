"""Two worlds as lines of plain text, for terminals.

>>> from whence.explanation.worlds import Part, TwoWorlds
>>> answer, cause = Part("P(y=1 | do(x=1))", "1/2", "3/4"), Part("x", "copies U1", "copies U1")
>>> print("\\n".join(worlds_lines(TwoWorlds("", (answer, cause), (), ""), 72)))
                    first world               second world
P(y=1 | do(x=1))    1/2                       3/4
x                   copies U1                 the same
"""

from __future__ import annotations

from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whence.explanation.worlds import Cases, TwoWorlds

SAME = "the same"
GAP = 4
WIDEST_NAME = 32


def worlds_lines(worlds: TwoWorlds, width: int) -> Iterator[str]:
    """The question, hidden causes and mechanisms, a row each, then the tables and the note."""
    rows = [("", "first world", "second world")]
    rows += [(part.name, part.first, SAME if part.alike else part.second) for part in worlds.parts]
    yield from columns(rows, width)
    for table in worlds.tables:
        yield ""
        yield f"{table.title}, case by case"
        yield from _cases(table)
    if worlds.note:
        yield ""
        yield from wrap(worlds.note, width)


def columns(rows: Sequence[tuple[str, ...]], width: int) -> Iterator[str]:
    """Three columns, the first as wide as its names, the others sharing what is left; long texts wrap."""
    name = min(WIDEST_NAME, max(len(row[0]) for row in rows))
    rest = max(12, (width - name - 2 * GAP) // 2)
    wanted = max(len(row[1]) for row in rows)
    middle = min(rest, wanted) if wanted + max(len(row[2]) for row in rows) > 2 * rest else rest
    widths = (name, max(middle, 12), max(12, width - name - max(middle, 12) - 2 * GAP))
    for row in rows:
        parts = [wrap(text, limit) or [""] for text, limit in zip(row, widths, strict=True)]
        for line in zip_longest(*parts, fillvalue=""):
            padded = (text.ljust(limit + GAP) for text, limit in zip(line, widths, strict=True))
            yield "".join(padded).rstrip()


def _cases(table: Cases) -> Iterator[str]:
    widths = [max(len(row[place]) for row in (table.head, *table.rows)) for place in range(len(table.head))]
    for row in (table.head, *table.rows):
        yield "  " + "  ".join(text.ljust(size) for text, size in zip(row, widths, strict=True)).rstrip()
