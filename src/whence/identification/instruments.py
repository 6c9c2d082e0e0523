"""Conditional instruments: what moves the treatment, and the outcome only through it.

I is an instrument for the effect of x on y given W when W holds no descendant of the causal nodes or of
y, I and y are m-separated given W once the first edges of the causal paths out of x are taken away, and I
and x are not. The graph alone does not make the effect identified: that takes a further assumption, such
as linearity.

Each candidate is listed with a smallest W among its minimal separators from y. That finds every instrument
whose W can consist of ancestors of I and y; deciding the rest is NP-hard, and those are not looked for.

Sources: C. Brito and J. Pearl, "Generalized instrumental variables" (UAI 2002); B. van der Zander, J. Textor
and M. Liśkiewicz, "Efficiently finding conditional instruments for causal inference" (IJCAI 2015).

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("Z", "X"), Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> instruments(g, "X", "Y")
(Instrument(name='Z', given=()),)
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from whence.identification.adjustment import BackDoor, back_door
from whence.identification.projection import latent_projection
from whence.identification.reachability import DESCENDANTS, reached
from whence.identification.separation import connected
from whence.identification.separators import Separation, minimal_separators
from whence.language.graph import Graph, bits

TRIED = 1000
"""How many minimal separators are looked at for one candidate."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A variable that is an instrument given others, in order of naming."""

    name: str
    given: tuple[str, ...] = ()


def instruments(graph: Graph, x: str, y: str) -> tuple[Instrument, ...]:
    """Every instrument found for the effect of x on y, one smallest conditioning set each.

    Descendants of x and latent nodes are never offered, and none is dropped because a better one exists.
    Raises `UnknownVariable`, `TreatmentIsOutcome`, and `InvalidQuery` for a latent x or y.
    """
    back_door(graph, x, y)
    observed = latent_projection(graph)
    door = back_door(observed, x, y)
    after = reached(DESCENDANTS, door.whole, door.x | door.y)
    found: list[Instrument] = []
    for node in bits(observed.all & ~after):
        given = _conditions(door, 1 << node, observed.all & ~(door.forbidden | after))
        if given is not None:
            found.append(Instrument(observed.nodes[node], observed.names(given)))
    return tuple(found)


def _conditions(door: BackDoor, node: int, allowed: int) -> int | None:
    task = Separation(door.edges, node, door.y, 0, allowed & ~node)
    usable = [
        given
        for given in islice(minimal_separators(task), TRIED)
        if connected(door.edges, node, given) & door.x
    ]
    return min(usable, key=int.bit_count, default=None)
