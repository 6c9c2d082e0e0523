"""What a reader hands on: canonical columns under their names, where they came from, and what was done.

>>> from whence.data.columns import from_texts
>>> Raw({"x": from_texts(["a", "b"])}, "columns given in Python").rows
2
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from whence.data.columns import Column, from_array, stacked
from whence.data.names import usable


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """Columns of one length; `notes` are sentences for the reader of a report.

    `derived` says, of each column that `derive=` made, which columns it was made from.
    """

    columns: Mapping[str, Column]
    source: str
    notes: tuple[str, ...] = ()
    derived: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values()))) if self.columns else 0


def stack(parts: Sequence[Raw]) -> Raw:
    """The parts one under another, matched by name; what a part lacks is missing there, with a note."""
    names = tuple(dict.fromkeys(name for part in parts for name in part.columns))
    usable(names)
    notes = [note for part in parts for note in part.notes]
    columns: dict[str, Column] = {}
    for name in names:
        lacking = [part for part in parts if name not in part.columns]
        notes += [f'"{name}" is not in {part.source}: missing in its {part.rows:,} rows.' for part in lacking]
        columns[name] = stacked([part.columns.get(name) or _all_missing(part.rows) for part in parts])
    return Raw(columns, ", ".join(part.source for part in parts), tuple(notes))


def _all_missing(rows: int) -> Column:
    return from_array(np.zeros(rows), np.ones(rows, dtype=np.bool_))
