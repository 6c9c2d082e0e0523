"""What the graph says, in words: whether the effect can be known and from what; its table and its text."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import get_args

from whence.explanation.mathml import to_mathml
from whence.explanation.proof import abbreviated, abbreviation
from whence.language.estimand import Estimand
from whence.language.expression import Difference
from whence.language.graph import Edge, Graph
from whence.language.graph_text import TextFormat, write
from whence.language.lettering import visible
from whence.language.roles import Role
from whence.language.simplify import simplify
from whence.runtime.errors import WhenceError
from whence.studio.drawing.legend import role_mark
from whence.studio.pages.environment import drawn, render
from whence.studio.projects.naming import edge_id, node_id
from whence.studio.reasoning.reading import Reading, Standing
from whence.studio.view import View
from whence.studio.wire.regions import Region

FORMAT_WORDS: dict[TextFormat, str] = {
    "arrows": "Arrows",
    "dagitty": "DAGitty",
    "dot": "DOT",
    "gml": "GML",
    "json": "JSON",
}
FORMATS = tuple((name, FORMAT_WORDS[name]) for name in get_args(TextFormat))
MARKS = (
    ("->", "causes"),
    ("<->", "shares a hidden cause with"),
    ("--", "is joined with"),
)
ARROWS = {"->": "→", "<->": "↔", "--": "—", "o->": "∘→", "o-o": "∘–∘", "o--": "∘–"}
STANDINGS: dict[Standing, tuple[str, str, str]] = {
    "empty": ("none", "○", "No graph yet"),
    "unasked": ("none", "○", "No question yet"),
    "misread": ("inconclusive", "▲", "The question cannot be read"),
    "identified": ("survived", "●", "Identified"),
    "refused": ("failed", "■", "Not answerable"),
}
MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class NodeLine:
    """A variable in the table of variables."""

    id: str
    name: str
    role: Role
    mark: str
    latent: bool
    measured: bool


@dataclass(frozen=True, slots=True)
class EdgeLine:
    """An edge in the table of edges."""

    id: str
    edge: Edge
    arrow: str


def graph_key(graph: Graph) -> tuple[Hashable, ...]:
    """What a picture of the graph depends on, the order of its parts included."""
    return (graph.nodes, graph.edges, graph.latent, graph.kind)


def picture_key(reading: Reading) -> tuple[Hashable, ...]:
    """What a picture of the graph with its question depends on: not what is said of them beside it."""
    return (
        *graph_key(reading.graph),
        (() if reading.query is None else reading.query.conditions, reading.adjusted),
        None if reading.roles is None else tuple(reading.roles.items()),
        tuple((reading.strands or {}).items()),
        reading.ways,
    )


def reading_key(reading: Reading) -> tuple[Hashable, ...]:
    """What anything that shows the reading depends on."""
    return (
        (reading.standing, reading.headline, reading.echo, reading.trouble, reading.verified),
        (reading.formula, reading.sets, reading.instruments, reading.would_help, reading.advised),
        reading.more,
        *picture_key(reading),
    )


def reading_region(view: View) -> Region:
    """What the graph says for the question, and what the last edit made of it."""
    key = (
        view.project,
        view.live,
        view.change,
        view.verdicts,
        view.table is None,
        *reading_key(view.reading),
    )
    return Region("reading", key, lambda: _reading(view))


def _reading(view: View) -> str:
    reading = view.reading
    kind, mark, word = STANDINGS[reading.standing]
    if reading.standing == "refused" and getattr(reading.reply, "kind", "") == "not_identified":
        word = "Not identified"
    broken = () if view.verdicts is None else tuple(each for each in view.verdicts.tested if each.broken)
    formula, letter = _formula(reading)
    others = tuple(each for each in reading.sets if set(each) != set(reading.adjusted))
    return render(
        "reading.html.j2",
        view=view,
        reading=reading,
        kind=kind,
        mark=mark,
        word=word,
        formula=drawn(formula),
        letter=letter,
        broken=broken,
        held=() if view.verdicts is None else tuple(each for each in view.verdicts.tested if not each.broken),
        others=others,
        causal=tuple(way for way in reading.ways if way.causal),
        back=tuple(way for way in reading.ways if not way.causal),
    )


def _formula(reading: Reading) -> tuple[str, str]:
    """The estimand as a formula, and the letter in it that stands for the adjustment set, or ""."""
    if not isinstance(reading.reply, Estimand):
        return "", ""
    short = abbreviation(reading.reply)
    shown = abbreviated(simplify(reading.reply.expression), short)
    # A difference goes on two lines: the panel is narrow.
    sides = (shown.left, shown.right) if isinstance(shown, Difference) else (shown,)
    lines = [("− " if i else "") + to_mathml(side) for i, side in enumerate(sides)]
    return "".join(f"<div>{line}</div>" for line in lines), "" if short is None else short.symbol


def edges_region(view: View) -> Region:
    """The graph as tables and as text: everything that can be done on the picture can be done here."""
    reading = view.reading
    columns = None if view.table is None else tuple(column.name for column in view.table.columns)
    key = (
        view.project,
        view.live,
        columns,
        *graph_key(reading.graph),
        tuple((reading.roles or {}).items()),
        view.sheet.named("treatment"),
        view.sheet.named("outcome"),
    )
    return Region("edges", key, lambda: _edges(view), late=True)


def _edges(view: View) -> str:
    graph, roles = view.reading.graph, view.reading.roles or {}
    columns = None if view.table is None else {column.name for column in view.table.columns}
    nodes = [
        NodeLine(
            node_id(name),
            name,
            roles.get(name, "latent" if name in graph.latent else "other"),
            drawn(role_mark(roles.get(name, "latent" if name in graph.latent else "other"))),
            name in graph.latent,
            columns is None or name in columns,
        )
        for name in graph.nodes
    ]
    lines = [
        EdgeLine(edge_id(edge.source, edge.mark, edge.target), edge, ARROWS[edge.mark])
        for edge in graph.edges
    ]
    return render(
        "edges.html.j2",
        view=view,
        address=f"/p/{view.project}",
        nodes=nodes[:MOST_LINES],
        every=nodes,
        edges=lines[:MOST_LINES],
        more=max(0, len(lines) - MOST_LINES) + max(0, len(nodes) - MOST_LINES),
        total=len(lines),
        kind=graph.kind,
        marks=MARKS,
        formats=FORMATS,
        written="" if view.live else visible(written(graph)),
        fresh=f"{hash_of(graph):x}",
    )


def written(graph: Graph) -> str:
    """The graph as a list of arrows, or why it cannot be one."""
    try:
        return write(graph, "arrows")
    except WhenceError as error:
        return error.message


def hash_of(graph: Graph) -> int:
    """A number that is new when the graph is."""
    return hash(graph_key(graph)) & 0xFFFFFFFF
