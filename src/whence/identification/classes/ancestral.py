"""Maximal ancestral graphs: what hidden causes leave to be seen, with one edge between two variables at most.

A MAG joins two variables when no set of the others separates them, and marks each end by ancestry: a tail
where the one causes the other, an arrowhead where it does not. It says of each pair whether one causes the
other, but a -> b may hide a common cause beside it, unless the edge is *visible*.

Sources: T. Richardson and P. Spirtes, "Ancestral graph Markov models" (2002); J. Zhang, "Causal reasoning
with ancestral graphs" (JMLR 2008) for visible edges.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("U", "A"), Edge("U", "B"), Edge("I", "A"), Edge("A", "B")], latent=["U"])
>>> mag(g)
Graph(MAG: A -> B; I -> A; I -> B)
"""

from __future__ import annotations

from whence.identification.classes.marks import Marks
from whence.identification.kinship import ancestors
from whence.identification.projection import latent_projection
from whence.language.graph import Edge, Graph, bits, union
from whence.runtime.errors import InvalidGraph
from whence.runtime.plain import quoted

NAME_A_MEMBER = "Take its `whence.mag` if it comes from a DAG or an ADMG."


def mag(graph: Graph) -> Graph:
    """The MAG over the observed nodes of a DAG or an ADMG; a MAG is checked and returned as it is.

    Raises `InvalidGraph` for classes of graphs (take a member), and for a MAG that is none.

    Source: T. Richardson and P. Spirtes (2002), section 4.2, without selection.
    """
    if graph.kind == "MAG":
        require_mag(graph)
        return graph
    if graph.kind not in ("DAG", "ADMG"):
        raise InvalidGraph(
            f"A MAG is made of a DAG or an ADMG, and this graph is a {graph.kind}.",
            "Take one of its `whence.members`.",
        )
    projected = latent_projection(graph)
    nodes = projected.nodes
    above = [ancestors(projected, 1 << v, projected.all) for v in range(len(nodes))]
    old = {(edge.source, edge.target, edge.mark): edge for edge in projected.edges}
    edges: list[Edge] = []
    for b in range(len(nodes)):
        for a in range(b):
            if not joined(projected, above, a, b):
                continue
            if above[b] >> a & 1:
                edge = Edge(nodes[a], nodes[b])
            elif above[a] >> b & 1:
                edge = Edge(nodes[b], nodes[a])
            else:
                edge = Edge(nodes[a], nodes[b], "<->")
            edges.append(old.get((edge.source, edge.target, edge.mark), edge))
    return Graph.of(nodes, edges, kind="MAG")


def joined(graph: Graph, above: list[int], a: int, b: int) -> bool:
    """Whether a and b are adjacent or joined by an inducing path: colliders that are ancestors of the two."""
    if (graph.parents[a] | graph.children[a] | graph.spouses[a] | graph.neighbours[a]) >> b & 1:
        return True
    among = (above[a] | above[b]) & ~(1 << a | 1 << b)
    found = fresh = (graph.children[a] | graph.spouses[a]) & among
    ends = graph.children[b] | graph.spouses[b]
    while fresh:
        if fresh & ends:
            return True
        fresh = union(graph.spouses, fresh) & among & ~found
        found |= fresh
    return False


def require_mag(graph: Graph) -> None:
    """Raise `InvalidGraph` where a MAG is not ancestral or not maximal, naming the edges in the way."""
    shown = [quoted(name) for name in graph.nodes]
    if graph.latent:
        name = quoted(min(graph.latent))
        raise InvalidGraph(
            f"A MAG is of observed variables alone, and {name} is latent.",
            "Leave it out, or give the DAG with its latent nodes.",
        )
    above = [0] * len(shown)
    for v in graph.order:
        above[v] = 1 << v | union(above, graph.parents[v])
    for v, row in enumerate(graph.spouses):
        for u in bits(row & above[v]):
            raise InvalidGraph(
                f"{shown[u]} <-> {shown[v]} says that neither causes the other, but arrows lead from "
                f"{shown[u]} to {shown[v]}: the graph is not ancestral.",
                NAME_A_MEMBER,
            )
    for v, row in enumerate(graph.neighbours):
        if row and graph.parents[v] | graph.spouses[v]:
            u = next(bits(row))
            raise InvalidGraph(
                f"{shown[u]} -- {shown[v]} is an edge of selection, which lets no arrowhead stand at "
                f"{shown[v]}: the graph is not ancestral.",
                "Use -- for what selection joins and nothing else.",
            )
    for b in range(len(shown)):
        for a in range(b):
            beside = graph.parents[a] | graph.children[a] | graph.spouses[a] | graph.neighbours[a]
            if not beside >> b & 1 and joined(graph, above, a, b):
                raise InvalidGraph(
                    f"No set separates {shown[a]} from {shown[b]}, yet no edge joins them: the graph is not "
                    "maximal.",
                    f"Add the edge between them. {NAME_A_MEMBER}",
                )


def is_visible(marks: Marks, a: int, b: int) -> bool:
    """Whether a -> b in a MAG or PAG rules out a hidden common cause of the two.

    It does where some c, not adjacent to b, has an edge into a, or a path into a whose nodes after c are all
    colliders and parents of b. Source: J. Zhang (JMLR 2008), definition 8.
    """
    far = ~(marks.adjacent[b] | 1 << b)
    among = marks.parents(b)
    found = fresh = 1 << a
    while fresh:
        if union(marks.heads, fresh) & far:
            return True
        around = 0
        for v in bits(fresh):
            around |= marks.spouses(v)
        fresh = around & among & ~found
        found |= fresh
    return False
