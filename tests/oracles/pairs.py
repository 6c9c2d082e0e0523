"""Pairs of structural models judged by the definition: every unit of the population solved in turn.

A unit is one combination of levels of all hidden causes. Its variables in a world follow from the mechanisms,
by recursion; a probability is the weight of the units for which an event holds. Nothing of the engine is used
but the values that the pair is written in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import product

from whence.language.expression import (
    Difference,
    Expectation,
    Expression,
    P,
    Product,
    Quotient,
    Sum,
    Term,
)
from whence.language.graph import Graph
from whence.language.model import Disagreement, Mechanism, StructuralModel
from whence.language.source import Source


def faults(
    pair: Disagreement, body: Expression, projection: Graph, sources: Iterable[Source] = ()
) -> list[str]:
    """What is wrong with a pair as a proof that P(everything), or all sources, do not determine the query."""
    found = [*incompatible(pair.first, projection), *incompatible(pair.second, projection)]
    sources = tuple(sources)
    found += disagreements(pair, sources)
    one, two = (observed(model) for model in (pair.first, pair.second))
    if pair.first.levels != pair.second.levels or (not sources and one != two):
        found.append("the two differ on what is observed")
    if len(one) != len(list(product(*(values for _, values in pair.first.levels)))):
        found.append("some combination of levels never happens")
    at = {term.name: term.value for term in pair.at}
    values = tuple(value_in(model, body, at) for model in (pair.first, pair.second))
    if values != pair.values:
        found.append(f"the query is {values}, not {pair.values}")
    if abs(values[0] - values[1]) < Fraction(1, 10**6):
        found.append("the two agree on the query")
    return found


def disagreements(pair: Disagreement, sources: Iterable[Source]) -> list[str]:
    """The sources that show the two models to be different, or whose models differ where they may not."""
    found = []
    for source in sources:
        one, two = home = (pair.first, pair.second)
        for other in pair.elsewhere:
            if other.population == source.population:
                one, two = other.first, other.second
        for here, there in zip(home, (one, two), strict=True):
            for own, other in zip(here.mechanisms, there.mechanisms, strict=True):
                if own.variable not in source.differs and heard(here, own) != heard(there, other):
                    found.append(f"the mechanism of {own.variable} differs in {source.population}")
        if shown(one, source) != shown(two, source):
            found.append(f"the two differ on {source}")
    return found


def heard(model: StructuralModel, mechanism: Mechanism) -> object:
    """A mechanism with the distributions of the hidden causes that it hears."""
    return mechanism, [cause for cause in model.hidden if cause.name in mechanism.inputs]


def shown(model: StructuralModel, source: Source) -> dict[object, object]:
    """What a source shows of a model: shares of outcomes among those with the same conditions."""
    atom, seen = source.distribution, {f"{x}*": (x, r) for x, r in source.proxies}
    vary = set(model.variables)
    names = [term.name for term in atom.do if term.name in vary]
    both: Counter[object] = Counter()
    below: Counter[object] = Counter()
    for values in product(*(model.levels_of(name) for name in names)):
        world = dict(zip(names, values, strict=True))
        for unit, weight in units(model):
            at = {name: solved(model, unit, name, world) for name in vary}
            for star, (x, r) in seen.items():
                if x in vary:
                    at[star] = at[x] if at.get(r, 1) == 1 else "missing"
            if weight and all(at.get(t.name, t.value) == t.value for t in atom.given if t.value is not None):
                condition = (*values, *(at.get(term.name) for term in atom.given))
                below[condition] += weight  # type: ignore[assignment]
                both[condition, tuple(at.get(term.name) for term in atom.of)] += weight  # type: ignore[assignment]
    return {key: weight / below[key[0]] for key, weight in both.items()}  # type: ignore[index,operator]


def incompatible(model: StructuralModel, projection: Graph) -> Iterator[str]:
    """Where the model has an arrow or a common cause that the graph lacks, or chances that are none."""
    hears: dict[str, set[str]] = {}
    hidden = {cause.name for cause in model.hidden}
    if len(hidden) != len(model.hidden) or hidden & set(projection.nodes):
        yield "hidden causes share a name"
    for cause in model.hidden:
        if sum(cause.probabilities) != 1 or min(cause.probabilities) < 0:
            yield f"the chances of {cause.name} do not add up"
    for mechanism in model.mechanisms:
        child = projection.index[mechanism.variable]
        for name in mechanism.inputs:
            if name in hidden:
                hears.setdefault(name, set()).add(mechanism.variable)
            elif not projection.parents[child] >> projection.index[name] & 1:
                yield f"{name} is no parent of {mechanism.variable}"
    for name, heard in hears.items():
        a, *rest = (projection.index[each] for each in heard)
        if len(rest) > 1 or (rest and not projection.spouses[a] >> rest[0] & 1):
            yield f"{name} is no hidden cause of {heard}"


def units(model: StructuralModel) -> Iterator[tuple[dict[str, int], Fraction]]:
    """Every combination of levels of the hidden causes with its weight."""
    for levels in product(*(range(len(cause.probabilities)) for cause in model.hidden)):
        weight = Fraction(1)
        for cause, level in zip(model.hidden, levels, strict=True):
            weight *= cause.probabilities[level]
        yield {cause.name: level for cause, level in zip(model.hidden, levels, strict=True)}, weight


def solved(model: StructuralModel, unit: Mapping[str, int], name: str, world: Mapping[str, object]) -> object:
    """The value of a variable for a unit in a world."""
    if name in world:
        return world[name]
    mechanism = next(each for each in model.mechanisms if each.variable == name)
    place = 0
    for each in mechanism.inputs:
        if each in unit:
            size = next(len(cause.probabilities) for cause in model.hidden if cause.name == each)
            level = unit[each]
        else:
            values = model.levels_of(each)
            size, level = len(values), values.index(solved(model, unit, each, world))  # type: ignore[arg-type]
        place = place * size + level
    return mechanism.table[place]


def observed(model: StructuralModel) -> Counter[tuple[object, ...]]:
    """The distribution of all variables."""
    found: Counter[tuple[object, ...]] = Counter()
    for unit, weight in units(model):
        if weight:
            found[tuple(solved(model, unit, name, {}) for name in model.variables)] += weight  # type: ignore[assignment]
    return found


def value_in(model: StructuralModel, body: Expression, at: Mapping[str, object]) -> Fraction:
    """The value of a query in a model, its free variables at these values."""
    match body:
        case P(of=of, given=given, do=do):
            both = below = Fraction(0)
            for unit, weight in units(model):
                if all(holds(model, unit, term, do, at) for term in given):
                    below += weight
                    if all(holds(model, unit, term, do, at) for term in of):
                        both += weight
            return both / below
        case Sum(over=over, body=inner):
            every = product(*(model.levels_of(name) for name in over))
            return sum(
                (value_in(model, inner, {**at, **dict(zip(over, each, strict=True))}) for each in every),
                Fraction(0),
            )
        case Expectation(variable=name, body=inner):
            levels = model.levels_of(name)
            return sum((level * value_in(model, inner, {**at, name: level}) for level in levels), Fraction(0))  # type: ignore[operator]
        case Product(factors=factors):
            result = Fraction(1)
            for factor in factors:
                result *= value_in(model, factor, at)
            return result
        case Quotient(numerator=top, denominator=bottom):
            return value_in(model, top, at) / value_in(model, bottom, at)
        case Difference(left=left, right=right):
            return value_in(model, left, at) - value_in(model, right, at)
        case _:
            raise AssertionError(body)


def holds(
    model: StructuralModel,
    unit: Mapping[str, int],
    term: Term,
    do: tuple[Term, ...],
    at: Mapping[str, object],
) -> bool:
    """Whether the unit has the value of a term in its world."""

    def setting(part: Term) -> object:
        if part.world:
            return solved(model, unit, part.name, {each.name: setting(each) for each in part.world})
        return at[part.name] if part.value is None else part.value

    world = {part.name: setting(part) for part in (*do, *term.world)}
    wanted = at[term.name] if term.value is None else term.value
    return solved(model, unit, term.name, world) == wanted
