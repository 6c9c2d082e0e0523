"""Proofs made at random by the letter of the rules, about given distributions and about several worlds.

Each step has the form that its rule has, its formula built as it must be, with the facts stated that would
make it right, true or not. Whatever of these is accepted must be true.
"""

from __future__ import annotations

import numpy as np

from oracles.imagined import random_atom
from whence.identification.counterfactuals.experiments import every_experiment
from whence.identification.verification.world import World, project
from whence.language.estimand import Estimand, Fact, General, Rule, Step
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
from whence.language.source import Source, starred


def proof(step: Step, graph: Graph, given: tuple[Source, ...]) -> Estimand:
    """The step as the answer to what it claims."""
    root = Step("query", step.claim, step.formula, (), (step,))
    return Estimand(Query(step.claim), step.formula, root, General(), graph, (), given)


def names(terms) -> tuple[str, ...]:
    return tuple(term.name for term in terms)


def without(terms, gone) -> list[Term]:
    return [term for term in terms if term not in gone]


class DistributionLiar:
    """Works with given distributions by the do-calculus and the laws of probability, graph unseen."""

    def __init__(self, graph: Graph, given: tuple[Source, ...], rng: np.random.Generator) -> None:
        self.graph, self.given, self.rng, self.world = graph, given, rng, project(graph)
        self.steps = [self.start(source) for source in given for _ in range(2)]

    def some(self, terms, least: int = 0, most: int = 3) -> list:
        mixed = [list(terms)[int(i)] for i in self.rng.permutation(len(list(terms)))]
        return mixed[: int(self.rng.integers(least, max(least + 1, min(most, len(mixed)) + 1)))]

    def start(self, source: Source) -> Step:
        """A part of a source, some of it behind the bar."""
        known = source.distribution
        of = self.some(known.of, 1, len(known.of))
        behind = self.some(of[1:])
        seen = [*known.given, *behind]
        if source.proxies and self.rng.random() < 0.7:
            there = {r: Term(r, 1) for _, r in source.proxies}
            seen = [there.get(term.name, term) for term in seen]
            of = [there.get(term.name, term) for term in of]
        behind_names = names(seen)
        claim = P([t for t in of if t.name not in behind_names], seen, known.do, known.population)
        return Step("given", claim, claim)

    def others(self, claim: P) -> list[Term]:
        """Terms of names that the claim does not have."""
        return [Term(name) for name in self.graph.nodes if name not in names(claim.terms)]

    def calculus(self, step: Step, rule: Rule) -> Step | None:
        claim = step.claim
        assert isinstance(claim, P)
        of, seen, done = list(claim.of), list(claim.given), list(claim.do)
        source = {"rule 1": seen, "rule 2": seen, "rule 3": done}[rule]
        if rule == "rule 2" and self.rng.random() < 0.5:
            source = done
        away = bool(source) and self.rng.random() < 0.6
        z = self.some(source if away else self.others(claim), 1, 2)
        if not z or (rule == "rule 2" and not away):
            return None
        seen, done = without(seen, z), without(done, z)
        kept, held = list(seen), list(done)
        if rule == "rule 2":
            (done if source == list(claim.given) else seen).extend(z)
        elif not away:
            (seen if rule == "rule 1" else done).extend(z)
        into = {*names(held)}
        if rule == "rule 3":
            into |= {*names(z)} - self.world.cut(into=frozenset(into)).above(
                self.world.names.intersection(names(kept))
            )
        out = names(z) if rule == "rule 2" else ()
        sides = names(of), names(z), (*names(kept), *names(held))
        fact = Fact("separated", *sides, cut_into=tuple(into), cut_out_of=out)
        gone = {t.name for t in z if t.value is None} & free_variables(step.formula) if away else set()
        formula = step.formula
        if gone and rule != "rule 2":
            over = tuple(gone)
            formula = Quotient(Sum(over, formula), Sum(over, Product(())))
        return Step(rule, P(of, seen, done, claim.population), formula, (fact,), (step,))

    def sum(self, step: Step) -> Step | None:
        claim = step.claim
        assert isinstance(claim, P)
        gone = self.some(claim.of[:-1], 1)
        if not gone or any(term.value is not None for term in gone):
            return None
        kept = P(without(claim.of, gone), claim.given, claim.do, claim.population)
        return Step("sum", kept, Sum(names(gone), step.formula), (), (step,))

    def condition(self, step: Step) -> Step | None:
        claim = step.claim
        assert isinstance(claim, P)
        after = self.some(claim.of[:-1], 1)
        first = without(claim.of, after)
        if not after or any(term.value is not None for term in first):
            return None
        kept = P(first, (*claim.given, *after), claim.do, claim.population)
        return Step("condition", kept, Quotient(step.formula, Sum(names(first), step.formula)), (), (step,))

    def both(self, one: Step, other: Step) -> Step | None:
        """A chain or a ratio of two, whether they fit or not."""
        a, b = one.claim, other.claim
        assert isinstance(a, P)
        assert isinstance(b, P)
        if self.rng.random() < 0.5:
            if {*names(a.of)} & {*names(b.of)}:
                return None
            chained = P((*a.of, *b.of), b.given, b.do, a.population)
            return Step("chain", chained, Product((one.formula, other.formula)), (), (one, other))
        left = [term for term in a.of if term not in b.of]
        if not left:
            return None
        behind = b.of if self.rng.random() < 0.5 else ()
        claim = P(left, (*a.given, *behind), a.do, a.population)
        return Step("ratio", claim, Quotient(one.formula, other.formula), (), (one, other))

    def value(self, step: Step) -> Step:
        claim = step.claim
        assert isinstance(claim, P)
        opened = [term.name for term in claim.terms if term.value is None]
        chosen = {str(name): int(self.rng.integers(2)) for name in self.some(opened, 1, 2)}
        new = substitute(claim, chosen)
        values = {term.name: term.value for term in new.terms if term.value is not None}  # type: ignore[attr-defined]
        return Step("value", new, substitute(step.formula, values), (), (step,))

    def recorded(self, step: Step) -> Step | None:
        claim = step.claim
        assert isinstance(claim, P)
        swap = {starred(x): x for source in self.given for x, _ in source.proxies}
        if not {*names(claim.terms)} & swap.keys() or step.rule != "given":
            return None
        of, seen = (
            [Term(swap.get(t.name, t.name), t.value) for t in part] for part in (claim.of, claim.given)
        )
        new = P(of, seen, claim.do, claim.population)
        return Step("proxy", new, new, (), (step,))

    def moved(self, step: Step) -> Step:
        claim = step.claim
        assert isinstance(claim, P)
        places = sorted({"", *(source.population for source in self.given)} - {claim.population}) or [""]
        there = str(self.rng.choice(places)) if claim.population == "" else ""
        held = (*names(claim.given), *names(claim.do))
        fact = Fact("alike", names(claim.of), given=held, cut_into=names(claim.do))
        new = P(claim.of, claim.given, claim.do, there)
        return Step("transport", new, step.formula, (fact,), (step,))

    def proof(self) -> Estimand:
        """A few steps on, from any that are there."""
        for _ in range(int(self.rng.integers(1, 5))):
            step = self.steps[int(self.rng.integers(len(self.steps)))]
            how = str(
                self.rng.choice(["calculus"] * 4 + ["sum", "condition", "both", "value", "moved", "recorded"])
            )
            match how:
                case "calculus":
                    new = self.calculus(step, self.rng.choice(["rule 1", "rule 2", "rule 3"]))  # type: ignore[arg-type]
                case "both":
                    new = self.both(step, self.steps[int(self.rng.integers(len(self.steps)))])
                case _:
                    new = getattr(self, how)(step)
            if new is not None:
                self.steps.append(new)
        return proof(self.steps[-1], self.graph, self.given)


