"""Meek's rules: every direction that follows from directions already known.

A CPDAG stands for all DAGs with the same adjacencies and the same unshielded colliders. Learn the direction
of one open edge (from time order, an experiment, an expert) and others follow, because any other choice would
make a cycle or a new collider. Four rules find all that follow, in any order, and every edge that they leave
open is directed one way in some DAG of the class and the other way in another: the graph is then an MPDAG.

Source: C. Meek, "Causal inference and causal explanation with background knowledge" (UAI 1995).

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("A", "B", "--"), Edge("B", "C", "--")])
>>> orient(g, [("A", "B")])
Graph(MPDAG: A -> B; B -> C)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whence.language.graph import Edge, Graph, Kind, bits
from whence.language.graph_text import graph as read_graph
from whence.runtime.errors import InvalidGraph
from whence.runtime.plain import quoted


@dataclass(slots=True)
class Pattern:
    """Arrows and open edges while they are being directed, as masks: `open[v]` are joined to v by `--`."""

    parents: list[int]
    children: list[int]
    open: list[int]

    @classmethod
    def of(cls, graph: Graph) -> Pattern:
        """The edges of a DAG, CPDAG or MPDAG."""
        return cls(list(graph.parents), list(graph.children), list(graph.neighbours))

    def copy(self) -> Pattern:
        """The same, to be changed by itself."""
        return Pattern(list(self.parents), list(self.children), list(self.open))

    def adjacent(self, v: int) -> int:
        """The nodes that an edge joins to v."""
        return self.parents[v] | self.children[v] | self.open[v]

    def direct(self, a: int, b: int) -> None:
        """Make the open edge between a and b an arrow a -> b."""
        self.open[a] &= ~(1 << b)
        self.open[b] &= ~(1 << a)
        self.children[a] |= 1 << b
        self.parents[b] |= 1 << a

    def open_edges(self) -> list[tuple[int, int]]:
        """The open edges, each once, by the numbers of their ends."""
        return [(a, b) for a, row in enumerate(self.open) for b in bits(row >> (a + 1) << (a + 1))]

    def graph(self, like: Graph, kind: Kind) -> Graph:
        """A graph of these edges on the nodes of `like`; edges that it has already keep their citations."""
        old = {(edge.source, edge.target, edge.mark): edge for edge in like.edges}
        nodes = like.nodes
        edges = [Edge(nodes[a], nodes[b]) for a, row in enumerate(self.children) for b in bits(row)]
        edges += [Edge(nodes[a], nodes[b], "--") for a, b in self.open_edges()]
        kept = [old.get((edge.source, edge.target, edge.mark), edge) for edge in edges]
        return Graph.of(nodes, kept, latent=like.latent, kind=kind)


def follows(pattern: Pattern, a: int, b: int) -> int:
    """The number of the rule by which the open edge a -- b is a -> b, or 0 if none says so.

    1: c -> a, and c is not adjacent to b. 2: a -> c -> b. 3: a -- c -> b and a -- d -> b, where c and d are
    not adjacent. 4: a -- d -> c -> b, where d is not adjacent to b, and a is to c.
    """
    beside = pattern.adjacent(b) | 1 << b
    if pattern.parents[a] & ~beside:
        return 1
    if pattern.children[a] & pattern.parents[b]:
        return 2
    between = pattern.open[a] & pattern.parents[b]
    if any(between & ~pattern.adjacent(c) & ~(1 << c) for c in bits(between)):
        return 3
    last = pattern.parents[b] & pattern.adjacent(a)
    if any(pattern.children[d] & last for d in bits(pattern.open[a] & ~beside)):
        return 4
    return 0


def close(pattern: Pattern, changed: Iterable[tuple[int, int]] | None = None) -> None:
    """Apply the rules until none applies, in place; `changed` are the arrows that are new, if not all are."""
    pending = pattern.open_edges() if changed is None else _concerned(pattern, changed)
    while pending:
        a, b = pending.pop()
        if not pattern.open[a] >> b & 1:
            continue
        if follows(pattern, a, b):
            pattern.direct(a, b)
            pending += _concerned(pattern, [(a, b)])
        elif follows(pattern, b, a):
            pattern.direct(b, a)
            pending += _concerned(pattern, [(b, a)])


def _concerned(pattern: Pattern, arrows: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The open edges whose direction may follow from these new arrows."""
    found: list[tuple[int, int]] = []
    for a, b in arrows:
        found += [(a, v) for v in bits(pattern.open[a])]
        found += [(b, v) for v in bits(pattern.open[b])]
        # Rule 4 looks along a -> b at an edge that touches neither: from a neighbour of a to a child of b.
        near = pattern.open[a]
        for v in bits(pattern.children[b]):
            found += [(u, v) for u in bits(near & pattern.open[v])]
    return found


