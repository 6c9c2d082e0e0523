"""The verifier's rules about what was seen, and about those who were seen treated.

Source: J. Pearl, *Causality* (2009), 7.3.1, for consistency, and 8.2.5.

>>> adjusted(P("Y", ("X", "Z")), frozenset("Z"), ()) == Sum(("Z",), Product((P("Y", ("X", "Z")), P("Z"))))
True
"""

from __future__ import annotations

from collections.abc import Iterable

from whence.identification.verification.world import Built, Names, World, demand
from whence.language import expression as algebra
from whence.language.estimand import Fact, Step
from whence.language.expression import Difference, Expression, P, Product, Quotient, Sum, Term
from whence.runtime.errors import ProofRejected


def on_the_treated(claim: P, step: Step, over: Names, world: World) -> Built:
    """Rules about what was seen, or about outcomes in one world among those who were seen in another."""
    worlds = {term.world for term in claim.of}
    elsewhere = worlds.pop() if len(worlds) == 1 else ()
    y, x = named(claim.of), named(elsewhere)
    here = [term for term in claim.given if term.name in x]
    by = frozenset(claim.given).difference(here)
    names = [*over, *(term.name for term in (*claim.of, *claim.given))]
    distinct = len(names) == len(world.names.intersection(names)) and len(x) == len(elsewhere)
    flat = not (claim.do or worlds or any(term.world for term in (*elsewhere, *claim.given)))
    fits = bool(claim.of) and distinct and flat and x == named(here) and not claim.population
    outcomes = [Term(term.name, term.value) for term in claim.of]
    match step.rule, step.premises:
        case "observation", () if fits and not x:
            return claim, ()
        case "consistency", () if fits and x and (tuple(here) == elsewhere or not y & world.below(x)):
            return P(outcomes, claim.given), ()
        case "consistency", (doing,) if fits and len(x) == 1 and not named(by) & world.below(x):
            # For a treatment of two levels: P(Y, W | do x') = P(Y, W, x') + P(Y_x' | x, W) P(x, W).
            demand(doing.claim == P(y | named(by), (), x), step.rule, "its premise is not the effect")
            levels = {term.value for term in (*here, *elsewhere)} - {None}
            demand(len(levels) == 2, step.rule, "it is not about two levels of the treatment")
            effect = algebra.substitute(doing.formula, assigned((*claim.of, *elsewhere, *by)))
            return Quotient(Difference(effect, P([*outcomes, *elsewhere, *by])), P([*here, *by])), ()
        case "treated", () if fits and x and not (over | named(by)) & world.below(x):
            sides = (tuple(x), tuple(y), tuple(over | named(by)))
            built = adjusted(P(outcomes, [*elsewhere, *by, *over]), over, claim.given)
            return built, (Fact("separated", *sides, cut_out_of=tuple(x)),)
        case _:
            raise ProofRejected(step.rule, "its claim does not fit the rule")


def adjusted(outcome: P, over: Names, given: Iterable[str | Term]) -> Expression:
    """The outcome summed over these, each weighed by how often it occurs given the others."""
    return Sum(tuple(over), Product((outcome, P(over, given)))) if over else outcome


def named(terms: Iterable[Term]) -> Names:
    """The names of the terms."""
    return frozenset(term.name for term in terms)


def assigned(terms: Iterable[Term]) -> dict[str, algebra.Value]:
    """The values that terms are at."""
    return {term.name: term.value for term in terms if term.value is not None}
