"""The complete rows in some columns: what estimators work on, with the rows lost counted.

>>> from whence.data.reading import table
>>> frame = complete(table({"x": [0, 1, 1], "y": [2.5, None, 3.5]}), ["x", "y"])
>>> frame.n, frame.rows_dropped, frame.column("y").tolist()
(2, 1, [2.5, 3.5])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from whence.data.columns import Array, Column, Storage, Value
from whence.data.mixed import is_number
from whence.data.schema import Kind, kind_of_column
from whence.data.tables import Table
from whence.data.weighting import Weighting, rescaled
from whence.numerics.arrays import Floats, Integers
from whence.runtime.errors import (
    EmptyData,
    InfiniteValues,
    TextInNumericRole,
    UnknownColumn,
    UnreadableData,
    quoted,
)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Rows without holes, in the table's order.

    Attributes
    ----------
    names: the columns, as asked for
    n: observations: the sum of the counts, or the number of rows
    rows_dropped: observations lost because a cell was missing, in the same unit as n
    weights: (rows,) counts or probabilities that add up to one, or None; rows of weight zero are not here
    weighting: what the weights mean
    kept: (rows,) the position of each row in the table
    """

    names: tuple[str, ...]
    n: int
    rows_dropped: int
    weights: Floats | None
    weighting: Weighting
    kept: Integers
    store: Mapping[str, Column]

    @property
    def rows(self) -> int:
        """How many physical rows there are."""
        return int(self.kept.shape[0])

    def column(self, name: str) -> Floats:
        """The column as float64 (rows,).

        Numbers as they are, booleans as 0/1, dates as days since 1970, text as positions in `levels(name)`.
        """
        return self._held(name).floats()

    def levels(self, name: str) -> tuple[str, ...] | None:
        """The levels that the positions in a text column stand for, in order; None for any other column."""
        column = self._held(name)
        return column.levels if column.storage == "text" else None

    def numeric(self, name: str, role: str = "variable") -> Floats:
        """The column as float64 where its values are numbers; raises `TextInNumericRole` for text."""
        column = self._held(name)
        if column.storage == "text":
            words = [level for level in column.levels if not is_number(level)]
            raise TextInNumericRole(name, role, (words or list(column.levels))[:3])
        return column.floats()

    def values(self, name: str) -> tuple[tuple[Value, ...], Integers]:
        """The distinct values of any column, in order, and each row's position among them (rows,)."""
        return self._held(name).level_codes()

    def kind(self, name: str) -> Kind:
        """What kind of variable the column is in these rows."""
        column = self._held(name)
        return kind_of_column(name, column, column.distinct())

    def take(self, rows: Array) -> Frame:
        """Some of the rows (positions, repeats allowed, or a mask); levels stay as they are, so codes do too.

        Probabilities are made to add up to one again; `rows_dropped` stays that of the table.
        """
        weights = None if self.weights is None else self.weights[rows]
        store = {name: column.take(rows) for name, column in self.store.items()}
        kept = self.kept[rows]
        n = int(np.sum(weights)) if weights is not None and self.weighting == "counts" else int(kept.shape[0])
        if weights is not None and self.weighting == "probabilities":
            weights = rescaled(weights)
        return Frame(self.names, n, self.rows_dropped, weights, self.weighting, kept, store)

    def _held(self, name: str) -> Column:
        if name not in self.store:
            raise UnknownColumn(name, known=self.names)
        return self.store[name]


def complete(table: Table, names: Sequence[str]) -> Frame:
    """The rows of a table that are complete in these columns.

    Raises `UnknownColumn`, `InfiniteValues`, and `EmptyData` if no row is complete.
    """
    unique = tuple(dict.fromkeys(names))
    columns = {name: table.column(name) for name in unique}
    for name, column in columns.items():
        check_finite(name, column)
    present = np.ones(table.rows, dtype=np.bool_)
    for column in columns.values():
        if column.missing is not None:
            present &= ~column.missing
    weights = None if table.weights is None else table.store[table.weights].values.astype(np.float64)
    n_complete = _observations(present, weights if table.weighting == "counts" else None)
    kept = np.flatnonzero(present if weights is None else present & (weights > 0))
    if kept.shape[0] == 0:
        raise EmptyData(f"{table.source} that are complete in {', '.join(unique[:8])}")
    some = kept.shape[0] < table.rows
    store = {name: column.take(kept).settled() if some else column for name, column in columns.items()}
    left = None if weights is None else weights[kept]
    if left is not None and table.weighting == "probabilities":
        left = rescaled(left)
    dropped = table.n - n_complete
    n = n_complete if table.weighting == "counts" else int(kept.shape[0])
    return Frame(unique, n, dropped, left, table.weighting, kept, store)


_LIMITS: dict[Storage, tuple[float, str]] = {
    "integer": (2.0**53, "its whole numbers are beyond 2^53, where arithmetic would round them"),
    "number": (1e140, "its numbers are so large that their squares overflow"),
}


def check_finite(name: str, column: Column) -> None:
    """Raise `InfiniteValues` if a column that is about to be used holds any, `UnreadableData` for giants."""
    if column.storage == "number":
        count = int(np.count_nonzero(np.isinf(column.values)))
        if count:
            raise InfiniteValues(name, count)
    if column.storage in _LIMITS:
        sizes = np.abs(column.floats(), where=column.present, out=np.zeros(len(column)))
        check_size(name, column.storage, float(np.max(sizes, initial=0.0)))


def check_size(name: str, storage: Storage, largest: float) -> None:
    """Raise `UnreadableData` for numbers of which the largest is too large to compute with."""
    limit, reason = _LIMITS.get(storage, (np.inf, ""))
    if largest > limit:
        cure = "Derive a column in larger units, or centred."
        raise UnreadableData(f"the column {quoted(name)}", reason, cure)


def _observations(present: Array, counts: Floats | None) -> int:
    return int(np.count_nonzero(present)) if counts is None else int(np.sum(counts[present]))
