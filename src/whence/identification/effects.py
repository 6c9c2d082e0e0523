"""The effect of doing, shape first: by adjustment where a set serves, else by the general algorithm.

Adjustment comes first because its estimand is the one that is estimated best; the optimal set before a
minimal one, because it gives the smallest variance.

Source: E. Perković et al., "Complete graphical characterization and construction of adjustment sets" (JMLR
2018); S. LaPlante and E. Perković, "Conditional adjustment in a Markov equivalence class" (AISTATS 2024).

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y")])
>>> proved = identify_doing(g, P("Y", do="X"))
>>> proved.shape
Adjustment(treatments=('X',), outcomes=('Y',), adjust=('Z',), by=(), name='adjustment')
"""

from __future__ import annotations

from dataclasses import dataclass

from whence.identification.adjustment import BackDoor, optimal_set
from whence.identification.designs.front_door import front_door_mask
from whence.identification.idc import Barred, identify_conditional_effect
from whence.identification.reachability import DESCENDANTS, reached
from whence.identification.separators import minimal_separator
from whence.language.estimand import Adjustment, Fact, FrontDoor, General, Shape, Step
from whence.language.expression import Expression, P, Product, Term, total
from whence.language.graph import Graph, union


@dataclass(frozen=True, slots=True)
class Proved:
    """The step that proves a claim, and the shape of its formula."""

    step: Step
    shape: Shape


def identify_doing(graph: Graph, claim: P) -> Proved | Barred:
    """A proof of P(Y | do X, W), all its terms without values, or the hedge that bars one.

    `graph` is a DAG or ADMG without latent nodes, and the names are known and distinct.
    """
    x, y, w = (graph.mask(term.name for term in part) for part in (claim.do, claim.of, claim.given))
    door = BackDoor.of(graph, x, y)
    # Where x does not cause y, the general algorithm finds that nothing is to be adjusted for.
    adjust = covariates(door, w) if door.causal else None
    if adjust is not None:
        return by_adjustment(graph, claim, adjust, w)
    found = identify_conditional_effect(graph, x, y, w)
    if isinstance(found, Barred):
        return found
    through = front_door_mask(door) if door.causal and not w else None
    if not through:
        return Proved(found, General())
    names = (graph.names(x), graph.names(y), graph.names(through))
    return Proved(found, FrontDoor(*names))


def covariates(door: BackDoor, w: int) -> int | None:
    """What to adjust for beside the conditions `w`, which x must not cause; None if nothing serves."""
    if w & (door.forbidden | reached(DESCENDANTS, door.whole, door.x)):
        return None
    if union(door.graph.spouses, door.x) & door.y:
        return None  # nothing comes between two that share a hidden cause
    best = optimal_set(door)
    if best is not None and door.serves(best | w):
        return best & ~w
    task = door.task(include=w)
    found = minimal_separator(task) if task is not None else None
    return None if found is None else found & ~w


def by_adjustment(graph: Graph, claim: P, adjust: int, w: int) -> Proved:
    """Σ over Z of P(Y | X, W, Z) · P(Z | W)."""
    names = graph.names(adjust)
    terms = tuple(Term(name) for name in names)
    response: Expression = P(claim.of, (*claim.do, *claim.given, *terms))
    formula = total(names, Product((response, P(terms, claim.given)))) if names else response
    x, y, by = (tuple(term.name for term in part) for part in (claim.do, claim.of, claim.given))
    fact = Fact("adjustment set", x, y, graph.names(adjust | w))
    return Proved(Step("adjustment", claim, formula, (fact,)), Adjustment(x, y, names, by))
