"""Front-door sets: mediators that carry an effect and let hidden confounding be passed by.

Z serves when it cuts every causal path from X to Y, no back-door path from X to Z is open, and X blocks
every back-door path from Z to Y. Nodes that break the second or the third condition are struck out until
nothing changes (a node that is joined to Y although the arrows out of all candidates are cut stays so in
every subset); what is left is the largest candidate, and it serves or no set does. Each round is one
walk.

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
from whence.identification.reachability import DESCENDANTS, reached
from whence.identification.separation import Names, connected
from whence.language.graph import Graph


def front_door_set(graph: Graph, x: Names, y: Names) -> frozenset[str] | None:
    """A front-door set for the effect of x on y (each a name or several), or None if there is none.

    Of the sets that exist a small one is preferred: the first mediators if they serve, else the
    mediators, else the largest set. Raises `UnknownVariable`, `TreatmentIsOutcome`, and `InvalidQuery`
    for a latent x or y.
    """
    back_door(graph, x, y)
    observed = latent_projection(graph)
    found = front_door_mask(back_door(observed, x, y))
    return None if found is None else frozenset(observed.names(found))


def front_door_mask(door: BackDoor) -> int | None:
    """The same in masks, in a graph without latent nodes."""
    mediators = _largest(door, door.causal & ~door.y)
    if mediators is None:
        return _largest(door, door.graph.all & ~door.x & ~door.y)
    past = reached(DESCENDANTS, door.whole.cut(0, mediators), door.x)
    return _largest(door, past & mediators, whole=True) or mediators


def _largest(door: BackDoor, candidates: int, *, whole: bool = False) -> int | None:
    """The largest front-door set among the candidates; with `whole`, they themselves or None."""
    left = candidates & ~connected(door.whole.cut(0, door.x), door.x, 0)
    while bad := connected(door.whole.cut(0, left), door.y, door.x) & left:
        left &= ~bad
    passed = reached(DESCENDANTS, door.whole.cut(0, left), door.x)
    if passed & door.y or (whole and left != candidates):
        return None
    return left
