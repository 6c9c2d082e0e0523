"""The equations that a graph gives for the coefficients of one variable's causes.

Say v is a sum over its causes p of b[p -> v] · p, and an error. A variable s that is uncorrelated with that
error, whatever the numbers, gives the equation Cov(s, v) = Σ_p b[p -> v] · Cov(s, p). There are two ways to
such an s:

- *auxiliary*: s ≠ v shares no hidden cause with v, and the effects on s of those of its causes that v's error
  can reach (v, what shares a hidden cause with v, and what comes after either) are known and taken off s;
- *conditional*: s and a set W come not after v, and W m-separates s from v once the arrows into v are taken
  away; then covariances are given W.

Sources: C. Brito and J. Pearl, "Generalized instrumental variables" (UAI 2002), for the conditional ones;
R. Foygel, J. Draisma and M. Drton, "Half-trek criterion for generic identifiability of linear structural
equation models" (Annals of Statistics, 2012) and B. Chen, D. Kumor and E. Bareinboim (ICML 2017) for the
auxiliary ones.

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("Z", "X"), Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> [each.names(g) for each in equations(Terrain.of(g), g.index["Y"], set())]
[Equation(source='Z', given=(), less=())]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from whence.identification.reachability import DESCENDANTS, Adjacency, reached
from whence.identification.separators import Separation, minimal_separators
from whence.language.graph import Graph, bits
from whence.language.linear import Equation

Arrow = tuple[int, int]

TRIED = 24
"""How many minimal separators are looked at for one source and target."""


@dataclass(frozen=True, slots=True)
class Line:
    """An equation in node numbers: its source, what it is given, and the causes taken off the source."""

    source: int
    given: tuple[int, ...] = ()
    less: tuple[int, ...] = ()

    @property
    def length(self) -> tuple[int, int, int]:
        """How much there is to read."""
        return len(self.less), len(self.given), self.source

    def names(self, graph: Graph) -> Equation:
        """The same in names."""
        given, less = (tuple(graph.nodes[node] for node in part) for part in (self.given, self.less))
        return Equation(graph.nodes[self.source], given, less)


@dataclass(frozen=True, slots=True)
class Terrain:
    """An ADMG of observed variables, its adjacency, and what comes after each node (itself among it)."""

    graph: Graph
    adjacency: Adjacency
    after: tuple[int, ...]

    @classmethod
    def of(cls, graph: Graph) -> Terrain:
        """The terrain of a graph without latent nodes."""
        adjacency = Adjacency.of(graph)
        after = tuple(reached(DESCENDANTS, adjacency, 1 << node) for node in range(len(graph.nodes)))
        return cls(graph, adjacency, after)

    def shaken(self, node: int) -> int:
        """All that the error of a node can move: it, its spouses, and what comes after them."""
        found = self.after[node]
        for spouse in bits(self.graph.spouses[node]):
            found |= self.after[spouse]
        return found

    def without(self, arrows: set[Arrow]) -> Adjacency:
        """The adjacency without these arrows."""
        return self.adjacency.without(arrows)


def equations(terrain: Terrain, target: int, known: set[Arrow]) -> Iterator[Line]:
    """Every equation for the causes of a target that the two ways give, `known` coefficients in hand."""
    yield from auxiliary(terrain, target, known)
    yield from conditional(terrain, target)


def auxiliary(terrain: Terrain, target: int, known: set[Arrow]) -> Iterator[Line]:
    """The sources that are clean of the target's error once known effects on them are taken off.

    Taking off more than has to be taken off gives nothing new: what stays is a source itself.
    """
    graph = terrain.graph
    shaken = terrain.shaken(target)
    for source in bits(graph.all & ~graph.spouses[target] & ~(1 << target)):
        less = tuple(bits(graph.parents[source] & shaken))
        if all((cause, source) in known for cause in less):
            yield Line(source, (), less)


def conditional(terrain: Terrain, target: int) -> Iterator[Line]:
    """The sources that some set parts from the target's error; minimal sets, at most `TRIED` per source."""
    graph = terrain.graph
    into = {(cause, target) for cause in bits(graph.parents[target])}
    for source in bits(graph.all & ~terrain.after[target]):
        for given in separators(terrain, source, target, into):
            if given:
                yield Line(source, tuple(bits(given)))


def separators(terrain: Terrain, source: int, target: int, cut: set[Arrow]) -> Iterator[int]:
    """Minimal sets before the target that part a source from it once these arrows are cut."""
    allowed = terrain.graph.all & ~terrain.after[target] & ~(1 << source)
    task = Separation(terrain.without(cut), 1 << source, 1 << target, 0, allowed)
    return islice(minimal_separators(task), TRIED)
