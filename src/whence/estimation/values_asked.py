"""The values that a question names must be values that the data have.

A probability of a level that nobody ever has would come out as zero, with an interval of no width: more
likely it is a slip of the pen. A treatment that is an amount may be set to any number, seen or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from whence.language.expression import P, Term, Value, atoms
from whence.runtime.errors import UnknownLevel

if TYPE_CHECKING:
    from whence.data.any_data import AnyData
    from whence.language.query import Query

FEW = frozenset({"binary", "categorical", "ordered"})
"""Kinds of columns whose values are names, more than amounts."""

NEAREST = 3
"""How many of the values that occur an error names."""


def check_values(query: Query, table: AnyData) -> None:
    """Raise `UnknownLevel` for a value that no row has, unless it is an amount that a treatment is set to.

    In a contrast whose levels are open the 1 and 0 of the treatment only hold the places.
    """
    contrast = query.contrast
    open_name = contrast.treatment if contrast is not None and contrast.open else None
    for atom in atoms(query.body):
        if not isinstance(atom, P):
            continue
        seen = {term.name for term in (*atom.of, *atom.given)}
        for term in _with_values(atom.terms):
            if term.name in table and term.name != open_name:
                _check_value(term.name, term.value, table, amounts=term.name not in seen)


def _check_value(name: str, value: Value | None, table: AnyData, *, amounts: bool) -> None:
    field = table.field(name)
    if field.kind in FEW:
        if field.levels and value not in field.levels:
            raise UnknownLevel(name, value, field.levels)
    elif not amounts and field.kind != "constant":
        near = table.nearest(name, value, NEAREST)
        if value not in near:
            raise UnknownLevel(name, value, near)


def _with_values(terms: tuple[Term, ...]) -> Iterator[Term]:
    for term in terms:
        if term.value is not None:
            yield term
        yield from _with_values(term.world)
