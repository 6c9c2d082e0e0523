"""The values that a question names must be values that the data have.

A probability of a level that nobody ever has would come out as zero, with an interval of no width: more
likely it is a slip of the pen. Numbers of many values are left alone, since any of them may occur.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from whence.language.expression import P, Term, atoms
from whence.runtime.errors import UnknownLevel

if TYPE_CHECKING:
    from whence.data.tables import Table
    from whence.language.query import Query

FEW = frozenset({"binary", "categorical", "ordered"})
"""Kinds of columns whose values are names, more than amounts."""


def check_values(query: Query, table: Table) -> None:
    """Raise `UnknownLevel` for a value of a column of few levels that no row has.

    In a contrast whose levels are open the 1 and 0 of the treatment only hold the places.
    """
    contrast = query.contrast
    open_name = contrast.treatment if contrast is not None and contrast.open else None
    for atom in atoms(query.body):
        if not isinstance(atom, P):
            continue
        for term in _with_values(atom.terms):
            field = table.schema[term.name] if term.name in table else None
            known = field is not None and field.kind in FEW and field.levels
            held_open = term.name == open_name
            if known and not held_open and field is not None and term.value not in field.levels:
                raise UnknownLevel(term.name, term.value, field.levels)


def _with_values(terms: tuple[Term, ...]) -> Iterator[Term]:
    for term in terms:
        if term.value is not None:
            yield term
        yield from _with_values(term.world)
