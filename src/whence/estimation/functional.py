"""The numpy twin of expression evaluation: an estimand read off a joint distribution, with its derivative.

`Functional(expression, joint)` evaluates any estimand over discrete variables. Its gradient with respect to
the cells of the joint gives the influence function of the plug-in, φ(c) = ∂ψ/∂p(c) − Σ p ∂ψ/∂p, and with it
a standard error for every identified estimand: front-door, napkin, or anything else the ID algorithm
returns.

Source: R. von Mises, Ann. Math. Statist. 18 (1947); F. Hampel, J. Amer. Statist. Assoc. 69 (1974).

>>> import numpy as np
>>> from whence.language.expression import Expectation, P
>>> joint = Joint(("x", "y"), ((0, 1), (0, 1)), np.array([[0.4, 0.1], [0.2, 0.3]]))
>>> round(float(Functional(Expectation("y", P("y", ("x",))), joint).values[1]), 6)
0.6
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from whence.estimation.joint import Joint
from whence.estimation.tape import Node, Tape
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
from whence.language.printing import to_text
from whence.numerics.arrays import floats
from whence.numerics.blas import kernel
from whence.runtime.errors import TextInNumericRole, UnsuitableMethod

if TYPE_CHECKING:
    from whence.numerics.arrays import Floats


@dataclass(frozen=True, slots=True)
class Empty:
    """What an undefined entry lacks: no row has these values together."""

    values: tuple[tuple[str, Value], ...]


@dataclass(slots=True)
class _Evaluation:
    """One walk over an expression: each shared part of the tree is computed once."""

    joint: Joint
    tape: Tape
    root: Node
    margins: dict[frozenset[str], Node] = field(default_factory=dict[frozenset[str], Node])
    # The expression is kept beside its node, so that its id stays its own.
    done: dict[int, tuple[Expression, Node]] = field(default_factory=dict[int, tuple[Expression, Node]])

    def walk(self, expression: Expression) -> Node:
        known = self.done.get(id(expression))
        if known is None:
            known = (expression, self._made(expression))
            self.done[id(expression)] = known
        return known[1]

    def _made(self, expression: Expression) -> Node:
        match expression:
            case P():
                return self._probability(expression)
            case Sum(over=over, body=body):
                node = self.walk(body)
                # Σ over a variable that the body does not mention repeats the body once for each level.
                spare = [len(self.joint.levels_of(name)) for name in over if name not in node.names]
                return self._repeated(self.tape.total(node, over), spare)
            case Expectation(variable=variable, body=body):
                node = self.walk(body)
                weights = numeric_levels(self.joint, variable)
                if variable not in node.names:
                    return self.tape.scaled(node, float(weights.sum()))
                return self.tape.weighted(node, variable, weights)
            case Product(factors=factors):
                node = self.walk(factors[0]) if factors else self.tape.leaf((), floats(1.0))
                for factor in factors[1:]:
                    node = self.tape.times(node, self.walk(factor))
                return node
            case Quotient(numerator=numerator, denominator=denominator):
                return self.tape.over(self.walk(numerator), self.walk(denominator))
            case Difference(left=left, right=right):
                return self.tape.minus(self.walk(left), self.walk(right))
            case _:
                raise UnsuitableMethod("plug-in", f"{expression} is not a function of what was observed")

    def _repeated(self, node: Node, times: list[int]) -> Node:
        return self.tape.scaled(node, float(np.prod(times))) if times else node

    def _probability(self, atom: P) -> Node:
        if atom.do or any(term.world for term in atom.terms):
            raise UnsuitableMethod(
                "plug-in",
                f"{to_text(atom)} mentions an intervention, and a table tells what was seen",
                "Identify the query from what was seen, or take the numbers of that experiment.",
            )
        if atom.population:
            raise UnsuitableMethod(
                "plug-in",
                f"{to_text(atom)} is of another population, and a table is of one",
                "Take each distribution's numbers from its own data.",
            )
        given = frozenset(term.name for term in atom.given)
        both = given | {term.name for term in atom.of}
        top = self._at(self._margin(both), (*atom.of, *atom.given))
        if not given:
            return top
        bottom = self._at(self._margin(given), atom.given)
        fixed = tuple((term.name, term.value) for term in atom.given if term.value is not None)
        return self.tape.over(top, bottom, fixed)

    def _margin(self, names: frozenset[str]) -> Node:
        for name in names:
            self.joint.axis(name)
        if names not in self.margins:
            others = tuple(name for name in self.joint.names if name not in names)
            self.margins[names] = self.tape.total(self.root, others)
        return self.margins[names]

    def _at(self, node: Node, terms: tuple[Term, ...]) -> Node:
        chosen: dict[str, Value] = {}
        for term in terms:
            if term.value is None:
                continue
            if term.name in chosen and chosen[term.name] != term.value:
                return self.tape.scaled(node, 0.0)  # one variable cannot have two values at once
            if term.name not in chosen:
                chosen[term.name] = term.value
                node = self.tape.select(node, term.name, self.joint.position(term.name, term.value))
        return node


class Functional:
    """An expression evaluated on a joint: `values` (one axis per open variable, `names`), and derivatives."""

    __slots__ = ("_result", "_root", "_tape", "joint")

    @kernel
    def __init__(self, expression: Expression, joint: Joint) -> None:
        self.joint = joint
        self._tape = Tape(joint.names)
        self._root = self._tape.leaf(joint.names, joint.cells)
        self._result = _Evaluation(joint, self._tape, self._root).walk(expression)

    @property
    def names(self) -> tuple[str, ...]:
        """The open variables, in the order of the axes of `values`."""
        return self._result.names

    @property
    def values(self) -> Floats:
        """The result; an undefined entry stands as NaN."""
        if self._result.empty is None:
            return self._result.values
        return np.where(self._result.empty > 0, np.nan, self._result.values)

    @kernel
    def gradient(self, entry: tuple[int, ...] = ()) -> Floats:
        """The derivative of one entry of `values` with respect to each cell of the joint."""
        seed = np.zeros(self._result.values.shape)
        seed[entry] = 1.0
        return self._tape.gradient(self._result, self._root, seed)

    @kernel
    def influence(self, entry: tuple[int, ...] = ()) -> Floats:
        """The influence of a row in each cell on an entry of `values`; it averages to zero."""
        slope = self.gradient(entry)
        return slope - float(np.sum(self.joint.cells * slope))

    def empty(self, entry: tuple[int, ...] = ()) -> Empty | None:
        """The combination of values that was never seen and makes an entry undefined, if one does."""
        number = 0 if self._result.empty is None else int(self._result.empty[entry])
        if number == 0:
            return None
        event, place = self._tape.event(number)
        found: dict[str, Value] = dict(event.fixed)
        found.update(
            {name: self.joint.levels_of(name)[i] for name, i in zip(event.names, place, strict=True)}
        )
        return Empty(tuple((name, found[name]) for name in self.joint.names if name in found))


def numeric_levels(joint: Joint, name: str) -> Floats:
    """The levels of a variable as numbers, for an expectation."""
    levels = joint.levels_of(name)
    if any(isinstance(level, str) for level in levels):
        raise TextInNumericRole(name, "outcome", levels)
    return floats([float(level) for level in levels])
