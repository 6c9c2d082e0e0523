r"""Kernels: what the distribution of one part of a system is when all the rest of it is set.

The kernel of C is Q[C] = P(C | do(V \ C)). A distribution P(W | do Z) holds many of them: an ancestral set of
what is not set has Q[A] = P(A | do Z); a district of a known kernel has a known kernel; an ancestral part of
one is a sum. `district_kernel` goes down these steps to the kernel that is sought. Where a district and all
its ancestors stay joined by hidden causes to more than itself, the two of them form a hedge, and this
distribution does not determine the kernel. The kernel passed on is always the one found last, never the
first again.

Formulas have linear size: a variable is conditioned on its Markov pillow, not on all that came before it, and
parts are shared.

Sources: J. Tian and J. Pearl, "A general identification condition for causal effects" (AAAI 2002), lemmas 3
and 4; T. Richardson, R. Evans, J. Robins and I. Shpitser, "Nested Markov properties for acyclic directed
mixed graphs" (2023), for the kernel form.

>>> from whence.language.graph import Edge
>>> front = Graph.of((), [Edge("X", "M"), Edge("M", "Y"), Edge("X", "Y", "<->")])
>>> seen = Regime.observed(front)
>>> step = district_kernel(seen, front.mask("M"), ancestral_set(seen, front.all))
>>> step.formula == P("M", "X")
True
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whence.identification.kinship import ancestors, district
from whence.language.estimand import Fact, Step
from whence.language.expression import (
    Expression,
    Kernel,
    P,
    Product,
    Quotient,
    Sum,
    Term,
    free_variables,
    product,
    total,
)
from whence.language.graph import Graph, bits, union
from whence.language.refusals import Hedge

SPELT_OUT = 24
"""Up to this many variables a step lists the separations it rests on; beyond, its order implies them."""


@dataclass(frozen=True, slots=True)
class Regime:
    r"""What P(W | do Z) of a population holds: `known` are those of W whose ancestors, Z apart, are all in W.

    `among` names all that is not set, V \ Z; `do` are the terms of Z. The sets that are ancestral within
    `known` are the ancestral sets of G[V \ Z] that W holds.
    """

    graph: Graph
    known: int
    among: tuple[str, ...]
    do: tuple[Term, ...] = ()
    population: str = ""

    @classmethod
    def observed(cls, graph: Graph) -> Regime:
        """The observational distribution of every node."""
        return cls(graph, graph.all, graph.nodes)


@dataclass(frozen=True, slots=True)
class Ancestral:
    """An ancestral set, its order, what precedes each node in that, and the step Q[H] = P(H | do Z)."""

    mask: int
    before: dict[int, int]
    order: Fact
    step: Step

    @property
    def names(self) -> tuple[str, ...]:
        """Its nodes in that order."""
        return self.order.x


def district_kernel(regime: Regime, part: int, top: Ancestral) -> Step | Hedge:
    """Q[part], a district of some set, sought inside ever smaller kernels, or the hedge that bars it.

    `top` is an ancestral set that is known already, and `part` lies in `regime.known`.
    """
    graph = regime.graph
    if part & top.mask == part and not union(graph.spouses, part) & top.mask & ~part:
        return c_factor(regime, part, top)
    around = ancestors(graph, part, regime.known)
    base = top if around == top.mask else ancestral_set(regime, around)
    held = district(graph, part, base.mask)
    step = c_factor(regime, held, base)
    while held != part:
        above = ancestors(graph, part, held)
        if above == held:
            return hedge(graph, held, part)
        step = marginal(regime, above, held, step)
        held = district(graph, part, above)
        if held != above:
            step = c_component(regime, held, above, step)
    return step


def ancestral_set(regime: Regime, mask: int) -> Ancestral:
    """Q[H] = P(H | do Z), for H that holds all its ancestors but those in Z."""
    graph = regime.graph
    before: dict[int, int] = {}
    so_far = 0
    for node in in_order(graph, mask):
        before[node] = so_far
        so_far |= 1 << node
    names = tuple(graph.nodes[node] for node in before)
    fact = Fact("ancestral", names, among=regime.among)
    formula = P(names, (), regime.do, regime.population)
    step = Step("ancestral", Kernel(names, regime.population), formula, (fact,))
    return Ancestral(mask, before, Fact("order", names), step)


def c_factor(regime: Regime, part: int, base: Ancestral) -> Step:
    """Q[S] = the product of P(v | its Markov pillow, do Z), for a district S of an ancestral set."""
    graph = regime.graph
    names = graph.names(part)
    because = [Fact("district", names, among=base.names), base.order]
    factors: list[P] = []
    for node in sorted(bits(part), key=base.before.__getitem__):
        pillow = _pillow(graph, node, base.before[node])
        given = graph.names(pillow)
        name = graph.nodes[node]
        factors.append(P(Term(name), given, regime.do, regime.population))
        rest = base.before[node] & ~pillow
        if rest and len(base.names) <= SPELT_OUT:
            # What is set takes no part: the separation is that of the graph on the rest.
            among = regime.among if regime.do else ()
            because.append(Fact("separated", (name,), graph.names(rest), given, among))
    return Step("c-factor", Kernel(names, regime.population), product(factors), tuple(because), (base.step,))


def _pillow(graph: Graph, node: int, before: int) -> int:
    """The Markov pillow: the node's district among its predecessors, and the parents of that district."""
    if not graph.spouses[node] & before:
        return graph.parents[node] & before
    joined = district(graph, 1 << node, before | 1 << node)
    return (joined | union(graph.parents, joined) & before) & ~(1 << node)


