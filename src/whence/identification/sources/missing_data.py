"""Missing data in large graphs: two factorisations that recover a distribution from what was recorded.

*Ordered*: P(V) is a product of factors P(v | B), B among the variables that are still to come; a factor is
recovered where v is separated by B from the indicators of v and B. *By indicators*: P(V) is P(V, R = 1)
divided by a product of factors P(r = 1 | B, R_B = 1), one for each indicator. In both, B is the Markov
boundary, found by one walk over the graph: the work is linear in the edges for each factor tried. What this
recovers is recovered; of what it does not, nothing is said (`do_search` knows more, in small graphs).

Sources: K. Mohan, J. Pearl and J. Tian, "Graphical models for inference with missing data" (NIPS 2013),
theorem 1; K. Mohan and J. Pearl, "Graphical models for recovering probabilistic and causal queries from
missing data" (NIPS 2014), theorem 2.

>>> from whence.language.graph import Edge, Graph
>>> from whence.language.printing import to_text
>>> g = Graph.of((), [Edge("x", "y"), Edge("y", "r_x"), Edge("x", "r_y")])
>>> recorded = Source(P(("x*", "y*", "r_x", "r_y")), proxies=(("x", "r_x"), ("y", "r_y")))
>>> step = recovered(g, P(("x", "y")), recorded)
>>> print(to_text(step.formula) if step else "not recovered")
P(r_x=1, r_y=1, x, y) / (P(r_x=1 | r_y=1, y) P(r_y=1 | r_x=1, x))
"""

from __future__ import annotations

from dataclasses import dataclass, field

from whence.identification.sources.do_search_rules import Statement
from whence.identification.sources.do_search_sources import Leaf, Task
from whence.identification.sources.do_search_steps import Reason, derivation
from whence.language.estimand import Rule, Step
from whence.language.expression import P
from whence.language.graph import Graph, bits
from whence.language.source import Source


def recovered(graph: Graph, claim: P, source: Source) -> Step | None:
    """The step that proves P(A | B, do C) from one distribution with proxies that sets the same C.

    `graph` is a DAG or ADMG without latent nodes; the terms of the claim are open. None where neither
    factorisation recovers it. Raises as `do_search` does.
    """
    proof = _proof(graph, claim, source)
    if proof is None or proof.task.target[2] != proof.leaf.do:
        return None
    of, given, _, _, _ = proof.task.target
    found = _joint(proof, of, given)
    return None if found is None else derivation(proof.task, proof.reasons, found)


def recovered_effect(graph: Graph, claim: P, source: Source, covariates: tuple[str, ...]) -> Step | None:
    """The step that proves P(Y | W, do X) by adjusting for covariates that X does not cause.

    P(Y | X, Z, W) and P(Z | W) are recovered, each for itself. Otherwise as `recovered`.
    """
    proof = _proof(graph, claim, source)
    if proof is None or proof.leaf.do:
        return None
    graph = proof.task.graph
    y, w, x, _, place = proof.task.target
    z, linked = graph.mask(covariates), proof.task.calculus.graph.linked
    into = x & ~proof.task.calculus.graph.ancestors(w, 0)
    if linked(x, z | w, 0, x) & y or linked(x, w, into) & z or (z | x) & ~proof.leaf.of:
        return None
    response, before = _joint(proof, y, x | z | w), _joint(proof, z, w) if z else None
    if response is None or (z and before is None):
        return None
    found = proof.add("rule 2", (y, z | w, x, 0, place), response)
    if before is not None:
        unmoved = proof.add("rule 3", (z, w, x, 0, place), before)
        found = proof.add("chain", (y | z, w, x, 0, place), found, unmoved)
        found = proof.add("sum", (y, w, x, 0, place), found)
    return derivation(proof.task, proof.reasons, found)


def _proof(graph: Graph, claim: P, source: Source) -> _Proof | None:
    """An empty proof, where the claim and the source are of a kind that is covered."""
    task = Task.of(graph, claim, (source,))
    of, given, _, at, place = task.target
    leaf = task.leaves[0] if task.leaves else None
    if leaf is None or at or leaf.given or place != leaf.place or (of | given) & ~leaf.of:
        return None
    return _Proof(task, leaf)


def _joint(proof: _Proof, of: int, given: int) -> Statement | None:
    """P(of | given) by one of the factorisations, of itself or of the joint distribution."""
    found = _ordered(proof, of, given)
    if found is None:
        whole = (_ordered(proof, of | given, 0) if given else None) or _by_indicators(proof, of | given)
        found = whole and proof.add("condition", proof.state(of, given, 0), whole)
    return found


