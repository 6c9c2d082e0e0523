"""Paths between treatment and outcome, shortest first, and what each node is on them.

A path visits no node twice, leaves the treatments for good and ends at the first outcome that it meets: every
longer one holds such a path. Two nodes may be joined by an arrow and by a hidden cause at once, so a path is
told by its edges. In a dense graph there are more paths than there are atoms; the search goes by a bound on
the length that is still to come (A*), and stops after so many steps.

Source: P. Hart, N. Nilsson and B. Raphael, "A formal basis for the heuristic determination of minimum cost
paths" (1968); J. Pearl, *Causality* (2009), definition 1.2.3, for blocking.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y")])
>>> [path.text(g) for path in paths(g, g.mask("X"), g.mask("Y")).found]
['X → Y', 'X ← Z → Y']
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from whence.identification.separation import Path as Trace
from whence.language.graph import Edge, Graph, bits
from whence.language.lettering import visible

MOST_FOUND = 100
"""So many paths are looked for, and the rest not counted."""

MOST_STEPS = 4_000
"""So many beginnings of paths are held at most."""


@dataclass(frozen=True, slots=True)
class Move:
    """One edge as a path goes along it: whether it leaves and enters by an arrowhead."""

    to: int
    leaves_by_head: bool
    enters_by_head: bool
    edge: Edge

    @property
    def mark(self) -> str:
        """The edge as it is read along the path."""
        return f"{'←' if self.leaves_by_head else ''}{'→' if self.enters_by_head else ''}".replace("←→", "↔")


@dataclass(frozen=True, slots=True)
class Path:
    """A path from the node `start`, by moves."""

    start: int
    moves: tuple[Move, ...]

    @property
    def nodes(self) -> tuple[int, ...]:
        """The numbers of its nodes, first to last."""
        return (self.start, *(move.to for move in self.moves))

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Its edges, first to last."""
        return tuple(move.edge for move in self.moves)

    @property
    def causal(self) -> bool:
        """Whether every edge is an arrow that points onward."""
        return all(not move.leaves_by_head for move in self.moves)

    def inner(self, *, colliders: bool) -> tuple[int, ...]:
        """The nodes between its ends where two arrowheads meet, or those where they do not."""
        pairs = zip(self.moves, self.moves[1:], strict=False)
        return tuple(
            one.to for one, other in pairs if (one.enters_by_head and other.leaves_by_head) is colliders
        )

    def is_open(self, held: int, known: int) -> bool:
        """Whether it is open when `held` is held fixed; `known` are those nodes and their ancestors."""
        if any(held >> node & 1 for node in self.inner(colliders=False)):
            return False
        return all(known >> node & 1 for node in self.inner(colliders=True))

    def text(self, graph: Graph) -> str:
        """The path as people write it: `X ← U → Y`."""
        rest = "".join(f" {move.mark} {visible(graph.nodes[move.to])}" for move in self.moves)
        return visible(graph.nodes[self.start]) + rest


@dataclass(frozen=True, slots=True)
class Paths:
    """The shortest paths; `all` says whether there are no others."""

    found: tuple[Path, ...]
    all: bool


def moves_of(graph: Graph) -> list[list[Move]]:
    """From each node of a DAG or ADMG, every move along an edge."""
    moves: list[list[Move]] = [[] for _ in graph.nodes]
    for edge in graph.edges:
        a, b, both = graph.index[edge.source], graph.index[edge.target], edge.mark == "<->"
        moves[a].append(Move(b, both, True, edge))
        moves[b].append(Move(a, True, both, edge))
    return moves


def paths(graph: Graph, x: int, y: int) -> Paths:
    """The shortest paths from the nodes of x to those of y in a DAG or ADMG, in a settled order."""
    moves = moves_of(graph)
    left = _distances(moves, x, y)
    heap: list[tuple[int, int, int, int, int, Path]] = []
    count = 0

    def push(path: Path, here: int, seen: int) -> None:
        nonlocal count
        if (far := left[here]) >= 0:
            # Of two of one length the longer beginning goes first: it is a whole path sooner.
            heappush(heap, (len(path.moves) + far, far, count, here, seen, path))
            count += 1

    for start in bits(x):
        push(Path(start, ()), start, x)
    found: list[Path] = []
    while heap and len(found) < MOST_FOUND and count < MOST_STEPS:
        *_, here, seen, path = heappop(heap)
        if y >> here & 1:
            found.append(path)
            continue
        for move in moves[here]:
            if not seen >> move.to & 1:
                push(Path(path.start, (*path.moves, move)), move.to, seen | 1 << move.to)
    return Paths(tuple(found), not heap)


def _distances(moves: Sequence[Sequence[Move]], x: int, y: int) -> list[int]:
    """How many edges each node is from the nearest of y, by way of neither x nor y; -1 where none leads."""
    left = [-1] * len(moves)
    nearest = list(bits(y))
    for node in nearest:
        left[node] = 0
    for node in nearest:
        if x >> node & 1:
            continue
        for move in moves[node]:
            if left[move.to] < 0:
                left[move.to] = left[node] + 1
                nearest.append(move.to)
    return left


def retraced(graph: Graph, trace: Trace) -> Path:
    """A path that the engine found, by its names and marks, as one of ours."""
    return Path(graph.index[trace.nodes[0]], tuple(_retraced(graph, trace)))


def _retraced(graph: Graph, trace: Trace) -> Iterator[Move]:
    by_edge = {edge: edge for edge in graph.edges}
    for a, mark, b in zip(trace.nodes, trace.marks, trace.nodes[1:], strict=False):
        edge = Edge(b, a) if mark == "<-" else Edge(a, b, "<->" if mark == "<->" else "->")
        yield Move(graph.index[b], mark in ("<-", "<->"), mark in ("->", "<->"), by_edge[edge])
