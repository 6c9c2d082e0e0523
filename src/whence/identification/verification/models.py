"""The verifier's own evaluation of structural models: is it one of the graph, and what is true in it?

Everything is exact: weights are whole numbers over one common denominator. Variables are computed causes
first, each in every world that is spoken of; a hidden cause is branched on when first needed and forgotten
after its last use, so that the cost is that of what is kept, not of all hidden causes together.

Source: J. Pearl, *Causality* (2009), definitions 7.1.1 to 7.1.5.

>>> from whence.language.model import HiddenCause, Mechanism
>>> coin = HiddenCause("U", (Fraction(1, 3), Fraction(2, 3)))
>>> model = StructuralModel((("X", (0, 1)),), (coin,), (Mechanism("X", ("U",), (0, 1)),))
>>> Values(model).of(P(Term("X", 1)), {})
Fraction(2, 3)
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product as combinations

from whence.identification.verification.world import World, demand
from whence.language import expression as algebra
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
)
from whence.language.model import Mechanism, StructuralModel
from whence.language.printing import to_text

Copy = tuple[str, tuple[Term, ...]]
"""A variable in the world of a setting; a hidden cause has the empty one."""

Table = dict[tuple[Value, ...], Fraction]


def check_model(model: StructuralModel, world: World) -> None:
    """Raise `ProofRejected` unless the model is one of the graph, drawn and computed in whole."""
    levels, hidden = dict(model.levels), {cause.name: cause for cause in model.hidden}
    known = levels.keys() <= world.names and not hidden.keys() & world.names
    demand(known, "models", "a name in them is not what the graph says")
    once = len(levels) == len(model.levels) and len(hidden) == len(model.hidden)
    demand(
        once and all(found and len({*found}) == len(found) for found in levels.values()), "models", "levels"
    )
    for cause in model.hidden:
        draws = min(cause.probabilities, default=-1) >= 0 and sum(cause.probabilities) == 1
        demand(draws, "models", f"the probabilities of {cause.name} are none")
    made = [mechanism.variable for mechanism in model.mechanisms]
    demand(sorted(made) == sorted(levels), "models", "not every variable has one mechanism")
    reaches: dict[str, list[str]] = {name: [] for name in hidden}
    for mechanism in model.mechanisms:
        inputs = frozenset(mechanism.inputs)
        allowed = (world.parents[mechanism.variable] & levels.keys()) | hidden.keys()
        size = math.prod(_size(model, name) for name in mechanism.inputs if name in allowed)
        fits = inputs <= allowed and len(inputs) == len(mechanism.inputs) and size == len(mechanism.table)
        fits = fits and {*mechanism.table} <= {*levels[mechanism.variable]}
        demand(fits, "models", f"the mechanism of {mechanism.variable} is not one of the graph")
        for name in inputs & hidden.keys():
            reaches[name].append(mechanism.variable)
    for name, ends in reaches.items():
        pair = len(ends) < 2 or (len(ends) == 2 and ends[1] in world.spouses[ends[0]])
        demand(pair, "models", f"{name} joins what no hidden cause joins in the graph")


def _size(model: StructuralModel, name: str) -> int:
    shares = [len(cause.probabilities) for cause in model.hidden if cause.name == name]
    return shares[0] if shares else len(model.levels_of(name))


@dataclass(slots=True)
class Values:
    """What is true in one model."""

    model: StructuralModel
    tables: dict[tuple[Copy, ...], Table] = field(default_factory=dict[tuple[Copy, ...], Table])

    def of(self, expression: Expression, at: Mapping[str, Value]) -> Fraction:
        """The value of an expression, its open names at these values."""
        match expression:
            case P():
                found = algebra.substitute(expression, at)
                return self.probability(found if isinstance(found, P) else expression)
            case Sum(over=over, body=body):
                return sum((self.of(body, {**at, **chosen}) for chosen in self.settings(over)), Fraction(0))
            case Expectation(variable=name, body=body):
                cells = ((chosen[name], chosen) for chosen in self.settings((name,)) if chosen)
                return sum((_number(v) * self.of(body, {**at, **chosen}) for v, chosen in cells), Fraction(0))
            case Product(factors=factors):
                return math.prod((self.of(factor, at) for factor in factors), start=Fraction(1))
            case Quotient(numerator=top, denominator=bottom):
                below = self.of(bottom, at)
                demand(below, "models", f"{to_text(bottom)} is zero in them")
                return self.of(top, at) / below
            case Difference(left=left, right=right):
                return self.of(left, at) - self.of(right, at)
            case _:
                demand(False, "models", f"{to_text(expression)} is no question about a model")
                raise AssertionError

    def settings(self, names: Iterable[str]) -> list[dict[str, Value]]:
        """Every combination of levels of the names; one that is constant is left out."""
        varying = [name for name in names if name in self.model.variables]
        levels = (self.model.levels_of(name) for name in varying)
        return [dict(zip(varying, chosen, strict=True)) for chosen in combinations(*levels)]

    def probability(self, atom: P) -> Fraction:
        """Of an atom whose terms all have values."""
        demand(not atom.do or not any(term.world for term in atom.terms), "models", "worlds mixed with doing")
        both = self.event((*atom.of, *atom.given), atom.do)
        if not atom.given:
            return both
        given = self.event(atom.given, atom.do)
        demand(given, "models", f"the condition of {to_text(atom)} has probability zero in them")
        return both / given

    def event(self, terms: Iterable[Term], do: tuple[Term, ...]) -> Fraction:
        """The probability that all terms are at their values, each in its world."""
        wanted: dict[Copy, Value] = {}
        constant: dict[str, Value | None] = {}
        for term in terms:
            setting = term.world or do
            own = [part.value for part in setting if part.name == term.name]
            demand(term.value is not None, "models", f"{term.name} has no value")
            if own:
                if own[0] != term.value:
                    return Fraction(0)
                continue
            if term.name not in self.model.variables or term.value is None:
                if constant.setdefault(term.name, term.value) != term.value:
                    return Fraction(0)
                continue
            if wanted.setdefault((term.name, setting), term.value) != term.value:
                return Fraction(0)
        return self.table(tuple(wanted)).get(tuple(wanted.values()), Fraction(0))

    def table(self, copies: tuple[Copy, ...]) -> Table:
        """The joint distribution of copies of variables, without what has probability zero."""
        if copies not in self.tables:
            self.tables[copies] = _distribution(self.model, copies)
        return self.tables[copies]


def _number(value: Value) -> Fraction:
    number = not isinstance(value, str) and math.isfinite(value)
    demand(number, "models", "the mean of a variable whose levels are not numbers")
    return Fraction(value)


def _distribution(model: StructuralModel, copies: tuple[Copy, ...]) -> Table:
    made = {mechanism.variable: mechanism for mechanism in model.mechanisms}
    inputs: dict[Copy, list[Copy | Value]] = {}
    # Without recursion, for chains longer than Python nests calls.
    pending = list(reversed(copies))
    while pending:
        copy = pending[-1]
        found = [] if copy in inputs else _inputs(model, made, copy)
        missing = [
            part for part in found if isinstance(part, tuple) and part[0] in made and part not in inputs
        ]
        pending.extend(reversed(missing))
        if not missing:
            inputs.setdefault(pending.pop(), found)
    return _forward(model, copies, inputs)


def _inputs(model: StructuralModel, made: Mapping[str, Mechanism], copy: Copy) -> list[Copy | Value]:
    """What the mechanism of a copy reads: values that were set, other copies and hidden causes."""
    found: list[Copy | Value] = []
    there = {term.name: term for term in copy[1]}
    demand(copy[0] not in there, "models", f"{copy[0]} is set in its own world")
    for name in made[copy[0]].inputs:
        term = there.get(name)
        if name not in made:
            found.append((name, ()))
        elif term is not None and not term.world:
            value = "" if term.value is None else term.value
            demand(value in model.levels_of(name), "models", f"{name} cannot be {value}")
            found.append(value)
        else:
            found.append((name, copy[1] if term is None else term.world))
    return found


def _forward(
    model: StructuralModel, copies: tuple[Copy, ...], inputs: Mapping[Copy, list[Copy | Value]]
) -> Table:
    """Causes first, every state with its weight, what is needed no more forgotten."""
    shares = {cause.name: cause.probabilities for cause in model.hidden}
    tables = {mechanism.variable: mechanism for mechanism in model.mechanisms}
    last = {
        part: place for place, copy in enumerate(inputs) for part in inputs[copy] if isinstance(part, tuple)
    }
    last |= dict.fromkeys(copies, len(inputs))
    live: list[Copy] = []
    states: dict[tuple[Value, ...], int] = {(): 1}
    scale = 1
    for place, (copy, parts) in enumerate(inputs.items()):
        for part in parts:
            if isinstance(part, tuple) and part not in live:  # a hidden cause not yet drawn
                common = math.lcm(*(share.denominator for share in shares[part[0]]))
                draws = [(i, int(share * common)) for i, share in enumerate(shares[part[0]]) if share]
                states = {(*s, i): w * share for s, w in states.items() for i, share in draws}
                live.append(part)
                scale *= common
        mechanism = tables[copy[0]]
        places = [live.index(part) if isinstance(part, tuple) else None for part in parts]
        levels = [range(_size(model, n)) if n in shares else model.levels_of(n) for n in mechanism.inputs]
        rows: dict[tuple[object, ...], Value] = dict(zip(combinations(*levels), mechanism.table, strict=True))
        kept = [i for i, each in enumerate(live) if last[each] > place]
        after: Counter[tuple[Value, ...]] = Counter()
        for state, weight in states.items():
            row = tuple(part if i is None else state[i] for i, part in zip(places, parts, strict=True))
            value = rows[row]
            after[(*(state[i] for i in kept), value)] += weight
        live = [*(live[i] for i in kept), copy]
        states = dict(after)
    order = [live.index(copy) for copy in copies]
    found: Counter[tuple[Value, ...]] = Counter()
    for state, weight in states.items():
        found[tuple(state[i] for i in order)] += weight
    return {values: Fraction(weight, scale) for values, weight in found.items()}
