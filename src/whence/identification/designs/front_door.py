"""Front-door sets: mediators that carry an effect and let hidden confounding be passed by.

Z serves when it cuts every causal path from X to Y, no back-door path from X to Z is open, and X blocks
every back-door path from Z to Y. All of it takes time linear in the edges.

The largest set is found by striking out what breaks the second condition and then what breaks the third: a
walk from Y, given X, strikes every candidate that it enters by an arrowhead; the arrows out of a candidate
are closed to it until that is struck. What is left cuts the causal paths, or no set does. A minimal set
keeps of it the last ones before Y that come first after X, and then whatever a walk that leaves those kept
by an arrowhead into them comes by with a free way to Y.

Sources: J. Pearl, "Causal diagrams for empirical research" (Biometrika 1995); H. Jeong, J. Tian and E.
Bareinboim, "Finding and listing front-door adjustment sets" (NeurIPS 2022); M. Wienöbst, B. van der
Zander and M. Liśkiewicz, "Linear-time algorithms for front-door adjustment in causal graphs" (AAAI 2024).

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("X", "M"), Edge("M", "Y"), Edge("X", "Y", "<->")])
>>> sorted(front_door_set(g, "X", "Y"))
['M']
"""

from __future__ import annotations

from whence.identification.adjustment import BackDoor, back_door
from whence.identification.projection import latent_projection
from whence.identification.reachability import ANCESTORS, DESCENDANTS, Adjacency, reached, rule_table
from whence.identification.separation import Names, as_names, connected, disjoint_masks
from whence.language.graph import Graph, bits
from whence.runtime.errors import InvalidQuery
from whence.runtime.plain import quoted


def front_door_set(
    graph: Graph, x: Names, y: Names, *, include: Names = (), exclude: Names = ()
) -> frozenset[str] | None:
    """A minimal front-door set for the effect of x on y (each a name or several), or None if there is none.

    It holds `include` and nothing of `exclude`; minimal means that no proper subset with `include` in it
    serves. The first mediators are preferred, then any mediators, then any other variables. The empty set
    says that x has no effect on y. Raises `UnknownVariable`, `TreatmentIsOutcome`, `RepeatedVariable` (an
    included name that is excluded too, or in x or y) and `InvalidQuery` for a latent x, y or included name.
    """
    back_door(graph, x, y)
    disjoint_masks(graph, (*as_names(x), *as_names(y)), include, exclude)
    hidden = graph.latent & set(as_names(include))
    if hidden:
        cure = "Include variables that were observed."
        raise InvalidQuery(f"{quoted(min(hidden))} is latent.", cure)
    observed = latent_projection(graph)
    barred = observed.mask(name for name in as_names(exclude) if name not in graph.latent)
    found = front_door_mask(back_door(observed, x, y), observed.mask(as_names(include)), barred)
    return None if found is None else frozenset(observed.names(found))


def front_door_mask(door: BackDoor, include: int = 0, exclude: int = 0) -> int | None:
    """The same in masks, in a graph without latent nodes."""
    everything = door.graph.all & ~(door.x | door.y | exclude)
    widest = largest_front_door(door, everything, include)
    if widest is None:
        return None
    mediators = largest_front_door(door, door.causal & everything | include, include)
    if mediators is None:
        return _minimal(door, widest, include)
    past = reached(DESCENDANTS, door.whole.cut(0, mediators), door.x)
    first = past & mediators | include
    if largest_front_door(door, first, first) is not None:
        return _minimal(door, first, include)
    return _minimal(door, mediators, include)


def largest_front_door(door: BackDoor, candidates: int, include: int = 0) -> int | None:
    """The front-door set among the candidates that holds all others; None if there is none with `include`."""
    left = candidates & ~connected(door.whole.cut(0, door.x), door.x, 0)
    left &= ~_struck(door.whole, door.y, door.x, left)
    passed = reached(DESCENDANTS, door.whole.cut(0, left), door.x)
    return None if passed & door.y or include & ~left else left


BACK_DOOR_WALK = rule_table(
    """
    tail | -->     | head | outside C
    tail | <--     | tail | outside X
    tail | <->     | head | outside X
    head | -->     | head | outside C
    head | <--     | tail | in C
    head | <->     | head | in C
    """
)
"""Open back-door walks given X that begin anew at each member of K they meet; C is X and K together."""


def _minimal(door: BackDoor, largest: int, include: int) -> int:
    """The members of a front-door set that no front-door set inside it with `include` can do without."""
    edges = door.whole
    free = reached(ANCESTORS, edges.cut(0, largest | door.x), door.y)
    last = 0
    for node in bits(free):
        for parent in edges.parents[node]:
            last |= 1 << parent
    last &= largest
    first = reached(DESCENDANTS, edges.cut(0, last | include), door.x) & last
    kept = last | include
    met = reached(BACK_DOOR_WALK, edges, first | include, {"X": door.x, "C": door.x | kept})
    return met & last | first | include


def _struck(edges: Adjacency, y: int, x: int, candidates: int) -> int:
    """The candidates that an open back-door path joins to y given x, whatever subset of them is used.

    A walk from y may use the arrows out of a candidate only once that is struck: those that come to a
    candidate against such an arrow wait there.
    """
    size = len(edges.children)
    given, shut, waiting = (bytearray(size) for _ in range(3))
    for node in bits(x):
        given[node] = 1
    for node in bits(candidates):
        shut[node] = 1
    by_tail, by_head = bytearray(size), bytearray(size)
    queue = [(node, False) for node in bits(y)]
    struck = 0
    for node, headed in queue:
        if headed == bool(given[node]):
            for parent in edges.parents[node]:
                if shut[parent]:
                    waiting[parent] = 1
                elif not by_tail[parent]:
                    by_tail[parent] = 1
                    queue.append((parent, False))
        into = edges.spouses[node] if headed == bool(given[node]) else ()
        for other in (*into, *(() if given[node] else edges.children[node])):
            if not by_head[other]:
                by_head[other] = 1
                queue.append((other, True))
                if shut[other]:
                    shut[other] = 0
                    struck |= 1 << other
                    if waiting[other]:
                        by_tail[other] = 1
                        queue.append((other, False))
    return struck
