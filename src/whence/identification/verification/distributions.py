"""The verifier's rules for distributions at hand: the do-calculus, probability, records with gaps.

Every claim is one P(A | B, do C) of a population, its terms open or at a value, with no name twice. A
premise's formula is carried over, summed, multiplied or divided; what must be true of the graph is a
separation in it with edges cut.

Sources: J. Pearl, *Causality* (2009), theorem 3.4.1; S. Tikka, A. Hyttinen and J. Karvanen, "Causal effect
identification from multiple incomplete data sources" (JSS 2021), table 1; E. Bareinboim and J. Pearl, "A
general algorithm for deciding transportability" (JCI 2013), theorem 2, for populations.

>>> from whence.identification.verification.world import project
>>> from whence.language.graph import Edge, Graph
>>> known = Source(P(("X", "Y")))
>>> on_distributions(P("Y"), Step("given", P("Y"), P("Y")), project(Graph.of("XY", [])), (known,))
(P(of=(Term(name='Y', value=None, world=()),), given=(), do=(), population=''), ())
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from whence.identification.verification.world import NONE, Built, Names, World, demand, project, through
from whence.language import expression as algebra
from whence.language.estimand import Fact, Step
from whence.language.expression import Expression, P, Product, Quotient, Sum, Term
from whence.language.graph import Graph
from whence.language.source import Source, starred

Terms = frozenset[Term]
RULES = (
    "given", "proxy", "value", "rule 1", "rule 2", "rule 3", "sum", "condition", "chain", "ratio", "transport"
)  # fmt: skip


def as_given(
    graph: Graph | None, given: tuple[Source, ...], body: Expression
) -> tuple[World, tuple[Source, ...]]:
    """The graph on what the sources and the question mention, and the sources in it; else all is observed."""
    if not given or graph is None:
        world = project(graph)
        return world, (Source(P(world.names)),)
    check_sources(given, frozenset(graph.nodes))
    stars = {starred(name): name for source in given for name, _ in source.proxies}
    atoms = [*(source.distribution for source in given), *algebra.atoms(body)]
    names = {
        name for atom in atoms if isinstance(atom, P) for t in atom.terms for name in algebra.names_in(t)
    }
    names |= {name for source in given for pair in source.proxies for name in pair}
    world = project(graph, frozenset(stars.get(name, name) for name in names))
    # What differs in a variable that nobody speaks of differs in the hidden causes of those it reaches.
    return world, tuple(
        replace(source, differs=tuple(through(graph, frozenset(source.differs), world.names)))
        for source in given
    )


def check_sources(given: Iterable[Source], known: Names) -> None:
    """Raise `ProofRejected` unless each is a distribution that means one thing."""
    records: dict[tuple[str, str], str] = {}
    for source in given:
        atom = source.distribution
        stars = {starred(x) for x, _ in source.proxies}
        once = len(_names(atom.terms)) == len(atom.terms) and not any(term.world for term in atom.terms)
        demand(atom.of and once, "given", f"{source} is no distribution")
        # P(Y, S=1) says nothing of P(Y); it is P(Y | S=1) or P(Y, S) that is given.
        demand(len(_open(atom.of)) == len(atom.of), "given", f"{source} has a value before the bar")
        demand(not stars & (_names(atom.do) | known), "given", f"{source} takes a record for a variable")
        for x, r in source.proxies:
            one = records.setdefault((source.population, x), r) == r
            demand(one, "given", f"the records of {x} have two indicators")


def at_hand(asked: P, sources: Iterable[Source]) -> bool:
    """Whether the probability follows from one of the sources by summing and conditioning."""
    for source in sources:
        known = source.distribution
        atom = _as_recorded(asked, source)
        same = known.population == atom.population and len(known.do) == len(atom.do)
        seen = _matched(atom.given, known.given)
        inner = {term.name for term in known.of}
        rest = [*atom.of, *(term for term in atom.given if term not in (seen or ()))]
        within = len({term.name for term in rest}) == len(rest) and all(
            term.name in inner and not term.world for term in rest
        )
        if same and seen is not None and within and _matched(atom.do, known.do) is not None:
            return bool(atom.of)
    return False


def seen_together(atom: P, names: Names, sources: Iterable[Source]) -> bool:
    """Whether the atom is about one world of this population, in which these were observed at once."""
    worlds = {term.world for term in atom.of}
    flat = len(worlds) == 1 and not any(part.world for part in (*worlds.pop(), *atom.given))
    return flat and not atom.population and at_hand(P(names), sources)


def _as_recorded(atom: P, source: Source) -> P:
    """The atom with records for variables where it says that they are there, as in P(x | r_x=1)."""
    for x, r in source.proxies:
        there, names = Term(r, 1), _names((*atom.of, *atom.given))
        if (
            x in names
            and starred(x) not in names
            and (there in atom.terms[len(atom.of) :] or there in atom.of)
        ):
            if there in atom.of and x not in _names(atom.of):
                continue
            of, given = (_renamed(part, {x: starred(x)}) for part in (atom.of, atom.given))
            atom = P(of, given, atom.do, atom.population)
    return atom


def _matched(terms: Iterable[Term], known: Iterable[Term]) -> list[Term] | None:
    """The term for each known one: of the same name, at its value if it has one."""
    by_name = {term.name: term for term in terms if not term.world}
    found = [by_name.get(term.name) for term in known]
    fits = (
        own is not None and (term.value is None or own.value == term.value)
        for own, term in zip(found, known, strict=True)
    )
    return [term for term in found if term is not None] if all(fits) else None


def on_distributions(claim: P, step: Step, world: World, sources: tuple[Source, ...]) -> Built:
    """What a rule about distributions builds, and the separations that it needs."""
    premises = [_parts(each.claim) for each in step.premises]
    formulas = [each.formula for each in step.premises]
    a, b, c = _parts(claim)
    one_place = all(isinstance(p.claim, P) and p.claim.population == claim.population for p in step.premises)
    demand(one_place or step.rule == "transport", step.rule, "its premises are of another population")
    match step.rule, premises:
        case "given", []:
            demand(at_hand(claim, sources), step.rule, "it does not follow from what is given")
            return claim, ()
        case "proxy", [_]:
            return _recorded(claim, step.premises[0], sources), ()
        case "value", [_]:
            values = {term.name: term.value for term in claim.terms if term.value is not None}
            same = algebra.substitute(step.premises[0].claim, values) == claim
            demand(same, step.rule, "its premise is another claim")
            return algebra.substitute(formulas[0], values), ()
        case (("rule 1" | "rule 2" | "rule 3"), [(y, w, x)]) if y == a:
            return _do_calculus(step.rule, (a, b, c), (w, x), world, formulas[0])
        case "sum", [(joint, w, x)] if a < joint and (w, x) == (b, c):
            return Sum(_opened(joint - a), formulas[0]), ()
        case "condition", [(joint, w, x)] if a < joint and (w, x) == (b - joint, c) and joint - a <= b:
            return Quotient(formulas[0], Sum(_opened(a), formulas[0])), ()
        case "chain", [(first, w, x), (second, v, z)]:
            fits = first | second == a and not first & second and (w, x, v, z) == (b | second, c, b, c)
            demand(fits, step.rule, "its premises do not make up its claim")
            return Product((formulas[0], formulas[1])), ()
        case "ratio", [(joint, w, x), (other, v, z)]:
            below = a < joint and other == joint - a and (w, x, v, z) == (b - other, c, b - other, c)
            above = a < joint and other == joint - a and (w, x, v, z) == (b, c, b | a, c)
            fits = (below and other <= b) or (above and not _open(joint - a))
            demand(fits, step.rule, "its premises differ")
            return Quotient(formulas[0], formulas[1]), ()
        case "transport", [parts] if parts == (a, b, c):
            return formulas[0], _alike(claim, step.premises[0].claim, world, sources)
        case _:
            demand(False, step.rule, "its claim or its premises do not fit the rule")
            raise AssertionError


def _parts(claim: Expression) -> tuple[Terms, Terms, Terms]:
    """The terms of a claim, each name once and none in a world."""
    demand(isinstance(claim, P) and claim.of, "claim", "a premise is no distribution")
    assert isinstance(claim, P)
    names = {term.name for term in claim.terms}
    flat = len(names) == len(claim.terms) and not any(term.world for term in claim.terms)
    demand(flat, "claim", "a name stands twice in it, or in a world")
    return frozenset(claim.of), frozenset(claim.given), frozenset(claim.do)


def _names(terms: Iterable[Term]) -> Names:
    return frozenset(term.name for term in terms)


def _open(terms: Iterable[Term]) -> Names:
    return frozenset(term.name for term in terms if term.value is None)


def _opened(terms: Terms) -> tuple[str, ...]:
    demand(terms and len(_open(terms)) == len(terms), "sum", "it sums over what has a value")
    return tuple(_open(terms))


def _do_calculus(
    rule: str,
    claim: tuple[Terms, Terms, Terms],
    premise: tuple[Terms, Terms],
    world: World,
    formula: Expression,
) -> Built:
    """One variable or several come, go, or change from seen to done."""
    (y, b, c), (w, x) = claim, premise
    seen, done = b & w, c & x
    moved = {"rule 1": b ^ w, "rule 2": b ^ w, "rule 3": c ^ x}[rule]
    one_way = not (b - w and w - b) and not (c - x and x - c)
    fits = {
        "rule 1": c == x,
        "rule 2": b ^ w == c ^ x and (b | c) == (w | x),
        "rule 3": b == w,
    }[rule]
    demand(moved and fits and one_way, rule, "its premise differs in more than the rule changes")
    known = _names(y | seen | done | moved) <= world.names
    demand(known, rule, "it mentions what is not a variable of the graph")
    z, into = _names(moved), _names(done)
    if rule == "rule 3":
        into |= z - world.cut(into=into).above(_names(seen))
    cut_out = tuple(z) if rule == "rule 2" else ()
    sides = (tuple(_names(y)), tuple(z), tuple(_names(seen | done)))
    needs = Fact("separated", *sides, cut_into=tuple(into), cut_out_of=cut_out)
    gone = _open(moved) & algebra.free_variables(formula) if moved & (w | x) and rule != "rule 2" else NONE
    if gone:
        over = tuple(gone)
        return Quotient(Sum(over, formula), Sum(over, Product(()))), (needs,)
    return formula, (needs,)


def _recorded(claim: P, premise: Step, sources: tuple[Source, ...]) -> Expression:
    """What is claimed of x, from the same of its record x*, where the record is known to be there."""
    demand(premise.rule == "given", "proxy", "its premise is not at hand")
    pairs = {pair for source in sources if source.population == claim.population for pair in source.proxies}
    atom = premise.claim
    assert isinstance(atom, P)
    replaced = [(x, r) for x, r in sorted(pairs) if starred(x) in _names(atom.terms)]
    for x, r in replaced:
        there = Term(r, 1)
        held = there in (*atom.given, *atom.do) or (there in atom.of and starred(x) in _names(atom.of))
        demand(held, "proxy", f"{x} need not be recorded there")
        demand(x not in _names(atom.terms), "proxy", f"{x} stands there with its record")
        swap = {starred(x): x}
        of, given = (_renamed(part, swap) for part in (atom.of, atom.given))
        atom = P(of, given, atom.do, atom.population)
    demand(replaced and atom == claim, "proxy", "its premise is another claim")
    return atom


def _renamed(terms: Iterable[Term], swap: dict[str, str]) -> list[Term]:
    return [replace(term, name=swap.get(term.name, term.name)) for term in terms]


def _alike(claim: P, there: Expression, world: World, sources: tuple[Source, ...]) -> tuple[Fact, ...]:
    """No difference between the populations reaches what is asked about, given what is held."""
    demand(isinstance(there, P), "transport", "its premise is no distribution")
    assert isinstance(there, P)
    where = {claim.population, there.population} - {""}
    demand(len(where) == 1, "transport", "it is not between the question's population and another")
    there_given = [source for source in sources if source.population in where]
    differ = NONE.union(*(frozenset(source.differs) for source in there_given))
    y, given, do = _names(claim.of), _names(claim.given), _names(claim.do)
    demand(there_given and y | given | do <= world.names, "transport", "nothing is given of that population")
    apart = world.marked(differ, into=do).separated(y, frozenset({""}), given | do)
    demand(not differ or apart, "transport", "what differs between the populations matters")
    return (Fact("alike", tuple(y), given=tuple(given | do), cut_into=tuple(do)),)
