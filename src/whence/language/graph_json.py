"""Graphs as plain JSON, and back.

>>> from whence.language.graph import Edge, Graph
>>> graph_to_dict(Graph.of(("x", "y"), [Edge("x", "y")]))["edges"]
[{'source': 'x', 'target': 'y', 'mark': '->'}]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast, get_args

from whence.language.assumptions import Citation
from whence.language.graph import Edge, Graph, Kind, as_mark
from whence.language.json_reading import Fields
from whence.runtime.errors import GraphError, InvalidAnswer

if TYPE_CHECKING:
    from whence.runtime.plain import JSON


def graph_to_dict(graph: Graph) -> dict[str, JSON]:
    """The graph as plain JSON: kind, nodes in order, edges, latent nodes."""
    nodes: list[JSON] = list(graph.nodes)
    edges = [_edge(edge) for edge in graph.edges]
    latent: list[JSON] = [*sorted(graph.latent)]
    return {"kind": graph.kind, "nodes": nodes, "edges": edges, "latent": latent}


def _edge(edge: Edge) -> JSON:
    found: dict[str, JSON] = {"source": edge.source, "target": edge.target, "mark": edge.mark}
    if edge.citations:
        found["citations"] = [citation.to_dict() for citation in edge.citations]
    return found


def graph_from_dict(data: object) -> Graph:
    """A graph back from plain JSON; raises `InvalidAnswer` if it is none."""
    fields = Fields(data, "a graph")
    kind: Kind | None = None if fields.get("kind") is None else fields.choice("kind", get_args(Kind))
    try:
        edges = fields.each("edges", edge_from_dict)
        return Graph.of(fields.names("nodes"), edges, latent=fields.names("latent"), kind=kind)
    except GraphError as error:
        raise InvalidAnswer(f"its graph is none: {error.message}") from error


def edge_from_dict(data: object) -> Edge:
    """An edge back from plain JSON; the mark is `->` where none is given."""
    fields = Fields(data, "an edge")
    mark = as_mark(fields.text("mark")) if fields.get("mark") is not None else "->"
    return Edge(fields.text("source"), fields.text("target"), mark, fields.each("citations", _citation))


def _citation(data: object) -> Citation:
    if not isinstance(data, Mapping):
        raise InvalidAnswer("a citation is no object")
    return Citation.from_dict(cast("Mapping[str, object]", data))