def extension(pattern: Pattern) -> Pattern | None:
    """A DAG with these adjacencies, arrows and no other unshielded collider, or None if there is none.

    A node that no arrow leaves, and whose open neighbours are adjacent to all else around it, can come last:
    it is taken away and the rest is directed alike.

    Source: D. Dor and M. Tarsi, "A simple algorithm to construct a consistent extension of a partially
    oriented graph" (1992).
    """
    found = pattern.copy()
    around = [pattern.adjacent(v) for v in range(len(pattern.open))]
    left = (1 << len(around)) - 1
    pending = list(range(len(around)))
    while pending:
        v = pending.pop()
        if not left >> v & 1 or found.children[v] & left:
            continue
        beside = around[v] & left
        if any(beside & ~around[u] & ~(1 << u) for u in bits(pattern.open[v] & left)):
            continue
        for u in bits(pattern.open[v] & left):
            found.direct(u, v)
        left &= ~(1 << v)
        pending += bits(beside)
    return None if left else found


def class_pattern(dag: Pattern) -> Pattern:
    """The CPDAG of a DAG: the arrows of unshielded colliders, and what follows from them."""
    size = len(dag.parents)
    found = Pattern([0] * size, [0] * size, [dag.adjacent(v) for v in range(size)])
    for b, above in enumerate(dag.parents):
        for a in bits(above):
            if above & ~dag.adjacent(a) & ~(1 << a):
                found.direct(a, b)
    close(found)
    return found


def orient(graph: Graph, knowledge: str | Iterable[tuple[str, str]] = ()) -> Graph:
    """The MPDAG that knowing the directions of some edges makes of a CPDAG or MPDAG, with all that follows.

    `knowledge` is pairs (cause, effect), or a text such as `"a -> b; c -> d"`. Without any, a graph with
    arrows added by hand is completed.

    Raises `UnknownVariable`, and `InvalidGraph` where a pair is not adjacent, where what is known contradicts
    the graph or itself, where no DAG has these edges, and for kinds other than DAG, CPDAG and MPDAG.

    Source: C. Meek (UAI 1995).
    """
    if graph.kind not in ("DAG", "CPDAG", "MPDAG"):
        raise InvalidGraph(
            f"Directions are added to a CPDAG or an MPDAG, and this graph is a {graph.kind}.",
            "Give a graph of arrows and open edges (--).",
        )
    pattern = Pattern.of(graph)
    if extension(pattern) is None:
        raise no_member(graph)
    close(pattern)
    for cause, effect in _pairs(knowledge):
        a, b = graph.number(cause), graph.number(effect)
        if pattern.children[a] >> b & 1:
            continue
        shown = f"{quoted(cause)} -> {quoted(effect)}"
        if pattern.children[b] >> a & 1:
            raise InvalidGraph(
                f"{shown} contradicts the graph: {quoted(effect)} -> {quoted(cause)} is known or follows.",
                "Leave one of the two out.",
            )
        if not pattern.open[a] >> b & 1:
            raise InvalidGraph(
                f"{shown} cannot be known: no edge joins the two.", "Name two that an edge joins."
            )
        pattern.direct(a, b)
        close(pattern, [(a, b)])
    return pattern.graph(graph, "MPDAG")


def _pairs(knowledge: str | Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    if not isinstance(knowledge, str):
        return list(knowledge)
    if not knowledge.strip():
        return []
    read = read_graph(knowledge)
    for edge in read.edges:
        if edge.mark != "->":
            shown = f"{quoted(edge.source)} {edge.mark} {quoted(edge.target)}"
            raise InvalidGraph(f"{shown} says no direction.", "Write what is known as arrows, a -> b.")
    return [(edge.source, edge.target) for edge in read.edges]


def no_member(graph: Graph) -> InvalidGraph:
    """The error for a graph that stands for no DAG."""
    return InvalidGraph(
        f"No DAG belongs to this {graph.kind}: however its open edges are directed, there is a cycle or a "
        "collider that the graph does not show.",
        "Check its arrows, or make it from a DAG with `whence.cpdag`.",
    )
