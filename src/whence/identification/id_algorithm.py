"""The ID algorithm: the effect of a joint intervention, from the observed distribution and an ADMG.

P(Y | do X) is a sum over the kernel Q[D] of D, the ancestors of Y once X is set. Q[D] is the product of the
kernels of its districts, and each of these is sought inside a wider kernel that is known: an ancestral set
has Q[A] = P(A); a district of a known kernel has a known kernel; an ancestral part of one is a sum. Where a
district and all its ancestors stay joined by hidden causes that reach the treatment, the two of them form a
hedge, and no formula exists. The kernel passed on is always the one found last, never the first again.

Complete: it fails only where two models agree on P and differ on the effect. Formulas have linear size: a
variable is conditioned on its Markov pillow, not on all that came before it, and parts are shared.

Sources: I. Shpitser and J. Pearl, "Identification of joint interventional distributions in recursive
semi-Markovian causal models" (AAAI 2006); J. Tian and J. Pearl, "A general identification condition for
causal effects" (AAAI 2002), lemmas 3 and 4; T. Richardson, R. Evans, J. Robins and I. Shpitser, "Nested
Markov properties for acyclic directed mixed graphs" (2023), for the kernel form.

>>> from whence.language.graph import Edge
>>> bow = Graph.of((), [Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> identify_effect(bow, bow.mask("X"), bow.mask("Y"))
Hedge(forest=('X', 'Y'), subforest=('Y',), roots=('Y',))
"""

from __future__ import annotations

from dataclasses import dataclass

from whence.identification.kinship import ancestors, district, districts
from whence.language.estimand import Fact, Step
from whence.language.expression import Kernel, P, Product, Quotient, Term, free_variables, product, total
from whence.language.graph import Graph, bits, union
from whence.language.refusals import Hedge

SPELT_OUT = 24
"""Up to this many variables a step lists the separations it rests on; beyond, its order implies them."""


@dataclass(frozen=True, slots=True)
class Ancestral:
    """An ancestral set, its order, what precedes each node in that, and the step Q[H] = P(H)."""

    mask: int
    before: dict[int, int]
    names: tuple[str, ...]
    step: Step


def identify_effect(graph: Graph, x: int, y: int) -> Step | Hedge:
    """The step that proves P(Y | do X) equal to a formula in P, or the hedge that shows there is none.

    `graph` is a DAG or ADMG without latent nodes; x and y are disjoint masks, y not empty. The formula's free
    variables are among x and y.
    """
    target = ancestors(graph, y, graph.all & ~x)
    joint = _target_kernel(graph, target, y)
    if isinstance(joint, Hedge):
        return joint
    fact = Fact("ancestral", graph.names(target), among=graph.names(graph.all & ~x))
    claim = P(graph.names(y), (), graph.names(x))
    return Step("effect", claim, total(graph.names(target & ~y), joint.formula), (fact,), (joint,))


def _target_kernel(graph: Graph, target: int, y: int) -> Step | Hedge:
    """Q[D] as the product of the kernels of its districts."""
    top = ancestral_set(graph, ancestors(graph, y, graph.all))
    if target == top.mask:
        return top.step
    parts: list[Step] = []
    groups = districts(graph, target)
    for group in groups:
        part = _district_kernel(graph, group, top)
        if isinstance(part, Hedge):
            return part
        parts.append(part)
    names = graph.names(target)
    because = tuple(Fact("district", graph.names(group), among=names) for group in groups)
    return Step("districts", Kernel(names), product(part.formula for part in parts), because, tuple(parts))


def _district_kernel(graph: Graph, part: int, top: Ancestral) -> Step | Hedge:
    """Q[part], sought inside ever smaller kernels, or the hedge that bars it."""
    if district(graph, part, top.mask) == part:
        return c_factor(graph, part, top)
    around = ancestors(graph, part, graph.all)
    base = top if around == top.mask else ancestral_set(graph, around)
    held = district(graph, part, base.mask)
    step = c_factor(graph, held, base)
    while held != part:
        above = ancestors(graph, part, held)
        if above == held:
            return hedge(graph, held, part)
        step = marginal(graph, above, held, step)
        held = district(graph, part, above)
        if held != above:
            step = c_component(graph, held, above, step)
    return averaged(graph, part, step)


def ancestral_set(graph: Graph, mask: int) -> Ancestral:
    """Q[H] = P(H), for H that holds all its ancestors."""
    before: dict[int, int] = {}
    so_far = 0
    for node in _ordered(graph, mask):
        before[node] = so_far
        so_far |= 1 << node
    names = tuple(graph.nodes[node] for node in before)
    fact = Fact("ancestral", names, among=graph.nodes)
    return Ancestral(mask, before, names, Step("ancestral", Kernel(names), P(names), (fact,)))


def c_factor(graph: Graph, part: int, base: Ancestral) -> Step:
    """Q[S] = the product of P(v | its Markov pillow), for a district S of an ancestral set."""
    names = graph.names(part)
    because = [Fact("district", names, among=base.names), Fact("order", base.names)]
    factors: list[P] = []
    for node in _ordered(graph, part) if part & (part - 1) else bits(part):
        pillow = _pillow(graph, node, base.before[node])
        given = graph.names(pillow)
        name = graph.nodes[node]
        factors.append(P(Term(name), given))
        rest = base.before[node] & ~pillow
        if rest and len(base.names) <= SPELT_OUT:
            because.append(Fact("separated", (name,), graph.names(rest), given))
    return Step("c-factor", Kernel(names), product(factors), tuple(because), (base.step,))


def _pillow(graph: Graph, node: int, before: int) -> int:
    """The Markov pillow: the node's district among its predecessors, and the parents of that district."""
    if not graph.spouses[node] & before:
        return graph.parents[node]
    joined = district(graph, 1 << node, before | 1 << node)
    return (joined | union(graph.parents, joined)) & ~(1 << node)


def marginal(graph: Graph, above: int, held: int, step: Step) -> Step:
    """Q[A] as a sum over the rest of Q[T], for A that holds its ancestors in G[T] (lemma 3)."""
    names = graph.names(above)
    fact = Fact("ancestral", names, among=graph.names(held))
    return Step("marginal", Kernel(names), total(graph.names(held & ~above), step.formula), (fact,), (step,))


def c_component(graph: Graph, part: int, whole: int, step: Step) -> Step:
    """Q[S] from Q[H] as a product of quotients of its sums, for a district S of G[H] (lemma 4)."""
    order = _ordered(graph, whole)
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
    return Step("c-component", Kernel(names), formula, because, (step,))


def averaged(graph: Graph, part: int, step: Step) -> Step:
    """The same kernel with what its formula mentions but does not depend on averaged over."""
    own = part | union(graph.parents, part)
    loose = tuple(sorted(free_variables(step.formula) - set(graph.names(own))))
    if not loose:
        return step
    names = graph.names(part)
    fact = Fact("independent of", names, loose)
    formula = total(loose, Product((P(loose), step.formula)))
    return Step("average", Kernel(names), formula, (fact,), (step,))


def hedge(graph: Graph, forest: int, subforest: int) -> Hedge:
    """The two C-forests, rooted in the nodes of the inner one that have no child in it."""
    roots = [node for node in bits(subforest) if not graph.children[node] & subforest]
    return Hedge(graph.names(forest), graph.names(subforest), tuple(graph.nodes[node] for node in roots))


def _ordered(graph: Graph, mask: int) -> list[int]:
    return [node for node in graph.order if mask >> node & 1]
