"""Check a proof of identification, or a proof that there is none, without trusting who made it.

Each step is derived anew: its claim must have the form that its rule speaks of, its formula must be what the
rule builds from its premises, and the facts of the graph that the rule needs must be true, and stated. A
refusal must show a hedge for an effect in the query. Only values are shared with the identifier.

Sources: J. Tian and J. Pearl (AAAI 2002), lemmas 3 and 4, for kernels; J. Pearl, *Causality* (2009), 3.4, for
rule 2; I. Shpitser and J. Pearl (AAAI 2006), theorem 4, and (UAI 2006), theorem 6, for hedges.

>>> from whence.language.graph import Edge
>>> root = Step("query", P("Y", "X"), P("Y", "X"))
>>> estimand = Estimand(Query(P("Y", "X")), P("Y", "X"), root, Observed(), Graph.of((), [Edge("X", "Y")]))
>>> len(verify(estimand))
1
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whence.identification.verify_graph import NONE, Names, World, as_sets, is_true, project
from whence.language import expression as algebra
from whence.language.estimand import Adjustment, Estimand, Fact, FrontDoor, Observed, Step
from whence.language.expression import Difference, Expression, Kernel, P, Product, Quotient, Sum, Term
from whence.language.graph import Graph
from whence.language.printing import to_text
from whence.language.query import Query
from whence.language.refusals import NotIdentified
from whence.language.words import fact_words, listed
from whence.runtime.errors import ProofRejected

Built = tuple[Expression, tuple[Fact, ...]]
"""The formula that a rule builds, and the facts of the graph that it needs."""


@dataclass(frozen=True, slots=True)
class CheckedStep:
    """A step that holds, with the facts of the graph that it needs."""

    step: Step
    needs: tuple[Fact, ...] = ()


def verify(certificate: Estimand | NotIdentified, graph: Graph | None = None) -> tuple[CheckedStep, ...]:
    """The steps of a proof, premises first, each checked against `graph` (by default that of the proof).

    A refusal has no steps: an empty tuple says that its hedge holds. Raises `ProofRejected` otherwise.
    """
    world = project(graph or certificate.graph)
    if isinstance(certificate, NotIdentified):
        _check_refusal(certificate, world)
        return ()
    root = certificate.derivation
    checked = [_check_step(step, world) for step in root.walk() if step is not root]
    _check_root(certificate, world)
    _check_shape(certificate, world)
    return (*checked, CheckedStep(root))


def _demand(holds: object, rule: str, reason: str) -> None:
    if not holds:
        raise ProofRejected(rule, reason)


def _check_step(step: Step, world: World) -> CheckedStep:
    formula, needs = (_on_kernels if isinstance(step.claim, Kernel) else _on_effects)(step, world)
    _demand(_same(step.formula, formula), step.rule, "its formula is not what the rule builds")
    for fact in step.because:
        _demand(is_true(fact, world), step.rule, f"it is not true that {fact_words(fact)}")
    stated = {as_sets(fact, world) for fact in step.because}
    for fact in needs:
        _demand(as_sets(fact, world) in stated, step.rule, f"it does not state that {fact_words(fact)}")
    return CheckedStep(step, needs)


def _kernel(step: Step, world: World) -> Names:
    """The variables of the kernel that a step claims."""
    of = step.claim.of if isinstance(step.claim, Kernel) else ()
    _demand(0 < len(of) == len(world.names.intersection(of)), step.rule, "its claim is no kernel")
    return frozenset(of)


def _effect(step: Step, world: World) -> tuple[Names, Names, Names]:
    """Outcomes, treatments and conditions of the P(Y | do X, Z) that a step claims, for all their values."""
    claim = step.claim if isinstance(step.claim, P) else P(())
    plain = world.names.intersection(term.name for term in claim.terms if term == Term(term.name))
    _demand(claim.of and len(plain) == len(claim.terms), step.rule, "its claim is no effect")
    return _named(claim.of), _named(claim.do), _named(claim.given)


def _named(terms: Iterable[Term]) -> Names:
    return frozenset(term.name for term in terms)


def _on_kernels(step: Step, world: World) -> Built:
    s, premises = _kernel(step, world), [(_kernel(each, world), each.formula) for each in step.premises]
    h, f = premises[0] if premises else (s, step.formula)
    order = next((fact.x for fact in step.because if fact.kind == "order" and frozenset(fact.x) == h), ())
    later = {v: order[number + 1 :] for number, v in enumerate(order) if v in s}
    in_order = (Fact("order", order), Fact("district", tuple(s), among=tuple(h)))
    match step.rule:
        case "ancestral" if not premises:
            return P(s), (Fact("ancestral", tuple(s)),)
        case "c-factor" if later.keys() == s and [each.rule for each in step.premises] == ["ancestral"]:
            factors = [each for each in algebra.atoms(step.formula) if isinstance(each, P)]
            seen = {v: _named(each.given) for each in factors for v in _named(each.of)}
            past = {v: h - {v, *later[v]} for v in s}
            ordered = seen.keys() == s and all(seen[v] <= past[v] for v in s)
            _demand(ordered, step.rule, "its factors are not those of its variables given earlier ones")
            # That each v hangs on its past only through what its factor mentions is stated by the formula.
            apart = (world.separated(frozenset({v}), past[v] - seen[v], seen[v]) for v in s)
            _demand(all(apart), step.rule, "a factor leaves out what matters")
            return algebra.product(P(v, seen[v]) for v in order if v in s), in_order
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
            _demand(over, step.rule, "there is nothing to average over")
            return Sum(tuple(over), Product((P(over), f))), (Fact("independent of", tuple(s), tuple(over)),)
        case _:
            raise ProofRejected(step.rule, "its claim or its premises do not fit the rule")


def _on_effects(step: Step, world: World) -> Built:
    over = frozenset(step.formula.over) if isinstance(step.formula, Sum) else NONE
    if isinstance(step.claim, P) and step.rule in ("observation", "consistency", "treated"):
        return _on_worlds(step.claim, step, over, world)
    y, x, z = _effect(step, world)
    match step.rule, step.premises:
        case "effect", (whole,) if not z:
            d = _kernel(whole, world)
            _demand(y <= d and not x & d, step.rule, "its kernel is not that of outcomes and not treatments")
            needs = Fact("ancestral", tuple(d), among=tuple(world.names - x))
            return algebra.total(d - y, whole.formula), (needs,)
        case "adjustment", ():
            clear = not over & z and (not z or not (over | z) & world.below(x))
            _demand(clear, step.rule, "it holds as seen what it sums over, or what comes after the treatment")
            needs = Fact("adjustment set", tuple(x), tuple(y), tuple(over | z))
            return _adjusted(P(y, x | z | over), over, z), (needs,)
        case "rule 2", (other,):
            of, do, given = _effect(other, world)
            seen = z - given
            _demand(seen and (of, do, given) == (y, x | seen, z - seen), step.rule, "its premise differs")
            sides = (tuple(y), tuple(seen), tuple(x | given))
            return other.formula, (Fact("separated", *sides, cut_into=tuple(x), cut_out_of=tuple(seen)),)
        case "condition", (joint,):
            _demand(z and _effect(joint, world) == (y | z, x, NONE), step.rule, "its premise differs")
            return Quotient(joint.formula, Sum(tuple(y), joint.formula)), ()
        case _:
            raise ProofRejected(step.rule, "its claim or its premises do not fit the rule")


def _on_worlds(claim: P, step: Step, over: Names, world: World) -> Built:
    """Rules about what was seen, or about outcomes in one world among those who were seen in another."""
    worlds = {term.world for term in claim.of}
    elsewhere = worlds.pop() if len(worlds) == 1 else ()
    y, x = _named(claim.of), _named(elsewhere)
    here = [term for term in claim.given if term.name in x]
    by = frozenset(claim.given).difference(here)
    names = [*over, *(term.name for term in (*claim.of, *claim.given))]
    distinct = len(names) == len(world.names.intersection(names)) and len(x) == len(elsewhere)
    flat = not (claim.do or worlds or any(term.world for term in (*elsewhere, *claim.given)))
    fits = bool(claim.of) and distinct and flat and x == _named(here)
    outcomes = [Term(term.name, term.value) for term in claim.of]
    match step.rule, step.premises:
        case "observation", () if fits and not x:
            return claim, ()
        case "consistency", () if fits and x and (tuple(here) == elsewhere or not y & world.below(x)):
            return P(outcomes, claim.given), ()
        case "consistency", (doing,) if fits and len(x) == 1 and not _named(by) & world.below(x):
            # For a treatment of two levels: P(Y, W | do x') = P(Y, W, x') + P(Y_x' | x, W) P(x, W).
            _demand(doing.claim == P(y | _named(by), (), x), step.rule, "its premise is not the effect")
            levels = {term.value for term in (*here, *elsewhere)} - {None}
            _demand(len(levels) == 2, step.rule, "it is not about two levels of the treatment")
            effect = algebra.substitute(doing.formula, _assigned((*claim.of, *elsewhere, *by)))
            return Quotient(Difference(effect, P([*outcomes, *elsewhere, *by])), P([*here, *by])), ()
        case "treated", () if fits and x and not (over | _named(by)) & world.below(x):
            sides = (tuple(x), tuple(y), tuple(over | _named(by)))
            built = _adjusted(P(outcomes, [*elsewhere, *by, *over]), over, claim.given)
            return built, (Fact("separated", *sides, cut_out_of=tuple(x)),)
        case _:
            raise ProofRejected(step.rule, "its claim does not fit the rule")


def _adjusted(outcome: P, over: Names, given: Iterable[str | Term]) -> Expression:
    return Sum(tuple(over), Product((outcome, P(over, given)))) if over else outcome


def _same(one: Expression, other: Expression) -> bool:
    """Structural equality, in time linear in the number of distinct parts."""
    seen, pending = set[tuple[int, int]](), [(one, other)]
    while pending:
        a, b = pending.pop()
        if a is not b and (id(a), id(b)) not in seen:
            seen.add((id(a), id(b)))
            parts, others = algebra.children(a), algebra.children(b)
            # Over the very same parts, two expressions are equal at their tops or not at all.
            if type(a) is not type(b) or len(parts) != len(others) or algebra.rebuilt(b, parts) != a:
                return False
            pending.extend(zip(parts, others, strict=True))
    return True


def _check_root(estimand: Estimand, world: World) -> None:
    """The query, with each effect in it replaced by the formula proved for it, is the estimand."""
    root, body, effects = estimand.derivation, estimand.query.body, _effects(estimand.query)
    proved = {premise.claim: premise.formula for premise in root.premises}

    def answered(part: Expression) -> Expression:
        if not isinstance(part, P) or part not in effects:
            return algebra.rebuilt(part, tuple(map(answered, algebra.children(part))))
        # What is proved for all values of its open terms is proved for the values that are asked about.
        values = _assigned(part.terms)
        found = [claim for claim in proved if algebra.substitute(claim, values) == part]
        _demand(found, "query", f"there is no proof for {to_text(part)}")
        return algebra.substitute(proved[found[0]], values)

    built = answered(body)
    _demand(root.rule == "query" and root.claim == body and not root.because, "query", "it is another query")
    _demand(_same(root.formula, built) and _same(built, estimand.expression), "query", "its formula differs")
    for atom in algebra.atoms(built):
        terms = atom.terms if isinstance(atom, P) and not atom.do else ()
        seen = terms and _named(terms) <= world.names and not any(term.world for term in terms)
        _demand(seen, "query", f"{to_text(atom)} is not observed")
    closed = algebra.free_variables(built) <= algebra.free_variables(body)
    _demand(closed, "query", "its formula depends on more than the query does")


def _effects(query: Query) -> list[P]:
    """The probabilities in a query that are about doing or imagining."""
    found = (atom for atom in algebra.atoms(query.body) if isinstance(atom, P))
    return [atom for atom in found if atom.do or any(term.world for term in atom.terms)]


def _assigned(terms: Iterable[Term]) -> dict[str, algebra.Value]:
    return {term.name: term.value for term in terms if term.value is not None}


def _check_shape(estimand: Estimand, world: World) -> None:
    """The shape, which the estimate will rest on, is true of each effect in the query."""
    shape, effects = estimand.shape, _effects(estimand.query)
    _demand(effects or not isinstance(shape, Adjustment | FrontDoor), "shape", "nothing is done in the query")
    for atom in effects:
        y, x = _named(atom.of), _named(atom.do).union(*(_named(term.world) for term in atom.of))
        by = _named(atom.given) - x
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
        _demand(fits and tuple(map(frozenset, told)) == (y, x, by), "shape", f"not that of {to_text(atom)}")


def _check_refusal(refusal: NotIdentified, world: World) -> None:
    """The hedge is one, for an effect in the query from which rule 2 can take no condition away."""
    if refusal.query is None or refusal.hedge is None:
        raise ProofRejected("hedge", "it shows no query or no hedge")
    y, x = frozenset(refusal.outcomes), frozenset(refusal.treatments)
    reduced = [_reduction(atom, world) for atom in _effects(refusal.query)]
    _demand((y, x) in reduced, "hedge", "it is for another effect than the one asked about")
    parts = (refusal.hedge.forest, refusal.hedge.subforest, refusal.hedge.roots)
    forest, subforest, roots = map(frozenset, parts)
    nested = roots and roots <= subforest < forest <= world.names and forest & x and not subforest & x
    _demand(nested, "hedge", "its forests are not nested as they must be")
    _demand(roots <= world.cut(into=x).above(y), "hedge", "a root is no ancestor of the outcome")
    for part in (forest, subforest):
        rooted = world.within(part).above(roots) == part == world.district(min(part), part)
        _demand(rooted, "hedge", f"{listed(sorted(part))} is not one district with these roots")


def _reduction(atom: P, world: World) -> tuple[Names, Names]:
    """Outcomes and treatments of the joint effect that is identified if and only if the atom is."""
    y, x, given = _named(atom.of), _named(atom.do), _named(atom.given)
    if any(term.world for term in atom.terms) or not y.union(x, given) <= world.names:
        return NONE, NONE
    for z in sorted(given) * len(given):
        rest = given - {z}
        if z in given and world.cut(into=x, out_of=given - rest).separated(y, given - rest, x | rest):
            x, given = x | {z}, rest
    return y | given, x
