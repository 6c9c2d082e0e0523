"""The exact answer to a question in a structural model: any expression of the algebra, in any worlds.

Every probability in the question is the share of an event among random variables of the model, in the worlds
that its `do` and the worlds of its terms set. Variables that the model lacks are constant there and count as
nothing. A probability given what never happens has no value, and neither has what depends on it.

Source: J. Pearl, *Causality* (2009), section 7.1.

>>> from whence.language.model import HiddenCause, Mechanism, StructuralModel
>>> coin = HiddenCause("U", (Fraction(1, 4), Fraction(3, 4)))
>>> both = (Mechanism("X", ("U",), (0, 1)), Mechanism("Y", ("X", "U"), (0, 1, 1, 0)))
>>> model = Evaluated(StructuralModel((("X", (0, 1)), ("Y", (0, 1))), (coin,), both))
>>> answer(P(Term("Y", 1), (), Term("X", 0)), {"": model}, {})
Fraction(3, 4)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product as combinations

from whence.identification.witnesses.model_values import Evaluated
from whence.language.expression import (
    Difference,
    Expectation,
    Expression,
    P,
    Product,
    Quotient,
    Sum,
    Term,
    Value,
    free_variables,
)
from whence.language.model import Disagreement, Elsewhere

LEAST = Fraction(1, 10**6)
"""By how much the answers must differ."""

AT_MOST = 4096
"""Combinations of values of the open variables that are tried."""

Populations = Mapping[str, Evaluated]
"""A model for each population; "" is the one that the question is about."""


class UndefinedError(ArithmeticError):
    """The expression has no value in the model."""


def answer(expression: Expression, models: Populations, values: Mapping[str, Value]) -> Fraction:
    """The value of an expression whose free variables are at `values`; raises `UndefinedError`."""
    match expression:
        case P():
            return probability(expression, models, values)
        case Sum(over=over, body=body):
            return sum(
                (answer(body, models, {**values, **each}) for each in settings(models[""], over)), Fraction(0)
            )
        case Expectation(variable=variable, body=body):
            found = Fraction(0)
            for level in models[""].levels.get(variable, ()):
                found += _number(level) * answer(body, models, {**values, variable: level})
            return found
        case Product(factors=factors):
            result = Fraction(1)
            for factor in factors:
                result *= answer(factor, models, values)
            return result
        case Quotient(numerator=top, denominator=bottom):
            below = answer(bottom, models, values)
            if not below:
                raise UndefinedError
            return answer(top, models, values) / below
        case Difference(left=left, right=right):
            return answer(left, models, values) - answer(right, models, values)
        case _:
            raise UndefinedError


def settings(model: Evaluated, names: Sequence[str]) -> list[dict[str, Value]]:
    """Every combination of levels of the names; one level of those that the model lacks."""
    levels = [model.levels.get(name, (0,)) for name in names]
    return [dict(zip(names, each, strict=True)) for each in combinations(*levels)]


def probability(atom: P, models: Populations, values: Mapping[str, Value]) -> Fraction:
    """The share of an event among those for whom the conditions hold; raises `UndefinedError`."""
    model = models.get(atom.population)
    if model is None:
        raise UndefinedError
    below = _share(model, atom.given, atom.do, values) if atom.given else Fraction(1)
    if not below:
        raise UndefinedError
    return _share(model, (*atom.of, *atom.given), atom.do, values) / below


def _share(
    model: Evaluated, terms: Sequence[Term], do: Sequence[Term], values: Mapping[str, Value]
) -> Fraction:
    present = [term for term in terms if term.name in model.levels]
    outer = [_settled(model, term, values) for term in do if term.name in model.levels]
    variables: list[Term] = []
    event: list[int] = []
    for term in present:
        own = [_settled(model, part, values) for part in term.world if part.name in model.levels]
        named = {part.name for part in own}
        world = (*own, *(part for part in outer if part.name not in named))
        variables.append(Term(term.name, None, world))
        event.append(_level(model, term, values))
    weights, scale = model.weighed(tuple(variables))
    return Fraction(weights.get(tuple(event), 0), scale)


def _settled(model: Evaluated, term: Term, values: Mapping[str, Value]) -> Term:
    """A setting with its value in place; one in a world of its own is a variable, and keeps none."""
    world = tuple(_settled(model, part, values) for part in term.world if part.name in model.levels)
    if term.world and term.value is None:
        return Term(term.name, None, world)
    return Term(term.name, model.levels[term.name][_level(model, term, values)])


def _level(model: Evaluated, term: Term, values: Mapping[str, Value]) -> int:
    value = values.get(term.name) if term.value is None else term.value
    if value is None or value not in model.levels[term.name]:
        raise UndefinedError
    return model.levels[term.name].index(value)


def _number(level: Value) -> Fraction:
    if isinstance(level, str):
        raise UndefinedError
    return Fraction(level)


def differ(query: Expression, one: Populations, two: Populations) -> Disagreement | None:
    """The pair with the values of the open variables at which the query differs most, if it does."""
    names = sorted(free_variables(query))
    best: tuple[Fraction, tuple[Fraction, Fraction], tuple[Term, ...]] | None = None
    for at in settings(one[""], names)[:AT_MOST]:
        try:
            values = answer(query, one, at), answer(query, two, at)
        except UndefinedError:
            continue
        gap = abs(values[0] - values[1])
        if gap >= LEAST and (best is None or gap > best[0]):
            best = gap, values, tuple(Term(name, value) for name, value in at.items())
    if best is None:
        return None
    elsewhere = (Elsewhere(name, one[name].model, two[name].model) for name in one if name)
    return Disagreement(one[""].model, two[""].model, best[1], best[2], tuple(elsewhere))
