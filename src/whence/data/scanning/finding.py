"""How the facts on whole columns are found: in few passes over the columns asked about, and no others.

First a look at the first rows tells what is worth asking. Columns that seem to have few combinations of
values are counted, and the counts tell everything. Of others one pass tells counts, extremes and truth
values, which are the same in any order and on any number of threads, and one lists the distinct values of
columns that have few. No sum of floats is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any, cast

from whence.data.scanning.facts import Fact, Told, fact_of
from whence.data.scanning.groups import Groups, comparable, facts_of, grouped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from whence.data.duck import Engine
    from whence.data.scanning.layers import Layer, Sight

LOOKED_AT = 2_048
"""Rows looked at first."""

MOST_CELLS_SEEN = 4_096
"""With more combinations of the values that the first rows have, the columns are not counted."""

AT_ONCE = 128
"""Columns asked about in one query; with thousands it is the query that takes the time."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the first rows of a column show: fractions, and how many distinct values.

    `every` says that there are no other rows.
    """

    fraction: bool
    distinct: int
    every: bool

    @property
    def few(self) -> bool:
        """Whether the column may have few distinct values."""
        return self.every or self.distinct <= LOOKED_AT // 2


def found(db: Engine, layer: Layer, names: Sequence[str]) -> tuple[dict[str, Fact], Groups | None]:
    """The facts on these columns of a layer's rows, and the counts that they come from, if they do."""
    facts: dict[str, Fact] = {}
    for start in range(0, len(names), AT_ONCE):
        some = layer.narrowed(names[start : start + AT_ONCE])
        heads = _looked_at(db, some)
        groups = grouped(db, some) if len(some.sights) == len(names) and _few_cells(heads) else None
        if groups is not None:
            return facts_of(groups, some.sights), groups
        facts |= _passes(db, some, heads)
    return facts, None


def _few_cells(heads: Sequence[Head]) -> bool:
    """Whether the columns seem to have so few combinations of values that counting these is quickest."""
    few = all(head.distinct <= LOOKED_AT // 8 for head in heads)
    return few and prod(head.distinct + 1 for head in heads) <= MOST_CELLS_SEEN


def _passes(db: Engine, layer: Layer, heads: Sequence[Head]) -> dict[str, Fact]:
    names, sights = tuple(layer.sights), tuple(layer.sights.values())
    passed = _passed_over(db, layer, list(zip(sights, heads, strict=True)))
    told = _counted_roughly(db, layer, [_without_nan(db, layer, each) for each in passed])
    listed = _listed(db, layer, told)
    return {
        name: fact_of(each, cells, partial(_dated, db, layer, each.sight.cell))
        for name, each, cells in zip(names, told, listed, strict=True)
    }


def _looked_at(db: Engine, layer: Layer) -> list[Head]:
    asked: list[str] = []
    for sight in layer.sights.values():
        fraction = f"{sight.cell} <> floor({sight.cell})" if sight.family == "double" else "false"
        asked += [f"coalesce(bool_or({fraction}), false)", f"count(DISTINCT {sight.cell})"]
    head = f"(SELECT * FROM {layer.sql} LIMIT {LOOKED_AT})"
    rows, *cells = db.rows(f"SELECT count(*), {', '.join(asked)} FROM {head}")[0]
    pairs = zip(cells[0::2], cells[1::2], strict=True)
    every = int(rows) < LOOKED_AT
    return [Head(bool(fraction), int(few), every) for fraction, few in pairs]


def _passed_over(db: Engine, layer: Layer, looked: Sequence[tuple[Sight, Head]]) -> Iterator[Told]:
    asked: list[str] = []
    for sight, head in looked:
        cell, numeric = sight.cell, sight.family in {"integer", "unsigned", "double"}
        double = sight.family == "double"
        asked += [
            f"count({cell})",
            f"count_if(isnan({cell}))" if double else "0",
            f"min({cell})" if numeric else "NULL",
            f"max({cell})" if numeric else "NULL",
            f"coalesce(bool_and({cell} = floor({cell})), true)" if double and not head.fraction else "false",
            _roughly(sight, head.few),
        ]
    cells = db.rows(f"SELECT {', '.join(asked)} FROM {layer.sql}")[0]
    for place, (sight, head) in enumerate(looked):
        present, undefined, low, high, whole, about = cells[6 * place : 6 * place + 6]
        known = int(present) - int(undefined)
        yield Told(sight, known, int(undefined), low, high, bool(whole), head.few, about)


def _roughly(sight: Sight, few: bool) -> str:
    """The SQL of about how many distinct values a column has; of whole numbers the extremes may tell."""
    if sight.family == "boolean":
        return "2"
    if sight.family in {"integer", "unsigned"}:
        return "NULL"
    return f"approx_count_distinct({sight.cell})" if few or sight.family == "text" else "NULL"


def _counted_roughly(db: Engine, layer: Layer, told: Sequence[Told]) -> list[Told]:
    """The same, knowing about how many distinct values each column of whole numbers has."""
    numbers = [each for each in told if each.sight.family in {"integer", "unsigned"} and each.present]
    about = {each.sight.cell: int(each.high) - int(each.low) + 1 for each in numbers}
    wide = [each for each in numbers if each.few and about[each.sight.cell] > each.most]
    if wide:
        asked = ", ".join(f"approx_count_distinct({each.sight.cell})" for each in wide)
        counts = db.rows(f"SELECT {asked} FROM {layer.sql}")[0]
        about |= {each.sight.cell: int(count) for each, count in zip(wide, counts, strict=True)}
    return [replace(each, about=about.get(each.sight.cell, each.about)) for each in told]


def _without_nan(db: Engine, layer: Layer, told: Told) -> Told:
    """The extremes of the numbers among which some are NaN, which the engine holds to be the largest."""
    if not told.undefined:
        return told
    cell = told.sight.cell
    low, high = db.rows(f"SELECT min({cell}), max({cell}) FROM {layer.sql} WHERE NOT isnan({cell})")[0]
    return replace(told, low=low, high=high)


def _listed(db: Engine, layer: Layer, told: Sequence[Told]) -> list[list[Any] | None]:
    """The distinct cells of every column that has few, in one pass; None of the others."""
    few = [each.about is not None and each.about <= each.most for each in told]
    asked = [f"list(DISTINCT {comparable(each.sight)})" for each, one in zip(told, few, strict=True) if one]
    if not asked:
        return [None] * len(told)
    cells = iter(db.rows(f"SELECT {', '.join(asked)} FROM {layer.sql}")[0])
    return [cast("list[Any]", next(cells) or []) if one else None for one in few]


def _dated(db: Engine, layer: Layer, cell: str) -> bool:
    """Whether all texts of a column are ISO dates that exist."""
    written = f"regexp_full_match({cell}, '{_DAY}([T ]{_CLOCK})?')"
    asked = f"bool_and({written} AND TRY_CAST({cell} AS TIMESTAMP) IS NOT NULL)"
    return bool(db.rows(f"SELECT {asked} FROM {layer.sql}")[0][0])


_DAY = r"\d{4}-\d\d-\d\d"
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?"
