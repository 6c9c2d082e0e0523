"""From a table to what a page shows of it: each column's kind, levels, holes, middle and shape.

Nothing here is about causes: it is what a person looks at to see whether the file was read as it was meant.

>>> from whence.data.reading import table
>>> column = summary(table({"age": [18, 20, 22, None]})).columns[0]
>>> column.kind, column.missing, column.low, column.middle, column.high
('integer', 1, '18', '20', '22')
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final, cast

import numpy as np

from whence.data.columns import Array, Column, Value, as_text
from whence.data.mixed import mixed
from whence.data.schema import Field, described
from whence.data.tables import Table
from whence.numerics.arrays import Floats
from whence.runtime.plain import harmless
from whence.studio.uploads.bins import DAY, MOST_BARS, edges_for
from whence.studio.uploads.summary import Bar, ColumnSummary, TableSummary
from whence.studio.uploads.writing import SEPARATED, cell, moment, number

MOST_LEVELS: Final = 50
LONGEST_LEVEL: Final = 1_000
HEAD: Final = 8
LONGEST_LABEL: Final = 60
OTHERS: Final = "others"
MOST_READ: Final = 20_000
"""Columns of more texts are not looked through for what was meant as numbers."""


def summary(table: Table, derived: Collection[str] = (), *, label: str | None = None) -> TableSummary:
    """What a page shows of a table, which a person calls `label`; `derived` columns were made from others.

    The column of weights is shown like any other, since what a column is for can be changed. Where weights
    are counts, the bars of the others count observations.
    """
    weights = None
    if table.weights is not None and table.weighting == "counts":
        weights = table.store[table.weights].values.astype(np.float64)
    made = {*derived, *table.derived}
    columns = tuple(
        _column(
            _field(table, name),
            column,
            None if name == table.weights else weights,
            derived=name in made,
        )
        for name, column in table.store.items()
    )
    return TableSummary(
        label=harmless(table.source if label is None else label),
        rows=table.rows,
        n=table.n,
        sha256=table.sha256,
        columns=columns,
        notes=tuple(harmless(note) for note in (*table.notes, *_misread(table))),
        head=_head(table),
    )


def _misread(table: Table) -> tuple[str, ...]:
    """A sentence for each column of text that its author most likely meant as numbers."""
    few = [
        name
        for name, column in table.store.items()
        if column.storage == "text" and 1 < len(column.levels) <= MOST_READ
    ]
    return mixed(table, few)


def _field(table: Table, name: str) -> Field:
    if name == table.weights:
        return described({name: table.store[name]}).fields[0]
    return table.schema[name]


def _head(table: Table) -> tuple[tuple[str, ...], ...]:
    rows = np.arange(min(HEAD, table.rows))
    shown = [_first_cells(column, rows) for column in table.store.values()]
    return tuple(zip(*shown, strict=True))


def _first_cells(column: Column, rows: Array) -> list[str]:
    return [cell(value) for value in column.take(rows).python_values()]


def _column(field: Field, column: Column, weights: Floats | None, *, derived: bool) -> ColumnSummary:
    present = np.flatnonzero(column.present)
    low = middle = high = ""
    if column.storage in {"integer", "number"} or (column.storage == "date" and len(present)):
        low, middle, high = _extent(column, present, weights)
    elif column.storage == "text" and column.ordered and field.levels:
        low, high = cell(field.levels[0]), cell(field.levels[-1])
    levels = tuple(as_text(level) for level in field.levels[:MOST_LEVELS])
    return ColumnSummary(
        name=field.name,
        kind=field.kind,
        levels=tuple(level for level in levels if len(level) <= LONGEST_LEVEL),
        missing=field.missing,
        distinct=field.distinct,
        bars=_bars(field, column, present, weights) if len(present) else (),
        low=low,
        middle=middle,
        high=high,
        derived=derived,
    )


# ── minimum, median, maximum ────────────────────────────────────────────────────────────────────────────────


def _extent(column: Column, present: Array, weights: Floats | None) -> tuple[str, str, str]:
    values = column.values[present]
    if not len(values):
        return "", "", ""
    numbers = values.astype(np.int64) if column.storage == "date" else values
    place = _middle(numbers.astype(np.float64), None if weights is None else weights[present])
    low, middle, high = values.min(), values[place], values.max()
    if column.storage == "date":
        return moment(low), moment(middle), moment(high)
    if column.storage == "integer":
        return cell(int(low)), cell(int(middle)), cell(int(high))
    return number(float(low)), number(float(middle)), number(float(high))


def _middle(values: Floats, weights: Floats | None) -> int:
    """Where a median lies: the lower of the two middle ones, so that it is a value that occurs."""
    if weights is None:
        return int(np.argpartition(values, (len(values) - 1) // 2)[(len(values) - 1) // 2])
    order = np.argsort(values, kind="stable")
    reached: Floats = np.cumsum(weights[order])
    half = float(reached[-1]) / 2
    return int(order[min(int(np.searchsorted(reached, half)), len(order) - 1)])


# ── bars ────────────────────────────────────────────────────────────────────────────────────────────────────


def _bars(field: Field, column: Column, present: Array, weights: Floats | None) -> tuple[Bar, ...]:
    chosen = None if weights is None else weights[present]
    if column.storage == "text":
        return _of_levels(column, present, chosen)
    if column.storage == "boolean" or field.distinct <= 12:
        values, places = np.unique(column.values[present], return_inverse=True)
        counts = np.bincount(places.ravel(), weights=chosen, minlength=len(values))
        dates = column.storage == "date"
        plain = cast("list[Value]", values.tolist())
        labels = [moment(value) if dates else cell(value) for value in plain]
        return tuple(Bar(label, int(count)) for label, count in zip(labels, counts, strict=True))
    return _of_bins(column, present, chosen)


def _of_levels(column: Column, present: Array, weights: Floats | None) -> tuple[Bar, ...]:
    """A bar for each level in its order; of many, the most frequent ones first and the rest together."""
    counts = np.bincount(column.values[present], weights=weights, minlength=len(column.levels))
    occurring = np.flatnonzero(np.bincount(column.values[present], minlength=len(column.levels)))
    if len(occurring) <= MOST_BARS:
        places = occurring.tolist()
        return tuple(Bar(_label(column.levels[place]), int(counts[place])) for place in places)
    ranked = occurring[np.argsort(-counts[occurring], kind="stable")]
    rest = ranked[MOST_BARS - 1 :]
    first = cast("list[int]", ranked[: MOST_BARS - 1].tolist())
    named = [Bar(_label(column.levels[place]), int(counts[place])) for place in first]
    return (*named, Bar(f"{len(rest):,} {OTHERS}", int(counts[rest].sum())))


def _label(text: str) -> str:
    return cell(text, LONGEST_LABEL)


def _of_bins(column: Column, present: Array, weights: Floats | None) -> tuple[Bar, ...]:
    """Equal bins whose edges are round numbers; infinite values stand in none."""
    raw = column.values[present]
    values = raw.astype(np.int64).astype(np.float64) if column.storage == "date" else raw.astype(np.float64)
    finite = np.isfinite(values)
    if not bool(finite.all()):
        values, weights = values[finite], None if weights is None else weights[finite]
    if not len(values):
        return ()
    edges = edges_for(float(values.min()), float(values.max()), column.storage)
    if len(edges) < 2:
        return (Bar(_writer(column, 0.0)(edges[0]), int(len(values) if weights is None else weights.sum())),)
    step = edges[1] - edges[0]
    places = np.clip(((values - edges[0]) / step).astype(np.int64), 0, len(edges) - 2)
    counts = np.bincount(places, weights=weights, minlength=len(edges) - 1)
    write = _writer(column, max(abs(edges[0]), abs(edges[-1])))
    return tuple(
        Bar(_between(low, high, column, write), int(count))
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
    )


def _between(low: float, high: float, column: Column, write: Callable[[float], str]) -> str:
    """What a bin holds, in words: its last day or whole number, not the first of the next bin."""
    whole = column.storage == "integer" and high - low >= 1 and high == round(high)
    unit = DAY if column.storage == "date" else float(whole)
    first, last = write(low), write(high - unit)
    return first if first == last else f"{first} to {last}"


def _writer(column: Column, largest: float) -> Callable[[float], str]:
    """How the edges are written: all alike, with thousands apart if that of any is."""
    if column.storage == "date":
        return lambda value: moment(np.datetime64(int(value), "us"))
    return lambda value: number(value, separated=largest >= SEPARATED)
