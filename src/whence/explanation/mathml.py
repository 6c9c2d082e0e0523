"""Formulas as MathML, which every current browser draws without a script or a font.

The text of the same formula stands beside it (`whence.language.printing.to_text`) for copying and for those
who listen. A bound name that hides another of the same name is primed, as there.

>>> from whence.language.expression import P
>>> to_mathml(P("Y"))[-85:]
'<mo stretchy="false">(</mo><mi>Y</mi><mo stretchy="false">)</mo></mrow></mrow></math>'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    free_variables,
)
from whence.language.lettering import escape
from whence.language.printing import to_text, value_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Inline, so that it starts at the left; in display style, so that sums stand over what they bind.
OPENED = '<math class="wh-math" displaystyle="true">'
LINE = 76
"""How many letters of its text a formula may have on one line."""
COMMA = '<mo separator="true">,</mo>'
BAR = '<mo lspace="0.28em" rspace="0.28em" stretchy="false">|</mo>'


def to_mathml(expression: Expression) -> str:
    """The expression as a `<math>` element; names and values are escaped."""
    body = _write(expression, dict.fromkeys(free_variables(expression), 0))
    return f"{OPENED}<mrow>{body}</mrow></math>"


def displayed(expression: Expression) -> str:
    """The expression on a line of its own, a long difference on two."""
    return _rows([], expression)


def equation(left: Expression, right: Expression) -> str:
    """`left = right`, on one line where there is room, else broken before `=` and a difference's minus."""
    return _rows([left], right)


def _rows(left: list[Expression], right: Expression) -> str:
    scope = dict.fromkeys(free_variables(right).union(*map(free_variables, left)), 0)
    told = [_write(each, scope) for each in left]
    long = sum(len(to_text(each)) for each in (*left, right)) > LINE
    sides = (right.left, right.right) if long and isinstance(right, Difference) else (right,)
    parts = [_write(sides[0], scope), *(f"<mo>−</mo>{_group(each, scope)}" for each in sides[1:])]
    if told:
        parts[0] = f"<mo>=</mo>{parts[0]}"
    rows = [*told, *parts] if long else ["".join([*told, *parts])]
    return "".join(f"<div>{OPENED}<mrow>{row}</mrow></math></div>" for row in rows)


def _group(node: Expression, scope: Mapping[str, int]) -> str:
    """What is taken away, in brackets if it is a difference itself."""
    text = _write(node, scope)
    return ROUND.around(text) if isinstance(node, Difference) else text


@dataclass(frozen=True, slots=True)
class _Brackets:
    left: str
    right: str

    def around(self, inside: str) -> str:
        left = f'<mo stretchy="false">{self.left}</mo>'
        return f'<mrow>{left}{inside}<mo stretchy="false">{self.right}</mo></mrow>'


ROUND, SQUARE = _Brackets("(", ")"), _Brackets("[", "]")


def _write(node: Expression, scope: Mapping[str, int]) -> str:
    match node:
        case P():
            return f"{_head('P', node.population)}{ROUND.around(_event(node, scope))}"
        case Kernel(of=of):
            return f"{_head('Q', node.population)}{SQUARE.around(_names(of, scope))}"
        case Expectation(variable=variable, body=P(of=(Term(name=name, value=None),)) as body) if (
            name == variable
        ):
            return f"{_head('E', body.population)}{SQUARE.around(_event(body, {**scope, variable: 0}))}"
        case Expectation(variable=variable, body=body):
            inner = _bound((variable,), scope)
            value = _name(variable, inner[variable])
            return f"{_sum(value)}{value}<mo>&#x2062;</mo>{_factor(body, inner)}"
        case Sum(over=over, body=body):
            inner = _bound(over, scope)
            return f"{_sum(_names(over, inner))}{_factor(body, inner, last=True)}"
        case Product(factors=()):
            return "<mn>1</mn>"
        case Product(factors=(*first, last)):
            parts = [_factor(factor, scope) for factor in first]
            return "<mo>&#x2062;</mo>".join([*parts, _factor(last, scope, last=True)])
        case Quotient(numerator=top, denominator=bottom):
            return f"<mfrac><mrow>{_write(top, scope)}</mrow><mrow>{_write(bottom, scope)}</mrow></mfrac>"
        case Difference(left=Product(factors=()), right=Product(factors=())):
            return "<mn>0</mn>"
        case Difference(left=left, right=right):
            return f"{_write(left, scope)}<mo>−</mo>{_group(right, scope)}"
        case _:
            raise TypeError(f"{type(node).__name__} is no kind of expression")


def _head(letter: str, population: str) -> str:
    head = f"<mi>{letter}</mi>"
    return f"<msup>{head}<mtext>{escape(population)}</mtext></msup>" if population else head


def _factor(node: Expression, scope: Mapping[str, int], *, last: bool = False) -> str:
    """A part of a product or the body of a sum, bracketed if it binds less tightly."""
    loose = isinstance(node, Difference) or (isinstance(node, Sum) and not last)
    text = _write(node, scope)
    return ROUND.around(text) if loose else text


def _sum(under: str) -> str:
    return f"<munder><mo>∑</mo><mrow>{under}</mrow></munder>"


def _event(atom: P, scope: Mapping[str, int]) -> str:
    behind = [f"<mi>do</mi>{ROUND.around(_terms(atom.do, scope))}"] if atom.do else []
    behind += [_term(term, scope) for term in atom.given]
    front = _terms(atom.of, scope)
    return f"{front}{BAR}{COMMA.join(behind)}" if behind else front


def _terms(terms: Iterable[Term], scope: Mapping[str, int]) -> str:
    return COMMA.join(_term(term, scope) for term in terms)


def _term(term: Term, scope: Mapping[str, int]) -> str:
    shown = _name(term.name, scope.get(term.name, 0) if term.value is None else 0)
    if term.world:
        shown = f"<msub>{shown}<mrow>{_terms(term.world, scope)}</mrow></msub>"
    if term.value is None:
        return shown
    number = isinstance(term.value, int | float) and not isinstance(term.value, bool)
    value = escape(value_text(term.value))
    shape = f"<mn>{value}</mn>" if number else f"<mtext>{value}</mtext>"
    return f'<mrow>{shown}<mo lspace="0.1em" rspace="0.1em">=</mo>{shape}</mrow>'


def _names(names: Iterable[str], scope: Mapping[str, int]) -> str:
    return COMMA.join(_name(name, scope.get(name, 0)) for name in names)


def _name(name: str, primes: int) -> str:
    """A name, its primes, and the number at the end of a letter as an index."""
    if len(name) > 1 and name[0].isalpha() and name[1:].isdecimal():
        bare = f"<msub><mi>{escape(name[0])}</mi><mn>{escape(name[1:])}</mn></msub>"
    else:
        bare = f"<mi>{escape(name)}</mi>"
    return f"<msup>{bare}<mo>{'′' * primes}</mo></msup>" if primes else bare


def _bound(over: Iterable[str], scope: Mapping[str, int]) -> dict[str, int]:
    """The scope inside a binder: one prime more than what each name hides."""
    return {**scope, **{name: scope.get(name, -1) + 1 for name in over}}
