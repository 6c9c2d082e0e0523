"""Which column names can be used: any text, as long as it is there, unique and free of control characters.

Quotes, markup and SQL in a name are only text: every query of ours calls the columns c0, c1, … so no name is
ever part of one. Names that differ only in case are refused: many a reader takes them for one.

>>> usable(["age", 'a "quoted" name', "<b>"])
('age', 'a "quoted" name', '<b>')
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence

from whence.runtime.errors import (
    DuplicateColumns,
    EmptyData,
    TooManyColumns,
    UnknownColumn,
    UnusableColumnName,
)

COLUMN_LIMIT = 4_096
"""More columns than this are a table laid on its side, or a mistake."""

# Control characters, lone surrogates, separators of lines, and marks that turn the writing direction.
BAD_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def usable(names: Sequence[object], where: str = "the data") -> tuple[str, ...]:
    """The names as text, checked.

    Raises `EmptyData` (no columns), `TooManyColumns`, `UnusableColumnName`, `DuplicateColumns`.
    """
    if not names:
        raise EmptyData(where)
    if len(names) > COLUMN_LIMIT:
        raise TooManyColumns(len(names), COLUMN_LIMIT)
    texts = tuple(str(name) for name in names)
    for name in texts:
        check_name(name)
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for name in texts:
        alike[name.casefold()].append(name)
    repeated = [name for group in alike.values() if len(group) > 1 for name in dict.fromkeys(group)]
    if repeated:
        raise DuplicateColumns(repeated)
    return texts


def check_name(name: str) -> None:
    """Raise `UnusableColumnName` for an empty name or one with control characters."""
    bad = any(unicodedata.category(char) in BAD_CATEGORIES or char in DIRECTION_MARKS for char in name)
    if bad or not name.strip():
        raise UnusableColumnName(name)


def known(name: str, names: Sequence[str]) -> str:
    """`name` if it is one of `names`; else raise `UnknownColumn` with the near miss."""
    if name not in names:
        raise UnknownColumn(name, known=names)
    return name
