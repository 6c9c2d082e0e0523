"""Graphs with one thing changed, each checked as a whole: a variable or an edge added, renamed, turned, gone.

The kind of a graph follows its marks, as `whence.graph` has it; one that was named (`[MAG] x -> y`) is kept
for as long as the edges allow it.

>>> with_edge(Graph.of((), ()), "x", "y", "<->")
Graph(ADMG: x <-> y)
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from whence.language.graph import MARKS_OF_KIND, Edge, Graph, kind_of
from whence.runtime.errors import InvalidGraph
from whence.runtime.plain import quoted
from whence.studio.projects.checking import MOST_EDGES, MOST_NODES, check_name
from whence.studio.projects.errors import GraphTooLarge, NameTaken, UnknownEdge

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from whence.language.graph import Mark


def check(graph: Graph) -> None:
    """Raise `GraphTooLarge` or `InvalidName` for a graph that no sheet may hold."""
    if len(graph.nodes) > MOST_NODES:
        raise GraphTooLarge("variables", MOST_NODES)
    if len(graph.edges) > MOST_EDGES:
        raise GraphTooLarge("edges", MOST_EDGES)
    for name in graph.nodes:
        check_name(name)


def with_nodes(graph: Graph, names: Iterable[str]) -> Graph:
    """With these variables, those that are there already left as they are."""
    return _like(graph, nodes=(*graph.nodes, *names))


def with_node(graph: Graph, name: str) -> Graph:
    """With a new variable; raises `NameTaken`, `InvalidName`, `GraphTooLarge`."""
    if name in graph.index:
        raise NameTaken(name)
    return _like(graph, nodes=(*graph.nodes, name))


def without_node(graph: Graph, name: str) -> Graph:
    """Without a variable and its edges; raises `UnknownVariable`."""
    graph.number(name)
    nodes = [node for node in graph.nodes if node != name]
    edges = [edge for edge in graph.edges if name not in (edge.source, edge.target)]
    return _like(graph, nodes, edges, graph.latent - {name})


def renamed(graph: Graph, name: str, to: str) -> Graph:
    """With a variable called otherwise; raises `UnknownVariable`, `NameTaken`, `InvalidName`."""
    graph.number(name)
    if to in graph.index:
        raise NameTaken(to)

    def new(node: str) -> str:
        return to if node == name else node

    edges = [replace(edge, source=new(edge.source), target=new(edge.target)) for edge in graph.edges]
    return _like(graph, [new(node) for node in graph.nodes], edges, [new(node) for node in graph.latent])


def with_latent(graph: Graph, name: str, *, latent: bool) -> Graph:
    """With a variable measured or not; raises `UnknownVariable`."""
    graph.number(name)
    return _like(graph, latent=graph.latent | {name} if latent else graph.latent - {name})


def with_edge(graph: Graph, source: str, target: str, mark: Mark) -> Graph:
    """With an edge, and with the variables at its ends; raises what `Graph.of` does."""
    edge = Edge(source, target, mark)
    if edge in graph.edges:
        raise InvalidGraph(
            f"{quoted(edge.source)} {edge.mark} {quoted(edge.target)} is in the graph already.",
            "Change it, or draw another.",
        )
    return _like(graph, edges=(*graph.edges, edge))


def without_edge(graph: Graph, source: str, target: str, mark: Mark) -> Graph:
    """Without an edge; raises `UnknownEdge`."""
    gone = _found(graph, source, target, mark)
    return _like(graph, edges=[edge for edge in graph.edges if edge != gone])


def with_edge_changed(graph: Graph, before: tuple[str, str, Mark], after: tuple[str, str, Mark]) -> Graph:
    """With an edge in the place of another; raises `UnknownEdge` and what `Graph.of` does."""
    old = _found(graph, *before)
    new = replace(old, source=after[0], target=after[1], mark=after[2])
    if new == old:
        return graph
    if new in graph.edges:
        return with_edge(graph, *after)
    return _like(graph, edges=[new if edge == old else edge for edge in graph.edges])


def _found(graph: Graph, source: str, target: str, mark: Mark) -> Edge:
    sought = Edge(source, target, mark)
    found = next((edge for edge in graph.edges if edge == sought), None)
    if found is None:
        raise UnknownEdge(source, mark, target)
    return found


def _like(
    graph: Graph,
    nodes: Sequence[str] | None = None,
    edges: Sequence[Edge] | None = None,
    latent: Iterable[str] | None = None,
) -> Graph:
    """A graph of these parts, the others as they were; of the same kind if that was chosen and still fits."""
    drawn = graph.edges if edges is None else tuple(edges)
    chosen = graph.kind if graph.kind != kind_of(graph.edges) else None
    if chosen is not None and not all(edge.mark in MARKS_OF_KIND[chosen] for edge in drawn):
        chosen = None
    found = Graph.of(
        graph.nodes if nodes is None else nodes,
        drawn,
        latent=graph.latent if latent is None else latent,
        kind=chosen,
    )
    check(found)
    return found