class WorldLiar:
    """Events in several worlds as products of kernels, at values drawn from those that stand there."""

    def __init__(self, graph: Graph, rng: np.random.Generator) -> None:
        self.graph, self.rng, self.given = graph, rng, every_experiment(graph)
        self.world: World = project(graph)

    def kernel(self, c: frozenset[str]) -> Step:
        z = self.world.names - c
        causes = frozenset[str]().union(*(self.world.parents[v] for v in c)) - c
        fact = Fact("ancestral", tuple(c), among=tuple(self.world.names - causes))
        done = causes if self.rng.random() < 0.8 else z
        if done != causes:
            fact = Fact("ancestral", tuple(c), among=tuple(self.world.names - z))
        return Step("ancestral", Kernel(tuple(c)), P(c, (), done), (fact,))

    def values(self, terms) -> dict[str, list]:
        """What each name is seen at or set to, anywhere in the terms."""
        found: dict[str, list] = {}
        pending = list(terms)
        while pending:
            term = pending.pop()
            if not any(part.name == term.name for part in term.world) and term.value is not None:
                found.setdefault(term.name, []).append(term.value)
            pending += term.world
        return found

    def product(self, terms, relevant: frozenset[str]) -> tuple[Expression, tuple[Step, ...]]:
        """The product of the districts' kernels, each name at one of its values."""
        event = {term.name for term in terms}
        districts = sorted({self.world.district(v, relevant) for v in relevant}, key=sorted)
        kernels = tuple(map(self.kernel, districts))
        known, factors = self.values(terms), []
        for c, step in zip(districts, kernels, strict=True):
            around = c.union(*(self.world.parents[v] for v in c))
            chosen = {}
            for name in sorted(around):
                own = [t.value for t in terms if t.name == name and t.value is not None]
                options = own if name in c and own else known.get(name, [])
                if options and (name in event or self.rng.random() < 0.7):
                    chosen[name] = options[int(self.rng.integers(len(options)))]
            factors.append(substitute(step.formula, chosen))
        return total(relevant - event, product(factors)), kernels

    def relevant(self, terms) -> frozenset[str]:
        """The terms' names and, mostly, their ancestors that nothing in their own worlds shields."""
        found = frozenset[str]()
        for term in terms:
            shield = frozenset(names(term.world)) if self.rng.random() < 0.8 else frozenset[str]()
            if term.name not in shield:
                found |= self.world.cut(into=shield).above(frozenset({term.name})) - shield
                found |= frozenset(part.name for part in term.world if part.world and self.rng.random() < 0.7)
        return found or self.world.names

    def step(self) -> Step:
        atom = random_atom(self.rng, self.graph.observed)
        how = self.rng.random()
        zero = Difference(Product(()), Product(()))
        if how < 0.1:
            return Step("impossible", atom, zero)
        if not atom.given:
            formula, kernels = self.product(atom.of, self.relevant(atom.of))
            return Step("counterfactual", atom, formula, (), kernels)
        everything = (*atom.of, *atom.given)
        near = self.relevant(everything)
        if how < 0.4:
            below = P(atom.given)
            parts = []
            for claim in (P(everything), below):
                formula, kernels = self.product(claim.of, self.relevant(claim.of))
                parts.append(Step("counterfactual", claim, formula, (), kernels))
            return Step("ratio", atom, Quotient(*(part.formula for part in parts)), (), tuple(parts))
        above, kernels = self.product(everything, near)
        asked = {term.name for term in atom.of}
        rest = [term for term in everything if term.name not in asked]
        below, _ = self.product(rest, near)
        return Step("conditional counterfactual", atom, Quotient(above, below), (), kernels)

    def proof(self) -> Estimand:
        return proof(self.step(), self.graph, self.given)
