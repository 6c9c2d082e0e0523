"""From what DuckDB gives to our columns: which types are taken as they are, cast, or left out.

>>> selection("DECIMAL(5,2)", "c0")
'CAST(c0 AS DOUBLE)'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import cast

from whence.data.columns import Column, from_array, from_texts
from whence.data.duck import Fetched, identifier
from whence.data.raw import Raw

_PLAIN = re.compile(
    r"(U?(TINY|SMALL|BIG)?INT(EGER)?|DOUBLE|FLOAT|BOOLEAN|VARCHAR|DATE|TIMESTAMP( WITH TIME ZONE|_\w+)?)"
)
_AS_NUMBER = re.compile(r"U?HUGEINT|BIGNUM|VARINT|DECIMAL\(.*\)")
_AS_TEXT = re.compile(r"UUID|TIME( WITH TIME ZONE|_NS)?|ENUM\(.*\)", re.DOTALL)


def selection(kind: str, column: str) -> str | None:
    """The SQL that fetches a column of this type in a form that we hold; None if there is none."""
    if _PLAIN.fullmatch(kind):
        return column
    if kind == '"NULL"':  # nothing is known of it but that it is missing
        return f"CAST({column} AS DOUBLE)"
    if _AS_NUMBER.fullmatch(kind):
        return f"CAST({column} AS DOUBLE)"
    return f"CAST({column} AS VARCHAR)" if _AS_TEXT.fullmatch(kind) else None


def gathered(
    described: Sequence[tuple[str, str]],
    source: str,
    fetch: Callable[[str], tuple[Fetched, ...]],
    label: str,
) -> Raw:
    """Fetch the columns of `source` (an SQL table expression), whose names and types are `described`.

    Columns are called by position, never by name. Those of types that cannot be held (lists, records,
    bytes) are left out, with a note.
    """
    aliases = [f"c{place}" for place in range(len(described))]
    chosen = [selection(kind, alias) for (_, kind), alias in zip(described, aliases, strict=True)]
    wanted = [f"{sql} AS {alias}" for sql, alias in zip(chosen, aliases, strict=True) if sql is not None]
    columns: dict[str, Column] = {}
    notes = [
        f"Left out the column {identifier(name)}: it holds values of type {kind[:60]}."
        for (name, kind), sql in zip(described, chosen, strict=True)
        if sql is None
    ]
    if wanted:
        fetched = fetch(f"SELECT {', '.join(wanted)} FROM {source} AS given_table({', '.join(aliases)})")
        kept = [pair for pair, sql in zip(described, chosen, strict=True) if sql is not None]
        columns = {name: held(one, kind) for (name, kind), one in zip(kept, fetched, strict=True)}
    return Raw(columns, label, tuple(notes))


def held(fetched: Fetched, kind: str) -> Column:
    """One fetched column in its canonical form; `kind` is the type before any cast."""
    values, missing = fetched.values, fetched.missing
    if values.dtype.kind != "O":
        return from_array(values, missing)
    texts = cast("list[str | None]", values.tolist())
    if missing is not None:
        texts = [None if hole else text for text, hole in zip(texts, missing.tolist(), strict=True)]
    return from_texts(texts, order=enum_levels(kind) if kind.startswith("ENUM(") else None)


def enum_levels(kind: str) -> tuple[str, ...]:
    """The levels of an ENUM type, in its order.

    >>> enum_levels("ENUM('low', 'high')")
    ('low', 'high')
    """
    return tuple(found.replace("''", "'") for found in re.findall(r"'((?:[^']|'')*)'", kind))
