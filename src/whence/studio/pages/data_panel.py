"""The data: brought in, looked at column by column, and what each column is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whence.examples import names
from whence.studio.pages.environment import counted, quantity, render
from whence.studio.pages.examples import known
from whence.studio.projects.naming import node_id
from whence.studio.projects.sheet import Part
from whence.studio.uploads.summary import Bar, ColumnSummary
from whence.studio.view import View
from whence.studio.wire.regions import Region

PARTS: tuple[tuple[Part, str], ...] = (
    ("treatment", "treatment"),
    ("outcome", "outcome"),
    ("placebo", "placebo outcome"),
    ("cluster", "cluster"),
    ("weights", "weights"),
    ("ignored", "ignored"),
)
MOST = 120
"""How many columns are listed; more would make a page that nobody reads."""
FEW_LEVELS = 12
WIDE, TALL = 96, 24


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column as it is listed."""

    id: str
    column: ColumnSummary
    part: Part | None
    drawn: bool
    bars: str
    words: str


def data_region(view: View) -> Region:
    """The panel of the data."""
    sheet = view.sheet
    key = (
        view.project,
        view.live,
        view.loading,
        sheet.data,
        view.table,
        tuple(sheet.parts.items()),
        sheet.contrast,
        tuple(sheet.derive.items()),
        sheet.where,
        frozenset(sheet.graph.nodes) if view.table is not None else None,
    )
    return Region("data", key, lambda: _data(view))


def _data(view: View) -> str:
    columns = () if view.table is None else view.table.columns
    shown = listed(view, columns)
    treated = view.sheet.named("treatment")
    levels = next((column.levels for column in columns if column.name in treated), ())
    return render(
        "data.html.j2",
        view=view,
        address=f"/p/{view.project}",
        rows=shown,
        more=len(columns) - len(shown),
        parts=PARTS,
        examples=[known(name) for name in sorted(names(), key=_standing)],
        treated=treated,
        levels=levels,
        few=FEW_LEVELS,
        head=[name.name for name in columns],
    )


def listed(view: View, columns: Sequence[ColumnSummary]) -> list[ColumnRow]:
    """The first columns, and every further one that has a part or is in the graph."""
    parts, nodes = view.sheet.parts, frozenset(view.sheet.graph.nodes)
    return [
        ColumnRow(
            node_id(column.name),
            column,
            parts.get(column.name),
            column.name in nodes,
            histogram(column.bars),
            told(column),
        )
        for position, column in enumerate(columns)
        if position < MOST or column.name in parts or column.name in nodes
    ]


def histogram(bars: Sequence[Bar]) -> str:
    """The bars as the path of one drawing, a ground of 96 by 24; empty where there is nothing to draw.

    >>> histogram([Bar("a", 2), Bar("b", 1)])
    'M0 24v-24h47v24zM48 24v-12h47v12z'
    """
    most = max((bar.count for bar in bars), default=0)
    if not most:
        return ""
    step = WIDE / len(bars)
    gap = 1 if step >= 3 else 0
    parts: list[str] = []
    for number, bar in enumerate(bars):
        if bar.count:
            tall = max(1.0, TALL * bar.count / most)
            up, wide = _n(tall), _n(step - gap)
            parts.append(f"M{_n(number * step)} {TALL}v-{up}h{wide}v{up}z")
    return "".join(parts)


def told(column: ColumnSummary) -> str:
    """A column in words, for its line and for those who hear it.

    >>> told(ColumnSummary("age", "integer", (), 3, 40, (), "17", "25", "55"))
    '17 to 55, median 25; 3 missing'
    """
    if column.low and column.high and column.kind not in ("binary", "constant"):
        words = f"{column.low} to {column.high}" + (f", median {column.middle}" if column.middle else "")
    elif column.levels and len(column.levels) <= FEW_LEVELS:
        words = ", ".join(column.levels)
    else:
        words = counted(column.distinct, "value")
    return f"{words}; {quantity(column.missing)} missing" if column.missing else words


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _standing(name: str) -> int:
    order = ("lalonde", "nhefs", "kidney_stones", "nsw", "drug")
    return order.index(name) if name in order else len(order)
