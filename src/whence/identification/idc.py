"""The IDC algorithm: the effect of an intervention among those seen to have Z = z.

A condition that could as well be set (rule 2 of the do-calculus) joins the treatments; once none is left,
P(Y | do X, Z) is P(Y, Z | do X) divided by its sum over Y. Complete: if that joint effect has no formula, the
conditional effect has none.

Source: I. Shpitser and J. Pearl, "Identification of conditional interventional distributions" (UAI 2006).

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("X", "Z"), Edge("Z", "Y"), Edge("X", "Z", "<->")])
>>> step = identify_conditional_effect(g, g.mask("X"), g.mask("Y"), g.mask("Z"))
>>> [each.rule for each in step.walk()]
['ancestral', 'c-factor', 'districts', 'effect', 'rule 2']
"""

from __future__ import annotations

from dataclasses import dataclass

from whence.identification.id_algorithm import identify_effect
from whence.identification.reachability import Adjacency
from whence.identification.separation import connected
from whence.language.estimand import Fact, Step
from whence.language.expression import P, Quotient, total
from whence.language.graph import Graph, bits
from whence.language.refusals import Hedge


@dataclass(frozen=True, slots=True)
class Barred:
    """No formula: the hedge, and the joint effect of `treatments` on `outcomes` that it is for."""

    hedge: Hedge
    treatments: tuple[str, ...]
    outcomes: tuple[str, ...]


def identify_conditional_effect(graph: Graph, x: int, y: int, z: int = 0) -> Step | Barred:
    """The step that proves P(Y | do X, Z) equal to a formula in P, or why there is none.

    `graph` is a DAG or ADMG without latent nodes; x, y and z are disjoint masks, y not empty.
    """
    edges = Adjacency.of(graph) if z else None
    for node in bits(z):
        one, rest = 1 << node, z & ~(1 << node)
        if edges is not None and not connected(edges.cut(x, one), y, x | rest) & one:
            inner = identify_conditional_effect(graph, x | one, y, rest)
            return inner if isinstance(inner, Barred) else _rule_2(graph, x, y, rest, one, inner)
    found = identify_effect(graph, x, y | z)
    if isinstance(found, Hedge):
        return Barred(found, graph.names(x), graph.names(y | z))
    if not z:
        return found
    claim = P(graph.names(y), graph.names(z), graph.names(x))
    formula = Quotient(found.formula, total(graph.names(y), found.formula))
    return Step("condition", claim, formula, (), (found,))


def _rule_2(graph: Graph, x: int, y: int, rest: int, one: int, inner: Step) -> Step:
    """Seeing `one` is as good as setting it."""
    fact = Fact(
        "separated",
        graph.names(y),
        graph.names(one),
        graph.names(x | rest),
        cut_into=graph.names(x),
        cut_out_of=graph.names(one),
    )
    claim = P(graph.names(y), graph.names(rest | one), graph.names(x))
    return Step("rule 2", claim, inner.formula, (fact,), (inner,))
