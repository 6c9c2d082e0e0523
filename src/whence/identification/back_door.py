"""The parts of the adjustment criterion for one effect: what is forbidden, and which paths are to be blocked.

A set serves for the effect of X on Y when it holds no node of the forbidden set (the causal nodes, which lie
on causal paths that leave X for good, and their descendants) and m-separates X from Y in the proper back-door
graph, which lacks the first edges of those causal paths.

Source: B. van der Zander, M. Liśkiewicz and J. Textor, "Constructing separators and adjustment sets in
ancestral graphs" (UAI 2014).

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "M"), Edge("M", "Y")])
>>> door = BackDoor.of(g, g.mask("X"), g.mask("Y"))
>>> g.names(door.forbidden), door.serves(g.mask("Z")), door.serves(0)
(('X', 'Y', 'M'), True, False)
"""

from __future__ import annotations

from dataclasses import dataclass

from whence.identification.reachability import ANCESTORS, CONNECTED, DESCENDANTS, Adjacency, reached
from whence.identification.separators import Separation
from whence.language.graph import Graph, bits


@dataclass(frozen=True, slots=True)
class BackDoor:
    """The parts of the adjustment criterion for one effect, in masks.

    `causal` are the nodes on proper causal paths, treatments apart; `forbidden` are they, their descendants
    and the treatments; `whole` is the graph and `edges` the proper back-door graph. In a class of graphs
    `whole` and `edges` are of one member and `forbidden` holds what is forbidden in any; `entry` is a first
    edge by which no set serves: one that leaves open whether, or how purely, its ends are cause and effect.
    """

    graph: Graph
    x: int
    y: int
    causal: int
    forbidden: int
    hidden: int
    whole: Adjacency
    edges: Adjacency
    entry: tuple[int, int] | None = None

    @classmethod
    def of(cls, graph: Graph, x: int, y: int) -> BackDoor:
        """For the effect of the nodes of x on those of y, in a DAG or ADMG."""
        whole = Adjacency.of(graph)
        reach = reached(DESCENDANTS, whole.cut(x, 0), x)
        lead = reached(ANCESTORS, whole.cut(0, x), y)
        causal = reach & lead & ~x
        edges = whole.without((a, b) for a in bits(x) for b in whole.children[a] if causal >> b & 1)
        forbidden = reached(DESCENDANTS, whole, causal) | x
        return cls(graph, x, y, causal, forbidden, graph.mask(graph.latent), whole, edges)

    def serves(self, adjust: int) -> bool:
        """Whether the mask meets the criterion; latent nodes are the caller's affair."""
        if self.entry is not None or adjust & (self.forbidden | self.y):
            return False
        return not reached(CONNECTED, self.edges, self.x, {"Z": adjust, "C": adjust}) & self.y

    def task(self, include: int = 0, exclude: int = 0) -> Separation | None:
        """What minimal adjustment sets separate, or None where no set serves that holds `include`."""
        barred = self.forbidden | self.y | self.hidden | exclude
        if self.entry is not None or include & barred:
            return None
        return Separation(self.edges, self.x, self.y, include, self.graph.all & ~barred)


def optimal_set(door: BackDoor) -> int | None:
    """The parents of the causal nodes that are not forbidden, or None where they do not serve.

    In a DAG whose outcomes all descend from the treatments, if any set serves, this one does, and of all such
    sets it gives the smallest asymptotic variance. Where hidden causes touch the causal nodes it may still
    serve, without a claim to the smallest variance. The graph is to be its own latent projection.

    Source: L. Henckel, E. Perković and M. Maathuis, "Graphical criteria for efficient total effect estimation
    via adjustment in causal linear models" (JRSS B 2022), definition 3.1.
    """
    above = 0
    for node in bits(door.causal):
        for parent in door.whole.parents[node]:
            above |= 1 << parent
    found = above & ~door.forbidden & ~door.y
    return found if door.serves(found) else None
