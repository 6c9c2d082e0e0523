"""Check a proof of identification, or a proof that there is none, without trusting who made it.

Each step is derived anew: its claim must have the form that its rule speaks of, its formula must be what the
rule builds from its premises, and the facts of the graph that the rule needs must be true, and stated. Only
values are shared with the identifier.

Sources: J. Tian and J. Pearl (AAAI 2002), lemmas 3 and 4, for kernels; J. Pearl, *Causality* (2009), 3.4, for
rule 2; I. Shpitser and J. Pearl (AAAI 2006), theorem 4, and (UAI 2006), theorem 6, for hedges.

>>> from whence.language.graph import Edge
>>> from whence.language.query import Query
>>> root = Step("query", P("Y", "X"), P("Y", "X"))
>>> estimand = Estimand(Query(P("Y", "X")), P("Y", "X"), root, Observed(), Graph.of((), [Edge("X", "Y")]))
>>> len(verify(estimand))
1
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whence.identification.verification.classes import meanings
from whence.identification.verification.distributions import (
    as_given,
    at_hand,
    on_distributions,
    seen_together,
)
from whence.identification.verification.policies import in_force, on_policy
from whence.identification.verification.refusals import check_refusal
from whence.identification.verification.several_worlds import WORLDS, on_worlds
from whence.identification.verification.treated import adjusted, assigned, named, on_the_treated
from whence.identification.verification.world import (
    NONE,
    Built,
    Names,
    World,
    as_sets,
    demand,
    is_true,
    project,
    same,
)
from whence.language import expression as algebra
from whence.language.estimand import Adjustment, Estimand, Fact, FrontDoor, Observed, Step
from whence.language.expression import Expression, Kernel, P, Product, Quotient, Sum, Term
from whence.language.graph import Graph
from whence.language.printing import to_text
from whence.language.refusals import NotIdentified
from whence.language.source import POLICY, Source
from whence.language.words import fact_words
from whence.runtime.errors import ProofRejected
from whence.runtime.executor import Executor
from whence.runtime.executor import executor as as_executor

Sources = tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class CheckedStep:
    """A step that holds, with the facts of the graph that it needs."""

    step: Step
    needs: tuple[Fact, ...] = ()


def verify(
    certificate: Estimand | NotIdentified,
    graph: Graph | None = None,
    given: Iterable[Source] | None = None,
    executor: Executor | str | None = "serial",
) -> tuple[CheckedStep, ...]:
    """The steps of a proof, premises first, each checked against `graph` (by default that of the proof).

    `given` are the distributions that the reader holds to be at hand (by default those that the proof names):
    a proof may use no others, and the models of a refusal must agree on all of them. A refusal has no steps:
    an empty tuple says that its two models hold. A proof in an equivalence class must hold in every graph of
    the class, which may be gone through by an `executor`. Raises `ProofRejected` otherwise.
    """
    graph = graph or certificate.graph
    if given is not None and graph is not None:
        _check_given(certificate, graph, frozenset(given))
    if isinstance(certificate, NotIdentified):
        check_refusal(certificate, project(graph))
        return ()
    *others, last = meanings(graph or certificate.graph)
    if others:
        as_executor(executor).map(_HoldsIn(certificate), others, stage="verify", kind="python")
    return (*_checked_in(last, certificate), CheckedStep(certificate.derivation))


@dataclass(frozen=True, slots=True)
class _HoldsIn:
    """The demand, as an item of work, that a proof holds in one graph of a class."""

    certificate: Estimand

    def __call__(self, meaning: Graph) -> None:
        _checked_in(meaning, self.certificate)


def _checked_in(meaning: Graph, certificate: Estimand) -> list[CheckedStep]:
    """The steps that hold in a graph, all but the last."""
    root = certificate.derivation
    world, sources = as_given(meaning, certificate.given, certificate.query.body)
    checked = [_check_step(step, world, sources) for step in root.walk() if step is not root]
    _check_root(certificate, sources)
    _check_shape(certificate, world, sources)
    return checked


def _check_given(certificate: Estimand | NotIdentified, graph: Graph, at_hand: frozenset[Source]) -> None:
    """The certificate speaks of what is at hand; a policy is part of the question."""
    told = certificate.given or (Source(P(graph.observed)),)
    stated = frozenset(each for each in told if each.population != POLICY)
    if isinstance(certificate, Estimand):
        demand(stated <= at_hand, "given", "it uses a distribution that is not at hand")
    else:
        demand(at_hand <= stated, "given", "its models need not agree on all that is at hand")


def _check_step(step: Step, world: World, sources: Sources) -> CheckedStep:
    world = in_force(step, world, sources)
    if isinstance(step.claim, Kernel):
        formula, needs = _on_kernels(step, step.claim, world, sources)
    else:
        claim = step.claim if isinstance(step.claim, P) else P(())
        formula, needs = _on_probabilities(step, claim, world, sources)
    demand(same(step.formula, formula), step.rule, "its formula is not what the rule builds")
    needed = {as_sets(fact, world) for fact in needs}
    for fact in step.because:
        # That mechanisms are alike is said by the sources: it is true where the rule says so.
        true = as_sets(fact, world) in needed if fact.kind == "alike" else is_true(fact, world)
        if not true:
            raise ProofRejected(step.rule, f"it is not true that {fact_words(fact)}")
    stated = {as_sets(fact, world) for fact in step.because}
    for fact in needs:
        if as_sets(fact, world) not in stated:
            raise ProofRejected(step.rule, f"it does not state that {fact_words(fact)}")
    return CheckedStep(step, needs)


def _kernel(step: Step, world: World, population: str = "") -> Names:
    """The variables of the kernel that a step claims in this population."""
    of = step.claim.of if isinstance(step.claim, Kernel) and step.claim.population == population else ()
    demand(0 < len(of) == len(world.names.intersection(of)), step.rule, "its claim is no such kernel")
    return frozenset(of)


def _effect(step: Step, world: World) -> tuple[Names, Names, Names]:
    """Outcomes, treatments and conditions of the P(Y | do X, Z) that a step claims, for all their values."""
    claim = step.claim if isinstance(step.claim, P) and not step.claim.population else P(())
    plain = world.names.intersection(term.name for term in claim.terms if term == Term(term.name))
    demand(claim.of and len(plain) == len(claim.terms), step.rule, "its claim is no effect")
    return named(claim.of), named(claim.do), named(claim.given)


def _open(terms: Iterable[Term]) -> Names:
    return frozenset(term.name for term in terms if term == Term(term.name))


def _on_kernels(step: Step, claim: Kernel, world: World, sources: Sources) -> Built:
    where = claim.population
    s = _kernel(step, world, where)
    if step.rule == "transport" and len(step.premises) == 1:
        return _moved(step, s, world, sources)
    premises = [(_kernel(each, world, where), each.formula) for each in step.premises]
    h, f = premises[0] if premises else (s, step.formula)
    order = next((fact.x for fact in step.because if fact.kind == "order" and frozenset(fact.x) == h), ())
    later = {v: order[number + 1 :] for number, v in enumerate(order) if v in s}
    in_order = (Fact("order", order), Fact("district", tuple(s), among=tuple(h)))
    do = f.do if isinstance(f, P) else ()
    match step.rule:
        case "ancestral" if not premises:
            open_and_whole = [each.distribution for each in sources if not each.distribution.given]
            known = [each for each in open_and_whole if (each.population, each.do) == (where, do)]
            held = any(s <= _open(each.of) for each in known) and not s & named(do)
            demand(held and _open(do) == named(do) <= world.names, step.rule, "no such distribution is given")
            return P(s, (), do, where), (Fact("ancestral", tuple(s), among=tuple(world.names - named(do))),)
        case "c-factor" if later.keys() == s and [each.rule for each in step.premises] == ["ancestral"]:
            factors = [each for each in algebra.atoms(step.formula) if isinstance(each, P)]
            seen = {v: named(each.given) for each in factors for v in named(each.of)}
            past = {v: h - {v, *later[v]} for v in s}
            ordered = seen.keys() == s and all(seen[v] <= past[v] for v in s)
            demand(ordered, step.rule, "its factors are not those of its variables given earlier ones")
            # What is left out must be apart from v given the rest: then its Markov blanket is not left out.
            blankets = ((v, world.blanket(v, past[v])) for v in s)
            demand(
                all(near <= seen[v] for v, near in blankets), step.rule, "a factor leaves out what matters"
            )
            return algebra.product(P(v, seen[v], do, where) for v in order if v in s), in_order
        case "c-component" if len(premises) == 1 and later.keys() == s:
            above = (algebra.total(later[v], f) for v in order if v in s)
            below = (algebra.total((v, *later[v]), f) for v in order if v in s)
            return algebra.product(map(Quotient, above, below)), in_order
        case "marginal" if len(premises) == 1 and s <= h:
            return algebra.total(h - s, f), (Fact("ancestral", tuple(s), among=tuple(h)),)
        case "districts" if premises and sorted(v for d, _ in premises for v in d) == sorted(s):
            districts = (Fact("district", tuple(d), among=tuple(s)) for d, _ in premises)
            return algebra.product(formula for _, formula in premises), tuple(districts)
        case "average" if len(premises) == 1 and h == s:
            over = algebra.free_variables(f) - s.union(*(world.parents[v] for v in s))
            demand(over, step.rule, "there is nothing to average over")
            names, evenly = tuple(over), isinstance(step.formula, Quotient)
            mean = Quotient(Sum(names, f), Sum(names, Product(()))) if evenly else None
            needs = Fact("independent of", tuple(s), names)
            return mean or Sum(names, Product((P(over), f))), (needs,)
        case _:
            raise ProofRejected(step.rule, "its claim or its premises do not fit the rule")


def _moved(step: Step, s: Names, world: World, sources: Sources) -> Built:
    """What was found in another population, about variables that have the same mechanisms here."""
    (there,) = step.premises
    where = there.claim.population if isinstance(there.claim, Kernel) else ""
    differ = [frozenset(each.differs) for each in sources if each.population == where]
    alike = differ and not s & NONE.union(*differ) and step.claim == Kernel(tuple(s))
    demand(alike and _kernel(there, world, where) == s, step.rule, "what it moves may differ between them")
    return there.formula, (Fact("alike", tuple(s)),)


def _on_probabilities(step: Step, claim: P, world: World, sources: Sources) -> Built:
    over = frozenset(step.formula.over) if isinstance(step.formula, Sum) else NONE
    if step.rule in ("observation", "consistency", "treated"):
        return on_the_treated(claim, step, over, world)
    if step.rule == "policy":
        return on_policy(claim, step, world, sources)
    if any(term.world for term in claim.terms) or step.rule in WORLDS:
        return on_worlds(claim, step, world)
    if step.rule not in ("effect", "adjustment"):
        return on_distributions(claim, step, world, sources)
    y, x, z = _effect(step, world)
    match step.rule, step.premises:
        case "effect", (whole,) if not z:
            d = _kernel(whole, world)
            demand(y <= d and not x & d, step.rule, "its kernel is not that of outcomes and not treatments")
            needs = Fact("ancestral", tuple(d), among=tuple(world.names - x))
            return algebra.total(d - y, whole.formula), (needs,)
        case "adjustment", ():
            clear = not over & z and (not z or not (over | z) & world.below(x))
            demand(clear, step.rule, "it holds as seen what it sums over, or what comes after the treatment")
            needs = Fact("adjustment set", tuple(x), tuple(y), tuple(over | z))
            return adjusted(P(y, x | z | over), over, z), (needs,)
        case _:
            raise ProofRejected(step.rule, "its claim or its premises do not fit the rule")


def _check_root(estimand: Estimand, sources: Sources) -> None:
    """The query, with each effect in it replaced by the formula proved for it, is the estimand."""
    root, body = estimand.derivation, estimand.query.body
    proved = {premise.claim: premise.formula for premise in root.premises}

    def answered(part: Expression) -> Expression:
        if not isinstance(part, P):
            return algebra.rebuilt(part, tuple(map(answered, algebra.children(part))))
        # What is proved for all values of its open terms is proved for the values that are asked about.
        values = assigned(part.terms)
        found = [claim for claim in proved if algebra.substitute(claim, values) == part]
        if part in proved or not found:  # without a proof it stays, and must itself be at hand
            return proved.get(part, part)
        return algebra.substitute(proved[found[0]], values)

    built = answered(body)
    demand(root.rule == "query" and root.claim == body and not root.because, "query", "it is another query")
    demand(same(root.formula, built) and same(built, estimand.expression), "query", "its formula differs")
    for atom in algebra.atoms(built):
        known = isinstance(atom, P) and at_hand(atom, sources)
        demand(known, "query", f"{to_text(atom)} is not proved, and not at hand")
    closed = algebra.free_variables(built) <= algebra.free_variables(body)
    demand(closed, "query", "its formula depends on more than the query does")


def _check_shape(estimand: Estimand, world: World, sources: Sources) -> None:
    """The shape, which the estimate will rest on, is true of each effect in the query."""
    shape = estimand.shape
    atoms = [each for each in algebra.atoms(estimand.query.body) if isinstance(each, P)]
    effects = [each for each in atoms if each.do or each.population or any(term.world for term in each.terms)]
    demand(effects or not isinstance(shape, Adjustment | FrontDoor), "shape", "nothing is done in the query")
    for atom in effects:
        y, x = named(atom.of), named(atom.do).union(*(named(term.world) for term in atom.of))
        by = named(atom.given) - x
        match shape:
            case Adjustment(treatments=treatments, outcomes=outcomes, adjust=adjust):
                told = (outcomes, treatments, shape.by)
                serves = world.adjusts if atom.do and not by else world.blocks_back_doors
                fits = world.names - by >= {*adjust} and serves(x, y, by.union(adjust))
            case FrontDoor(treatments=treatments, outcomes=outcomes, mediators=mediators):
                told = (outcomes, treatments, ())
                fits = bool(atom.do and mediators) and world.names.issuperset(mediators)
                fits = fits and world.is_front_door(x, y, frozenset(mediators))
            case _:
                told, fits = (y, x, by), not isinstance(shape, Observed)
        if isinstance(shape, Adjustment | FrontDoor):
            more = shape.adjust if isinstance(shape, Adjustment) else shape.mediators
            fits = fits and seen_together(atom, x.union(y, by, more), sources)
        demand(fits and tuple(map(frozenset, told)) == (y, x, by), "shape", f"not that of {to_text(atom)}")
