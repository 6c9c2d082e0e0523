"""The latent projection: the graph over the observed variables alone that has the same consequences.

A hidden variable is taken out one at a time: each of its causes then points at each of its effects, its
effects are joined to one another by `<->`, and so is whatever shared a hidden cause with it.

Source: T. Verma, "Graphical aspects of causal models" (1993); J. Pearl, *Causality* (2009), definition 2.6.1.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("U", "X"), Edge("U", "Y"), Edge("X", "Y")], latent=["U"])
>>> latent_projection(g)
Graph(ADMG: X -> Y; X <-> Y)
"""

from __future__ import annotations

from whence.identification.kinship import require_directed
from whence.language.graph import Edge, Graph, bits


def latent_projection(graph: Graph) -> Graph:
    """The ADMG over the observed nodes; a graph without latent nodes is returned as it is.

    Edges between observed nodes keep their citations. Raises `InvalidGraph` for kinds other than DAG and
    ADMG.
    """
    require_directed(graph, "Latent projection")
    if not graph.latent:
        return graph
    parents, children, spouses = list(graph.parents), list(graph.children), list(graph.spouses)
    hidden = graph.mask(graph.latent)
    for node in bits(hidden):
        _take_out(node, parents, children, spouses)
    seen = ~hidden
    old = {(edge.source, edge.target, edge.mark): edge for edge in graph.edges}
    edges: list[Edge] = []
    for i in bits(graph.all & seen):
        name = graph.nodes[i]
        edges += [Edge(name, graph.nodes[j]) for j in bits(children[i] & seen)]
        later = spouses[i] & seen & ~((2 << i) - 1)
        edges += [Edge(name, graph.nodes[j], "<->") for j in bits(later)]
    kept = [old.get((edge.source, edge.target, edge.mark), edge) for edge in edges]
    kind = "ADMG" if any(edge.mark == "<->" for edge in kept) else "DAG"
    return Graph.of(graph.observed, kept, kind=kind)


def _take_out(node: int, parents: list[int], children: list[int], spouses: list[int]) -> None:
    """Join what met at `node`, then drop it from the rows."""
    gone = ~(1 << node)
    above, below, beside = parents[node], children[node], spouses[node]
    for child in bits(below):
        parents[child] = (parents[child] | above) & gone
        spouses[child] = (spouses[child] | below | beside) & ~(1 << child) & gone
    for parent in bits(above):
        children[parent] = (children[parent] | below) & gone
    for spouse in bits(beside):
        spouses[spouse] = (spouses[spouse] | below) & ~(1 << spouse) & gone
