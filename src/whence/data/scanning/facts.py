"""The facts on whole columns that one cannot have from a block: form, holes, extremes, and few values.

Found in up to three passes over the columns asked about and no others: a look at the first rows, which tells
what is worth asking; one pass of counts, extremes and truth values, which are the same in any order and on
any number of threads; and one for the distinct values of columns that have few. No sum of floats is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from whence.data.columns import EXACT_WHOLE, Value
from whence.data.scanning.forms import Form, form_of_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whence.data.duck import Engine
    from whence.data.scanning.layers import Layer, Sight

HEAD = 2_048
"""Rows looked at first."""

MOST_VALUES = 1_024
"""A column that has no more distinct values than this has them listed."""

MOST_LEVELS = 65_536
"""A column of text that has no more levels than this has them listed, and can be read in blocks."""

MARGIN = 4
"""An approximate count of distinct values is never off by this factor."""

_DAY = r"\d{4}-\d\d-\d\d"
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?"


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
class _Told:
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


AT_ONCE = 128
"""Columns asked about in one query; with thousands it is the query that takes the time."""


def found(db: Engine, layer: Layer, names: Sequence[str]) -> dict[str, Fact]:
    """The facts on these columns of a layer's rows."""
    facts: dict[str, Fact] = {}
    for start in range(0, len(names), AT_ONCE):
        facts |= _found(db, layer, names[start : start + AT_ONCE])
    return facts


def _found(db: Engine, layer: Layer, names: Sequence[str]) -> dict[str, Fact]:
    layer = layer.narrowed(names)
    sights = list(layer.sights.values())
    heads = _looked_at(db, layer, sights)
    passed = _passed_over(db, layer, list(zip(sights, heads, strict=True)))
    told = _counted_roughly(db, layer, [_without_nan(db, layer, each) for each in passed])
    listed = _listed(db, layer, told)
    return {
        name: _fact(db, layer, each, values) for name, each, values in zip(names, told, listed, strict=True)
    }


