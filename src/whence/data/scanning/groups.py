"""The distinct rows of a few columns with their counts, which tell all that is to know of the columns.

They are counted by what the cells are in the file, before the forms of the columns are known, so one pass
gives the facts and the contingency table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from whence.data.duck import EngineFailure
from whence.data.scanning.facts import Fact, Told, fact_of

if TYPE_CHECKING:
    from whence.data.columns import Array, Column
    from whence.data.duck import Engine, Fetched
    from whence.data.scanning.forms import Form
    from whence.data.scanning.layers import Layer, Sight
    from whence.numerics.arrays import Booleans, Integers

MOST_GROUPS = 65_536
"""With more distinct rows than this the count is given up, and the columns are looked at one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Of each column its cells in the distinct rows, as the engine gave them; how often each row occurs."""

    cells: Mapping[str, Fetched]
    counts: Integers

    def column(self, name: str, form: Form) -> Column:
        """The cells of one column in the form of the whole column."""
        values, missing = _raw(self.cells[name])
        if form.coded:
            place = dict(zip(form.words or (), form.codes.tolist(), strict=True))
            codes = [place.get(text, form.first) for text in cast("list[str]", values.tolist())]
            return form.column(np.array(codes, dtype=np.int64), missing)
        return form.column(values.astype("datetime64[us]") if form.storage == "date" else values, missing)


def grouped(db: Engine, layer: Layer) -> Groups | None:
    """The distinct rows of a layer; None if there are more, after all, than the first rows promise."""
    sights = layer.sights
    chosen = ", ".join(f"{comparable(sight)} AS g{place}" for place, sight in enumerate(sights.values()))
    keys = ", ".join(f"g{place}" for place in range(len(sights)))
    asked = f"SELECT {keys}, count(*) AS n FROM (SELECT {chosen} FROM {layer.sql}) GROUP BY {keys}"
    try:
        *cells, counts = db.columns(f"{asked} LIMIT {MOST_GROUPS + 1}")
    except EngineFailure as failure:
        if failure.kind == "memory":
            return None
        raise
    if counts.values.shape[0] > MOST_GROUPS:
        return None
    return Groups(dict(zip(sights, cells, strict=True)), counts.values.astype(np.int64))


def comparable(sight: Sight) -> str:
    """The SQL of a cell as something that can be compared and listed: of a moment the microsecond."""
    return f"epoch_us({sight.cell})" if sight.family in {"date", "moment"} else sight.cell


def facts_of(groups: Groups, sights: Mapping[str, Sight]) -> dict[str, Fact]:
    """The facts on columns of which all distinct rows are known."""
    return {name: _fact(groups, name, sight) for name, sight in sights.items()}


def _fact(groups: Groups, name: str, sight: Sight) -> Fact:
    values, missing = _raw(groups.cells[name])
    known = np.ones(values.shape[0], dtype=np.bool_) if missing is None else ~missing
    if values.dtype.kind == "f":
        known &= ~np.isnan(values)
    present = int(np.sum(groups.counts[known]))
    listed = sorted(set(values[known].tolist()))
    numeric = bool(listed) and sight.family in {"integer", "unsigned", "double"}
    low, high = (listed[0], listed[-1]) if numeric else (None, None)
    whole = sight.family == "double" and all(float(cell).is_integer() for cell in listed)
    # Text of more levels than these would not have been counted, so nobody has to look for dates in it.
    return fact_of(Told(sight, present, 0, low, high, whole), listed, lambda: False)


def _raw(fetched: Fetched) -> tuple[Array, Booleans | None]:
    """The cells and which are missing; a missing text may come as None, or masked."""
    if fetched.values.dtype.kind != "O":
        return fetched.values, fetched.missing
    absent = np.array([cell is None for cell in fetched.values.tolist()], dtype=np.bool_)
    return fetched.values, absent if fetched.missing is None else absent | fetched.missing
