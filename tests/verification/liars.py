"""Proofs made at random by the letter of the rules and without a look at the graph.

Each has the form that the verifier expects, and states every fact it is supposed to state, true or not: what
is left to tell a true one from a false one is the graph. Whatever of these is accepted must be true.
"""

from __future__ import annotations

import numpy as np

from whence.language.estimand import Adjustment, Estimand, Fact, FrontDoor, General, Shape, Step
from whence.language.expression import (
    Difference,
    Expression,
    Kernel,
    P,
    Product,
    Quotient,
    Sum,
    Term,
    free_variables,
    product,
    substitute,
    total,
)
from whence.language.graph import Graph
from whence.language.query import Query


class Liar:
    """Draws sets, orders and rules at random."""

    def __init__(self, graph: Graph, rng: np.random.Generator) -> None:
        self.graph, self.rng, self.names = graph, rng, graph.observed

    def some(self, names, least: int = 1) -> tuple[str, ...]:
        names = [str(name) for name in self.rng.permutation(sorted(names))]
        return tuple(names[: int(self.rng.integers(least, len(names) + 1))]) if len(names) >= least else ()

    def order(self, names) -> tuple[str, ...]:
        """Half the time an order in which causes come first, since nothing else gets far."""
        mixed = tuple(str(name) for name in self.rng.permutation(sorted(names)))
        if self.rng.random() < 0.3:
            return mixed
        rank = {self.graph.nodes[i]: k for k, i in enumerate(self.graph.order)}
        return tuple(sorted(mixed, key=rank.__getitem__))

    def spouses(self, name: str, among) -> set[str]:
        found, pending = {name}, [name]
        while pending:
            here = pending.pop()
            for other in self.graph.names(self.graph.spouses[self.graph.index[here]]):
                if other in among and other not in found:
                    found.add(other)
                    pending.append(other)
        return found

    def district(self, among) -> tuple[str, ...]:
        """Mostly a district in truth, else any set."""
        names = sorted(among)
        if self.rng.random() < 0.7:
            return tuple(self.spouses(names[int(self.rng.integers(len(names)))], set(among)))
        return self.some(names)

    def closed(self, among) -> tuple[str, ...]:
        """Mostly a set with all its causes among the others, else any."""
        found = set(self.some(among))
        if self.rng.random() < 0.7:
            for _ in self.names:
                for name in list(found):
                    parents = self.graph.names(self.graph.parents[self.graph.index[name]])
                    found |= set(parents) & set(among)
        return tuple(sorted(found))

    def ancestral(self) -> Step:
        a = self.closed(self.names)
        return Step("ancestral", Kernel(a), P(a), (Fact("ancestral", a),))

    def kernel(self, depth: int) -> Step:
        whole = self.ancestral() if depth == 0 or self.rng.random() < 0.2 else self.kernel(depth - 1)
        assert isinstance(whole.claim, Kernel)
        h, f = whole.claim.of, whole.formula
        rule = self.rng.choice(["c-factor", "c-component", "marginal", "districts", "average"])
        if rule == "c-factor" and (whole.rule == "ancestral" or self.rng.random() < 0.3):
            s, order = self.district(h), self.order(h)
            factors = []
            for place, v in enumerate(order):
                if v in s:
                    before = order[:place]
                    keep = before if self.rng.random() < 0.5 else self.some(before, 0)
                    factors.append(P(v, keep))
            facts = (Fact("order", order), Fact("district", s, among=h))
            return Step("c-factor", Kernel(s), product(factors), facts, (whole,))
        if rule == "marginal":
            s = self.closed(h)
            return Step(
                "marginal", Kernel(s), total(set(h) - set(s), f), (Fact("ancestral", s, among=h),), (whole,)
            )
        if rule == "districts":
            return self.districts(depth)
        if rule == "average":
            extra = free_variables(f) - set(h)
            w = tuple(sorted(extra - set(self.some(extra, 0)))) or self.some(self.names)
            return Step(
                "average", Kernel(h), Sum(w, Product((P(w), f))), (Fact("independent of", h, w),), (whole,)
            )
        return self.component(whole)

    def component(self, whole: Step) -> Step:
        assert isinstance(whole.claim, Kernel)
        h, f = whole.claim.of, whole.formula
        s, order = self.district(h), self.order(h)
        ratios = []
        for place, v in enumerate(order):
            if v in s:
                later = order[place + 1 :]
                ratios.append(Quotient(total(later, f), total((v, *later), f)))
        facts = (Fact("order", order), Fact("district", s, among=h))
        return Step("c-component", Kernel(s), product(ratios), facts, (whole,))

    def districts(self, depth: int) -> Step:
        parts = [self.kernel(max(depth - 1, 0)) for _ in range(int(self.rng.integers(1, 3)))]
        all_of = tuple(dict.fromkeys(v for part in parts for v in part.claim.of))  # type: ignore[attr-defined]
        facts = tuple(Fact("district", part.claim.of, among=all_of) for part in parts)  # type: ignore[attr-defined]
        return Step("districts", Kernel(all_of), product(p.formula for p in parts), facts, tuple(parts))

    def split(self, *least: int) -> list[tuple[str, ...]]:
        """Disjoint sets of at least so many names each, and mostly few."""
        names = [str(name) for name in self.rng.permutation(self.names)]
        found = []
        for number in least:
            size = number + int(self.rng.integers(0, 2))
            found.append(tuple(names[:size]))
            names = names[size:]
        return found

    def effect(self) -> tuple[Step, Shape]:
        rule = self.rng.choice(
            ["effect", "effect", "adjustment", "adjustment", "rule 2", "condition", "front-door"]
        )
        if rule == "adjustment":
            return self.adjustment()
        if rule == "front-door":
            x, y, m = self.split(1, 1, 1)
            inner = Sum(x, Product((P(y, (*x, *m)), P(x))))
            forged = Sum(m, Product((P(m, x), inner)))
            step, _ = self.from_kernel(x, y)
            return (step or Step("adjustment", P(y, (), x), forged)), FrontDoor(x, y, m)
        if rule == "rule 2":
            return self.moved(), General()
        if rule == "condition":
            joint, _ = self.effect()
            claim = joint.claim
            if isinstance(claim, P) and len(claim.of) > 1 and not claim.given and joint.rule != "treated":
                z = self.some([term.name for term in claim.of])[:1]
                y = tuple(term for term in claim.of if term.name not in z)
                names = tuple(term.name for term in y)
                formula = Quotient(joint.formula, Sum(names, joint.formula))
                return Step("condition", P(y, z, claim.do), formula, (), (joint,)), General()
            return joint, General()
        step, shape = self.from_kernel(*self.split(1, 1))
        return step or self.adjustment()[0], shape

    def from_kernel(self, x: tuple[str, ...], y: tuple[str, ...]) -> tuple[Step | None, Shape]:
        whole = self.kernel(int(self.rng.integers(0, 4)))
        assert isinstance(whole.claim, Kernel)
        d = whole.claim.of
        y = self.some(d)
        x = (
            tuple(sorted(set(self.names) - set(d)))
            if self.rng.random() < 0.7
            else self.some(set(self.names) - set(d))
        )
        if not x:
            return None, General()
        among = tuple(set(self.names) - set(x))
        step = Step(
            "effect",
            P(y, (), x),
            total(set(d) - set(y), whole.formula),
            (Fact("ancestral", d, among=among),),
            (whole,),
        )
        return step, General()

    def adjustment(self) -> tuple[Step, Shape]:
        x, y, z, w = self.split(1, 1, 0, 0)
        if self.rng.random() < 0.5:
            w = ()
        outer = P(y, (*x, *z, *w))
        formula: Expression = Sum(z, Product((outer, P(z, w)))) if z else outer
        fact = Fact("adjustment set", x, y, (*z, *w))
        return Step("adjustment", P(y, w, x), formula, (fact,)), Adjustment(x, y, z, w)

    def moved(self) -> Step:
        other, _ = self.adjustment() if self.rng.random() < 0.5 else self.from_kernel(*self.split(1, 1))
        other = other or self.adjustment()[0]
        assert isinstance(other.claim, P)
        names = [term.name for term in other.claim.do]
        z = self.some(names)[:1]
        x = tuple(name for name in names if name not in z)
        if self.rng.random() < 0.2:
            x = self.some(x, 0)
        given = tuple(term.name for term in other.claim.given)
        y = tuple(term.name for term in other.claim.of)
        fact = Fact("separated", y, z, (*x, *given), cut_into=x, cut_out_of=z)
        return Step("rule 2", P(y, (*given, *z), x), other.formula, (fact,), (other,))

    def treated(self) -> tuple[Step, Shape]:
        x, y, z, w = self.split(1, 1, 0, 0)
        x, y, w = x[:1], y[:1], w if self.rng.random() < 0.5 else ()
        set_to, seen = Term(x[0], 0), Term(x[0], 1)
        claim = P(Term(y[0], None, (set_to,)), (seen, *(Term(name) for name in w)))
        by = [Term(name) for name in w]
        if self.rng.random() < 0.4:
            return self.two_level(claim, x, y, w), General()
        outer = P(y, (set_to, *(Term(name) for name in z), *by))
        formula: Expression = Sum(z, Product((outer, P(z, (seen, *by))))) if z else outer
        fact = Fact("separated", x, y, (*z, *w), cut_out_of=x)
        return Step("treated", claim, formula, (fact,)), Adjustment(x, y, z, w)

    def two_level(self, claim: P, x, y, w) -> Step:
        doing, _ = self.effect()
        if doing.claim != P((*y, *w), (), x):
            doing = Step(
                "adjustment", P((*y, *w), (), x), P((*y, *w), x), (Fact("adjustment set", x, (*y, *w)),)
            )
        set_to, seen = Term(x[0], 0), Term(x[0], 1)
        top = Difference(substitute(doing.formula, {x[0]: 0}), P((*y, *w, set_to)))
        return Step("consistency", claim, Quotient(top, P((seen, *w))), (), (doing,))

    def proof(self) -> Estimand:
        step, shape = self.treated() if self.rng.random() < 0.15 else self.effect()
        if self.rng.random() < 0.3:
            shape = General()
        root = Step("query", step.claim, step.formula, (), (step,))
        return Estimand(Query(step.claim), step.formula, root, shape, self.graph)