def _looked_at(db: Engine, layer: Layer, sights: Sequence[Sight]) -> list[tuple[bool, bool]]:
    """Of each column: whether its first rows hold fractions, and whether they hold few distinct values."""
    asked: list[str] = []
    for sight in sights:
        fraction = f"{sight.cell} <> floor({sight.cell})" if sight.family == "double" else "false"
        asked += [f"coalesce(bool_or({fraction}), false)", f"count(DISTINCT {sight.cell})"]
    head = f"(SELECT * FROM {layer.sql} LIMIT {HEAD})"
    rows, *cells = db.rows(f"SELECT count(*), {', '.join(asked)} FROM {head}")[0]
    pairs = zip(cells[0::2], cells[1::2], strict=True)
    return [(bool(fraction), int(few) <= HEAD // 2 or int(rows) < HEAD) for fraction, few in pairs]


def _passed_over(
    db: Engine, layer: Layer, looked: Sequence[tuple[Sight, tuple[bool, bool]]]
) -> Iterator[_Told]:
    asked: list[str] = []
    for sight, (fraction, few) in looked:
        cell, numeric = sight.cell, sight.family in {"integer", "unsigned", "double"}
        double = sight.family == "double"
        asked += [
            f"count({cell})",
            f"count_if(isnan({cell}))" if double else "0",
            f"min({cell})" if numeric else "NULL",
            f"max({cell})" if numeric else "NULL",
            f"coalesce(bool_and({cell} = floor({cell})), true)" if double and not fraction else "false",
            _roughly(sight, few),
        ]
    cells = db.rows(f"SELECT {', '.join(asked)} FROM {layer.sql}")[0]
    for place, (sight, (_, few)) in enumerate(looked):
        present, undefined, low, high, whole, about = cells[6 * place : 6 * place + 6]
        known = int(present) - int(undefined)
        yield _Told(sight, known, int(undefined), low, high, bool(whole), few, about)


def _roughly(sight: Sight, few: bool) -> str:
    """The SQL of about how many distinct values a column has; of whole numbers the extremes may tell."""
    if sight.family == "boolean":
        return "2"
    if sight.family in {"integer", "unsigned"}:
        return "NULL"
    return f"approx_count_distinct({sight.cell})" if few or sight.family == "text" else "NULL"


def _counted_roughly(db: Engine, layer: Layer, told: Sequence[_Told]) -> list[_Told]:
    """The same, knowing about how many distinct values each column of whole numbers has."""
    numbers = [each for each in told if each.sight.family in {"integer", "unsigned"} and each.present]
    about = {each.sight.cell: int(each.high) - int(each.low) + 1 for each in numbers}
    wide = [each for each in numbers if each.few and about[each.sight.cell] > each.most]
    if wide:
        asked = ", ".join(f"approx_count_distinct({each.sight.cell})" for each in wide)
        counts = db.rows(f"SELECT {asked} FROM {layer.sql}")[0]
        about |= {each.sight.cell: int(count) for each, count in zip(wide, counts, strict=True)}
    return [replace(each, about=about.get(each.sight.cell, each.about)) for each in told]


def _without_nan(db: Engine, layer: Layer, told: _Told) -> _Told:
    """The extremes of the numbers among which some are NaN, which the engine holds to be the largest."""
    if not told.undefined:
        return told
    cell = told.sight.cell
    low, high = db.rows(f"SELECT min({cell}), max({cell}) FROM {layer.sql} WHERE NOT isnan({cell})")[0]
    return replace(told, low=low, high=high)


def _listed(db: Engine, layer: Layer, told: Sequence[_Told]) -> list[list[Any] | None]:
    """The distinct cells of every column that has few, in one pass; None of the others."""
    few = [each.about is not None and each.about <= each.most for each in told]
    asked = [f"list(DISTINCT {_comparable(each.sight)})" for each, one in zip(told, few, strict=True) if one]
    if not asked:
        return [None] * len(told)
    cells = iter(db.rows(f"SELECT {', '.join(asked)} FROM {layer.sql}")[0])
    return [cast("list[Any]", next(cells) or []) if one else None for one in few]


def _comparable(sight: Sight) -> str:
    return f"epoch_us({sight.cell})" if sight.family in {"date", "moment"} else sight.cell


def _fact(db: Engine, layer: Layer, told: _Told, listed: list[Any] | None) -> Fact:
    if told.sight.family == "text":
        return _text(db, layer, told, listed)
    form = _form(told)
    low, high = (float(end) if end is not None and not form.empty else None for end in (told.low, told.high))
    if listed is None:
        return Fact(form, told.present, low, high)
    cells = [cell for cell in listed if cell is not None and cell == cell]
    if form.empty or len(cells) > MOST_VALUES:
        return Fact(form, told.present, low, high, () if form.empty else None)
    raw = np.array(cells, dtype="datetime64[us]" if told.sight.family in {"date", "moment"} else None)
    return Fact(form, told.present, low, high, form.column(raw, None).level_codes()[0])


def _form(told: _Told) -> Form:
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


def _text(db: Engine, layer: Layer, told: _Told, listed: list[str | None] | None) -> Fact:
    words = None if listed is None else [word for word in listed if word is not None]
    if words is not None and len(words) <= MOST_LEVELS:
        form = form_of_text(words, told.sight.order)
        meanings = form.meanings
        if form.empty or meanings is None:
            return Fact(form, told.present, values=())
        return Fact(form, told.present, values=form.column(form.codes, None).level_codes()[0])
    cell = told.sight.cell
    dates = (
        f"bool_and(regexp_full_match({cell}, '{_DAY}([T ]{_CLOCK})?') "
        f"AND TRY_CAST({cell} AS TIMESTAMP) IS NOT NULL)"
    )
    dated = bool(db.rows(f"SELECT {dates} FROM {layer.sql}")[0][0])
    return Fact(Form("date" if dated else "text", "text", words=None), told.present)
