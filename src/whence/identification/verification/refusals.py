"""The verifier's check of a refusal: two models that agree on all that is given and differ on the question.

Both are structural models of the graph in exact numbers. Every distribution given is worked out in each, must
have no zeros (formulas divide by what was seen), and must be the same; the question must not be. Nothing is
shared with who made the models. A hedge, where there is one, tells why they can be had; it is checked too.

Sources: J. Pearl, *Causality* (2009), definition 3.2.4; I. Shpitser and J. Pearl (AAAI 2006), theorem 4, and
(UAI 2006), theorem 6, for hedges.

>>> from fractions import Fraction
>>> LEAST == Fraction(1, 10**6)
True
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import prod

from whence.identification.verification.distributions import check_sources
from whence.identification.verification.models import Copy, Values, check_model
from whence.identification.verification.policies import ruled_by
from whence.identification.verification.world import NONE, Names, World, demand
from whence.language import expression as algebra
from whence.language.expression import Expression, P, Term, Value
from whence.language.model import Disagreement, Elsewhere, StructuralModel
from whence.language.refusals import Hedge, NotIdentified
from whence.language.source import POLICY, Source, starred
from whence.language.words import listed
from whence.runtime.errors import ProofRejected

LEAST = Fraction(1, 10**6)
"""By how much the two models differ at least."""


MOST_CELLS = 1 << 18
"""Tables of more cells are not compared."""


def check_refusal(refusal: NotIdentified, world: World) -> None:
    """Raise `ProofRejected` unless the two models, and the hedge if there is one, are what they should be."""
    query, pair = refusal.query, refusal.models
    if query is None:
        raise ProofRejected("models", "it shows no query")
    if refusal.hedge is not None:
        atoms = [atom for atom in algebra.atoms(query.body) if isinstance(atom, P)]
        _check_hedge(refusal, refusal.hedge, atoms, world)
    if pair is None:
        raise ProofRejected("models", "it shows no two models")
    sources = refusal.given or (Source(P(world.names)),)
    where = _check_names(query.body, sources, world)
    known = {"", *(each.population for each in pair.elsewhere)}
    demand(where in known and not (where and refusal.hedge), "models", "no policies are in force in them")
    _check_models(pair, sources, world)
    for source in sources:
        for part in _pieces(source, frozenset(pair.first.variables), world):
            one, two = (_table(_living(pair, number, source.population), part) for number in (0, 1))
            demand(one == two, "models", f"they do not agree on {source}")
    chosen = {term.name: term.value for term in pair.at if term.value is not None and not term.world}
    open_names = algebra.free_variables(query.body)
    demand(open_names <= chosen.keys(), "models", "they do not say at which values they differ")
    first, second = (Values(_living(pair, n, where)).of(query.body, chosen) for n in (0, 1))
    demand((first, second) == pair.values, "models", "the question is not what they say it is")
    demand(abs(first - second) >= LEAST, "models", "they do not differ on the question")


def _check_names(body: Expression, sources: Iterable[Source], world: World) -> str:
    """What is asked and given is about observed variables; what is asked, about here, or under policies."""
    check_sources(sources, world.names)
    asked = [atom for atom in algebra.atoms(body) if isinstance(atom, P)]
    places = {atom.population for atom in asked}
    demand(places in ({""}, {POLICY}), "models", "it is asked of another population")
    for given, atoms in ((), asked), *((source.proxies, [source.distribution]) for source in sources):
        records = {starred(x): x for x, _ in given}
        terms = [term for atom in atoms for term in atom.terms]
        names = {records.get(name, name) for term in terms for name in algebra.names_in(term)}
        observed = names.union(*given) <= world.names
        demand(observed, "models", "it mentions what is not observed")
    return places.pop()


def _check_models(pair: Disagreement, sources: Iterable[Source], world: World) -> None:
    """They are models of the graph over the same levels, and alike elsewhere in all that does not differ."""
    for each in (pair, *pair.elsewhere):
        ruled = isinstance(each, Elsewhere) and each.population == POLICY
        for model in (each.first, each.second):
            check_model(model, ruled_by(sources, world) if ruled else world)
            demand(model.levels == pair.first.levels, "models", "they have other levels")
    for each in pair.elsewhere:
        of_it = [source.differs for source in sources if source.population == each.population]
        differs = NONE.union(*of_it)
        demand(of_it and each.population, "models", f"nothing is given of {each.population}")
        for home, there in ((pair.first, each.first), (pair.second, each.second)):
            same = _unchanged(home, differs) == _unchanged(there, differs)
            demand(same, "models", f"{each.population} differs in more than it may")


def _pieces(source: Source, varying: Names, world: World) -> list[Source]:
    """The source; of all that varies, its kernels by district, whose product it is (Tian and Pearl 2002)."""
    known = source.distribution
    rest = varying - _names(known.do)
    open_terms = not known.given and not source.proxies and all(term.value is None for term in known.terms)
    if not open_terms or not rest <= _names(known.of):
        return [source]
    districts = {world.district(name, rest) for name in rest}
    causes = {part: NONE.union(*(world.parents[v] for v in part)) & varying - part for part in districts}
    return [Source(P(part, (), causes[part], known.population)) for part in districts]


def _unchanged(model: StructuralModel, differs: Names) -> dict[str, object]:
    """The mechanisms of all but these, with the hidden causes that they listen to."""
    shares = {cause.name: cause.probabilities for cause in model.hidden}
    return {
        each.variable: (each, [shares.get(name) for name in each.inputs])
        for each in model.mechanisms
        if each.variable not in differs
    }


def _living(pair: Disagreement, number: int, where: str) -> StructuralModel:
    """The first or the second model in a population."""
    there = [(each.first, each.second) for each in pair.elsewhere if each.population == where]
    return (there[0] if there else (pair.first, pair.second))[number]


def _table(model: StructuralModel, source: Source) -> dict[tuple[object, ...], Fraction]:
    """The distribution of the source in the model, for every value of what is done and what is seen."""
    values, known = Values(model), source.distribution
    records = {starred(name): (name, seen) for name, seen in source.proxies}
    varying = frozenset(model.variables)
    names = [term.name for term in (*known.given, *known.of)]
    drawn = varying - _names(known.do)
    basic = [part for name in names for part in records.get(name, (name,)) if part in drawn]
    fixed = {term.name: term.value for term in known.terms if term.value is not None}
    fixed_or_seen = {**fixed, **{r: 1 for x, r in source.proxies if starred(x) in names}}
    occurs = (v in model.levels_of(name) for name, v in fixed_or_seen.items() if name in varying)
    demand(all(occurs), "models", f"{source} is empty in them")
    found: dict[tuple[object, ...], Fraction] = {}
    for done in values.settings(term.name for term in known.do):
        if any(fixed.get(name, value) != value for name, value in done.items()):
            continue
        setting = tuple(Term(name, value) for name, value in sorted(done.items()))
        copies: tuple[Copy, ...] = tuple((name, setting) for name in dict.fromkeys(basic))
        full = prod(len(model.levels_of(name)) for name, _ in copies)
        demand(full <= MOST_CELLS, "models", f"{source} is too large to be compared")
        cells = values.table(copies)
        demand(len(cells) == full, "models", f"{source} has zeros in them")
        table: dict[tuple[object, ...], Fraction] = {}
        for cell, share in cells.items():
            there = {**done, **dict(zip((name for name, _ in copies), cell, strict=True))}
            if all(there.get(name, value) == value for name, value in fixed.items()):
                row = tuple(_seen(name, there, records) for name in names)
                table[row] = table.get(row, Fraction(0)) + share
        given = len(known.given)
        for row, share in table.items():
            whole = sum(other for seen, other in table.items() if seen[:given] == row[:given])
            found[(*setting, *row)] = share / whole if given else share
    return found


def _seen(name: str, there: dict[str, Value], records: dict[str, tuple[str, str]]) -> Value | None:
    """What a source says of a variable: its value, or of a record that is not there, nothing."""
    variable, indicator = records.get(name, (name, ""))
    return there.get(variable) if there.get(indicator, 1) == 1 else None


def _check_hedge(refusal: NotIdentified, hedge: Hedge, atoms: list[P], world: World) -> None:
    """The hedge is one, for an effect in the query from which rule 2 can take no condition away."""
    y, x = frozenset(refusal.outcomes), frozenset(refusal.treatments)
    reduced = [_reduction(atom, world) for atom in atoms]
    demand((y, x) in reduced, "hedge", "it is for another effect than the one asked about")
    parts = (hedge.forest, hedge.subforest, hedge.roots)
    forest, subforest, roots = map(frozenset, parts)
    nested = roots and roots <= subforest < forest <= world.names and forest & x and not subforest & x
    demand(nested, "hedge", "its forests are not nested as they must be")
    demand(roots <= world.cut(into=x).above(y), "hedge", "a root is no ancestor of the outcome")
    for part in (forest, subforest):
        rooted = world.within(part).above(roots) == part == world.district(min(part), part)
        demand(rooted, "hedge", f"{listed(sorted(part))} is not one district with these roots")


def _reduction(atom: P, world: World) -> tuple[Names, Names]:
    """Outcomes and treatments of the joint effect that is identified if and only if the atom is."""
    y, x, given = _names(atom.of), _names(atom.do), _names(atom.given)
    if any(term.world for term in atom.terms) or not y.union(x, given) <= world.names:
        return NONE, NONE
    for z in sorted(given) * len(given):
        rest = given - {z}
        if z in given and world.cut(into=x, out_of=given - rest).separated(y, given - rest, x | rest):
            x, given = x | {z}, rest
    return y | given, x


def _names(terms: Iterable[Term]) -> Names:
    return frozenset(term.name for term in terms)
