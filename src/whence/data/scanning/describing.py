"""What kind each column of a scan is, from the facts on it.

Kinds and levels are those of the in-memory table. The number of distinct values of a column that has many is
counted exactly where that takes little memory, and else given approximately; labels, and whole numbers that
are called an identifier, are then taken for one if they may all differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from whence.data.schema import LISTED_INTEGERS, Field, Schema, is_identifier_name, kind_of

if TYPE_CHECKING:
    from whence.data.scanning.facts import Fact
    from whence.data.scanning.scan import Scan

EXACTLY_COUNTED = 1 << 20
"""Up to so many rows, distinct values are counted exactly, however many they are."""

NEARLY = 0.7
"""Above this share of the rows, an approximate number of distinct values may be all of them."""


def described(scan: Scan, facts: Mapping[str, Fact]) -> Schema:
    """The schema of a scan of which the facts on all columns are known."""
    many = [name for name, fact in facts.items() if fact.values is None]
    distinct = dict(zip(many, _distinct(scan, many), strict=True))
    fields: list[Field] = []
    for name, fact in facts.items():
        form = fact.form
        counts_up = _may_count_up(fact, scan.rows) and _counts_up(scan, name)
        identifies = counts_up or is_identifier_name(name)
        number = len(fact.values) if fact.values is not None else distinct[name]
        if counts_up or ((identifies or form.storage == "text") and _as_many(number, scan.rows)):
            number = scan.rows
        kind = kind_of(form.storage, form.ordered, number, scan.rows, identifies=identifies)
        few = kind in {"binary", "categorical", "ordered", "constant"}
        few = few or (kind == "integer" and number <= LISTED_INTEGERS)
        levels = fact.values if few and fact.values is not None else ()
        fields.append(Field(name, kind, levels, scan.rows - fact.present, number))
    return Schema(tuple(fields))


def _distinct(scan: Scan, names: list[str]) -> list[int]:
    if not names:
        return []
    count = "count(DISTINCT {})" if scan.rows <= EXACTLY_COUNTED else "approx_count_distinct({})"
    cells = [scan.form(name).canonical(scan.layer.sights[name].cell) for name in names]
    with scan.origin.engine() as db:
        asked = ", ".join(count.format(cell) for cell in cells)
        found = db.rows(f"SELECT {asked} FROM {scan.layer.sql}")[0]
    return [min(int(number), scan.rows) for number in found]


def _as_many(distinct: int, rows: int) -> bool:
    """Whether an approximate number of distinct values cannot be told from the number of rows."""
    return rows > EXACTLY_COUNTED and distinct > NEARLY * rows


def _may_count_up(fact: Fact, rows: int) -> bool:
    if fact.form.storage != "integer" or fact.present < rows or fact.low is None or fact.high is None:
        return False
    return fact.low in (0.0, 1.0) and fact.high - fact.low + 1 == rows


def _counts_up(scan: Scan, name: str) -> bool:
    """Whether a column numbers the rows in their order."""
    expected: int | None = None
    for block in scan.blocks([name]):
        values = block[name].values
        if expected is not None and int(values[0]) != expected:
            return False
        if bool(np.any(np.diff(values) != 1)):
            return False
        expected = int(values[-1]) + 1
    return True
