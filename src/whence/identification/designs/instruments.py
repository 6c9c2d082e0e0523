"""Conditional instruments: what moves the treatment, and the outcome only through it.

I is an instrument for the effect of x on y given W when W holds nothing that descends from x or y, I and y
are m-separated given W once the first edges of the causal paths out of x are taken away, and I and x are
not. I itself descends from neither. W is minimal when I is no instrument given any proper subset of it. The
graph alone does not make the effect identified: that takes a further assumption, such as linearity.

Whether W exists is NP-hard to decide. If it can consist of ancestors of I and y, the separator that lies
next to y is such a W: one test finds every instrument of that sort in a graph of any size, and the other
minimal separators are its other minimal sets. Beyond those, W can hold a variable only because that ties I
to x (a collider between them): where there are no more than `EXACT` variables to condition on, every set is
tried, and nothing is missed; in larger graphs such sets are not looked for.

Sources: C. Brito and J. Pearl, "Generalized instrumental variables" (UAI 2002); B. van der Zander, J. Textor
and M. Liśkiewicz, "Efficiently finding conditional instruments for causal inference" (IJCAI 2015); L.
Henckel, M. Buttenschoen and M. Maathuis, "Graphical tools for selecting conditional instrumental sets"
(Biometrika 2024), for effects along several paths.

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("Z", "X"), Edge("X", "Y"), Edge("X", "Y", "<->"), Edge("Z", "A"), Edge("A", "Y")])
>>> print(*instruments(g, "X", "Y"))
Z given A
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice

from whence.identification.adjustment import BackDoor, back_door
from whence.identification.kinship import require_directed
from whence.identification.projection import latent_projection
from whence.identification.reachability import DESCENDANTS, reached
from whence.identification.separation import connected
from whence.identification.separators import Separation, minimal_separator, minimal_separators
from whence.language.graph import Graph, bits
from whence.language.printing import name_text

TRIED = 100
"""How many minimal separators `instruments` looks at for one candidate, in search of a small one.

In a graph of more than `LARGE` nodes it looks at fewer, as there are more candidates and each is dearer.
"""

LARGE = 100
"""Nodes beyond which a graph is large."""

EXACT = 10
"""Up to this many variables to condition on, every set of them is tried."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A variable that is an instrument given others, in order of naming."""

    name: str
    given: tuple[str, ...] = ()

    def __str__(self) -> str:
        held = f" given {', '.join(map(name_text, self.given))}" if self.given else ""
        return name_text(self.name) + held


def instruments(graph: Graph, x: str, y: str) -> tuple[Instrument, ...]:
    """Every instrument found for the effect of x on y, each with one small minimal conditioning set.

    None is dropped because a better one exists, and latent nodes are never offered; `conditional_instruments`
    lists the other sets. The set is a smallest one where there are at most `EXACT` variables to condition on,
    else the smallest of the first `TRIED`, or of fewer in large graphs. Raises `UnknownVariable`,
    `TreatmentIsOutcome`, and `InvalidQuery` for a latent x or y.
    """
    found: list[Instrument] = []
    for task in _tasks(graph, x, y):
        given = task.smallest()
        if given is not None:
            found.append(task.instrument(given))
    return tuple(found)


def conditional_instruments(graph: Graph, x: str, y: str) -> Iterator[Instrument]:
    """Every instrument with every minimal conditioning set of it, one by one; the sets can be very many.

    Raises as `instruments` does, when the first is asked for.
    """
    for task in _tasks(graph, x, y):
        for given in task.sets():
            yield task.instrument(given)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A variable that may be an instrument, and what may be conditioned on, in masks."""

    door: BackDoor
    node: int
    allowed: int

    def sets(self) -> Iterator[int]:
        """The minimal conditioning sets: those made of ancestors first, the one nearest to y leading."""
        door = self.door
        nearest = minimal_separator(Separation(door.edges, door.y, self.node, 0, self.allowed))
        if nearest is None:
            return
        if self.allowed.bit_count() <= EXACT:
            yield from self._exhaustive()
        elif self.ties(nearest):
            # The nearest separator loses the tie to x only where every set of ancestors does.
            yield nearest
            task = Separation(door.edges, self.node, door.y, 0, self.allowed)
            yield from (each for each in minimal_separators(task) if each != nearest and self.ties(each))

    def smallest(self) -> int | None:
        """The smallest of the first sets, which is the very first where all sets are tried by size."""
        nodes = max(LARGE, len(self.door.graph.nodes))
        many = max(1, TRIED * LARGE**2 // nodes**2)
        looked_at = 1 if self.allowed.bit_count() <= EXACT else many
        return min(islice(self.sets(), looked_at), key=int.bit_count, default=None)

    def _exhaustive(self) -> Iterator[int]:
        found: list[int] = []
        places = [1 << node for node in bits(self.allowed)]
        for size in range(len(places) + 1):
            for chosen in combinations(places, size):
                given = sum(chosen)
                if not any(smaller & given == smaller for smaller in found) and self.serves(given):
                    found.append(given)
                    yield given

    def serves(self, given: int) -> bool:
        """Whether the node is an instrument given the mask."""
        joined = connected(self.door.edges, self.node, given)
        return bool(joined & self.door.x) and not joined & self.door.y

    def ties(self, given: int) -> bool:
        """Whether the node is still connected to x given a separator from y."""
        return bool(connected(self.door.edges, self.node, given) & self.door.x)

    def instrument(self, given: int) -> Instrument:
        """The candidate with this conditioning set, by name."""
        graph = self.door.graph
        return Instrument(graph.names(self.node)[0], graph.names(given))


def _tasks(graph: Graph, x: str, y: str) -> Iterator[_Candidate]:
    require_directed(graph, "A search for instruments")
    back_door(graph, x, y)
    observed = latent_projection(graph)
    door = back_door(observed, x, y)
    usable = observed.all & ~reached(DESCENDANTS, door.whole, door.x | door.y)
    for node in bits(usable):
        yield _Candidate(door, 1 << node, usable & ~(1 << node))
