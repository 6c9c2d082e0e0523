"""Graphs of networkx, read by what they can do and not by their class.

Anything with `nodes`, `edges` and `is_directed` is read, so the package is not needed for that; writing
imports it. An edge's mark is its attribute `mark`; without one it is `->`, or `--` in an undirected graph. A
node with `latent=True` or `observed="no"` is hidden.

>>> looks_like_networkx("x -> y")
False
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Protocol, cast, get_args, runtime_checkable

from whence.language.graph import Kind
from whence.language.graph_text.dot import says_latent
from whence.language.graph_text.sketch import Sketch
from whence.runtime.errors import InvalidGraph, MissingExtra
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from whence.language.graph import Graph


class _View(Protocol):
    def __call__(self, *, data: bool) -> Iterable[tuple[Any, ...]]: ...


@runtime_checkable
class NetworkxGraph(Protocol):
    """As much of a networkx graph as is read."""

    @property
    def nodes(self) -> _View:
        """Its nodes."""
        ...

    @property
    def edges(self) -> _View:
        """Its edges."""
        ...

    @property
    def graph(self) -> Mapping[str, object]:
        """Its own attributes."""
        ...

    def is_directed(self) -> bool:
        """Whether its edges have a direction."""
        ...


def looks_like_networkx(source: object) -> bool:
    """Whether the source can do what a networkx graph can."""
    return isinstance(source, NetworkxGraph)


def read(source: NetworkxGraph) -> Sketch:
    """The graph that a networkx graph describes; names that are not text become text."""
    sketch = Sketch()
    kind = source.graph.get("kind")
    if kind in get_args(Kind):
        sketch.kind = cast("Kind", kind)
    names: dict[object, str] = {}
    for node, attributes in source.nodes(data=True):
        name = str(node)
        if name in sketch.nodes:
            raise InvalidGraph(f"Two nodes have the name {quoted(name)}.", "Give each node its own name.")
        names[node] = sketch.add(name)
        if says_latent(_texts(attributes)):
            sketch.latent.add(name)
    default = "->" if source.is_directed() else "--"
    for a, b, attributes in source.edges(data=True):
        mark = _texts(attributes).get("mark", default)
        # An undirected networkx graph does not keep which end came first.
        ends = (names[a], names[b]) if source.is_directed() or mark in ("--", "<->", "o-o") else None
        if ends is None:
            raise InvalidGraph(f"An undirected networkx graph cannot say {mark}.", "Use a MultiDiGraph.")
        sketch.join([ends[0]], mark, [ends[1]])
    return sketch


def _texts(attributes: Mapping[object, object]) -> dict[str, str]:
    return {str(key): str(value) for key, value in attributes.items()}


def write(graph: Graph) -> NetworkxGraph:
    """The graph as a `networkx.MultiDiGraph` that reads back to an equal graph."""
    try:
        networkx: Any = importlib.import_module("networkx")
    except ImportError as error:
        raise MissingExtra("networkx", "Writing a networkx graph") from error
    found: Any = networkx.MultiDiGraph(kind=graph.kind)
    for name in graph.nodes:
        found.add_node(name, latent=name in graph.latent)
    for edge in graph.edges:
        found.add_edge(edge.source, edge.target, mark=edge.mark)
    return cast("NetworkxGraph", found)
