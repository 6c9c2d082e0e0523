"""`Table`: columns in their canonical form, what kind each is, what was done to them, and a hash of it all.

A table is a value: filtering and deriving give another table. It is made by `whence.data.reading.table`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from whence.data.columns import Column, Storage, Value
from whence.data.hashing import content_hash
from whence.data.names import known
from whence.data.nearest import nearest_of
from whence.data.schema import Field, Schema, described
from whence.data.table_view import to_html, to_text
from whence.data.weighting import Weighting


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Table:
    """Rows of data as columns.

    Attributes
    ----------
    store: every column by name, that of the weights too, each of `rows` cells
    source: where they came from, in words
    weights: the name of the weights column, if any; it is not among `columns`
    weighting: what the weights mean
    notes: what was done on the way in, one sentence each (rows filtered out, columns left out)
    derived: of each column that `derive=` made, the columns it was made from
    """

    store: Mapping[str, Column]
    source: str
    weights: str | None = None
    weighting: Weighting = "none"
    notes: tuple[str, ...] = ()
    derived: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    _known: dict[str, object] = field(default_factory=dict[str, object], compare=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the variables, in the source's order."""
        return tuple(name for name in self.store if name != self.weights)

    @property
    def rows(self) -> int:
        """How many physical rows there are."""
        return len(next(iter(self.store.values())))

    @property
    def n(self) -> int:
        """How many observations there are: the sum of the counts, or the number of rows."""
        if self.weights is None or self.weighting != "counts":
            return self.rows
        return int(np.sum(self.store[self.weights].values.astype(np.int64)))

    @property
    def schema(self) -> Schema:
        """What kind each column is; computed when first asked for."""
        if "schema" not in self._known:
            self._known["schema"] = described({name: self.store[name] for name in self.columns})
        return cast("Schema", self._known["schema"])

    @property
    def sha256(self) -> str:
        """The hash of all columns' names, types and values; computed when first asked for."""
        if "sha256" not in self._known:
            self._known["sha256"] = content_hash(self.store)
        return cast("str", self._known["sha256"])

    @property
    def missing(self) -> Mapping[str, int]:
        """How many cells are missing in each column that misses any."""
        counts = {name: self.store[name].missing_count for name in self.columns}
        return {name: count for name, count in counts.items() if count}

    def column(self, name: str) -> Column:
        """One column in its canonical form; raises `UnknownColumn` with the near miss."""
        return self.store[known(name, self.columns)]

    def field(self, name: str) -> Field:
        """What kind one column is; the others are not looked at. Raises `UnknownColumn`."""
        key = f"field {name}"
        if key not in self._known:
            self._known[key] = described({name: self.column(name)})[name]
        return cast("Field", self._known[key])

    def storage(self, name: str) -> Storage:
        """How the values of a column are held; raises `UnknownColumn` with the near miss."""
        return self.column(name).storage

    def labels(self, name: str) -> tuple[str, ...]:
        """The levels of a column of text; none of any other."""
        return self.column(name).levels

    def __fingerprint__(self) -> tuple[object, ...]:
        """What a result computed from this table depends on: everything but what was worked out meanwhile."""
        return tuple(self.store.items()), self.source, self.weights, self.weighting, self.notes, self.derived

    def nearest(self, name: str, value: Value | None, most: int) -> tuple[Value, ...]:
        """The value alone if it occurs in a column; else those that occur nearest to it, of labels all."""
        return nearest_of(value, self.column(name).level_codes()[0], most)

    def __contains__(self, name: object) -> bool:
        return name in self.store and name != self.weights

    def __len__(self) -> int:
        return self.rows

    def __repr__(self) -> str:
        return to_text(self.schema, self.rows, self.n, self.source, self.weighting)

    def _repr_html_(self) -> str:
        return to_html(self.schema, self.rows, self.n, self.source, self.weighting, self.notes)
