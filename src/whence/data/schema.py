"""What kind of variable each column is: read from its values, and only a description.

A kind never changes a number: an identifier can still be adjusted for by whoever insists. Kinds are

    constant      one value, or none
    binary        two values, whatever they are called
    categorical   text with more than two levels           ordered     text whose levels have an order
    integer       whole numbers                            continuous  other numbers
    date          days or moments                          identifier  one value per row (text, row number)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from whence.data.columns import Column, Storage, Value
from whence.data.names import known

Kind: TypeAlias = Literal[
    "binary", "categorical", "ordered", "integer", "continuous", "date", "identifier", "constant"
]

LISTED_INTEGERS = 50
"""An integer column with at most so many values has them listed as its levels."""

SMALLEST_IDENTIFIED = 20
"""With no more rows than this, values that are all different mean nothing."""

_IDENTIFIER_NAME = re.compile(r"(.*[_\s.])?(id|key|uuid|guid|index|seqn|rownames?)|unnamed: 0", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Field:
    """One column's description.

    `levels` are the values that occur, in order, of a binary, categorical, ordered or constant column and of
    integers with few values; empty otherwise. `missing` counts cells, `distinct` values.
    """

    name: str
    kind: Kind
    levels: tuple[Value, ...]
    missing: int
    distinct: int

    @property
    def discrete(self) -> bool:
        """Whether its levels are listed, so that it can be counted."""
        return bool(self.levels)


@dataclass(frozen=True, slots=True)
class Schema:
    """The descriptions of a table's columns, in the table's order.

    >>> schema = Schema((Field("treat", "binary", (0, 1), 0, 2),))
    >>> schema["treat"].kind
    'binary'
    """

    fields: tuple[Field, ...]

    def __getitem__(self, name: str) -> Field:
        """The description of `name`; raises `UnknownColumn`."""
        return self.fields[self.names.index(known(name, self.names))]

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(field.name for field in self.fields)


def described(columns: Mapping[str, Column]) -> Schema:
    """The schema of these columns."""
    return Schema(tuple(_field(name, column) for name, column in columns.items()))


def _field(name: str, column: Column) -> Field:
    distinct = column.distinct()
    kind = kind_of_column(name, column, distinct)
    listed = kind in {"binary", "categorical", "ordered", "constant"}
    listed = listed or (kind == "integer" and distinct <= LISTED_INTEGERS)
    levels = column.level_codes()[0] if listed else ()
    return Field(name, kind, levels, column.missing_count, distinct)


def kind_of_column(name: str, column: Column, distinct: int) -> Kind:
    """The kind of a column with so many distinct values."""
    identifies = (
        column.storage == "integer"
        and _one_value_per_row(distinct, len(column))
        and _numbers_rows(name, column)
    )
    return kind_of(column.storage, column.ordered, distinct, len(column), identifies=identifies)


def kind_of(storage: Storage, ordered: bool, distinct: int, rows: int, *, identifies: bool) -> Kind:
    """The kind of a column from the facts on it.

    `identifies` says of whole numbers that they count up by one, or are called an identifier.
    """
    if distinct <= 1:
        return "constant"
    if storage == "date":
        return "date"
    if distinct == 2:
        return "binary"
    one_each = _one_value_per_row(distinct, rows)
    if storage == "text":
        return "ordered" if ordered else "identifier" if one_each else "categorical"
    if storage == "integer":
        return "identifier" if one_each and identifies else "integer"
    return "continuous"


def is_identifier_name(name: str) -> bool:
    """Whether a column is called what identifiers are called."""
    return _IDENTIFIER_NAME.fullmatch(name) is not None


def _one_value_per_row(distinct: int, rows: int) -> bool:
    return distinct == rows > SMALLEST_IDENTIFIED


def _numbers_rows(name: str, column: Column) -> bool:
    counts_up = int(column.values[0]) in (0, 1) and bool(np.all(np.diff(column.values) == 1))
    return counts_up or is_identifier_name(name)
