"""A question taken apart into events of potential responses: a sum of ratios of linear functions of them.

P(Y=1 | do(X=1), W=0) is the chance of {Y would be 1 and W would be 0, were X 1} over that of {W would be 0,
were X 1}; a mean is a sum over levels; a nested response Y_{X=1, M_{X=0}} is taken apart by the values that
M would have. A question that is no such sum (a product of probabilities) has no linear form.

Source: J. Pearl, *Causality* (2009), chapter 7; J. Correa, S. Lee and E. Bareinboim, "Nested counterfactual
identification from arbitrary surrogate experiments" (NeurIPS 2021), for the unnesting.

>>> from whence.language.query_text import query
>>> fraction, = fractions(query("P(Y=1 | do(X=1), W=0)").body, {"X": (0, 1), "Y": (0, 1), "W": (0, 1)})
>>> [str(each) for _, event in fraction.numerator for each in event]
['W_{X=1}=0', 'Y_{X=1}=1']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from whence.language.bounds_problem import Response, Setting, setting_of
from whence.language.expression import (
    Difference,
    Expectation,
    Expression,
    P,
    Quotient,
    Sum,
    Term,
    Value,
    substitute,
)
from whence.language.factor import Number
from whence.language.printing import to_text, value_text
from whence.runtime.errors import InvalidQuery, TextInNumericRole, UnknownLevel, UnknownVariable

Levels = Mapping[str, tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class Atom:
    """`variable` would have `value`, were the variables of `world` set so."""

    variable: str
    value: Value
    world: Setting = ()

    def __str__(self) -> str:
        return f"{Response(self.variable, self.world)}={value_text(self.value)}"


Event = tuple[Atom, ...]
Linear = tuple[tuple[Number, Event], ...]
"""A sum of multiples of the chances of events."""


@dataclass(frozen=True, slots=True)
class EventRatio:
    """A linear function of chances over another; over 1 if there is none."""

    numerator: Linear
    denominator: Linear | None = None


class NotLinear(Exception):  # noqa: N818 - no error: the caller makes a refusal of it
    """The question is no sum of ratios of linear functions of one distribution of responses."""


def fractions(body: Expression, levels: Levels) -> tuple[EventRatio, ...]:
    """The question as a sum of ratios, those of one denominator put together.

    Raises `NotLinear`, `InvalidQuery` where a value is left open, `UnknownLevel` for a value that a variable
    does not have, `TextInNumericRole` for the mean of labels.
    """
    gathered: dict[Linear | None, list[tuple[Number, Event]]] = {}
    for each in _ratios(body, levels):
        gathered.setdefault(each.denominator, []).extend(each.numerator)
    return tuple(EventRatio(_gathered(top), bottom) for bottom, top in gathered.items())


def _ratios(body: Expression, levels: Levels) -> list[EventRatio]:
    match body:
        case P(of=of, given=given, do=do):
            top = tuple((1, event) for event in events((*of, *given), do, levels))
            bottom = tuple((1, event) for event in events(given, do, levels)) if given else None
            return [EventRatio(top, bottom)]
        case Expectation(variable=variable, body=inner):
            return [
                _times(each, _number(variable, level))
                for level in levels_of(variable, levels)
                for each in _ratios(substitute(inner, {variable: level}), levels)
            ]
        case Sum(over=over, body=inner):
            every = product(*(levels_of(name, levels) for name in over))
            return [
                each
                for values in every
                for each in _ratios(substitute(inner, dict(zip(over, values, strict=True))), levels)
            ]
        case Difference(left=left, right=right):
            return [*_ratios(left, levels), *(_times(each, -1) for each in _ratios(right, levels))]
        case Quotient(numerator=top, denominator=bottom):
            return [_quotient(_ratios(top, levels), _ratios(bottom, levels), body)]
        case _:
            raise NotLinear(to_text(body))


def _quotient(above: list[EventRatio], below: list[EventRatio], body: Expression) -> EventRatio:
    """One ratio over another, where both have one denominator that cancels."""
    if len({each.denominator for each in (*above, *below)}) != 1:
        raise NotLinear(to_text(body))
    tops = (_gathered([term for each in part for term in each.numerator]) for part in (above, below))
    return EventRatio(*tops)


def _times(ratio: EventRatio, factor: Number) -> EventRatio:
    return EventRatio(tuple((factor * times, event) for times, event in ratio.numerator), ratio.denominator)


def _gathered(terms: Iterable[tuple[Number, Event]]) -> Linear:
    found: dict[Event, Number] = {}
    for times, event in terms:
        found[event] = found.get(event, 0) + times
    return tuple((times, event) for event, times in found.items() if times != 0)


def _number(variable: str, level: Value) -> Number:
    if isinstance(level, str):
        raise TextInNumericRole(variable, "outcome", [level])
    return level


def events(terms: Sequence[Term], do: Sequence[Term], levels: Levels) -> list[Event]:
    """The disjoint events whose chances add up to that of the terms; none where these contradict."""
    done = {term.name: _valued(term, levels) for term in do}
    ways = [_atoms(term, _valued(term, levels), done, levels) for term in terms]
    found: list[Event] = []
    for way in product(*ways):
        values: dict[tuple[str, Setting], Value] = {}
        agree = True
        for atom in (atom for part in way for atom in part):
            key = (atom.variable, atom.world)
            agree = agree and values.setdefault(key, atom.value) == atom.value
        if agree:
            found.append(tuple(Atom(name, value, world) for (name, world), value in sorted(values.items())))
    return found


def _atoms(term: Term, value: Value, done: Mapping[str, Value], levels: Levels) -> list[Event]:
    """One term at a value, as the events of the values that the nested responses of its world may have."""
    world, nested = dict(done), [part for part in term.world if part.world and part.value is None]
    world |= {part.name: _valued(part, levels) for part in term.world if part not in nested}
    found: list[Event] = []
    for values in product(*(levels_of(part.name, levels) for part in nested)):
        inner = [_atoms(part, each, done, levels) for part, each in zip(nested, values, strict=True)]
        here = world | dict(zip((part.name for part in nested), values, strict=True))
        own = Atom(term.name, value, setting_of(here))
        found += [(own, *(atom for part in way for atom in part)) for way in product(*inner)]
    return found


def _valued(term: Term, levels: Levels) -> Value:
    if term.value is None:
        raise InvalidQuery(
            f"Bounds are of one number, and {term.name} has no value in this question.",
            f"Give it one, such as {term.name}={value_text(levels_of(term.name, levels)[-1])}.",
        )
    return level_of(term.name, term.value, levels)


def levels_of(name: str, levels: Levels) -> tuple[Value, ...]:
    """The levels of a variable; raises `UnknownVariable` where none were given."""
    if name not in levels:
        raise UnknownVariable(name, known=tuple(levels), where="levels given")
    return levels[name]


def level_of(name: str, value: Value, levels: Levels) -> Value:
    """The level that a value means (1, 1.0 and true are one; a number may stand as text)."""
    known = levels_of(name, levels)
    for level in known:
        if level == value or str(level) == str(value):
            return level
    raise UnknownLevel(name, value, known)
