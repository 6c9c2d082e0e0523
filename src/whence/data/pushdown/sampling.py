"""Some rows at random, of which only counts are known: how many of each combination would be among them.

>>> from whence.data.reading import table
>>> whole = table({"x": [0, 1], "count": [900, 100]}, weights="count")
>>> some = drawn(whole, 100, seed=1)
>>> some.n, some.weighting
(100, 'counts')
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from whence.data.columns import from_array
from whence.numerics.random import generator
from whence.runtime.seeds import as_seed

if TYPE_CHECKING:
    from whence.data.tables import Table
    from whence.runtime.seeds import Seed

MOST_WITHOUT_REPLACEMENT = 1_000_000_000
"""Of more rows numpy draws no sample without replacement, and one with it is hardly another."""


def drawn(whole: Table, rows: int, seed: int | Seed) -> Table:
    """So many rows of a table of counts, without replacement; the table itself if it has no more."""
    weights = str(whole.weights)
    counts = whole.store[weights].values.astype(np.int64)
    total = int(counts.sum())
    if total <= rows:
        return whole
    source = generator(as_seed(seed))
    if total < MOST_WITHOUT_REPLACEMENT:
        found = source.multivariate_hypergeometric(counts, rows, method="marginals")
    else:
        found = source.multinomial(rows, counts / total)
    kept = np.flatnonzero(found)
    store = {name: column.take(kept).settled() for name, column in whole.store.items() if name != weights}
    store[weights] = from_array(found[kept].astype(np.int64))
    return replace(whole, store=store, _known={})
