"""Exact evaluation: an expression on a discrete joint distribution, as a labelled array.

A `Factor` holds a number for every combination of the levels of its variables; with `Fraction` or `int` cells
all arithmetic is exact. `evaluate` gives an expression's value for every combination of its free variables. A
joint may be given as counts: it is divided by its total.

An undefined cell is `None`: a probability given an event of probability zero, or a division by zero. Zero
times undefined is zero (what never happens has no weight); whatever else it enters is undefined as well.

Source: labelled factors as in D. Koller and N. Friedman, *Probabilistic Graphical Models* (2009), chapter 4.

>>> from whence.language.expression import P
>>> joint = Factor(("X", "Y"), ((0, 1), (0, 1)), (4, 1, 2, 3))
>>> evaluate(P("Y", "X"), joint).at(X=1, Y=1)
Fraction(3, 5)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product as combinations
from typing import TYPE_CHECKING, TypeAlias

from whence.language.expression import (
    Difference,
    Expectation,
    Expression,
    Kernel,
    P,
    Product,
    Quotient,
    Sum,
    Term,
    Value,
)
from whence.language.printing import to_text, value_text
from whence.runtime.errors import InvalidQuery, TextInNumericRole, UnknownVariable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

Number: TypeAlias = int | float | Fraction
Cell: TypeAlias = int | float | Fraction | None
"""A number, or None where it is undefined."""


@dataclass(frozen=True, slots=True)
class Factor:
    """Numbers labelled by the levels of variables, the last variable running fastest.

    `cells` has as many entries as there are combinations of levels; of no variables, one.
    """

    variables: tuple[str, ...]
    levels: tuple[tuple[Value, ...], ...]
    cells: tuple[Cell, ...]

    def __post_init__(self) -> None:
        if len(self.variables) != len(self.levels) or len(set(self.variables)) != len(self.variables):
            raise InvalidQuery("A factor needs distinct variables, each with its levels.")
        if len(self.cells) != math.prod(map(len, self.levels)):
            raise InvalidQuery(f"A factor of this shape has {math.prod(map(len, self.levels))} cells.")

    def levels_of(self, name: str) -> tuple[Value, ...]:
        """The levels of a variable; raises `UnknownVariable`."""
        if name not in self.variables:
            raise UnknownVariable(name, known=self.variables, where="joint distribution")
        return self.levels[self.variables.index(name)]

    def at(self, values: Mapping[str, Value] | None = None, /, **named: Value) -> Cell:
        """The cell at these values, given for every variable of the factor; others are ignored."""
        chosen = {**(values or {}), **named}
        place = 0
        for name, levels in zip(self.variables, self.levels, strict=True):
            if name not in chosen:
                raise UnknownVariable(name, known=tuple(chosen), where="values given")
            if chosen[name] not in levels:
                raise InvalidQuery(
                    f"{name} has no level {value_text(chosen[name])}.",
                    f"It has {', '.join(map(value_text, levels))}.",
                )
            place = place * len(levels) + levels.index(chosen[name])
        return self.cells[place]

    def items(self) -> Iterator[tuple[dict[str, Value], Cell]]:
        """Every combination of values with its cell."""
        for values, cell in zip(combinations(*self.levels), self.cells, strict=True):
            yield dict(zip(self.variables, values, strict=True)), cell

    def over(self, names: Sequence[str]) -> Factor:
        """The factor with its variables in this order."""
        levels = tuple(self.levels_of(name) for name in names)
        if len(names) != len(self.variables):
            raise InvalidQuery("A factor can only be put in an order of all its variables.")
        return Factor(tuple(names), levels, tuple(self.cells[i] for i in _places(self, names, levels)))

    def summed(self, names: Iterable[str]) -> Factor:
        """The factor with these of its variables summed out."""
        gone = set(names)
        kept = [i for i, name in enumerate(self.variables) if name not in gone]
        variables = tuple(self.variables[i] for i in kept)
        levels = tuple(self.levels[i] for i in kept)
        target = Factor(variables, levels, (0,) * math.prod(map(len, levels)))
        cells: list[Cell] = list(target.cells)
        for place, cell in zip(_places(target, self.variables, self.levels), self.cells, strict=True):
            cells[place] = _plus(cells[place], cell)
        return Factor(variables, levels, tuple(cells))


def scalar(cell: Cell) -> Factor:
    """A factor of no variables."""
    return Factor((), (), (cell,))


def evaluate(expression: Expression, joint: Factor) -> Factor:
    """The value of the expression under the joint distribution, over its free variables.

    Shared parts are evaluated once. Raises `UnknownVariable` for a name that is not in the joint,
    `InvalidQuery` for what the joint does not determine (`do`, a world, Q[C]), `TextInNumericRole` for the
    mean of a variable with text levels.
    """
    return _Evaluation(joint, joint.summed(joint.variables).cells[0]).run(expression)


@dataclass(slots=True)
class _Evaluation:
    joint: Factor
    total: Cell
    done: dict[int, tuple[Expression, Factor]] = field(default_factory=dict[int, tuple[Expression, Factor]])
    marginals: dict[frozenset[str], Factor] = field(default_factory=dict[frozenset[str], Factor])

    def run(self, node: Expression) -> Factor:
        known = self.done.get(id(node))
        if known is None:
            self.done[id(node)] = known = (node, self.value(node))
        return known[1]

    def value(self, node: Expression) -> Factor:
        match node:
            case P():
                return self.probability(node)
            case Sum(over=over, body=body):
                found = self.run(body)
                absent = [name for name in over if name not in found.variables]
                times = math.prod(len(self.joint.levels_of(name)) for name in absent)
                total = found.summed(over)
                return total if times == 1 else _combined((scalar(times), total), _times)
            case Product(factors=factors):
                return _combined([self.run(factor) for factor in factors], _times)
            case Quotient(numerator=top, denominator=bottom):
                return _combined((self.run(top), self.run(bottom)), _divided)
            case Difference(left=left, right=right):
                return _combined((self.run(left), self.run(right)), _minus)
            case Expectation(variable=variable, body=body):
                return self.mean(variable, self.run(body))
            case Kernel():
                raise InvalidQuery(f"{to_text(node)} is not determined by a joint distribution alone.")
            case _:
                raise TypeError(f"{type(node).__name__} is no kind of expression")

    def mean(self, variable: str, body: Factor) -> Factor:
        levels = self.joint.levels_of(variable)
        texts = [level for level in levels if isinstance(level, str)]
        if texts:
            raise TextInNumericRole(variable, "outcome", texts[:3])
        numbers = tuple(level for level in levels if not isinstance(level, str))
        values = Factor((variable,), (levels,), numbers)
        # An undefined cell stays undefined at the value zero: the mean does not exist without it.
        return _combined((values, body), lambda v, cell: None if cell is None else _times(v, cell)).summed(
            (variable,)
        )

    def probability(self, atom: P) -> Factor:
        if atom.population:
            raise InvalidQuery(f"{to_text(atom)} is about another population than the one at hand.")
        if atom.do or any(term.world for term in atom.terms):
            raise InvalidQuery(
                f"{to_text(atom)} is about doing or imagining; a joint distribution is about what is seen.",
                "Identify it first.",
            )
        both, given = self.mass((*atom.of, *atom.given)), self.mass(atom.given)
        if given.cells == (1,):
            return both
        return _combined((both, given), _divided)

    def mass(self, terms: Sequence[Term]) -> Factor:
        """The probability of the terms' event, for every combination of their open names."""
        unopened = {name: value for name, value in ((t.name, t.value) for t in terms) if value is not None}
        opened = tuple(dict.fromkeys(term.name for term in terms if term.value is None))
        found = self.marginal(frozenset(unopened) | frozenset(opened))
        wanted = [(term.name, term.value) for term in terms if term.value is not None]
        if not wanted:
            return found
        tests = [(found.variables.index(name), value) for name, value in wanted]
        cells = tuple(
            cell if all(values[i] == value for i, value in tests) else 0
            for values, cell in zip(combinations(*found.levels), found.cells, strict=True)
        )
        return Factor(found.variables, found.levels, cells).summed(set(unopened) - set(opened))

    def marginal(self, names: frozenset[str]) -> Factor:
        """The distribution of these variables, adding up to one."""
        known = self.marginals.get(names)
        if known is None:
            for name in names:
                self.joint.levels_of(name)
            known = self.joint.summed(name for name in self.joint.variables if name not in names)
            if self.total != 1:
                known = _combined((known, scalar(self.total)), _divided)
            self.marginals[names] = known
        return known


