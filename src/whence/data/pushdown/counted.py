"""How often each combination of values occurs, counted in the server: a small table that stands for a large
one.

Counts are whole numbers, so whatever is computed from them alone has the same digits as on the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from whence.data.columns import Column, UnsupportedValues, from_array, from_objects
from whence.data.pushdown.errors import NeedsRows
from whence.data.pushdown.sql import Origin, counts
from whence.data.tables import Table
from whence.runtime.errors import EmptyData, UnreadableData, listed, quoted

if TYPE_CHECKING:
    from whence.data.pushdown.server import Session

MOST_COMBINATIONS: Final = 1 << 17
"""With more combinations than this, to fetch the counts is hardly better than to fetch the rows."""


def counted(
    session: Session,
    origin: Origin,
    names: Sequence[str],
    values: Mapping[str, object],
    *,
    source: str,
    notes: tuple[str, ...],
    complete_in: Sequence[str] = (),
) -> Table:
    """The distinct combinations of these columns, sorted, weighted by how many rows have them.

    With `complete_in` (which holds all of `names`), of the rows that miss none of those. Raises `EmptyData`,
    and `NeedsRows` for more than `MOST_COMBINATIONS`.
    """
    asked = counts(origin, names, at_most=MOST_COMBINATIONS, complete_in=complete_in)
    rows = session.rows(asked, origin.names((*names, *complete_in)), values)
    if len(rows) > MOST_COMBINATIONS:
        raise too_many(names)
    if not rows or (not names and not rows[0][-1]):
        raise EmptyData(source, "Check the table and the filter.")
    *cells, occurrences = zip(*rows, strict=True)
    columns = {name: _column(name, each) for name, each in zip(names, cells, strict=True)}
    order = np.lexsort([_ranks(column) for column in reversed(columns.values())] or [np.zeros(len(rows))])
    weights = "count"
    while weights in {name.casefold() for name in names}:
        weights += "_"
    store = {name: column.take(order) for name, column in columns.items()}
    store[weights] = from_array(np.array([int(count) for count in occurrences], dtype=np.int64)[order])
    return Table(store, source, weights, "counts", notes)


def _column(name: str, cells: Sequence[object]) -> Column:
    unsupported = ""
    try:
        return from_objects(cells)
    except UnsupportedValues as found:
        unsupported = str(found)
    raise UnreadableData(f"the column {quoted(name)}", f"it holds {unsupported}")


def _ranks(column: Column) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Each cell's place among the values, missing cells last."""
    levels, codes = column.level_codes()
    return np.where(codes < 0, len(levels), codes)


def too_many(names: Sequence[str]) -> NeedsRows:
    """The refusal to fetch so many counts."""
    return NeedsRows(
        "counting",
        f"{listed(names)} have more than {MOST_COMBINATIONS:,} combinations of values",
        'Ask a view in which they are coarser, or for plain regression, method="ols".',
    )
