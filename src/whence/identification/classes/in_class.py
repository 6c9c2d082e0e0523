"""Effects in an equivalence class: one formula that is right in every graph that it stands for.

Where the class shows that X does not cause Y in any of its graphs, P(Y | do X) is P(Y). Where an adjustment
set serves in each of them, its formula does. Otherwise the graphs may disagree, and no formula is offered.

Source: E. Perković, J. Textor, M. Kalisch and M. Maathuis, "Complete graphical characterization and
construction of adjustment sets in Markov equivalence classes of ancestral graphs" (JMLR 2018).

>>> from whence.language.graph import Edge
>>> edges = [Edge("A", "X"), Edge("B", "X"), Edge("X", "Y")]
>>> identify_in_class(Graph.of((), edges, kind="CPDAG"), P("Y", do="X")).step.formula == P("Y", "X")
True
"""

from __future__ import annotations

from whence.identification.classes.class_adjustment import adjustment_in_class, possible_descendants
from whence.identification.classes.markov_class import member_pattern
from whence.identification.effects import Proved
from whence.language.estimand import Adjustment, Fact, General, Observed, Step
from whence.language.expression import P, Product, Term, total
from whence.language.graph import Graph

KINDS = ("CPDAG", "MPDAG")
"""The classes whose proofs can be checked graph by graph."""


def identify_in_class(graph: Graph, claim: P) -> Proved | None:
    """A proof of P(Y | do X, W) that holds in every graph of the class, or None where we have none.

    `graph` is a CPDAG or MPDAG; the names are known and distinct. Raises `InvalidGraph` where it is none.
    """
    member_pattern(graph)
    if any(term.world for term in claim.terms):
        return None
    if not claim.do:
        return Proved(Step("observation", claim, claim), Observed())
    x, y, w = (graph.mask(term.name for term in part) for part in (claim.do, claim.of, claim.given))
    if not w and not possible_descendants(graph, x) & y:
        seen = P(claim.of)
        fact = Fact("separated", graph.names(y), graph.names(x), cut_into=graph.names(x))
        return Proved(Step("rule 3", claim, seen, (fact,), (Step("given", seen, seen),)), General())
    adjust = adjustment_in_class(graph, x, y, w)
    if adjust is None:
        return None
    names, by = graph.names(adjust), graph.names(w)
    response = P(claim.of, (*claim.do, *claim.given, *map(Term, names)))
    formula = total(names, Product((response, P(names, claim.given)))) if names else response
    fact = Fact("adjustment set", graph.names(x), graph.names(y), graph.names(adjust | w))
    shape = Adjustment(graph.names(x), graph.names(y), names, by)
    return Proved(Step("adjustment", claim, formula, (fact,)), shape)
