"""Effects among those who were seen treated: P(Y had X been b | X was a, W).

Where Z, which X does not cause, blocks the back-door paths, it is Σ over Z of P(Y | X=b, Z, W) · P(Z |
X=a, W). Without such a set, those seen at a = b are simply those, as are all whom X cannot change
(consistency); and where X takes two values only, what is known of everyone at b less those seen at b is what
those seen at a would have been, so the effect of doing gives it.

Sources: J. Heckman and R. Robb (1985) and J. Pearl, *Causality* (2009), section 8.2.5, for the effect of
treatment on the treated; I. Shpitser and J. Pearl, "Effects of treatment on the treated" (UAI 2009).

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y")])
>>> found = identify_treated(g, P(Term("Y", None, (Term("X", 0),)), Term("X", 1)))
>>> found.step.rule, found.shape.adjust
('treated', ('Z',))
"""

from __future__ import annotations

from dataclasses import dataclass

from whence.identification.adjustment import BackDoor, optimal_set
from whence.identification.effects import Proved, identify_doing
from whence.identification.idc import Barred
from whence.identification.reachability import DESCENDANTS, reached
from whence.identification.separation import connected
from whence.identification.separators import Separation, minimal_separator
from whence.language.estimand import Adjustment, Fact, General, Step
from whence.language.expression import Difference, P, Product, Quotient, Term, Value, substitute, total
from whence.language.graph import Graph


@dataclass(frozen=True, slots=True)
class Imagined:
    """P(Y_{X=b} | X=a, W) taken apart; `level` is b, `outcomes` and `by` are names."""

    would: Term
    level: Value
    was: Term
    outcomes: tuple[str, ...]
    by: tuple[str, ...]


def taken_apart(atom: P) -> Imagined | None:
    """The parts of a probability of this form, or None for another counterfactual."""
    worlds = {term.world for term in atom.of}
    if len(worlds) != 1 or atom.do or any(term.world for term in atom.given):
        return None
    world = worlds.pop()
    level = world[0].value if len(world) == 1 and not world[0].world else None
    if level is None:
        return None
    was = [term for term in atom.given if term.name == world[0].name]
    if len(was) != 1 or was[0].value is None:
        return None
    by = tuple(term.name for term in atom.given if term is not was[0])
    return Imagined(world[0], level, was[0], tuple(term.name for term in atom.of), by)


def claim_of(parts: Imagined) -> P:
    """What a step claims: the treatment at its two levels, every other variable open."""
    of = tuple(Term(name, None, (parts.would,)) for name in parts.outcomes)
    return P(of, (parts.was, *(Term(name) for name in parts.by)))


def identify_treated(graph: Graph, claim: P) -> Proved | None:
    """A proof of P(Y_{X=b} | X=a, W) by its shape, or None where it has none of ours.

    `graph` is a DAG or ADMG without latent nodes, and the names are known and distinct.
    """
    parts = taken_apart(claim)
    if parts is None:
        return None
    door, w, early = _door(graph, parts)
    adjust = _blocking(door, w) if early and door.causal else None
    if adjust is not None:
        return _by_adjustment(graph, claim, parts, adjust)
    if parts.level == parts.was.value or not door.causal:  # seen at that level, or the same at any
        return Proved(Step("consistency", claim, P(parts.outcomes, claim.given)), General())
    return None


def treated_of_two_levels(graph: Graph, claim: P) -> Proved | None:
    """A proof of P(Y_{X=b} | X=a, W) for X of two values only, from the effect of doing."""
    parts = taken_apart(claim)
    if parts is None or parts.level == parts.was.value or not _door(graph, parts)[2]:
        return None
    return _by_difference(graph, claim, parts)


def _door(graph: Graph, parts: Imagined) -> tuple[BackDoor, int, bool]:
    """The way from treatment to outcomes, the conditions, and whether x causes none of these."""
    x, y, w = (graph.mask(names) for names in ((parts.would.name,), parts.outcomes, parts.by))
    door = BackDoor.of(graph, x, y)
    return door, w, not w & reached(DESCENDANTS, door.whole, x)


def _blocking(door: BackDoor, w: int) -> int | None:
    """Covariates that x does not cause and that, with w, block its back-door paths to y."""
    edges = door.whole.cut(0, door.x)
    early = door.graph.all & ~reached(DESCENDANTS, door.whole, door.x) & ~door.y
    best = optimal_set(door)
    if best is not None and not (best | w) & ~early and not connected(edges, door.x, best | w) & door.y:
        return best & ~w
    found = minimal_separator(Separation(edges, door.x, door.y, w, early))
    return None if found is None else found & ~w


def _by_adjustment(graph: Graph, claim: P, parts: Imagined, adjust: int) -> Proved:
    names = graph.names(adjust)
    by = tuple(Term(name) for name in parts.by)
    terms = tuple(Term(name) for name in names)
    response = P(parts.outcomes, (parts.would, *by, *terms))
    formula = total(names, Product((response, P(terms, (parts.was, *by))))) if names else response
    x = parts.would.name
    held = graph.names(adjust | graph.mask(parts.by))
    because = [Fact("separated", parts.outcomes, (x,), held, cut_out_of=(x,))]
    if held:
        because.append(Fact("separated", held, (x,), cut_into=(x,)))
    shape = Adjustment((x,), parts.outcomes, names, parts.by)
    return Proved(Step("treated", claim, formula, tuple(because)), shape)


def _by_difference(graph: Graph, claim: P, parts: Imagined) -> Proved | None:
    """(P(Y, W | do X=b) − P(Y, W, X=b)) / P(X=a, W), for X of two values."""
    both = (*parts.outcomes, *parts.by)
    premise = identify_doing(graph, P(both, (), parts.would.name))
    if isinstance(premise, Barred):
        return None
    everyone = substitute(premise.step.formula, {parts.would.name: parts.level})
    seen = P((*(Term(name) for name in both), parts.would))
    formula = Quotient(Difference(everyone, seen), P(claim.given))
    return Proved(Step("consistency", claim, formula, (), (premise.step,)), General())
