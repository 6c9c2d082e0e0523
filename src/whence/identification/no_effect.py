"""Effects that a graph excludes: nothing leads from what is set to what is asked about.

Then every outcome is the same in both worlds that a question compares, person by person, so their
difference is exactly zero. That is the graph's own claim, and no estimate.

Source: J. Pearl, *Causality* (2009), section 7.3.1, the composition and effectiveness of counterfactuals.

>>> from whence.language.graph import Edge
>>> from whence.language.query import effect
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y")])
>>> excluded(effect("X", "Y"), g), excluded(effect("Z", "Y"), g)
(True, False)
"""

from __future__ import annotations

from whence.identification.kinship import descendants_of
from whence.language.expression import Difference, Expression, Kernel, P, Term, atoms, replace_atoms
from whence.language.graph import Graph
from whence.language.query import Query


def excluded(query: Query, graph: Graph) -> bool:
    """Whether the query compares worlds that are, by the graph, one and the same for all that it mentions.

    Its two sides must differ in what is set and in nothing else, and nothing that is set may lead to an
    outcome or to a condition.
    """
    body = query.body
    if graph.kind not in ("DAG", "ADMG") or not isinstance(body, Difference) or body.left == body.right:
        return False
    if not all(_imposed(atom) for atom in atoms(body)) or _as_seen(body.left) != _as_seen(body.right):
        return False
    return not set(descendants_of(graph, query.treatments)) & _mentioned(query)


def come_after(query: Query, graph: Graph) -> tuple[str, ...]:
    """The conditions of the query that come after what it sets: they make no group that was there before."""
    if graph.kind not in ("DAG", "ADMG") or not query.treatments:
        return ()
    after = set(descendants_of(graph, query.treatments)) - set(query.treatments)
    return tuple(name for name in query.conditions if name in after)


def _mentioned(query: Query) -> set[str]:
    """Outcomes and conditions; a treatment held as seen ("among the treated") is nobody's effect."""
    return {*query.outcomes, *(name for name in query.conditions if name not in query.treatments)}


def _imposed(atom: P | Kernel) -> bool:
    """Whether an atom sets something, and holds as seen only what was seen."""
    if not isinstance(atom, P) or any(term.world for term in atom.given):
        return False
    return bool(atom.do) or any(term.world for term in atom.of)


def _as_seen(part: Expression) -> Expression:
    """The same without anything set."""

    def seen(atom: P | Kernel) -> Expression:
        if isinstance(atom, Kernel):
            return atom
        return P([Term(term.name, term.value) for term in atom.of], atom.given)

    return replace_atoms(part, seen)
