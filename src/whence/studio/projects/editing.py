"""What an edit makes of a sheet: the next sheet, or a typed error and the sheet as it was.

>>> from whence.studio.projects.edits import AddEdge, SetPart
>>> from whence.studio.projects.sheet import Sheet
>>> sheet = applied(Sheet(), AddEdge("season", "price"))
>>> applied(sheet, SetPart("price", "treatment")).graph
Graph(DAG: season -> price)
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import singledispatch
from typing import TYPE_CHECKING, get_args

from whence.data.expressions import check
from whence.estimation.methods import Asked
from whence.runtime.errors import InvalidOption, WhenceError
from whence.runtime.plain import quoted
from whence.studio.projects import edits, redrawing
from whence.studio.projects.checking import (
    check_name,
    checked_place,
    graph_of_text,
    nameable,
    plain_text,
)
from whence.studio.projects.errors import InvalidEdit
from whence.studio.projects.sheet import Part, Sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whence.language.graph import Graph

FIRST_NODES = 12
"""How many columns of new data become variables of a graph that has none."""
MOST_DERIVED = 100
LONGEST_TITLE = 200
LONGEST_QUESTION = 4_000
LONGEST_EXPRESSION = 4_000
LONGEST_VALUE = 1_000
LONGEST_COLUMN = 4_000
LARGEST_SEED = 2**63
SINGLE: frozenset[Part] = frozenset({"treatment", "outcome", "weights", "cluster"})
DRAWN: frozenset[Part] = frozenset({"treatment", "outcome"})
APART: frozenset[Part] = frozenset({"weights", "cluster", "ignored"})
"""Parts of columns that are no variables of the graph."""


def applied(sheet: Sheet, edit: edits.Edit) -> Sheet:
    """The sheet after the edit.

    Raises `InvalidEdit` and its kinds, `UnknownVariable`, `CyclicGraph`, `InvalidGraph`, `GraphSyntax` and
    `InvalidOption`.
    """
    return _applied(edit, sheet)


@singledispatch
def _applied(edit: object, sheet: Sheet) -> Sheet:
    raise InvalidEdit(
        f"A {type(edit).__name__} is no edit of a sheet.", f"It cannot be done to {sheet.title!r}."
    )


# ── the project and its question ────────────────────────────────────────────────────────────────────────────


@_applied.register
def _(edit: edits.Rename, sheet: Sheet) -> Sheet:
    return replace(sheet, title=" ".join(plain_text(edit.title, LONGEST_TITLE, "The title").split()))


@_applied.register
def _(edit: edits.Ask, sheet: Sheet) -> Sheet:
    return replace(sheet, question=plain_text(edit.question, LONGEST_QUESTION, "The question"))


@_applied.register
def _(edit: edits.SetOptions, sheet: Sheet) -> Sheet:
    if edit.method not in get_args(Asked):
        raise InvalidOption("method", edit.method, get_args(Asked))
    if not 0 <= edit.seed < LARGEST_SEED:
        raise InvalidOption("seed", edit.seed, "a whole number, zero or more")
    if not 0.0 < edit.level < 1.0:
        raise InvalidOption("level", edit.level, "a number between 0 and 1, such as 0.95")
    return replace(sheet, method=edit.method, seed=int(edit.seed), level=float(edit.level))


# ── data ────────────────────────────────────────────────────────────────────────────────────────────────────


@_applied.register
def _(edit: edits.LoadData, sheet: Sheet) -> Sheet:
    """Parts, columns made and the condition stay as far as the new data have what they speak of."""
    columns = edit.columns
    plain_text(edit.data.label, LONGEST_COLUMN, "The name of the data")
    derive = _that_fit(sheet.derive, columns)
    known = {*columns, *derive, *sheet.graph.nodes}
    parts: dict[str, Part] = {
        name: part for name, part in sheet.parts.items() if name in known or not columns
    }
    where = sheet.where if sheet.where is not None and _fits(sheet.where, (*columns, *derive)) else None
    if not columns:
        derive, where = dict(sheet.derive), sheet.where
    graph = sheet.graph
    if not graph.nodes:
        graph = redrawing.with_nodes(graph, [name for name in columns if nameable(name)][:FIRST_NODES])
    contrast = sheet.contrast if _treatment(parts) == _treatment(sheet.parts) else None
    return replace(
        sheet, data=edit.data, graph=graph, parts=parts, derive=derive, where=where, contrast=contrast
    )


@_applied.register
def _(_: edits.DropData, sheet: Sheet) -> Sheet:
    return replace(sheet, data=None)


@_applied.register
def _(edit: edits.SetPart, sheet: Sheet) -> Sheet:
    name, part = edit.column, edit.part
    plain_text(name, LONGEST_COLUMN, "The name of the column")
    parts: dict[str, Part] = {each: said for each, said in sheet.parts.items() if each != name}
    if part is None:
        return _with_parts(sheet, parts)
    if part not in get_args(Part):
        raise InvalidOption("The part of a column", part, get_args(Part))
    if part in SINGLE:
        parts = {each: said for each, said in parts.items() if said != part}
    graph = _graph_for(sheet.graph, name, part)
    changed = replace(sheet, graph=graph, pins=_pins_in(sheet, graph))
    question = sheet.question
    if part in DRAWN and sheet.parts.get(name) != part and not _speaks_of(question, name):
        question = ""
    parts[name] = part
    return _with_parts(replace(changed, question=question), parts)


@_applied.register
def _(edit: edits.SetContrast, sheet: Sheet) -> Sheet:
    if edit.values is None:
        return replace(sheet, contrast=None)
    low, high = (plain_text(value, LONGEST_VALUE, "A value of the treatment") for value in edit.values)
    if low == high:
        raise InvalidEdit(
            f"Both values that are compared are {quoted(low)}.", "Choose two values of the treatment."
        )
    if not low or not high:
        raise InvalidEdit("One of the two values that are compared is missing.", "Choose both.")
    return replace(sheet, contrast=(low, high))


@_applied.register
def _(edit: edits.Derive, sheet: Sheet) -> Sheet:
    expression = plain_text(edit.expression, LONGEST_EXPRESSION, "The expression")
    if not expression:
        derive = {name: made for name, made in sheet.derive.items() if name != edit.name}
        return replace(sheet, derive=derive)
    check_name(edit.name)
    if edit.name not in sheet.derive and len(sheet.derive) >= MOST_DERIVED:
        raise InvalidEdit(f"There are {MOST_DERIVED} derived columns already.", "Take one away first.")
    return replace(sheet, derive={**sheet.derive, edit.name: expression})


@_applied.register
def _(edit: edits.Where, sheet: Sheet) -> Sheet:
    return replace(sheet, where=plain_text(edit.condition, LONGEST_EXPRESSION, "The condition") or None)


# ── the graph ───────────────────────────────────────────────────────────────────────────────────────────────


@_applied.register
def _(edit: edits.AddNode, sheet: Sheet) -> Sheet:
    pins = sheet.pins if edit.at is None else {**sheet.pins, edit.name: checked_place(edit.at)}
    return replace(sheet, graph=redrawing.with_node(sheet.graph, edit.name), pins=pins)


@_applied.register
def _(edit: edits.RemoveNode, sheet: Sheet) -> Sheet:
    return _redrawn(sheet, redrawing.without_node(sheet.graph, edit.name))


@_applied.register
def _(edit: edits.RenameNode, sheet: Sheet) -> Sheet:
    if edit.name == edit.to and edit.name in sheet.graph.index:
        return sheet
    graph = redrawing.renamed(sheet.graph, edit.name, edit.to)
    old, new = edit.name, edit.to
    pins = {new if name == old else name: at for name, at in sheet.pins.items()}
    own = [name for name in sheet.parts if name != new or old not in sheet.parts]
    parts = {new if name == old else name: sheet.parts[name] for name in own}
    return replace(sheet, graph=graph, pins=pins, parts=parts)


@_applied.register
def _(edit: edits.SetLatent, sheet: Sheet) -> Sheet:
    return replace(sheet, graph=redrawing.with_latent(sheet.graph, edit.name, latent=edit.latent))


@_applied.register
def _(edit: edits.AddEdge, sheet: Sheet) -> Sheet:
    return replace(sheet, graph=redrawing.with_edge(sheet.graph, edit.source, edit.target, edit.mark))


@_applied.register
def _(edit: edits.RemoveEdge, sheet: Sheet) -> Sheet:
    return replace(sheet, graph=redrawing.without_edge(sheet.graph, edit.source, edit.target, edit.mark))


@_applied.register
def _(edit: edits.ChangeEdge, sheet: Sheet) -> Sheet:
    before = (edit.source, edit.target, edit.mark)
    after = (edit.to_source, edit.to_target, edit.to_mark)
    return replace(sheet, graph=redrawing.with_edge_changed(sheet.graph, before, after))


@_applied.register
def _(edit: edits.MoveNode, sheet: Sheet) -> Sheet:
    sheet.graph.number(edit.name)
    if edit.at is None:
        return replace(sheet, pins={name: at for name, at in sheet.pins.items() if name != edit.name})
    return replace(sheet, pins={**sheet.pins, edit.name: checked_place(edit.at)})


@_applied.register
def _(_: edits.Unpin, sheet: Sheet) -> Sheet:
    return replace(sheet, pins={})


@_applied.register
def _(edit: edits.SetGraph, sheet: Sheet) -> Sheet:
    return with_graph(sheet, graph_of_text(edit.text))


def with_graph(sheet: Sheet, graph: Graph) -> Sheet:
    """The sheet with another graph: places and roles of variables that are still there are kept."""
    redrawing.check(graph)
    return _redrawn(sheet, graph)


def _redrawn(sheet: Sheet, graph: Graph) -> Sheet:
    parts: dict[str, Part] = {
        name: part for name, part in sheet.parts.items() if part not in DRAWN or name in graph.index
    }
    return _with_parts(replace(sheet, graph=graph, pins=_pins_in(sheet, graph)), parts)


def _pins_in(sheet: Sheet, graph: Graph) -> dict[str, tuple[float, float]]:
    return {name: at for name, at in sheet.pins.items() if name in graph.index}


def _graph_for(graph: Graph, name: str, part: Part) -> Graph:
    """Treatment and outcome are variables; weights, clusters and what is ignored are none.

    A column that stands in the graph without edges, as loading puts it there, leaves it by itself.
    """
    there = name in graph.index
    if part in DRAWN and not there:
        return redrawing.with_node(graph, name)
    if part not in APART or not there:
        return graph
    if not any(name in (edge.source, edge.target) for edge in graph.edges):
        return redrawing.without_node(graph, name)
    if part == "cluster":
        return graph
    raise InvalidEdit(
        f"{quoted(name)} has edges in the graph, so it cannot be {_words(part)}.",
        "Take it out of the graph first.",
    )


def _words(part: Part) -> str:
    return "a column of weights" if part == "weights" else "left out"


def _with_parts(sheet: Sheet, parts: Mapping[str, Part]) -> Sheet:
    """The values that are compared are those of one treatment."""
    same = _treatment(parts) == _treatment(sheet.parts)
    return replace(sheet, parts=dict(parts), contrast=sheet.contrast if same else None)


def _treatment(parts: Mapping[str, Part]) -> str | None:
    return next((name for name, part in parts.items() if part == "treatment"), None)


def _speaks_of(question: str, name: str) -> bool:
    """Whether a typed question names a variable, in any case and with any blanks for underscores.

    One that does not gives way when that variable is made treatment or outcome.
    """
    asked, sought = (re.sub(r"[\s_]+", " ", text.casefold()) for text in (question, name))
    return re.search(rf"(?<!\w){re.escape(sought)}(?!\w)", asked) is not None


def _that_fit(derive: Mapping[str, str], columns: Sequence[str]) -> dict[str, str]:
    """The columns made from others that can be made from these too."""
    found: dict[str, str] = {}
    taken = {name.casefold() for name in columns}
    for name, expression in derive.items():
        if name.casefold() not in taken and _fits(expression, (*columns, *found)):
            found[name] = expression
    return found


def _fits(expression: str, columns: Sequence[str]) -> bool:
    try:
        check(expression, tuple(columns))
    except WhenceError:
        return False
    return True
