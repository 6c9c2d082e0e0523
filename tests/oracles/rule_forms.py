"""The forms of the do-search's rules, as they are documented: what a step of each may claim, from what.

This checks the letter of a derivation; whether it is true is checked on models (`oracles.recovery`).
"""

from __future__ import annotations

from collections.abc import Iterable

from oracles.recovery import is_at_hand
from whence.identification.separation import separated
from whence.language.estimand import Fact, Step
from whence.language.expression import (
    P,
    Product,
    Quotient,
    Sum,
    Term,
    free_variables,
    substitute,
)
from whence.language.graph import Edge, Graph
from whence.language.source import Source

Parts = tuple[frozenset[Term], frozenset[Term], frozenset[Term]]


def misfit(step: Step, graph: Graph, given: tuple[Source, ...]) -> str | None:
    """What is not as its rule demands in one step, or None."""
    claim, premises = step.claim, step.premises
    if not isinstance(claim, P) or not all(isinstance(each.claim, P) for each in premises):
        return "no probability"
    places = {each.claim.population for each in premises}  # type: ignore[union-attr]
    if premises and places != {claim.population} and step.rule != "transport":
        return "another population"
    if not all(holds(fact, graph, given, {claim.population, *places}) for fact in step.because):
        return "a fact is false"
    fits = FORMS[step.rule](step, parts(claim), [parts(each.claim) for each in premises], given)  # type: ignore[arg-type]
    return None if fits else "it does not fit the rule"


def parts(claim: P) -> Parts:
    return frozenset(claim.of), frozenset(claim.given), frozenset(claim.do)


def names(terms: Iterable[Term], *, opened: bool = False) -> frozenset[str]:
    return frozenset(term.name for term in terms if not opened or term.value is None)


def holds(fact: Fact, graph: Graph, given: tuple[Source, ...], places: set[str]) -> bool:
    if fact.kind == "separated":
        cuts = {"cut_into": fact.cut_into, "cut_out_of": fact.cut_out_of}
        return separated(graph, fact.x, fact.y, fact.given, **cuts)
    assert fact.kind == "alike"
    (place,) = places - {""}
    differs = {v for source in given if source.population == place for v in source.differs}
    wider = Graph.of(
        (*graph.nodes, "new"), [*graph.edges, *(Edge("new", v) for v in differs)], kind=graph.kind
    )
    return separated(wider, fact.x, "new", fact.given, cut_into=fact.cut_into)


def is_given(step: Step, claim: Parts, premises: list[Parts], given: tuple[Source, ...]) -> bool:
    # Read literally, a proxy is a variable like any other.
    literal = (Source(source.distribution) for source in given)
    return step.formula == step.claim and any(is_at_hand(step.claim, source) for source in literal)  # type: ignore[arg-type]


def is_proxy(step: Step, claim: Parts, premises: list[Parts], given: tuple[Source, ...]) -> bool:
    (premise,) = step.premises
    pairs = {x: r for s in given if s.population == step.claim.population for x, r in s.proxies}  # type: ignore[union-attr]
    atom = premise.claim
    assert isinstance(atom, P)
    used = {x for x in pairs if f"{x}*" in names(atom.terms)}
    plain = {f"{x}*": x for x in used}

    def renamed(terms: Iterable[Term]) -> list[Term]:
        return [Term(plain.get(term.name, term.name), term.value) for term in terms]

    seen = all(
        Term(pairs[x], 1) in {*atom.given, *atom.do, *(atom.of if f"{x}*" in names(atom.of) else ())}
        for x in used
    )
    new = P(renamed(atom.of), renamed(atom.given), atom.do, atom.population)
    clear = not used & names(atom.terms) and bool(used) and premise.rule == "given"
    return seen and clear and step.claim == new == step.formula and premise.formula == atom


def is_value(step: Step, claim: Parts, premises: list[Parts], given: tuple[Source, ...]) -> bool:
    (premise,) = step.premises
    before = names(premise.claim.terms, opened=True)  # type: ignore[union-attr]
    values = {t.name: t.value for t in step.claim.terms if t.value is not None and t.name in before}  # type: ignore[union-attr]
    return step.claim == substitute(premise.claim, values) and step.formula == substitute(
        premise.formula, values
    )


