"""The latent projection, and its way back: hidden causes taken out of a graph, and drawn into it.

The latent projection is the graph over the observed variables alone that has the same consequences: a hidden
variable is taken out one at a time, each of its causes then points at each of its effects, its effects are
joined to one another by `<->`, and so is whatever shared a hidden cause with it. The canonical DAG draws for
each `<->` a hidden cause of its two ends.

Sources: T. Verma, "Graphical aspects of causal models" (1993); J. Pearl, *Causality* (2009), definition
2.6.1; T. Richardson and P. Spirtes, "Ancestral graph Markov models" (2002), section 6, for canonical DAGs.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("U", "X"), Edge("U", "Y"), Edge("X", "Y")], latent=["U"])
>>> latent_projection(g)
Graph(ADMG: X -> Y; X <-> Y)
>>> canonical_dag(latent_projection(g))
Graph(DAG: X -> Y; U_X_Y -> X; U_X_Y -> Y, latent=['U_X_Y'])
"""

from __future__ import annotations

from whence.identification.kinship import require_directed
from whence.language.graph import Edge, Graph, bits
from whence.runtime.errors import InvalidGraph


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


def canonical_dag(graph: Graph) -> Graph:
    """The DAG that draws each `<->` of an ADMG or MAG as a latent node, named `U_a_b`, which causes the two.

    It has the same ancestors and m-separations of the nodes of `graph`; the latent projection of an ADMG's is
    the ADMG again. A DAG is returned as it is.

    Raises `InvalidGraph` for classes of graphs and for edges of selection (`--`), which would need a selected
    node.
    """
    if graph.kind not in ("DAG", "ADMG", "MAG") or any(graph.neighbours):
        what = f"this is a {graph.kind}" + (" with open edges" if any(graph.neighbours) else "")
        raise InvalidGraph(
            f"A canonical DAG draws the hidden causes of a DAG, an ADMG or a MAG, and {what}.",
            "Take one of its members (`whence.members`) without --.",
        )
    taken = set(graph.nodes)
    edges = [edge for edge in graph.edges if edge.mark == "->"]
    hidden: list[str] = []
    for edge in graph.edges:
        if edge.mark == "<->":
            name = f"U_{edge.source}_{edge.target}"
            while name in taken:
                name += "_"
            taken.add(name)
            hidden.append(name)
            edges += [Edge(name, end, citations=edge.citations) for end in (edge.source, edge.target)]
    return Graph.of((*graph.nodes, *hidden), edges, latent={*graph.latent, *hidden}, kind="DAG")
