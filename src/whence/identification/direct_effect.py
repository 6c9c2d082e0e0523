"""The single-door criterion: which covariates turn an association into a direct effect.

In a linear model the coefficient of x -> y is the coefficient of x in the regression of y on x and Z, where Z
holds no descendant of y and m-separates x from y once the arrow x -> y itself is taken out. Mediators belong
into Z here, where they would spoil a total effect. Where there is no arrow, the coefficient is zero, and so
is that of the regression for any Z that m-separates the two, descendants of y in it or not.

Source: J. Pearl, *Causality* (2009), theorem 5.3.1.

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("X", "M"), Edge("M", "Y"), Edge("X", "Y")])
>>> door = single_door(g, g.mask("X"), g.mask("Y"))
>>> door.serves(0), door.serves(g.mask("M"))
(False, True)
"""

from __future__ import annotations

from whence.identification.back_door import BackDoor
from whence.identification.kinship import require_directed
from whence.identification.reachability import DESCENDANTS, Adjacency, reached
from whence.language.graph import Graph, bits
from whence.runtime.errors import InvalidQuery


def single_door(graph: Graph, x: int, y: int) -> BackDoor:
    """The parts of the criterion for the direct effect of x on one outcome y, in a DAG or ADMG.

    Raises `InvalidGraph` for other kinds, and `InvalidQuery` for several outcomes, of which one may mediate
    the effect on another.
    """
    require_directed(graph, "A direct effect")
    if y.bit_count() > 1:
        raise InvalidQuery("A direct effect has one outcome.", "Ask about one outcome at a time.")
    whole = Adjacency.of(graph)
    arrows = [(a, b) for a in bits(x) for b in whole.children[a] if y >> b & 1]
    edges = whole.without(arrows)
    forbidden = reached(DESCENDANTS, whole, y) | x if arrows else x | y
    return BackDoor(graph, x, y, y, forbidden, graph.mask(graph.latent), whole, edges)
