"""What planning looks at instead of rows: each variable by its levels or its ends, and numbers of rows.

Planning asks which levels a treatment has, which groups there are, how many rows each has, and how wide a
design would be; all that can be shown by a few rows that are none: combinations of what is counted, weighted
by counts, beside which every other variable shows its ends. Nothing is ever estimated on them.

>>> import sqlite3
>>> from whence.data import remote
>>> db = sqlite3.connect(":memory:")
>>> _ = db.execute("CREATE TABLE t (x INT, y REAL)")
>>> _ = db.executemany("INSERT INTO t VALUES (?, ?)", [(i % 2, i / 10) for i in range(100)])
>>> seen = shown(remote(db, "t"), ["x", "y"], ["x"])
>>> seen.n, seen["x"].levels, seen["y"].numbers.tolist()
(100, (0, 1), [0.0, 9.9])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.columns import MANY_LEVELS, Column, Columns
from whence.estimation.rows import columns_of
from whence.numerics.arrays import Floats, floats

if TYPE_CHECKING:
    from whence.data.pushdown.remote import Remote
    from whence.data.tables import Table


def shown(data: Remote, names: Sequence[str], keys: Sequence[str]) -> Columns:
    """These variables over the rows that are complete in them; the `keys` of them counted together.

    Keys, and variables of text, need levels that are listed. Raises as `Remote.counted` does.
    """
    counted = data.counted(keys, complete_in=names)
    found = {name: columns_of(counted, [name])[name] for name in keys}
    weights = floats(counted.store[str(counted.weights)].values)
    if weights.size < 2:  # one row could not show two ends
        found = {name: _twice(column) for name, column in found.items()}
        weights = floats([weights[0], 0.0])
    for name in names:
        if name not in found:
            found[name] = _ends(data, name, names, weights.size)
    dropped = data.rows - round(float(weights.sum()))
    return Columns(found, weights, "counts", dropped)


def _twice(column: Column) -> Column:
    return Column(np.repeat(column.numbers, 2), column.levels, column.text)


def _ends(data: Remote, name: str, names: Sequence[str], rows: int) -> Column:
    sketch = data.sketch([name])[name]
    if sketch.levels and (sketch.storage in ("text", "date") or len(sketch.levels) <= MANY_LEVELS):
        levels = _levels(data.counted([name], complete_in=names), name)
        if levels.levels is not None:
            return Column(np.resize(levels.numbers, rows), levels.levels, levels.text)
    ends: Floats = floats([sketch.low or 0.0, sketch.high or 0.0])
    return Column(np.resize(ends, rows))


def _levels(counted: Table, name: str) -> Column:
    return columns_of(counted, [name])[name]
