"""Verma constraints: what a graph with hidden causes says that is no independence, and data can contradict.

A formula for the kernel Q[C] = P(C | do(all others)) may mention variables that are neither in C nor parents
of it. If the graph is right, the formula does not depend on them, although no set of observed variables may
separate them from C. The classic case is below: A and D are dependent given any set, but Σ_B P(B | A)
P(D | A, B, C) is P(D | do(A, B, C)), and that must be free of A.

For each variable, the last of those considered, the districts that it can be in are walked through: a
childless member is summed out, and the district of the last variable in what is left has a kernel of its own
(Tian's two lemmas, as in identification). A formula that mentions more than it may is a constraint, unless
the same was already known of a larger kernel, or an ancestral set in which C is a district says it as a
conditional independence.

Sources: T. Verma and J. Pearl, "Equivalence and synthesis of causal models" (UAI 1990); J. Tian and J. Pearl,
"On the testable implications of causal models with hidden variables" (UAI 2002); T. Richardson, R. Evans, J.
Robins and I. Shpitser, "Nested Markov properties for acyclic directed mixed graphs" (Annals of Statistics
2023).

>>> from whence.language.graph import Edge
>>> arrows = [Edge("A", "B"), Edge("B", "C"), Edge("C", "D"), Edge("B", "D", "<->")]
>>> print(*verma_constraints(Graph.of((), arrows)))
Σ_{B} P(B | A) P(D | A, B, C) does not depend on A
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import chain, islice

from whence.identification.kernels import Ancestral, Regime, ancestral_set, c_component, c_factor, marginal
from whence.identification.kinship import ancestral_around, district
from whence.identification.projection import latent_projection
from whence.language.estimand import Step
from whence.language.expression import Expression, children, free_variables
from whence.language.graph import Graph, bits, union
from whence.language.printing import name_text, to_text
from whence.language.simplify import simplify

LOOKED_AT = 1000
"""How many districts are looked through in all, the causes' first."""

DEEPEST = 60
"""How many variables are summed out one after the other."""

LONGEST = 100
"""Formulas of more parts than this are named, not written out: parts are shared, and a text repeats them."""


@dataclass(frozen=True, slots=True)
class VermaConstraint:
    """A formula in what was observed that names the variables `free_of` and does not depend on them.

    `derivation` proves that the formula is the kernel of `of`, P(of | do(all others)), to which only the
    parents of `of` matter.
    """

    of: tuple[str, ...]
    free_of: tuple[str, ...]
    derivation: Step

    @property
    def formula(self) -> Expression:
        """The formula as it was derived."""
        return self.derivation.formula

    def __str__(self) -> str:
        if _length(self.formula) > LONGEST:
            shown = f"The formula derived for P({', '.join(map(name_text, self.of))} | do(all others))"
        else:
            shown = to_text(simplify(self.formula))
        return f"{shown} does not depend on {', '.join(map(name_text, self.free_of))}"


def verma_constraints(graph: Graph) -> tuple[VermaConstraint, ...]:
    """The constraints on the observed variables that are no conditional independences.

    With the independences of the graph they say all that its nested Markov model says of the distribution,
    unless there are more than `LOOKED_AT` districts to look through: the constraints of the later ones are
    then left out. A graph without hidden causes has none. Raises `InvalidGraph` for kinds other than DAG and
    ADMG.
    """
    observed = latent_projection(graph)
    regime = Regime.observed(observed)
    looked_at = chain.from_iterable(
        _of_last(regime, 1 << last, ancestral_set(regime, before))
        for last, before in _predecessors(observed)
        if observed.spouses[last] & before
    )
    return tuple(found for found in islice(looked_at, LOOKED_AT) if found is not None)


def _predecessors(graph: Graph) -> Iterator[tuple[int, int]]:
    """Each node, causes first, and the mask of it and all before it."""
    before = 0
    for node in graph.order:
        before |= 1 << node
        yield node, before


def _of_last(regime: Regime, v: int, base: Ancestral) -> Iterator[VermaConstraint | None]:
    """What the kernels of the districts of v, the last of its predecessors, must not depend on.

    None stands for a district that was looked at in vain.
    """
    graph = regime.graph
    part = district(graph, v, base.mask)
    ways = {part: _Way(c_factor(regime, part, base))}
    free: dict[int, set[int]] = {part: set()}
    waiting = [(-part.bit_count(), part)]
    while waiting:
        # Larger districts first: what a kernel is free of, every kernel made of it is free of.
        _, part = heappop(waiting)
        way, known = ways.pop(part), free.pop(part)
        step = way.kernel(regime, v)
        own = part | union(graph.parents, part)
        known.add(ancestral_around(graph, part, base.mask) & ~own)
        loose = graph.mask(free_variables(step.formula)) & ~own
        new = not any(loose & less == loose for less in known)
        yield VermaConstraint(graph.names(part), graph.names(loose), step) if new else None
        known = _largest({*known, loose})
        for node in bits(part & ~v) if way.depth < DEEPEST else ():
            if not graph.children[node] & part:
                held = district(graph, v, part & ~(1 << node))
                if held not in ways:
                    heappush(waiting, (-held.bit_count(), held))
                    ways[held], free[held] = _Way(step, part, node, way.depth + 1), set()
                free[held] |= known


@dataclass(frozen=True, slots=True)
class _Way:
    """How to come by the kernel of a district: from that of `part`, its childless `node` summed out."""

    step: Step
    part: int = 0
    node: int = 0
    depth: int = 0

    def kernel(self, regime: Regime, v: int) -> Step:
        """The step that proves it, worked out only when it is wanted."""
        if not self.part:
            return self.step
        left = self.part & ~(1 << self.node)
        smaller = marginal(regime, left, self.part, self.step)
        held = district(regime.graph, v, left)
        return smaller if held == left else c_component(regime, held, left, smaller)


def _largest(sets: set[int]) -> set[int]:
    """Those that lie in no other."""
    return {less for less in sets if less and not any(less & more == less != more for more in sets)}


def _length(expression: Expression) -> int:
    """How many parts the expression has when shared ones are written out each time."""
    known: dict[int, int] = {}

    def count(node: Expression) -> int:
        if id(node) not in known:
            known[id(node)] = 1 + sum(count(part) for part in children(node))
        return known[id(node)]

    return count(expression)