def _plus(left: Cell, right: Cell) -> Cell:
    return None if left is None or right is None else left + right


def _minus(left: Cell, right: Cell) -> Cell:
    return None if left is None or right is None else left - right


def _times(left: Cell, right: Cell) -> Cell:
    if left is None or right is None:
        return 0 if left == 0 or right == 0 else None
    return left * right


def _divided(left: Cell, right: Cell) -> Cell:
    if left is None or right is None or right == 0:
        return None
    return Fraction(left, right) if isinstance(left, int) and isinstance(right, int) else left / right


def _combined(factors: Sequence[Factor], operation: Callable[[Cell, Cell], Cell]) -> Factor:
    """The factors put together cell by cell, over all their variables; of none, 1."""
    if not factors:
        return scalar(1)
    variables = tuple(dict.fromkeys(name for factor in factors for name in factor.variables))
    by_name = {
        name: own for factor in factors for name, own in zip(factor.variables, factor.levels, strict=True)
    }
    levels = tuple(by_name[name] for name in variables)
    cells = [factors[0].cells[i] for i in _places(factors[0], variables, levels)]
    for factor in factors[1:]:
        others = factor.cells
        places = _places(factor, variables, levels)
        cells = [operation(cell, others[i]) for cell, i in zip(cells, places, strict=True)]
    return Factor(variables, levels, tuple(cells))


def _places(factor: Factor, variables: Sequence[str], levels: Sequence[tuple[Value, ...]]) -> list[int]:
    """Where in `factor` each combination of the levels of `variables` is found, in their order."""
    strides: dict[str, int] = {}
    stride = 1
    for name, own in zip(reversed(factor.variables), reversed(factor.levels), strict=True):
        strides[name] = stride
        stride *= len(own)
    places = [0]
    for name, own in zip(variables, levels, strict=True):
        step = strides.get(name, 0)
        offsets = [step * i for i in range(len(own))]
        places = [place + offset for place in places for offset in offsets]
    return places
