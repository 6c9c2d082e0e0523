"""From a table of the data room to the columns of an estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whence.data.frame import complete
from whence.estimation.columns import MANY_LEVELS, Column, Columns
from whence.numerics.arrays import floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.data.frame import Frame
    from whence.data.tables import Table
    from whence.numerics.arrays import Floats

FIRST_ROWS = 1_024
"""Sorting all rows to find their distinct values takes longer than anything that is done with them."""


def columns_of(table: Table, names: Sequence[str]) -> Columns:
    """The rows of a table that are complete in these columns, as columns of numbers.

    Raises `UnknownColumn`, `InfiniteValues` and `EmptyData` as the data room does.
    """
    frame = complete(table, names)
    return Columns(
        {name: _column(frame, name) for name in frame.names},
        frame.weights,
        frame.weighting,
        frame.rows_dropped,
    )


def _column(frame: Frame, name: str) -> Column:
    text = frame.levels(name) is not None
    if not text and _certainly_many(frame.column(name)):
        return Column(np.ascontiguousarray(frame.column(name)))
    levels, codes = frame.values(name)
    if any(isinstance(level, str) for level in levels) and (text or len(levels) <= MANY_LEVELS):
        return Column(floats(codes), levels, text=True)
    numbers = np.ascontiguousarray(frame.column(name))
    return Column(numbers, levels if len(levels) <= MANY_LEVELS else None)


def _certainly_many(numbers: Floats) -> bool:
    """Whether the first rows alone hold more distinct values than are counted one by one."""
    return np.unique(numbers[:FIRST_ROWS]).size > MANY_LEVELS
