"""What a page shows of a table: each column's kind, levels, holes and shape, and the first rows."""

from __future__ import annotations

from dataclasses import dataclass

from whence.data.schema import Kind


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram: what it stands for and how many rows it holds."""

    label: str
    count: int


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """A column: `levels` as a person would write them (at most 50), `bars` of its histogram (at most 24).

    `low`, `middle` and `high` are minimum, median and maximum, as text; empty where there is no order.
    """

    name: str
    kind: Kind
    levels: tuple[str, ...]
    missing: int
    distinct: int
    bars: tuple[Bar, ...]
    low: str = ""
    middle: str = ""
    high: str = ""
    derived: bool = False


@dataclass(frozen=True, slots=True)
class TableSummary:
    """A table: how many rows, its columns, what was done on the way in, and its first rows as text."""

    label: str
    rows: int
    n: int
    sha256: str
    columns: tuple[ColumnSummary, ...]
    notes: tuple[str, ...]
    head: tuple[tuple[str, ...], ...]

    @property
    def missing(self) -> int:
        """How many cells are missing."""
        return sum(column.missing for column in self.columns)
