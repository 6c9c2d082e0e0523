"""How often each combination of values occurs, counted where the rows are.

Counts are whole numbers: they are exact, in any order and on any number of threads, so the engine may count
with all cores. The distinct rows, sorted, are a small table weighted by counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from whence.data.columns import Column, from_array
from whence.data.tables import Table
from whence.runtime.errors import UnreadableData, UnsuitableMethod, listed

if TYPE_CHECKING:
    from whence.data.duck import Fetched
    from whence.data.scanning.forms import Form
    from whence.data.scanning.groups import Groups
    from whence.data.scanning.layers import Layer
    from whence.data.scanning.origins import Origin

MOST_COMBINATIONS = 1 << 22
"""With more combinations than this hardly any occurs twice, and a count is no help."""


def counted(
    origin: Origin, layer: Layer, forms: Mapping[str, Form], source: str, notes: tuple[str, ...]
) -> Table:
    """The distinct rows in the columns that have a form here, each with its count.

    Raises `UnsuitableMethod` if there are more than `MOST_COMBINATIONS`.
    """
    cells = [_grouped(form, layer.sights[name].cell) for name, form in forms.items()]
    chosen = ", ".join(f"{cell} AS g{place}" for place, cell in enumerate(cells))
    keys = ", ".join(f"g{place}" for place in range(len(cells)))
    grouping = f"SELECT {keys}, count(*) AS n FROM (SELECT {chosen} FROM {layer.sql}) GROUP BY {keys}"
    try:
        with origin.engine() as db:
            *fetched, counts = db.columns(f"{grouping} LIMIT {MOST_COMBINATIONS + 1}")
    except UnreadableData as error:
        if "memory" in str(error):
            raise _too_many(tuple(forms)) from None
        raise
    if counts.values.shape[0] > MOST_COMBINATIONS:
        raise _too_many(tuple(forms))
    found = {name: _column(form, one) for (name, form), one in zip(forms.items(), fetched, strict=True)}
    weights = _unlike("count", tuple(forms))
    every = Table({**found, weights: from_array(counts.values)}, source, weights, "counts", notes)
    # Two words may mean the same ("true", "True"): of such rows one is made.
    return marginal(every, tuple(forms))


def from_groups(groups: Groups, forms: Mapping[str, Form], source: str, notes: tuple[str, ...]) -> Table:
    """The counts of some columns, from the distinct rows by which their forms were found."""
    columns = {name: groups.column(name, form) for name, form in forms.items()}
    weights = _unlike("count", tuple(forms))
    every = Table({**columns, weights: from_array(groups.counts)}, source, weights, "counts", notes)
    return marginal(every, tuple(forms))


def marginal(whole: Table, names: Sequence[str]) -> Table:
    """The counts of some columns, sorted, from those of the same columns or more."""
    columns = {name: whole.column(name) for name in names}
    ranks = [_sortable(column) for column in columns.values()]
    order = np.lexsort(ranks[::-1])
    sorted_ranks = np.stack([rank[order] for rank in ranks])
    begins = np.ones(order.shape[0], dtype=np.bool_)
    begins[1:] = np.any(sorted_ranks[:, 1:] != sorted_ranks[:, :-1], axis=0)
    starts = np.flatnonzero(begins)
    counts = np.add.reduceat(whole.store[str(whole.weights)].values[order], starts)
    store = {name: column.take(order[starts]) for name, column in columns.items()}
    weights = _unlike("count", tuple(names))
    return Table({**store, weights: from_array(counts)}, whole.source, weights, "counts", whole.notes)


def _grouped(form: Form, cell: str) -> str:
    """What to group by: codes of text, and numbers of which 0 and −0 are one, and NaN is missing."""
    if form.family == "double" and not form.empty:
        return form.canonical(cell)
    return form.fetched(cell)


def _column(form: Form, fetched: Fetched) -> Column:
    return form.column(fetched.values, fetched.missing)


def _sortable(column: Column) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Each cell's rank, missing cells last."""
    levels, codes = column.level_codes()
    return np.where(codes < 0, len(levels), codes)


def _unlike(name: str, names: tuple[str, ...]) -> str:
    taken = {other.casefold() for other in names}
    while name in taken:
        name += "_"
    return name


def _too_many(names: tuple[str, ...]) -> UnsuitableMethod:
    return UnsuitableMethod(
        "counting",
        f"{listed(names)} have more than {MOST_COMBINATIONS:,} combinations of values",
        "Count fewer variables, or derive coarser ones.",
    )
