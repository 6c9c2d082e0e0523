"""The verifier's own list of the graphs that an equivalence class stands for: a proof must hold in each.

An undirected edge is directed either way, and what comes of it must have no cycle and no collider of
non-adjacent causes beyond those that the class shows. Nothing is shared with the identifier's rules.

Source: C. Meek, "Causal inference and causal explanation with background knowledge" (UAI 1995).

>>> from whence.language.graph import Edge
>>> chain = Graph.of((), [Edge("A", "B", "--"), Edge("B", "C", "--")], kind="CPDAG")
>>> len(meanings(chain))
3
"""

from __future__ import annotations

from whence.identification.verification.world import demand
from whence.language.graph import Edge, Graph
from whence.runtime.errors import CyclicGraph

MOST = 1 << 17
"""How many graphs, directed in part or in whole, are looked at before a class is too large."""


def meanings(graph: Graph) -> tuple[Graph, ...]:
    """The DAGs of a CPDAG or MPDAG; any other graph means itself."""
    if graph.kind not in ("CPDAG", "MPDAG"):
        return (graph,)
    loose = _side_by_side([edge for edge in graph.edges if edge.mark == "--"])
    fixed = [edge for edge in graph.edges if edge.mark == "->"]
    near = {frozenset((edge.source, edge.target)) for edge in graph.edges}
    found: list[Graph] = []
    pending = [(loose, fixed)]
    looked_at = 0
    while pending:
        looked_at += 1
        demand(looked_at <= MOST, "graph", "its class is too large to be gone through")
        rest, directed = pending.pop()
        if not rest:
            try:
                found.append(Graph.of(graph.nodes, directed, latent=graph.latent))
            except CyclicGraph:
                continue
            continue
        edge = rest[0]
        for source, target in ((edge.source, edge.target), (edge.target, edge.source)):
            others = [each.source for each in directed if each.target == target]
            # A new arrow may meet another one only where their causes are adjacent.
            if all(frozenset((source, other)) in near for other in others):
                pending.append((rest[1:], [*directed, Edge(source, target)]))
    demand(found, "graph", "it stands for no DAG")
    return tuple(found)


def _side_by_side(edges: list[Edge]) -> list[Edge]:
    """The edges so ordered that each meets one before it where it can: a wrong way is soon found out."""
    ordered: list[Edge] = []
    met: set[str] = set()
    rest = list(edges)
    while rest:
        edge = next((each for each in rest if each.source in met or each.target in met), rest[0])
        rest.remove(edge)
        ordered.append(edge)
        met |= {edge.source, edge.target}
    return ordered
