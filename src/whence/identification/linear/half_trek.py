"""The half-trek criterion: can all coefficients of a linear model be found, or surely not all of them?

A half-trek from s to p is a path s -> … -> p or s <-> w -> … -> p. A variable v with causes P is solved by a
set S of as many sources, neither v nor joined to it by `<->`, if half-treks lead from S to all of P that meet
nowhere on their directed sides, and if each source that v's error reaches by a half-trek was solved before.
A graph in which every variable is solved has, in general, one set of coefficients for given covariances. If
sources cannot even be chosen such that no two variables are sources of each other, there are infinitely many.
Both are questions of flow in a network. Between the two the criterion is silent.

Source: R. Foygel, J. Draisma and M. Drton, "Half-trek criterion for generic identifiability of linear
structural equation models" (Annals of Statistics 40, 2012), theorems 1 and 2 and section 6.

>>> from whence.language.graph import Edge
>>> bow = [Edge("X", "Y"), Edge("X", "Y", "<->")]
>>> half_trek(Graph.of((), bow)).verdict
'infinite'
>>> half_trek(Graph.of((), [Edge("Z", "X"), *bow])).sources
(('Z', ()), ('X', ('Z',)), ('Y', ('Z',)))
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from whence.identification.kinship import require_directed
from whence.identification.linear.equations import Terrain
from whence.identification.projection import latent_projection
from whence.language.graph import Graph, bits
from whence.runtime.errors import InvalidGraph


@dataclass(frozen=True, slots=True)
class HalfTrek:
    """`identified`: every variable is solved; `infinite`: no such choice exists; else `inconclusive`.

    `sources` lists the variables that were solved, in an order in which they can be, and from what.
    """

    verdict: Literal["identified", "infinite", "inconclusive"]
    sources: tuple[tuple[str, tuple[str, ...]], ...] = ()


def half_trek(graph: Graph) -> HalfTrek:
    """What the half-trek criterion says of a whole linear model; O(n^2 · flow).

    Raises `InvalidGraph` for kinds other than DAG and ADMG, and for latent nodes: they restrict the errors'
    covariances further than `<->` does, of which the criterion knows nothing.
    """
    require_directed(graph, "The half-trek criterion")
    if graph.latent:
        cure = "Write hidden common causes as <->."
        raise InvalidGraph("The half-trek criterion speaks of graphs without latent nodes.", cure)
    terrain = Terrain.of(latent_projection(graph))
    solved: dict[int, int] = {}
    while len(solved) < len(graph.nodes):
        before = len(solved)
        for v in graph.order:
            sources = None if v in solved else _sources(terrain, v, solved)
            if sources is not None:
                solved[v] = sources
        if len(solved) == before:
            break
    found = tuple((graph.nodes[v], graph.names(sources)) for v, sources in solved.items())
    if len(solved) == len(graph.nodes):
        return HalfTrek("identified", found)
    return HalfTrek("infinite" if _infinite(graph) else "inconclusive", found)


Node = tuple[Hashable, ...]
START: Node = ("start",)
END: Node = ("end",)


@dataclass(slots=True)
class Network:
    """Places that one unit each may pass, and one-way links between them; START and END take any number."""

    ahead: dict[Node, set[Node]] = field(default_factory=dict[Node, set[Node]])

    def link(self, before: Node, after: Node) -> None:
        """Let units pass from one place to another."""
        self._arc(("out", before) if before != START else START, ("in", after) if after != END else END)
        for place in (before, after):
            if place not in (START, END):
                self._arc(("in", place), ("out", place))

    def _arc(self, before: Node, after: Node) -> None:
        self.ahead.setdefault(before, set()).add(after)

    def flow(self) -> int:
        """Send as many units as can pass, each arc taking one, and turn around the arcs that are used.

        No two arcs run against each other, since every place is split into its way in and its way out.
        """
        units = 0
        while (path := self._path()) is not None:
            for before, after in pairwise(path):
                self.ahead[before].remove(after)
                self._arc(after, before)
            units += 1
        return units

    def _path(self) -> list[Node] | None:
        came: dict[Node, Node] = {START: START}
        queue = deque([START])
        while queue:
            node = queue.popleft()
            # Sets of tuples have no fixed order, and the answer should.
            for after in sorted(self.ahead.get(node, ()), key=repr):
                if after in came:
                    continue
                came[after] = node
                if after == END:
                    path = [END]
                    while path[-1] != START:
                        path.append(came[path[-1]])
                    return path[::-1]
                queue.append(after)
        return None


def _half_treks(graph: Graph, v: int, network: Network) -> None:
    """The places of half-treks to the causes of v: ("left", v, s) is a source, ("right", v, w) is passed."""
    for w in range(len(graph.nodes)):
        for after in bits(graph.children[w]):
            network.link(("right", v, w), ("right", v, after))
    for p in bits(graph.parents[v]):
        network.link(("right", v, p), END)


def _leave(graph: Graph, v: int, source: int, network: Network) -> None:
    for w in bits(graph.spouses[source] | 1 << source):
        network.link(("left", v, source), ("right", v, w))


def _sources(terrain: Terrain, v: int, solved: dict[int, int]) -> int | None:
    """A set of sources that solves v, as a mask, or None."""
    graph, network = terrain.graph, Network()
    _half_treks(graph, v, network)
    reach = terrain.shaken(v)
    usable = [
        s
        for s in bits(graph.all & ~graph.spouses[v] & ~(1 << v))
        if s in solved or not reach >> s & 1 or not graph.parents[s]
    ]
    for s in usable:
        network.link(START, ("left", v, s))
        _leave(graph, v, s, network)
    if network.flow() < graph.parents[v].bit_count():
        return None
    free = network.ahead.get(START, set())
    return sum(1 << s for s in usable if ("in", ("left", v, s)) not in free)


def _infinite(graph: Graph) -> bool:
    """Whether sources cannot be chosen for all variables without two being sources of each other."""
    network = Network()
    size = len(graph.nodes)
    for v in range(size):
        _half_treks(graph, v, network)
        for s in bits(graph.all & ~graph.spouses[v] & ~(1 << v)):
            pair = ("pair", min(v, s), max(v, s))
            network.link(START, pair)
            network.link(pair, ("left", v, s))
            _leave(graph, v, s, network)
    return network.flow() < sum(mask.bit_count() for mask in graph.parents)
