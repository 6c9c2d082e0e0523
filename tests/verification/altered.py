"""Proofs about worlds, sources and populations turned false: in an atom, a claim, a fact, what was given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from verification.mutations import (
    Mutant,
    changed_node,
    graph_mutants,
    only,
    parts_of,
    rewritten,
)
from whence.language.estimand import Estimand, Fact, Step
from whence.language.expression import (
    Difference,
    Expression,
    Kernel,
    P,
    Term,
    atoms,
    replace_atoms,
)
from whence.language.graph import Edge, Graph
from whence.language.query import Query
from whence.language.source import Source
from whence.runtime.errors import QueryError

RULES = (
    "ancestral", "c-factor", "marginal", "districts", "effect", "adjustment", "observation", "treated",
    "consistency", "counterfactual", "conditional counterfactual", "ratio", "impossible", "transport",
    "given", "proxy", "value", "rule 1", "rule 2", "rule 3", "sum", "condition", "chain", "average",
)  # fmt: skip


class Forger:
    """Changes a proof in one place; names, values and populations are drawn from what it speaks of."""

    def __init__(self, estimand: Estimand, rng: np.random.Generator) -> None:
        self.estimand, self.graph, self.rng = estimand, estimand.graph, rng
        self.names = self.graph.observed
        self.steps = list(estimand.derivation.walk())
        self.places = sorted({"", "A", *(source.population for source in estimand.given)})

    def pick(self, options):
        options = list(options)
        return options[int(self.rng.integers(len(options)))]

    def term(self, term: Term) -> Term:
        """Another name, another value, another world."""
        how = self.rng.random()
        if term.world and how < 0.5:
            place = int(self.rng.integers(len(term.world)))
            rest = [part for i, part in enumerate(term.world) if i != place]
            new = [] if self.rng.random() < 0.4 else [self.term(term.world[place])]
            return replace(term, world=(*rest, *new))
        if how < 0.6:
            return replace(term, value=self.pick([v for v in (None, 0, 1) if v != term.value]))
        if how < 0.75 and not term.world:
            return replace(term, world=(Term(self.pick(self.names), self.pick((0, 1))),))
        return replace(term, name=self.pick(self.names))

    def atom(self, atom: P) -> P:
        """One term changed, gone, new, or in another role; or another population."""
        parts = [list(atom.of), list(atom.given), list(atom.do)]
        place = self.pick([i for i in range(3) if parts[i]] or [0])
        how = self.pick(["change", "change", "move", "drop", "add", "population"])
        if how == "population":
            return P(*parts, self.pick(self.places))
        if how == "add" or not parts[place]:
            parts[self.pick(range(3))].append(Term(self.pick(self.names), self.pick((None, None, 0, 1))))
            return P(*parts, atom.population)
        gone = parts[place].pop(int(self.rng.integers(len(parts[place]))))
        if how == "change":
            parts[place].append(self.term(gone))
        if how == "move":
            parts[self.pick([i for i in range(3) if i != place])].append(gone)
        return P(*parts, atom.population)

    def node(self, node: Expression) -> tuple[Expression, str]:
        match node:
            case P():
                return self.atom(node), "another atom"
            case Difference(left=left, right=right):
                return Difference(right, left), "a difference turned"
            case _:
                return changed_node(node, self.names, self.rng)

    def claim(self, claim: Expression) -> Expression:
        if isinstance(claim, Kernel):
            if self.rng.random() < 0.3:
                return replace(claim, population=self.pick(self.places))
            return Kernel(tuple({*claim.of} ^ {self.pick(self.names)}), claim.population)
        found = [atom for atom in atoms(claim) if isinstance(atom, P)]
        if not found:
            return claim
        old = self.pick(found)
        new = self.atom(old)
        return replace_atoms(claim, lambda atom: new if atom == old else atom)

    def formulas(self) -> Iterator[Mutant]:
        step = self.pick(self.steps)
        old = self.pick(parts_of(step.formula))
        new, how = self.node(old)
        yield Mutant(rewritten(self.estimand, {id(old): new}), self.graph, f"liar: {how} in {step.rule}")
        slip = rewritten(Estimand(*_fields(self.estimand, step)), {id(old): new}).derivation.formula
        change = only(step, lambda made: replace(made, formula=slip))
        yield Mutant(rewritten(self.estimand, {}, change), self.graph, f"slip: {how} in {step.rule}")
        first = [premise for premise in self.estimand.derivation.premises if premise.rule != "observation"]
        if first:
            proved = self.pick(first)
            new, how = self.node(proved.formula)
            yield Mutant(rewritten(self.estimand, {id(proved.formula): new}), self.graph, f"result: {how}")

    def claims(self) -> Iterator[Mutant]:
        step = self.pick(self.steps)
        claim = self.claim(step.claim)
        changed = rewritten(self.estimand, {}, only(step, lambda new: replace(new, claim=claim)))
        yield Mutant(changed, self.graph, f"another claim of {step.rule}")
        yield from self.another_question()

    def another_question(self) -> Iterator[Mutant]:
        """The whole proof taken for that of another question: its last steps claim what that asks."""
        body = self.estimand.query.body
        old = self.pick([atom for atom in atoms(body) if isinstance(atom, P)])
        asked = self.atom(old)
        root = self.estimand.derivation

        def moved(step: Step) -> Step:
            claim = step.claim
            if not isinstance(claim, P) or (len(root.premises) > 1 and claim != old):
                return step
            return replace(step, claim=asked if claim == old else self.atom(claim))

        new = replace_atoms(body, lambda atom: asked if atom == old else atom)
        try:
            query = Query(new)
        except QueryError:
            return
        premises = tuple(map(moved, root.premises))
        for kept in (premises, root.premises):
            again = replace(root, claim=new, premises=kept)
            yield Mutant(
                replace(self.estimand, query=query, derivation=again), self.graph, "another question"
            )

    def structure(self) -> Iterator[Mutant]:
        step, other = self.pick(self.steps), self.pick(self.steps)
        rule = self.pick([rule for rule in RULES if rule != step.rule])
        change = only(step, lambda new: replace(new, rule=rule))  # type: ignore[arg-type]
        yield Mutant(rewritten(self.estimand, {}, change), self.graph, "another rule")
        if step.premises:
            place = int(self.rng.integers(len(step.premises)))
            if all(each is not step for each in other.walk()):
                kept = (*step.premises[:place], other, *step.premises[place + 1 :])
                change = only(step, lambda new: replace(new, premises=kept))
                formula = {id(step.premises[place].formula): other.formula}
                yield Mutant(rewritten(self.estimand, formula, change), self.graph, "another premise")
            less = (*step.premises[:place], *step.premises[place + 1 :])
            change = only(step, lambda new: replace(new, premises=less))
            yield Mutant(rewritten(self.estimand, {}, change), self.graph, "a premise less")
            mixed = tuple(reversed(step.premises))
            change = only(step, lambda new: replace(new, premises=mixed))
            yield Mutant(rewritten(self.estimand, {}, change), self.graph, "premises in another order")

    def given(self) -> Iterator[Mutant]:
        """What was given, told otherwise."""
        known = self.estimand.given
        if not known:
            alone = (Source(P([name for name in self.names if self.rng.random() < 0.7] or self.names)),)
            yield Mutant(replace(self.estimand, given=alone), self.graph, "less was given")
            return
        place = int(self.rng.integers(len(known)))
        source = known[place]
        others = (*known[:place], *known[place + 1 :])
        if others:
            yield Mutant(replace(self.estimand, given=others), self.graph, "a source less")
        told = replace(source, distribution=self.atom(source.distribution))
        yield Mutant(replace(self.estimand, given=(*others, told)), self.graph, "another source")
        if source.population:
            name = self.pick(self.names)
            differs = tuple({*source.differs} ^ {name})
            same = tuple(
                replace(each, differs=differs) if each.population == source.population else each
                for each in known
            )
            yield Mutant(replace(self.estimand, given=same), self.graph, "other differences")
        if source.proxies:
            (x, _), *rest = source.proxies
            proxies = ((x, self.pick(self.names)), *rest)
            yield Mutant(
                replace(self.estimand, given=(*others, replace(source, proxies=proxies))),
                self.graph,
                "another indicator",
            )

    def graphs(self) -> Iterator[Mutant]:
        yield from graph_mutants(self.estimand, self.rng)
        a, b = (str(name) for name in self.rng.permutation(self.graph.nodes)[:2])
        swap = {a: b, b: a}
        edges = [
            Edge(swap.get(e.source, e.source), swap.get(e.target, e.target), e.mark) for e in self.graph.edges
        ]
        yield Mutant(self.estimand, Graph.of(self.graph.nodes, edges), "two variables swapped")

    def facts(self) -> Iterator[Mutant]:
        stated = [step for step in self.steps if step.because]
        if not stated:
            return
        step = self.pick(stated)
        fact = self.pick(step.because)
        field = self.pick(["x", "y", "given", "among", "cut_into", "cut_out_of"])
        changed = replace(fact, **{field: tuple({*getattr(fact, field)} ^ {self.pick(self.names)})})
        because = tuple(changed if each is fact else each for each in step.because)
        change = only(step, lambda new: replace(new, because=because))
        yield Mutant(rewritten(self.estimand, {}, change), self.graph, "another fact")
        kind = self.pick(["separated", "ancestral", "district", "order", "alike", "adjustment set"])
        more = (*step.because, Fact(kind, (self.pick(self.names),), (self.pick(self.names),)))  # type: ignore[arg-type]
        change = only(step, lambda new: replace(new, because=more))
        yield Mutant(rewritten(self.estimand, {}, change), self.graph, "a fact more")

    def mutants(self) -> Iterator[Mutant]:
        """Some of each sort, at random places."""
        for sort in (self.formulas, self.claims, self.structure, self.given, self.graphs):
            yield from sort()


def _fields(estimand: Estimand, step: Step) -> tuple[object, ...]:
    """A certificate of one step alone, so that its formula can be rewritten by itself."""
    return estimand.query, step.formula, replace(step, premises=()), estimand.shape, estimand.graph


__all__ = ["Forger", "Mutant"]
