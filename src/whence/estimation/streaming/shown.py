"""What planning looks at instead of rows: each variable with its levels or its ends, and how many rows there
are.

Planning asks which levels a treatment has, which groups there are, how many rows each has, and how wide a
design would be. Variables of few values are counted together where the rows are; beside each combination
every other variable shows its levels or its ends. Nothing is ever estimated on these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.columns import Column, Columns
from whence.estimation.rows import columns_of
from whence.numerics.arrays import floats

if TYPE_CHECKING:
    from whence.data.scanning.scan import Scan
    from whence.estimation.streaming.reading import Kind

MOST_TOGETHER = 1 << 20
"""Variables that could have more combinations than this are not all counted together."""


def shown(
    scan: Scan, kinds: Mapping[str, Kind], first: Sequence[str], then: Sequence[str], dropped: int
) -> Columns:
    """The variables of a scan that misses none of them; `first` counted together, with `then` if they can be.

    Of both only those of few values are counted.
    """
    keys = _few(kinds, [*first, *then])
    if _combinations(kinds, keys) > MOST_TOGETHER:
        keys = _few(kinds, first)
    counted = scan.counted(keys) if keys else None
    of_keys = columns_of(counted, keys) if counted is not None else Columns({}, floats([float(scan.rows)]))
    weights = floats([] if of_keys.weights is None else of_keys.weights)
    found = dict(of_keys.of)
    # A few rows more that count for nothing, so that every level and both ends are there to be seen.
    most = max([2, *(len(kind.levels) for kind in kinds.values() if kind.levels is not None)])
    rows = max(weights.size, most)
    for name in keys:
        column = found[name]
        numbers = np.concatenate([column.numbers, np.resize(column.numbers, rows - weights.size)])
        found[name] = Column(numbers, column.levels, column.text)
    found.update({name: kind.example(rows) for name, kind in kinds.items() if name not in found})
    weights = np.concatenate([weights, np.zeros(rows - weights.size)])
    return Columns(found, weights, "counts", dropped, together=frozenset(keys))


def _few(kinds: Mapping[str, Kind], names: Sequence[str]) -> list[str]:
    """The variables of few values among these, each once."""
    return [name for name in dict.fromkeys(names) if name in kinds and kinds[name].discrete]


def _combinations(kinds: Mapping[str, Kind], names: Sequence[str]) -> float:
    return float(np.prod([float(len(kinds[name].levels or ())) for name in names]))
