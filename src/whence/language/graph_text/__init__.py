"""Graphs in and out of the texts that people and programs write them in.

`graph` reads arrow lists (`x -> y <- z; y <-> w`), dagitty, DOT, GML, JSON, networkx graphs and files of any
of these, telling them apart by how they begin. What `write` writes reads back to an equal graph.

>>> g = graph("season -> price -> sales; season -> sales")
>>> print(write(g, "arrows"))
season -> price; price -> sales; season -> sales
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from whence.language.graph import Graph
from whence.language.graph_text import arrows, dagitty, dot, gml, json_format, networkx_format
from whence.language.graph_text.reading import sketch
from whence.runtime.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from whence.language.graph import Kind

TextFormat = Literal["arrows", "dagitty", "dot", "gml", "json"]

_WRITERS: dict[TextFormat, Callable[[Graph], str]] = {
    "arrows": arrows.write,
    "dagitty": dagitty.write,
    "dot": dot.write,
    "gml": gml.write,
    "json": json_format.write,
}

to_networkx = networkx_format.write


def graph(source: object, *, kind: Kind | None = None, latent: str | Iterable[str] = ()) -> Graph:
    """The graph that `source` describes.

    Parameters
    ----------
    source
        A text in any of the formats, a path to a file of one, a networkx graph, JSON data (a mapping, or a
        list of edges such as `("x", "y")`), or a `Graph`.
    kind
        "DAG", "ADMG", "CPDAG", "MPDAG", "MAG" or "PAG"; without it the text's own kind, or the plainest whose
        marks the edges use.
    latent
        Names of hidden nodes, beside those that the text marks as such.

    Raises
    ------
    GraphSyntax
        With the column, where a text cannot be read.
    CyclicGraph
        With the cycle.
    InvalidGraph
        Where the edges do not make a graph of the kind.
    MissingFile
        Where a path leads nowhere.
    """
    hidden = (latent,) if isinstance(latent, str) else tuple(latent)
    if isinstance(source, Graph):
        if kind is None and not hidden:
            return source
        return Graph.of(
            source.nodes, source.edges, latent={*source.latent, *hidden}, kind=kind or source.kind
        )
    return sketch(source).graph(kind, hidden)


def write(graph: Graph, format: TextFormat = "arrows") -> str:  # noqa: A002 - the word that users know
    """The graph as text; `graph` reads it back to an equal graph. Raises `InvalidOption`."""
    if format not in _WRITERS:
        raise InvalidOption("format", format, get_args(TextFormat))
    return _WRITERS[format](graph)
