"""The facts on a whole column that one cannot have from a block: form, holes, extremes, and few values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from whence.data.columns import EXACT_WHOLE, Value
from whence.data.scanning.forms import Form, form_of_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from whence.data.scanning.layers import Sight

MOST_VALUES = 1_024
"""A column that has no more distinct values than this has them listed."""

MOST_LEVELS = 65_536
"""A column of text that has no more levels than this has them listed, and can be read in blocks."""

MARGIN = 4
"""An approximate count of distinct values is never off by this factor."""


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """What is known of a whole column.

    `present` counts the cells that are not missing; `low` and `high` are the extremes of a number (None for
    other columns); `values` are the distinct values in order where they are few, else None.
    """

    form: Form
    present: int
    low: float | None = None
    high: float | None = None
    values: tuple[Value, ...] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What one pass said of a column."""

    sight: Sight
    present: int
    undefined: int = 0
    low: Any = None
    high: Any = None
    whole: bool = False
    few: bool = False
    about: int | None = None
    """About how many distinct values there are; None if that is not known."""

    @property
    def most(self) -> int:
        """More distinct values than this are not listed."""
        return MARGIN * (MOST_LEVELS if self.sight.family == "text" else MOST_VALUES)


def fact_of(told: Told, listed: list[Any] | None, dated: Callable[[], bool]) -> Fact:
    """The fact on a column, from what a pass told and from its distinct cells, if they are few.

    `dated` says of text of too many levels whether all of them are dates.
    """
    if told.sight.family == "text":
        return _text(told, listed, dated)
    form = _form(told)
    low, high = (float(end) if end is not None and not form.empty else None for end in (told.low, told.high))
    cells = [cell for cell in listed or () if cell is not None and cell == cell]
    if form.empty:
        return Fact(form, 0, values=())
    if listed is None or len(cells) > MOST_VALUES:
        return Fact(form, told.present, low, high)
    raw = np.array(cells, dtype="datetime64[us]" if told.sight.family in {"date", "moment"} else None)
    return Fact(form, told.present, low, high, form.column(raw, None).level_codes()[0])


def _form(told: Told) -> Form:
    family = told.sight.family
    if told.present == 0:
        return Form("number", family, empty=True)
    if family == "double":
        exact = told.whole and max(abs(told.low), abs(told.high)) <= EXACT_WHOLE
        return Form("integer" if exact else "number", family)
    if family == "unsigned":
        return Form("integer" if int(told.high) <= np.iinfo(np.int64).max else "number", family)
    if family == "boolean":
        return Form("boolean", family)
    return Form("integer" if family == "integer" else "date", family)


def _text(told: Told, listed: list[str | None] | None, dated: Callable[[], bool]) -> Fact:
    words = None if listed is None else [word for word in listed if word is not None]
    if words is not None and len(words) <= MOST_LEVELS:
        form = form_of_text(words, told.sight.order)
        if form.empty:
            return Fact(form, told.present, values=())
        return Fact(form, told.present, values=form.column(form.codes, None).level_codes()[0])
    return Fact(Form("date" if dated() else "text", "text", words=None), told.present)
