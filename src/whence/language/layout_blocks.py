"""Groups of variables that a drawing may frame as one without losing anything that the graph says.

Two kinds: covariates each confounded (`<->`) with every other, and covariates with the same causes and the
same effects that are not joined to one another at all.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge(a, b) for a in "ABCD" for b in "XY"])
>>> [block.names for block in blocks(g, g.mask("ABCD"), {name: "adjusted" for name in g.nodes})]
[('A', 'B', 'C', 'D')]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from whence.language.graph import Graph, bits
from whence.language.roles import Role

SMALLEST_CLIQUE = 3
SMALLEST_ALIKE = 4
CONFOUNDED = "each confounded with every other"
ALIKE = "not linked with one another"


@dataclass(frozen=True, slots=True)
class Block:
    """The members of a group, in order of naming, and what is true of them all."""

    names: tuple[str, ...]
    title: str


def blocks(graph: Graph, among: int, roles: Mapping[str, Role]) -> tuple[Block, ...]:
    """The groups among the nodes of a mask, greedily the largest first; no node is in two."""
    free = among & ~graph.mask(name for name, role in roles.items() if role == "latent")
    found: list[Block] = []
    while (clique := _largest_clique(graph, free)).bit_count() >= SMALLEST_CLIQUE:
        found.append(Block(graph.names(clique), CONFOUNDED))
        free &= ~clique
    alike: dict[tuple[object, ...], int] = {}
    for node in bits(free):
        if graph.parents[node] | graph.children[node]:
            rows = (graph.parents, graph.children, graph.spouses, graph.neighbours)
            key = (roles.get(graph.nodes[node]), *(row[node] for row in rows))
            alike[key] = alike.get(key, 0) | 1 << node
    circled = {end for edge in graph.edges if "o" in edge.mark for end in (edge.source, edge.target)}
    for group in alike.values():
        names = graph.names(group)
        if len(names) >= SMALLEST_ALIKE and not circled.intersection(names):
            found.append(Block(names, ALIKE))
    return tuple(found)


def _largest_clique(graph: Graph, among: int) -> int:
    """The largest of the cliques of `<->` grown greedily from each node, without arrows inside."""
    best = 0
    for start in bits(among):
        clique = 1 << start
        candidates = graph.spouses[start] & among
        while candidates:
            node = max(bits(candidates), key=lambda i: ((graph.spouses[i] & candidates).bit_count(), -i))
            candidates &= graph.spouses[node] & ~(1 << node)
            if not (graph.parents[node] | graph.children[node]) & clique:
                clique |= 1 << node
        best = max(best, clique, key=int.bit_count)
    return best