def is_calculus(step: Step, claim: Parts, premises: list[Parts], given: tuple[Source, ...]) -> bool:
    (of, seen, done), ((other, also_seen, also_done),) = claim, premises
    kept, held = seen & also_seen, done & also_done
    z = (seen | done | also_seen | also_done) - kept - held
    (fact,) = step.because
    told = (names(of), names(z), names(kept | held))
    places = (seen - kept, done - held, also_seen - kept, also_done - held)
    moved = {
        "rule 1": (z, frozenset(), frozenset(), frozenset()),
        "rule 2": (z, frozenset(), frozenset(), z),
        "rule 3": (frozenset(), z, frozenset(), frozenset()),
    }[step.rule]
    there = places in (moved, moved[2:] + moved[:2])
    fits = of == other and there and (frozenset(fact.x), frozenset(fact.y), frozenset(fact.given)) == told
    first = step.premises[0].formula
    gone = (also_seen | also_done) - (seen | done) if step.rule != "rule 2" else frozenset()
    over = free_variables(first) & names(gone, opened=True)
    mean = Quotient(Sum(tuple(over), first), Sum(tuple(over), Product(()))) if over else first
    cuts = frozenset(fact.cut_into) - names(held) <= (names(z) if step.rule == "rule 3" else frozenset())
    out = frozenset(fact.cut_out_of) == (names(z) if step.rule == "rule 2" else frozenset())
    return fits and cuts and names(held) <= frozenset(fact.cut_into) and out and step.formula == mean


def is_sum(step: Step, claim: Parts, premises: list[Parts], given: tuple[Source, ...]) -> bool:
    ((of, *rest),) = premises
    gone = of - claim[0]
    same = claim[0] < of and tuple(rest) == claim[1:] and all(term.value is None for term in gone)
    return same and step.formula == Sum(tuple(names(gone)), step.premises[0].formula)


def is_condition(step: Step, claim: Parts, premises: list[Parts], given: tuple[Source, ...]) -> bool:
    ((of, seen, done),) = premises
    first = step.premises[0].formula
    same = of == claim[0] | (claim[1] - seen) and seen < claim[1] and done == claim[2]
    opened = all(term.value is None for term in claim[0])
    return same and opened and step.formula == Quotient(first, Sum(tuple(names(claim[0])), first))


def chained(first: Parts, second: Parts) -> Parts | None:
    """P(A, B | D) from P(A | B, D) and P(B | D)."""
    fits = first[1] == second[0] | second[1] and first[2] == second[2]
    return (first[0] | second[0], second[1], second[2]) if fits else None


def is_chain(step: Step, claim: Parts, premises: list[Parts], given: tuple[Source, ...]) -> bool:
    one, other = premises
    return chained(one, other) == claim and step.formula == Product(tuple(p.formula for p in step.premises))


def is_ratio(step: Step, claim: Parts, premises: list[Parts], given: tuple[Source, ...]) -> bool:
    whole, part = premises
    fixed = all(term.value is not None for term in part[0])
    fits = chained(claim, part) == whole or (chained(part, claim) == whole and fixed)
    return fits and step.formula == Quotient(*(p.formula for p in step.premises))


def is_transport(step: Step, claim: Parts, premises: list[Parts], given: tuple[Source, ...]) -> bool:
    (fact,) = step.because
    same = [claim] == premises and step.formula == step.premises[0].formula
    told = (frozenset(fact.x), frozenset(fact.given), frozenset(fact.cut_into))
    return same and told == (names(claim[0]), names(claim[1] | claim[2]), names(claim[2])) and fact.y == ()


FORMS = {
    "given": is_given,
    "proxy": is_proxy,
    "value": is_value,
    "rule 1": is_calculus,
    "rule 2": is_calculus,
    "rule 3": is_calculus,
    "sum": is_sum,
    "condition": is_condition,
    "chain": is_chain,
    "ratio": is_ratio,
    "transport": is_transport,
}


def misfits(root: Step, graph: Graph, given: tuple[Source, ...]) -> list[tuple[str, Step]]:
    """Every step that is not as its rule demands."""
    found = ((misfit(step, graph, given), step) for step in root.walk())
    return [(why, step) for why, step in found if why is not None]
