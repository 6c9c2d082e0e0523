"""Within each combination of discrete variables, an outcome of many values: two of them that stand for all.

A formula that only averages the outcome sees nothing of it within a combination but its mean; the error of
that formula nothing more than its spread (see `whence.estimation.averaged`). The server counts, adds and
squares; the estimator is the one that serves rows in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from whence.data.columns import from_array, from_objects
from whence.data.tables import Table
from whence.estimation.averaged import two_values
from whence.estimation.columns import Column, Columns
from whence.estimation.rows import columns_of
from whence.numerics.arrays import floats

if TYPE_CHECKING:
    from whence.data.pushdown.remote import Remote


def celled(data: Remote, names: Sequence[str], averaged: str) -> Columns:
    """The rows complete in these variables, as cells of all of them but the averaged one.

    Its column has no levels, so that a formula which does more than average it is refused.
    """
    keys = [name for name in names if name != averaged]
    groups = [(setting, found) for setting, found in data.group_by(keys, [averaged]) if None not in setting]
    rows: list[tuple[tuple[object, ...], float, int]] = []
    for setting, found in groups:
        values, counts = two_values(
            int(found.n), float(found.means[0]), float(found.products[0, 0]) / found.n
        )
        rows += [(setting, float(v), int(c)) for v, c in zip(values, counts, strict=True)]
    weights = "count" + "_" * max(len(name) for name in names)
    store = {name: from_objects([setting[i] for setting, _, _ in rows]) for i, name in enumerate(keys)}
    store[weights] = from_array(np.array([count for _, _, count in rows], dtype=np.int64))
    found = columns_of(Table(store, data.source, weights, "counts"), keys)
    outcome = Column(floats([value for _, value, _ in rows]))
    dropped = data.rows - found.n
    return replace(found, of={**found.of, averaged: outcome}, rows_dropped=dropped)
