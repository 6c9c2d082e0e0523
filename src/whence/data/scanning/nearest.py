"""Which of a scan's values is nearest to one: asked of the engine where they are too many to list."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from whence.data.columns import Value, iso
from whence.data.duck import literal
from whence.data.nearest import nearest_of

if TYPE_CHECKING:
    from whence.data.scanning.scan import Scan


def nearest(scan: Scan, name: str, value: Value | None, most: int) -> tuple[Value, ...]:
    """The value alone if it occurs; else those nearest to it, one on each side if they are many."""
    fact = scan.facts([name])[name]
    if fact.values is not None:
        return nearest_of(value, fact.values, most)
    sought = _literal(value, fact.form.storage)
    if sought is None:
        return ()
    cell = fact.form.canonical(scan.layer.sights[name].cell)
    told = f"max(v) FILTER (v < {sought}), min(v) FILTER (v > {sought})"
    with scan.origin.engine() as db:
        asked = f"SELECT count_if(v = {sought}), {told} FROM (SELECT {cell} AS v FROM {scan.layer.sql})"
        occurs, below, above = db.rows(asked)[0]
    if occurs:
        return (cast("Value", value),)
    if fact.form.storage == "text":
        return ()
    beside = [end for end in (below, above) if end is not None]
    if fact.form.storage == "date":
        return tuple(iso(np.datetime64(end, "us")) for end in beside)
    return nearest_of(value, tuple(beside), most)


def _literal(value: Value | None, storage: str) -> str | None:
    """The value in SQL, if it could occur in a column of this storage."""
    if storage == "text":
        return literal(value) if isinstance(value, str) else None
    if storage == "date":
        try:
            return f"TIMESTAMP {literal(iso(np.datetime64(str(value), 'us')))}"
        except ValueError:
            return None
    return None if isinstance(value, str) or value is None else repr(float(value)) + "::DOUBLE"
