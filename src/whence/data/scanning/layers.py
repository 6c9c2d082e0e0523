"""Columns as SQL expressions, and rows as an SQL table: what `derive=`, `where=` and complete rows build on.

Each layer is a SELECT around the one before. Names are never part of the SQL: columns are called k0, k1, …

>>> layer = Layer("(SELECT 1 AS k0)", {"x": Sight("k0", "integer")})
>>> layer.complete_in({"x": Form("integer", "integer")}).sql
'(SELECT * FROM (SELECT 1 AS k0) WHERE (CAST(k0 AS BIGINT)) IS NOT NULL)'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from whence.data.engine_columns import enum_levels, selection
from whence.data.scanning.forms import Family, Form, family_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.data.expressions import Checked


@dataclass(frozen=True, slots=True)
class Sight:
    """A column as the engine sees it: its cell, its family, and the order of its levels if they have one."""

    cell: str
    family: Family
    order: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """Rows: a table expression, and of each column its sight there.

    `table` and `cells` (of each column its SQL) are those of a layer that is made of a table directly.
    """

    sql: str
    sights: Mapping[str, Sight]
    table: str | None = None
    cells: Mapping[str, str] = field(default_factory=dict[str, str])

    def narrowed(self, names: Sequence[str]) -> Layer:
        """The same rows with these columns only, so that the engine need not think of thousands of others."""
        sights = {name: self.sights[name] for name in names}
        if self.table is None:
            return Layer(self.sql, sights)
        chosen = ", ".join(f"{self.cells[name]} AS {sight.cell}" for name, sight in sights.items()) or "1"
        return Layer(f"(SELECT {chosen} FROM {self.table})", sights, self.table, self.cells)

    def complete_in(self, forms: Mapping[str, Form]) -> Layer:
        """The rows that miss none of these columns, and those columns only."""
        present = " AND ".join(
            f"({form.canonical(self.sights[name].cell)}) IS NOT NULL" for name, form in forms.items()
        )
        return Layer(
            f"(SELECT * FROM {self.sql} WHERE {present})", {name: self.sights[name] for name in forms}
        )

    def with_cell(self, name: str, cell: str) -> Layer:
        """These rows with another expression in the place of one column's cell."""
        return replace(self, sights={**self.sights, name: replace(self.sights[name], cell=cell)})

    def where(self, condition: Checked, forms: Mapping[str, Form]) -> Layer:
        """The rows in which the condition is true; `forms` are those of the columns that it names."""
        rows = self._shown(condition, forms)
        return Layer(f"(SELECT {self._cells()} FROM {rows} WHERE ({condition.sql}))", self.sights)

    def derive(self, name: str, expression: Checked, forms: Mapping[str, Form], kind: str) -> Layer:
        """The rows with one column more, the value of an expression, which is of the engine's type `kind`."""
        cell = f"k{len(self.sights)}"
        value = f"({expression.sql})"
        # Truth values of an expression become 0 and 1, as in the in-memory table.
        made = f"CAST({value} AS INTEGER)" if kind == "BOOLEAN" else sighted(kind, value) or value
        family: Family = "integer" if kind == "BOOLEAN" else family_of(kind)
        rows = self._shown(expression, forms)
        return Layer(
            f"(SELECT {self._cells()}, {made} AS {cell} FROM {rows})",
            {**self.sights, name: Sight(cell, family)},
        )

    def valued(self, expression: Checked, forms: Mapping[str, Form]) -> str:
        """The SELECT of an expression's value in each row, for the engine to say of which type it is."""
        return f"SELECT ({expression.sql}) AS value FROM {self._shown(expression, forms)}"

    def _shown(self, expression: Checked, forms: Mapping[str, Form]) -> str:
        """These rows with the columns that an expression names as c0, c1, …, in canonical form."""
        shown = [
            f"{forms[name].canonical(self.sights[name].cell)} AS c{place}"
            for place, name in enumerate(expression.columns)
        ]
        return f"(SELECT {', '.join([self._cells(), *shown])} FROM {self.sql})"

    def _cells(self) -> str:
        return ", ".join(sight.cell for sight in self.sights.values())


def base(table: str, described: Sequence[tuple[str, str]]) -> tuple[Layer, tuple[tuple[str, str], ...]]:
    """The layer of a table expression with these columns, and which of them cannot be held."""
    aliases = [f"c{place}" for place in range(len(described))]
    cells: dict[str, str] = {}
    sights: dict[str, Sight] = {}
    left_out: list[tuple[str, str]] = []
    for (name, kind), alias in zip(described, aliases, strict=True):
        sql = sighted(kind, alias)
        if sql is None:
            left_out.append((name, kind))
            continue
        cells[name] = sql
        order = enum_levels(kind) if kind.startswith("ENUM(") else None
        sights[name] = Sight(f"k{len(sights)}", family_of(kind), order)
    named = f"{table} AS given_table({', '.join(aliases)})"
    return Layer("", sights, named, cells).narrowed(tuple(sights)), tuple(left_out)


def sighted(kind: str, cell: str) -> str | None:
    """The SQL of a cell of this type as a type of a family; None for one that cannot be held.

    >>> sighted("DECIMAL(5,2)", "c0")
    'CAST(c0 AS DOUBLE)'
    """
    if kind != "TIMESTAMP_NS":
        return selection(kind, cell)
    # The engine would round to microseconds; numpy, which in memory is asked, rounds down.
    nanoseconds = f"epoch_ns({cell})"
    return f"make_timestamp(({nanoseconds} - (({nanoseconds} % 1000) + 1000) % 1000) // 1000)"
