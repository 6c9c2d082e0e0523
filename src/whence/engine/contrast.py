"""Which two levels of the treatment "the effect of A on B" compares, settled by looking at the data.

1 against 0 for 0/1 and for booleans; one unit more for other numbers, and said so; two labels are asked
back, because nobody but the asker knows which way is meant.

>>> from whence.data.reading import table
>>> from whence.language.query import effect
>>> settled(effect("drug", "pain"), table({"drug": [True, False], "pain": [2, 5]})).query.contrast.level
True
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

from whence.language.query import Query
from whence.runtime.errors import AmbiguousQuestion, InvalidQuery, quoted

if TYPE_CHECKING:
    from whence.data.any_data import AnyData

SHOWN_LABELS = 3
NUMBERS = frozenset({"boolean", "integer", "number"})


@dataclass(frozen=True, slots=True)
class Settled:
    """A query whose levels are chosen, as far as they can be, and what there is to say of the choice.

    The contrast of a treatment that is a number stays open: it is the effect of one unit more.
    """

    query: Query
    notes: tuple[str, ...] = ()


def settled(query: Query, found: AnyData | None) -> Settled:
    """Choose the levels of an open contrast by the rule above; any other query is returned as it is.

    Raises `AmbiguousQuestion` for a treatment of labels, `InvalidQuery` for one that has no levels to
    compare, and `UnknownColumn`.
    """
    contrast = query.contrast
    if contrast is None or not contrast.open:
        return Settled(query)
    name = quoted(contrast.treatment)
    if found is None:
        return Settled(query, (f"Without data to tell otherwise, {name} is taken as 1 against 0.",))
    column = found.field(contrast.treatment)
    storage = found.storage(contrast.treatment)
    if column.kind == "constant":  # estimation refuses it and says why
        return Settled(query)
    if column.kind == "binary" and storage in NUMBERS:
        base, level = column.levels
        if float(level) - float(base) == 1.0:
            return Settled(query.at(level, base))
    if storage in NUMBERS:
        return Settled(query, (f"{name} is a number, so this is the effect of one unit more of it.",))
    if not column.levels:
        a_kind = {"identifier": "an identifier", "date": "a date"}.get(column.kind, column.kind)
        raise InvalidQuery(
            f"The treatment {name} is {a_kind}: it has no two levels to compare.",
            "Ask about a treatment that is a number or has few levels.",
        )
    ways = permutations(reversed(column.levels[:SHOWN_LABELS]), 2)
    readings = [str(query.at(level, base)) for level, base in ways]
    labels = ", ".join(map(str, column.levels[:8]))
    raise AmbiguousQuestion(str(query), readings, f"{name} has labels ({labels}): which against which?")
