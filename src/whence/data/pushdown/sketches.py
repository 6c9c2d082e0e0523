"""What is known of a column in a server: how many cells it misses, its ends, its levels if they are few.

It takes three questions: how many different values there are among the first rows (columns with very many are
not listed), one pass over all rows for holes and ends, and for each column of few values which ones they are.

>>> import sqlite3
>>> from whence.data.pushdown.opening import remote
>>> db = sqlite3.connect(":memory:")
>>> _ = db.execute("CREATE TABLE people (age REAL, town TEXT)")
>>> _ = db.execute("INSERT INTO people VALUES (30, 'b'), (40.0, 'a')")
>>> people = remote(db, "people")
>>> people.sketch(["age"])["age"].high, people.sketch(["town"])["town"].levels
(40.0, ('a', 'b'))
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from whence.data.columns import EXACT_WHOLE, Column, Storage, Value, from_objects
from whence.data.pushdown.sql import ROWS, Origin, counts, number, seen, select
from whence.data.schema import LISTED_INTEGERS, Field, is_identifier_name, kind_of

if TYPE_CHECKING:
    from whence.data.pushdown.server import Session

LISTED: Final = 1_000
"""A column of more different values than this has them neither listed nor counted."""

LOOKED_AT: Final = 10_000
"""So many rows tell whether a column has too many values to be listed."""

TOGETHER: Final = 100
"""So many columns are asked about in one query; servers have limits."""

_LARGEST: Final = number(1.7976931348623157e308)
_WHOLE: Final = number(EXACT_WHOLE)
_STORAGES: Final[dict[str, Storage]] = {
    "boolean": "boolean",
    "text": "text",
    "date": "date",
    "moment": "date",
    "other": "text",
}


@dataclass(frozen=True, slots=True)
class Sketch:
    """One column as far as aggregates tell.

    Attributes
    ----------
    rows, missing: how many rows there are, and in how many the cell is missing
    storage: that of the column in memory
    levels: the values that occur, in order; empty if there are more than `LISTED`
    distinct: how many values occur; if they are not listed, how many at least
    low, high: the ends of finite numbers (dates: days since 1970); None for text
    infinite: how many cells hold infinite numbers
    """

    rows: int
    missing: int
    storage: Storage
    levels: tuple[Value, ...]
    distinct: int
    low: float | None
    high: float | None
    infinite: int = 0

    @property
    def bound(self) -> float:
        """No finite number of the column is further from zero."""
        return max(abs(self.low or 0.0), abs(self.high or 0.0))

    def field(self, name: str) -> Field:
        """Its description, as that of the column in memory would be as far as one can tell from here."""
        rows = self.rows if self.levels else min(self.rows, LOOKED_AT)
        identifies = is_identifier_name(name)
        kind = kind_of(self.storage, False, self.distinct, rows, identifies=identifies)
        listed = kind in {"binary", "categorical", "constant"}
        listed = listed or (kind == "integer" and self.distinct <= LISTED_INTEGERS)
        return Field(name, kind, self.levels if listed else (), self.missing, self.distinct)


def sketched(
    session: Session, origin: Origin, names: Sequence[str], values: Mapping[str, object]
) -> dict[str, Sketch]:
    """The sketches of these columns in the rows that pass the filter."""
    found: dict[str, Sketch] = {}
    for start in range(0, len(names), TOGETHER):
        found |= _sketched(session, origin, names[start : start + TOGETHER], values)
    return found


def _sketched(
    session: Session, origin: Origin, names: Sequence[str], values: Mapping[str, object]
) -> dict[str, Sketch]:
    places = [origin.place(name) for name in names]
    some = f"(SELECT *\nFROM {seen(origin, names)}\nLIMIT {LOOKED_AT:d}) AS first"
    different = select([f"COUNT(DISTINCT {place})" for place in places], some)
    least = [int(count) for count in session.rows(different, origin.names(names), values)[0]]
    facts = [_facts(origin.kind(name), origin.place(name)) for name in names]
    items = [ROWS, *(item for each in facts for item in each)]
    answer = list(session.rows(select(items, seen(origin, names)), origin.names(names), values)[0])
    rows, found = int(answer.pop(0)), dict[str, Sketch]()
    for name, of_column, count in zip(names, facts, least, strict=True):
        own, answer = answer[: len(of_column)], answer[len(of_column) :]
        listed = _levels(session, origin, name, values) if count <= LISTED else None
        found[name] = _sketch(rows, own, origin.kind(name), listed, count)
    return found


def _facts(kind: str, place: str) -> list[str]:
    """What is asked of a column: how many cells are there; of numbers also ends, fractions, infinities."""
    there = f"COUNT({place})"
    if kind in ("date", "moment"):
        return [there, f"MIN({place})", f"MAX({place})"]
    if kind not in ("integer", "number"):
        return [there]
    finite = f"CASE WHEN {place} BETWEEN -{_LARGEST} AND {_LARGEST} THEN {place} END"
    whole = f"CAST(CAST({place} AS BIGINT) AS DOUBLE) = {place}"
    broken = f"CASE WHEN ABS({place}) <= {_WHOLE} THEN CASE WHEN {whole} THEN 0 ELSE 1 END ELSE 1 END"
    infinite = f"CASE WHEN {place} < -{_LARGEST} OR -{place} < -{_LARGEST} THEN 1 ELSE 0 END"
    return [there, f"MIN({finite})", f"MAX({finite})", f"MAX({broken})", f"SUM({infinite})"]


def _levels(session: Session, origin: Origin, name: str, values: Mapping[str, object]) -> Column | None:
    """The values that occur, as a column; None if they are too many."""
    asked = counts(origin, [name], at_most=LISTED + 1)
    found = session.rows(asked, origin.names([name]), values)
    present = [row[0] for row in found if row[0] is not None]
    return None if len(present) > LISTED else from_objects(present)


def _sketch(rows: int, own: Sequence[object], kind: str, listed: Column | None, least: int) -> Sketch:
    missing = rows - int(cast("int", own[0]))
    low, high = (_as_number(end) for end in own[1:3]) if len(own) > 2 else (None, None)
    infinite = int(cast("int", own[4] or 0)) if len(own) > 3 else 0
    if listed is not None:
        levels = listed.level_codes()[0]
        if listed.storage not in ("text", "date") and len(listed):
            finite = listed.floats()[np.isfinite(listed.floats())]
            low, high = (float(finite.min()), float(finite.max())) if finite.size else (None, None)
        storage = listed.storage if levels else "number"
        return Sketch(rows, missing, storage, levels, len(levels), low, high, infinite)
    storage = _STORAGES.get(kind) or ("number" if own[3] else "integer")
    return Sketch(rows, missing, storage, (), least, low, high, infinite)


def _as_number(end: object) -> float | None:
    if end is None:
        return None
    if isinstance(end, dt.date):
        return float(from_objects([end]).floats()[0])
    return float(cast("float", end))
