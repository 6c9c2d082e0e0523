"""The marks at the two ends of every edge, as bit masks that can be changed: what MAGs and PAGs are read as.

`heads[v]` are the nodes whose edge with v ends at v in an arrowhead, `tails[v]` and `circles[v]` likewise,
and `heads_out[v]` the nodes at which the edge with v has its arrowhead, and so on: each mark is kept from
both of its sides, so that a rule about marks is an intersection of masks.

Source: T. Richardson and P. Spirtes, "Ancestral graph Markov models" (2002).

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("A", "B", "o->"), Edge("B", "C")])
>>> marks = Marks.of(g)
>>> g.names(marks.heads[g.index["B"]]), g.names(marks.children(g.index["B"]))
(('A',), ('C',))
"""

from __future__ import annotations

from dataclasses import dataclass

from whence.language.graph import Edge, Graph, Kind, Mark, bits


@dataclass(slots=True)
class Marks:
    """Who is adjacent to whom, and in what mark the edge between them ends, on either side."""

    adjacent: list[int]
    heads: list[int]
    tails: list[int]
    heads_out: list[int]
    tails_out: list[int]

    @classmethod
    def of(cls, graph: Graph) -> Marks:
        """The marks of a graph that joins no two nodes twice."""
        size = len(graph.nodes)
        found = cls.blank([0] * size)
        for edge in graph.edges:
            a, b = graph.index[edge.source], graph.index[edge.target]
            found.adjacent[a] |= 1 << b
            found.adjacent[b] |= 1 << a
            for near, far, mark in ((a, b, edge.mark[0]), (b, a, edge.mark[-1])):
                if mark in "<>":
                    found.head(far, near)
                elif mark == "-":
                    found.tail(far, near)
        return found

    @classmethod
    def blank(cls, adjacent: list[int]) -> Marks:
        """All circles."""
        size = len(adjacent)
        return cls(adjacent, [0] * size, [0] * size, [0] * size, [0] * size)

    def copy(self) -> Marks:
        """The same, to be changed by itself."""
        rows = (self.adjacent, self.heads, self.tails, self.heads_out, self.tails_out)
        return Marks(*(list(row) for row in rows))

    def head(self, a: int, b: int) -> None:
        """Make the edge between a and b end at b in an arrowhead."""
        self.heads[b] |= 1 << a
        self.heads_out[a] |= 1 << b
        self.tails[b] &= ~(1 << a)
        self.tails_out[a] &= ~(1 << b)

    def tail(self, a: int, b: int) -> None:
        """Make the edge between a and b end at b in a tail."""
        self.tails[b] |= 1 << a
        self.tails_out[a] |= 1 << b
        self.heads[b] &= ~(1 << a)
        self.heads_out[a] &= ~(1 << b)

    def arrow(self, a: int, b: int) -> None:
        """Make the edge a -> b."""
        self.tail(b, a)
        self.head(a, b)

    def circles(self, v: int) -> int:
        """The nodes whose edge with v ends at v in a circle."""
        return self.adjacent[v] & ~(self.heads[v] | self.tails[v])

    def circles_out(self, v: int) -> int:
        """The nodes at which the edge with v ends in a circle."""
        return self.adjacent[v] & ~(self.heads_out[v] | self.tails_out[v])

    def parents(self, v: int) -> int:
        """The nodes a with a -> v."""
        return self.heads[v] & self.tails_out[v]

    def children(self, v: int) -> int:
        """The nodes b with v -> b."""
        return self.heads_out[v] & self.tails[v]

    def spouses(self, v: int) -> int:
        """The nodes that `<->` joins to v."""
        return self.heads[v] & self.heads_out[v]

    def key(self) -> tuple[int, ...]:
        """What tells these marks from others on the same adjacencies."""
        return (*self.heads, *self.tails)

    def graph(self, like: Graph, kind: Kind) -> Graph:
        """A graph of these edges on the nodes of `like`; edges that it has already keep their citations."""
        old = {(edge.source, edge.target, edge.mark): edge for edge in like.edges}
        edges = [self._edge(like, a, b) for a, row in enumerate(self.adjacent) for b in bits(row >> a << a)]
        kept = [old.get((edge.source, edge.target, edge.mark), edge) for edge in edges]
        return Graph.of(like.nodes, kept, kind=kind)

    def _edge(self, like: Graph, a: int, b: int) -> Edge:
        ends = (self._end(b, a), self._end(a, b))
        mark, backwards = EDGE_OF_ENDS[ends]
        source, target = (b, a) if backwards else (a, b)
        return Edge(like.nodes[source], like.nodes[target], mark)

    def _end(self, a: int, b: int) -> str:
        return "head" if self.heads[b] >> a & 1 else "tail" if self.tails[b] >> a & 1 else "circle"


EDGE_OF_ENDS: dict[tuple[str, str], tuple[Mark, bool]] = {
    ("tail", "head"): ("->", False),
    ("head", "tail"): ("->", True),
    ("head", "head"): ("<->", False),
    ("tail", "tail"): ("--", False),
    ("circle", "head"): ("o->", False),
    ("head", "circle"): ("o->", True),
    ("circle", "circle"): ("o-o", False),
    ("circle", "tail"): ("o--", False),
    ("tail", "circle"): ("o--", True),
}
"""The marks at the first and the second end, and the edge: its sign and whether it is written backwards."""
