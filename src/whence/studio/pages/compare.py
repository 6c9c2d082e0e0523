"""Two answers side by side: their sentences, both numbers on one line, and all in which they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from whence.explanation.charts.number_line import cells
from whence.explanation.comparison import compare
from whence.explanation.figures import interval, number
from whence.explanation.outline import Cell, outline
from whence.explanation.sentence import unit_of
from whence.language.lettering import visible
from whence.studio.pages.environment import drawn, render
from whence.studio.pages.runs import base_of
from whence.studio.pages.shell import document, masthead

if TYPE_CHECKING:
    from whence.explanation.answer import Answer
    from whence.studio.reasoning.run_view import RunView
    from whence.studio.view import View

MOST_EDGES = 12
HASH = 12
TOLD_ABOVE = frozenset({"question"})
"""What is compared, but stands above the table already."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing compared: lines for each answer, of which there may be none."""

    what: str
    first: tuple[str, ...]
    second: tuple[str, ...]


def compare_page(view: View, first: RunView, second: RunView) -> str:
    """The page of two runs' answers."""
    assert first.answer is not None, "the first run has an answer"
    assert second.answer is not None, "the second run has an answer"
    left, right = first.answer, second.answer
    found = compare(left, right)
    same = [(row.what, row.left) for row in found.rows if row.same and row.what not in TOLD_ABOVE]
    address = f"{base_of(view)}/compare/{first.number}/{second.number}"
    title = f"Answers {first.number} and {second.number}"
    body = render(
        "compare.html.j2",
        masthead=drawn(masthead(((view.sheet.title or "Untitled project", base_of(view)), (title, "")))),
        base=base_of(view),
        sentence=visible(found.sentence),
        runs=(first, second),
        outlines=(outline(left), outline(right)),
        chart=drawn(_chart(first, second)),
        differing=rows(left, right),
        same=[(what, visible(shown)) for what, shown in same if what != "graph"],
        same_graph=any(what == "graph" for what, _ in same),
    )
    return document(title, body, address=address)


def rows(left: Answer, right: Answer) -> list[Row]:
    """What differs; of two graphs only the edges that one of them lacks."""
    found: list[Row] = []
    for row in compare(left, right).differing:
        if row.what in TOLD_ABOVE:
            continue
        if row.what == "graph":
            found.append(Row("only in its graph", _only(left, right), _only(right, left)))
        else:
            found.append(Row(row.what, _lines(row.what, row.left), _lines(row.what, row.right)))
    return found


def _lines(what: str, shown: str) -> tuple[str, ...]:
    shown = visible(shown)
    if what == "data" and len(shown) > HASH:
        return (f"SHA-256 {shown[:HASH]}…",)
    return (shown.replace("_", " ") if what == "refusal" else shown,) if shown else ()


def _only(one: Answer, other: Answer) -> tuple[str, ...]:
    """The edges and the variables of one graph that the other has not."""
    if one.graph is None:
        return ()
    known = frozenset(other.graph.edges if other.graph else ())
    names = frozenset(other.graph.nodes if other.graph else ())
    edges = [f"{visible(e.source)} {e.mark} {visible(e.target)}" for e in one.graph.edges if e not in known]
    edges += [visible(name) for name in one.graph.nodes if name not in names]
    rest = len(edges) - MOST_EDGES
    return (*edges[:MOST_EDGES], f"and {rest} more") if rest > 0 else tuple(edges)


def _chart(first: RunView, second: RunView) -> str:
    """Both numbers on one line; empty unless both have one of the same unit."""
    shown: list[tuple[Cell, float, tuple[float, float] | None]] = []
    units: set[str] = set()
    for run in (first, second):
        found = None if run.answer is None else run.answer.estimate
        if run.answer is None or found is None:
            return ""
        unit = unit_of(run.answer)
        units.add(unit)
        count = number(found.n, "count") if found.n else ""
        cell = Cell(f"Answer {run.number}", number(found.value, unit), interval(found.interval, unit), count)
        shown.append((cell, found.value, found.interval))
    return cells(shown) if len(units) == 1 else ""
