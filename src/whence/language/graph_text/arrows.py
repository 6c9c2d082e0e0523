"""Arrow lists: how people write a graph in a line.

    x -> y <- z; y <-> w        edges end at `;`, at a new line or at a space; a chain reads on
    {a, b, c} -> x              a block: its members are taken as confounded with one another (a <-> b, …),
                                so that a list of covariates claims no independence among them
    x o-> y, o-o, o--, --, @->  the marks of CPDAGs, MAGs and PAGs (`@` is a circle)
    lonely                      a bare name is a node without edges
    U [latent] -> x             a hidden node
    [MAG] x -> y                the kind, where the edges alone do not tell
    "a name -> with arrows"     names that are not plain words are JSON strings
    # a comment

>>> read("x -> y <- z; U [latent] -> y").graph().latent
frozenset({'U'})
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, cast, get_args

from whence.language.graph import Kind, kind_of
from whence.language.graph_text.sketch import Sketch
from whence.language.graph_text.tokens import WORD, Cursor, tokens
from whence.language.printing import json_text
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from whence.language.graph import Graph

EXAMPLE = "Write edges such as x -> y; y <-> z."


# An `o` before an arrow would be read as its circle, the others as the beginning of another format.
OTHER_MEANINGS = frozenset(
    {"o", "dag", "pdag", "mag", "pag", "graph", "digraph", "strict", "creator", "version"}
)


def read(text: str) -> Sketch:
    """The graph that an arrow list describes; raises `GraphSyntax` where it does not."""
    cursor = Cursor(text, tokens(text))
    sketch = Sketch()
    if cursor.at_end:
        cursor.fail("There is no graph in this text.", EXAMPLE)
    if cursor.take("["):
        sketch.kind = _kind(cursor)
    while not cursor.at_end:
        if not cursor.take(";"):
            _chain(cursor, sketch)
    return sketch


def _kind(cursor: Cursor) -> Kind:
    token = cursor.next()
    if token.text not in get_args(Kind):
        cursor.fail(
            f"{quoted(token.text)} is no kind of graph.", f"Use one of {', '.join(get_args(Kind))}.", token
        )
    cursor.expect("]", "Close the kind, as in [MAG].")
    return cast("Kind", token.text)


def _chain(cursor: Cursor, sketch: Sketch) -> None:
    left = _end(cursor, sketch)
    while cursor.at_arrow:
        arrow = cursor.next().text
        right = _end(cursor, sketch)
        sketch.join(left, arrow, right)
        left = right


def _end(cursor: Cursor, sketch: Sketch) -> list[str]:
    """A node, or a block of nodes."""
    if cursor.take("{"):
        members = [_node(cursor, sketch)]
        while not cursor.take("}"):
            cursor.take(",", ";")
            if not cursor.is_at("}"):
                members.append(_node(cursor, sketch))
        for a, b in combinations(dict.fromkeys(members), 2):
            sketch.join([a], "<->", [b])
        return members
    if cursor.is_at(","):
        cursor.fail("A comma ends nothing here.", "Separate edges by `;`, or write a block: {a, b} -> x.")
    if cursor.at_arrow:
        cursor.fail("This arrow has nothing on its left.", EXAMPLE)
    return [_node(cursor, sketch)]


def _node(cursor: Cursor, sketch: Sketch) -> str:
    if cursor.now.kind == "number":
        cursor.fail("A name is missing.", 'Names that are not plain words stand in "…".')
    name = sketch.add(cursor.name("A name"))
    if cursor.take("["):
        token = cursor.next()
        if token.text != "latent":
            cursor.fail(
                f"A node cannot be {quoted(token.text)}.", "The one thing a node may be is [latent].", token
            )
        sketch.latent.add(name)
        cursor.expect("]", "Close the brackets, as in U [latent].")
    return name


def write(graph: Graph) -> str:
    """The graph as an arrow list that reads back to an equal graph."""
    joined = {end for edge in graph.edges for end in (edge.source, edge.target)}
    alone = [name for name in graph.nodes if name not in joined or name in graph.latent]
    parts = [_name(name) + (" [latent]" if name in graph.latent else "") for name in alone]
    parts += [f"{_name(edge.source)} {edge.mark} {_name(edge.target)}" for edge in graph.edges]
    kind = "" if parts and kind_of(graph.edges) == graph.kind else f"[{graph.kind}] "
    return (kind + "; ".join(parts)).strip()


def _name(name: str) -> str:
    return name if WORD.fullmatch(name) and name.lower() not in OTHER_MEANINGS else json_text(name)
