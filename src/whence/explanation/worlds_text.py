r"""Two worlds as lines of plain text, for terminals.

>>> from whence.explanation.worlds import Part, TwoWorlds
>>> answer, cause = Part("P(y=1 | do(x=1))", "1/2", "3/4"), Part("x", "copies U1", "copies U1")
>>> print("\n".join(worlds_lines(TwoWorlds("", (answer, cause), (), ""), 72)))
                    first world    second world
P(y=1 | do(x=1))    1/2            3/4
x                   copies U1      the same
"""

from __future__ import annotations

from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING

from whence.explanation.worlds import SAME, WORLDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whence.explanation.worlds import Cases, TwoWorlds

GAP = 4


def worlds_lines(worlds: TwoWorlds, width: int) -> Iterator[str]:
    """The question, hidden causes and mechanisms, a row each, then the tables and the note."""
    rows = [("", *WORLDS)]
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
    """Three columns, the first at most a third of the width, the others by what they hold; texts wrap."""
    name = min(width // 3, max(len(row[0]) for row in rows))
    rest = width - name - 2 * GAP
    middle, last = (max(len(row[place]) for row in rows) for place in (1, 2))
    if middle + last > rest:
        middle = max(rest // 2, rest - last) if middle > rest // 2 else middle
    widths = (name, middle, rest - middle)
    for row in rows:
        parts = [wrap(text, limit) or [""] for text, limit in zip(row, widths, strict=True)]
        for line in zip_longest(*parts, fillvalue=""):
            padded = (text.ljust(limit + GAP) for text, limit in zip(line, widths, strict=True))
            yield "".join(padded).rstrip()


def _cases(table: Cases) -> Iterator[str]:
    widths = [max(len(row[place]) for row in (table.head, *table.rows)) for place in range(len(table.head))]
    for row in (table.head, *table.rows):
        yield "  " + "  ".join(text.ljust(size) for text, size in zip(row, widths, strict=True)).rstrip()