@dataclass(frozen=True, slots=True)
class _Proof:
    """Statements proved so far, each with its reason, all of one population under one intervention."""

    task: Task
    leaf: Leaf
    reasons: dict[Statement, Reason] = field(default_factory=dict[Statement, Reason])

    def state(self, of: int, given: int, at: int) -> Statement:
        """The statement P(of | given), those of `at` at their value."""
        return of, given, self.leaf.do, at & (of | given), self.leaf.place

    def add(self, rule: Rule, statement: Statement, *premises: Statement) -> Statement:
        """A statement that follows, unless it is proved already or is its own premise."""
        if statement not in premises:
            self.reasons.setdefault(statement, Reason(rule, premises))
        return statement

    def read_off(self, of: int, given: int, at: int) -> Statement | None:
        """What the source says, if the proxies allow it."""
        statement = self.state(of, given, at)
        if not self.leaf.follows(statement):
            return None
        self.reasons.setdefault(statement, Reason("given", (), self.leaf))
        return statement

    def indicators(self, of: int) -> int:
        """The indicators of these variables."""
        return sum({r for x, r in self.leaf.proxies if x & of})

    def boundary(self, node: int, among: int) -> int:
        """The Markov boundary of a node: the part of `among` that separates it from the rest."""
        linked = self.task.calculus.graph.linked
        return linked(node, among | self.leaf.do, self.leaf.do) & among

    def apart(self, node: int, others: int, given: int) -> bool:
        """Whether `given` separates the node from the others."""
        linked = self.task.calculus.graph.linked
        return not linked(node, given | self.leaf.do, self.leaf.do) & others


def _ordered(proof: _Proof, of: int, given: int) -> Statement | None:
    """P(of | given) as a product over an order of its variables, the last chosen first."""
    order = [1 << node for node in reversed(proof.task.graph.order) if of >> node & 1]
    factors: list[Statement] = []
    left = of
    while left:
        found = None
        for v in order:
            if v & left and (found := _factor(proof, v, left & ~v | given)):
                break
        if found is None:
            return None
        factors.append(found)
        left &= ~found[0]
    return _chained(proof, factors)


def _factor(proof: _Proof, v: int, others: int) -> Statement | None:
    """P(v | others), from where v and its boundary were recorded."""
    for near in dict.fromkeys((proof.boundary(v, others), others)):
        seen = proof.indicators(v | near)
        if seen & (v | others) or not proof.apart(v, others & ~near, near):
            continue
        alone = _recorded(proof, v, near, seen) or _over_causes(proof, v, near, seen)
        if alone is not None:
            return proof.add("rule 1", proof.state(v, others, 0), alone)
    return None


def _recorded(proof: _Proof, of: int, near: int, seen: int) -> Statement | None:
    """P(of | near), where the indicators `seen` do not matter."""
    known = proof.read_off(of, near | seen, seen) if proof.apart(of, seen, near) else None
    return known and proof.add("rule 1", proof.state(of, near, 0), known)


def _over_causes(proof: _Proof, v: int, near: int, seen: int) -> Statement | None:
    """The same as a sum over the other indicators that cause these."""
    rows, every = proof.task.graph.parents, proof.indicators(proof.leaf.of)
    causes = sum({1 << i for r in bits(seen) for i in bits(rows[r])}) & every & ~seen & ~near
    if not causes:
        return None
    first = _recorded(proof, v, near | causes, seen)
    second = _recorded(proof, causes, near, proof.indicators(near))
    if first is None or second is None:
        return None
    both = proof.add("chain", proof.state(v | causes, near, 0), first, second)
    return proof.add("sum", proof.state(v, near, 0), both)


def _chained(proof: _Proof, factors: list[Statement]) -> Statement:
    """The product of factors each of which is conditioned on all that come after it."""
    *before, whole = factors
    for factor in reversed(before):
        of, at = factor[0] | whole[0], factor[3]
        whole = proof.add("chain", (of, whole[1], whole[2], at, whole[4]), factor, whole)
    return whole


def _by_indicators(proof: _Proof, wanted: int) -> Statement | None:
    """P(W) = P(W, R = 1) / P(R = 1 | W), with W closed under causes of its indicators; then its part."""
    rows = proof.task.graph.parents
    everything = proof.leaf.of & ~proof.indicators(proof.leaf.of)
    whole = wanted
    while True:
        causes = 0
        for r in bits(proof.indicators(whole)):
            causes |= rows[r] & everything
        if not causes & ~whole:
            break
        whole |= causes
    recorded = proof.indicators(whole)
    if recorded & whole or not recorded:
        return None
    for order in (proof.task.graph.order, proof.task.graph.order[::-1]):
        factors = _propensities(proof, [1 << node for node in order if recorded >> node & 1], whole)
        if factors is not None:
            break
    else:
        return None
    joint = proof.read_off(whole | recorded, 0, recorded)
    if joint is None:
        return None
    # The whole chance of being recorded, the last indicator given all before it.
    chance = _chained(proof, factors[::-1])
    found = proof.add("ratio", proof.state(whole, 0, 0), joint, chance)
    return proof.add("sum", proof.state(wanted, 0, 0), found)


def _propensities(proof: _Proof, order: list[int], whole: int) -> list[Statement] | None:
    """P(r = 1 | W, R before r = 1) for each indicator in order, or None where one is not recovered."""
    factors: list[Statement] = []
    before = 0
    for r in order:
        near = proof.boundary(r, whole | before)
        also = proof.indicators(near & whole) & ~near
        rest = (whole | before) & ~near
        if also & r or not (proof.apart(r, rest, near) and proof.apart(r, also, near)):
            return None
        known = proof.read_off(r, near | also, r | before | also)
        if known is None:
            return None
        alone = proof.add("rule 1", proof.state(r, near, r | before), known)
        factors.append(proof.add("rule 1", proof.state(r, whole | before, r | before), alone))
        before |= r
    return factors
