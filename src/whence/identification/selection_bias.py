"""Adjustment from a selected sample: where does Σ P(y | x, z, S=1) P(z | S=1) give the effect on everybody?

Beside the adjustment criterion, with paths blocked by Z and S together, selection must not tell about the
outcome once x is done, and no treatment may share causes with the outcome while it acts on selection.

Source: J. Correa, J. Tian and E. Bareinboim, "Generalized adjustment under confounding and selection biases"
(AAAI 2018), the criterion of type 1 (all data are from the selected sample).

>>> from whence.language.graph import Edge, Graph
>>> g = Graph.of((), [Edge("S1", "X"), Edge("X", "Y"), Edge("S2", "Y")])
>>> selection_spoils(g, g.mask("X"), g.mask("Y"), g.mask(["S1"])) is None
True
>>> selection_spoils(g, g.mask("X"), g.mask("Y"), g.mask(["S2"]))
'Selection by "S2" tells about "Y" even where "X" is set: the selected are not like everybody.'
"""

from __future__ import annotations

from whence.identification.kinship import ancestors, require_directed
from whence.identification.reachability import CONNECTED, Adjacency, reached
from whence.language.graph import Graph, bits
from whence.runtime.errors import listed
from whence.runtime.plain import quoted


def selection_spoils(graph: Graph, x: int, y: int, selected: int) -> str | None:
    """Why no set serves from a sample selected by these nodes, or None where selection lets one serve.

    Raises `InvalidGraph` for kinds other than DAG and ADMG.
    """
    require_directed(graph, "Adjustment under selection")
    whole = Adjacency.of(graph)
    by, on, of = (listed(graph.names(mask)) for mask in (selected, y, x))
    if reached(CONNECTED, whole.cut(x, 0), y, {"Z": x, "C": x}) & selected:
        return (
            f"Selection by {by} tells about {on} even where {of} is set: the selected are not like everybody."
        )
    for a in bits(x & ancestors(graph, selected, graph.all)):
        if reached(CONNECTED, whole.cut(0, 1 << a), 1 << a, {"Z": 0, "C": 0}) & y:
            name = quoted(graph.nodes[a])
            return f"{name} acts on selection by {by} and shares causes with {on}: selection mixes the two."
    return None
