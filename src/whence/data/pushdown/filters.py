"""`where=` for a table in a server: an expression that means there what it means in memory, or a refusal.

It passes the same check as everywhere else (`whence.data.expressions`); then its columns must be of kinds
that it fits, which our own engine tells without any data; and then it may hold only what no two databases
read differently: comparisons, AND, OR, NOT, IN, BETWEEN, IS NULL, plus, minus, times, constants and dates.
Its texts are sent beside the query and never become part of it.

>>> from whence.data.pushdown.sql import Origin
>>> sales = Origin(("sales",), (("price", "number"), ("town", "text")))
>>> kept = filtered(sales, "town = 'Lindau' AND price > 2")
>>> kept.origin.columns[0], kept.values
(('town', 'text'), {'v0': 'Lindau'})
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from whence.data.duck import EngineFailure, engine
from whence.data.expressions import check
from whence.data.pushdown.dialects import sqlglot
from whence.data.pushdown.sql import Kind, Origin, value
from whence.runtime.errors import InvalidFilter

_ALLOWED: Final = frozenset(
    {
        *("And", "Or", "Not", "Paren", "EQ", "NEQ", "GT", "GTE", "LT", "LTE", "Is", "Null", "In", "Between"),
        *("Neg", "Add", "Sub", "Mul", "Literal", "Boolean", "Column", "Identifier", "Tuple"),
    }
)
_DATES: Final = frozenset({"DATE", "TIMESTAMP"})
_MEANT: Final = "comparisons, AND, OR, NOT, IN, BETWEEN, IS NULL, +, −, ×, numbers, texts and dates"
_NUMBERS: Final = frozenset({"boolean", "integer", "number"})
_TYPES: Final[dict[Kind, str]] = {
    "boolean": "BOOLEAN",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "text": "VARCHAR",
    "date": "DATE",
    "moment": "TIMESTAMP",
    "other": "VARCHAR",
}


@dataclass(frozen=True, slots=True)
class Filtered:
    """A table with a condition on its rows, and the values that go beside every query on it."""

    origin: Origin
    values: Mapping[str, object]


def filtered(origin: Origin, where: str) -> Filtered:
    """The rows of a table (of which none were left out before) in which the expression is true.

    Raises `InvalidFilter`, `UnknownColumn`, and `MissingExtra` without SQLGlot.
    """
    checked = check(where, [name for name, _ in origin.columns])
    kinds = dict(origin.columns)
    _true_or_false(where, checked.sql, [kinds[name] for name in checked.columns])
    library = sqlglot()
    tree = library.parse_one(f"SELECT {checked.sql}", read="duckdb").expressions[0]
    for node in list(tree.walk()):
        _check(node, where)
    values: dict[str, object] = {}
    for text in [each for each in tree.find_all(library.exp.Literal) if each.is_string]:
        beside = [str(column.name) for column in text.parent.find_all(library.exp.Column)]
        if any(kinds[checked.columns[int(place[1:])]] in _NUMBERS for place in beside):
            raise InvalidFilter(where, "a number is compared with a text")
        name = f"v{len(values)}"
        values[name] = str(text.this)
        text.replace(library.exp.Var(this=value(name)))
    order = [(name, kinds[name]) for name in checked.columns]
    rest = [each for each in origin.columns if each[0] not in checked.columns]
    condition = str(tree.sql(dialect="duckdb"))
    kept = replace(origin, columns=(*order, *rest), where=condition, filtered_by=len(order))
    return Filtered(kept, values)


def _true_or_false(where: str, sql: str, kinds: list[Kind]) -> None:
    """Let our own engine say whether the parts fit together, and whether it is a condition at all."""
    columns = ", ".join(f"CAST(NULL AS {_TYPES[kind]}) AS c{i}" for i, kind in enumerate(kinds))
    failed = False
    found = ""
    try:
        with engine(threads=1) as db:
            found = db.described(f"SELECT ({sql}) AS value FROM (SELECT {columns or '1'}) AS seen")[0][1]
    except EngineFailure:
        failed = True
    if failed:
        raise InvalidFilter(where, "the kinds of its parts do not fit together (text and numbers, perhaps)")
    if found not in ("BOOLEAN", '"NULL"'):
        raise InvalidFilter(where, "its values are not true or false")


def _check(node: Any, where: str) -> None:  # noqa: ANN401  (SQLGlot is optional)
    name = type(node).__name__
    plain = name in _ALLOWED
    if name == "Cast":
        kind = str(node.to.this.value if hasattr(node.to.this, "value") else node.to.this)
        plain = kind in _DATES and type(node.this).__name__ == "Literal"
    if name == "DataType":
        plain = type(node.parent).__name__ == "Cast"
    if not plain:
        raise InvalidFilter(
            where,
            "a database server may read it otherwise than Whence does; it may hold "
            f"{_MEANT}, and for more the table may be a view",
        )