def marginal(regime: Regime, above: int, held: int, step: Step) -> Step:
    """Q[A] as a sum over the rest of Q[T], for A that holds its ancestors in G[T] (lemma 3)."""
    graph = regime.graph
    names = graph.names(above)
    fact = Fact("ancestral", names, among=graph.names(held))
    formula = total(graph.names(held & ~above), step.formula)
    return Step("marginal", Kernel(names, regime.population), formula, (fact,), (step,))


def c_component(regime: Regime, part: int, whole: int, step: Step) -> Step:
    """Q[S] from Q[H] as a product of quotients of its sums, for a district S of G[H] (lemma 4)."""
    graph = regime.graph
    order = in_order(graph, whole)
    factors: list[Quotient] = []
    for place, node in enumerate(order):
        if part >> node & 1:
            after = [graph.nodes[later] for later in order[place + 1 :]]
            upper, lower = total(after, step.formula), total([graph.nodes[node], *after], step.formula)
            factors.append(Quotient(upper, lower))
    names = graph.names(part)
    ordered = tuple(graph.nodes[node] for node in order)
    because = (Fact("district", names, among=ordered), Fact("order", ordered))
    formula = factors[0] if len(factors) == 1 else Product(tuple(factors))
    return Step("c-component", Kernel(names, regime.population), formula, because, (step,))


def averaged(graph: Graph, part: int, step: Step, seen: Iterable[frozenset[str]] | None = None) -> Step:
    """The same kernel with what its formula mentions but does not depend on averaged over.

    The weights are the distribution of these variables where it is known, that is, where one of the sets in
    `seen` holds them all (None: everything was observed), and else the same for each of their levels.
    """
    own = part | union(graph.parents, part)
    loose = tuple(sorted(free_variables(step.formula) - set(graph.names(own))))
    if not loose:
        return step
    fact = Fact("independent of", graph.names(part), loose)
    if seen is None or any(known.issuperset(loose) for known in seen):
        formula: Expression = Sum(loose, Product((P(loose), step.formula)))
    else:
        formula = Quotient(Sum(loose, step.formula), Sum(loose, Product(())))
    return Step("average", Kernel(graph.names(part)), formula, (fact,), (step,))


def hedge(graph: Graph, forest: int, subforest: int) -> Hedge:
    """The two C-forests, rooted in the nodes of the inner one that have no child in it."""
    roots = [node for node in bits(subforest) if not graph.children[node] & subforest]
    return Hedge(graph.names(forest), graph.names(subforest), tuple(graph.nodes[node] for node in roots))


def in_order(graph: Graph, mask: int) -> list[int]:
    """The nodes of a mask, causes first."""
    return [node for node in graph.order if mask >> node & 1]
