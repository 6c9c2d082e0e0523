"""What each column looks like, for reports: kind, holes, levels, and for numbers their moments and histogram.

Sums run over fixed blocks in a fixed tree, so the last digit is the same on any number of cores.

>>> from whence.data.reading import table
>>> summary(table({"x": [1.0, 2.0, 6.0]}))[0].mean
3.0
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from whence.data.columns import Column, Value
from whence.data.schema import Field, Kind
from whence.data.tables import Table
from whence.data.weighting import rescaled
from whence.numerics.arrays import Floats, floats
from whence.numerics.blocks import block_sum

BINS = 20
SHOWN_LEVELS = 50


@dataclass(frozen=True, slots=True)
class Histogram:
    """Equal bins from `low` to `high`, and the weight in each: observations, or probability."""

    low: float
    high: float
    heights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """The facts on one column.

    `missing` counts cells and `distinct` values; `frequencies` go with `levels` (at most 50), both empty for
    columns whose levels are not listed. The rest is None for text; dates are in days since 1970. `sd` divides
    by n − 1 (for probabilities: by one), and infinite values leave the moments and the histogram None.
    """

    name: str
    kind: Kind
    missing: int
    distinct: int
    levels: tuple[Value, ...]
    frequencies: tuple[float, ...]
    mean: float | None
    sd: float | None
    minimum: float | None
    maximum: float | None
    histogram: Histogram | None


def summary(table: Table) -> tuple[ColumnSummary, ...]:
    """The facts on every column of a table, weighted as the table is."""
    weights = np.ones(table.rows) if table.weights is None else floats(table.store[table.weights].values)
    return tuple(
        _summary(field, table.column(field.name), weights, table.weighting) for field in table.schema
    )


def _summary(field: Field, column: Column, weights: Floats, weighting: str) -> ColumnSummary:
    present = column.present & (weights > 0)
    weights = weights[present]
    if weighting == "probabilities":
        weights = rescaled(weights)
    levels, frequencies = (), ()
    if field.levels and len(field.levels) <= SHOWN_LEVELS:
        levels, codes = column.level_codes()
        frequencies = tuple(np.bincount(codes[present], weights=weights, minlength=len(levels)).tolist())
    values = column.floats()[present]
    mean = sd = low = high = histogram = None
    if column.storage != "text" and values.shape[0] and bool(np.all(np.isfinite(values))):
        mean, sd = moments(values, weights, one_less=weighting != "probabilities")
        low, high = float(values.min()), float(values.max())
        histogram = histogram_of(values, weights, low, high)
    return ColumnSummary(
        field.name,
        field.kind,
        field.missing,
        field.distinct,
        levels,
        frequencies,
        mean,
        sd,
        low,
        high,
        histogram,
    )


def moments(values: Floats, weights: Floats, *, one_less: bool = True) -> tuple[float, float | None]:
    """The weighted mean and standard deviation, in two passes; no deviation of one observation."""
    rows = values.shape[0]
    total = float(block_sum(lambda piece: floats(weights[piece].sum()), rows))
    mean = float(block_sum(lambda piece: floats((values[piece] * weights[piece]).sum()), rows)) / total
    squares = block_sum(lambda piece: floats((weights[piece] * (values[piece] - mean) ** 2).sum()), rows)
    freedom = total - 1.0 if one_less else total
    return mean, math.sqrt(float(squares) / freedom) if freedom > 0 else None


def histogram_of(values: Floats, weights: Floats, low: float, high: float) -> Histogram:
    """Twenty equal bins; one value alone has one bin."""
    if high <= low or not math.isfinite(high - low):
        return Histogram(low, high, (float(weights.sum()),))
    places = np.minimum(((values - low) / (high - low) * BINS).astype(np.int64), BINS - 1)
    heights = np.bincount(places, weights=weights, minlength=BINS)
    return Histogram(low, high, tuple(float(height) for height in heights))
