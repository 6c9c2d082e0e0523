r"""Expressions in writing: one line of text, or LaTeX.

The text of a probability or an expectation is the text of the question language, so a query's body is printed
by the same function. A bound name that hides another of the same name is primed: the X' of the front-door
formula is not the X outside it. Names and values that are not plain words are written as JSON strings.

Source: the notation of J. Pearl, *Causality* (2009).

>>> from whence.language.expression import Expectation, P, Product, Sum, Term
>>> mean = Expectation("Y", P("Y", (Term("X", 1), "Z")))
>>> to_text(Sum(("Z",), Product((mean, P("Z")))))
'Σ_{Z} E[Y | X=1, Z] P(Z)'
>>> print(to_latex(P("Y_1", do=Term("X", 1))))
P(\mathrm{Y\_1} \mid \operatorname{do}(X{=}1))
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

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
    free_variables,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PLAIN_WORD = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
"""What may stand unquoted as a name or a value of the question language."""

RESERVED_NAMES = frozenset({"do", "by", "vs", "via", "assuming", "given"})
RESERVED_VALUES = frozenset({"true", "false", "True", "False", "vs"})

_ESCAPES = {
    **{character: "\\" + character for character in "{}$&#_%"},
    "\\": r"\backslash{}",
    "~": r"\sim{}",
    "^": r"\hat{}",
    " ": r"\ ",
    "\u00a0": r"\ ",
}


def name_text(name: str) -> str:
    """A name as the question language writes it: plain, or as a JSON string."""
    return name if PLAIN_WORD.fullmatch(name) and name not in RESERVED_NAMES else json_text(name)


def value_text(value: Value) -> str:
    """A value as the question language writes it: number, `true` or `false`, plain word, or JSON string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if PLAIN_WORD.fullmatch(value) and value not in RESERVED_VALUES else json_text(value)
    return repr(value) if isinstance(value, int) or math.isfinite(value) else json_text(str(value))


def json_text(text: str) -> str:
    """A JSON string that prints: letters of every script stay, what has no shape is escaped."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in quoted)


def to_text(expression: Expression) -> str:
    """The expression in one line of text."""
    return _Printer(_TextStyle()).whole(expression)


def to_latex(expression: Expression) -> str:
    """The expression in LaTeX (with `amsmath` and `amssymb`), to stand in math mode."""
    return _Printer(_LatexStyle()).whole(expression)


class _Style(Protocol):
    """How the pieces of a formula are put together in one notation."""

    def name(self, name: str, primes: int) -> str: ...
    def value(self, value: Value) -> str: ...
    def equals(self, left: str, right: str) -> str: ...
    def world(self, name: str, terms: str) -> str: ...
    def do(self, terms: str) -> str: ...
    def bar(self, left: str, right: str) -> str: ...
    def probability(self, inside: str, where: str) -> str: ...
    def mean(self, inside: str, where: str) -> str: ...
    def kernel(self, inside: str, where: str) -> str: ...
    def total(self, over: str, body: str) -> str: ...
    def group(self, body: str) -> str: ...
    def product(self, factors: Iterable[str]) -> str: ...
    def fraction(self, numerator: str, denominator: str) -> str: ...

    @property
    def fractions_stand_apart(self) -> bool:
        """Whether a fraction needs no brackets, outside or in."""
        ...


class _TextStyle:
    fractions_stand_apart = False

    def name(self, name: str, primes: int) -> str:
        return name_text(name) + "'" * primes

    def value(self, value: Value) -> str:
        return value_text(value)

    def equals(self, left: str, right: str) -> str:
        return f"{left}={right}"

    def world(self, name: str, terms: str) -> str:
        return f"{name}_{{{terms}}}"

    def do(self, terms: str) -> str:
        return f"do({terms})"

    def bar(self, left: str, right: str) -> str:
        return f"{left} | {right}"

    def probability(self, inside: str, where: str) -> str:
        return f"P{_at(where)}({inside})"

    def mean(self, inside: str, where: str) -> str:
        return f"E{_at(where)}[{inside}]"

    def kernel(self, inside: str, where: str) -> str:
        return f"Q{_at(where)}[{inside}]"

    def total(self, over: str, body: str) -> str:
        return f"Σ_{{{over}}} {body}"

    def group(self, body: str) -> str:
        return f"({body})"

    def product(self, factors: Iterable[str]) -> str:
        return " ".join(factors)

    def fraction(self, numerator: str, denominator: str) -> str:
        return f"{numerator} / {denominator}"


class _LatexStyle:
    fractions_stand_apart = True

    def name(self, name: str, primes: int) -> str:
        marks = "'" * primes
        numbered = re.fullmatch(r"([^\W\d_])(\d+)", name)
        if numbered is not None:
            return f"{{{numbered[1]}{marks}_{{{numbered[2]}}}}}"
        plain = name if re.fullmatch(r"[^\W\d_]", name) else rf"\mathrm{{{_escaped(name)}}}"
        return plain + marks

    def value(self, value: Value) -> str:
        if isinstance(value, str):
            return rf"\mathrm{{{_escaped(value)}}}"
        text = value_text(value)
        return rf"\mathrm{{{text}}}" if isinstance(value, bool) else text

    def equals(self, left: str, right: str) -> str:
        return f"{left}{{=}}{right}"

    def world(self, name: str, terms: str) -> str:
        return f"{{{name}}}_{{{terms}}}"

    def do(self, terms: str) -> str:
        return rf"\operatorname{{do}}({terms})"

    def bar(self, left: str, right: str) -> str:
        return rf"{left} \mid {right}"

    def probability(self, inside: str, where: str) -> str:
        return f"P{self.place(where)}({inside})"

    def mean(self, inside: str, where: str) -> str:
        return rf"\mathbb{{E}}{self.place(where)}[{inside}]"

    def kernel(self, inside: str, where: str) -> str:
        return f"Q{self.place(where)}[{inside}]"

    def place(self, where: str) -> str:
        return f"^{{{self.name(where, 0)}}}" if where else ""

    def total(self, over: str, body: str) -> str:
        return rf"\sum_{{{over}}} {body}"

    def group(self, body: str) -> str:
        return rf"\left({body}\right)"

    def product(self, factors: Iterable[str]) -> str:
        return r" \, ".join(factors)

    def fraction(self, numerator: str, denominator: str) -> str:
        return rf"\frac{{{numerator}}}{{{denominator}}}"


def _at(where: str) -> str:
    return f"@{name_text(where)}" if where else ""


def _escaped(text: str) -> str:
    shown = "".join(c if c.isprintable() or c == "\u00a0" else json.dumps(c)[1:-1] for c in text)
    return "".join(_ESCAPES.get(character, character) for character in shown)


Place = Literal["minuend", "subtrahend", "numerator", "denominator", "factor", "last factor", "summand"]

# Which kinds of expression stand in brackets where. A sum reaches to the end of its product, so it may stand
# bare as the last factor only.
_BRACKETED: dict[Place, tuple[type[Expression], ...]] = {
    "minuend": (),
    "subtrahend": (Difference,),
    "numerator": (Difference, Quotient, Sum),
    "denominator": (Difference, Quotient, Product, Sum),
    "factor": (Difference, Quotient, Product, Sum),
    "last factor": (Difference, Quotient, Product),
    "summand": (Difference, Quotient),
}


@dataclass(frozen=True, slots=True)
class _Printer:
    """Walks an expression; `scope` maps a name to how often it is primed there."""

    style: _Style

    def whole(self, expression: Expression) -> str:
        return self.write(expression, dict.fromkeys(free_variables(expression), 0))

    def write(self, node: Expression, scope: Mapping[str, int]) -> str:
        style = self.style
        match node:
            case P():
                return style.probability(self.event(node, scope), node.population)
            case Kernel(of=of):
                return style.kernel(self.names(of, scope), node.population)
            case Expectation(variable=variable, body=P() as body) if _is_mean(node):
                return style.mean(self.event(body, {**scope, variable: 0}), body.population)
            case Expectation(variable=variable, body=body):
                inner = _bound((variable,), scope)
                value = style.name(variable, inner[variable])
                return style.total(value, style.product((value, self.part(body, inner, "last factor"))))
            case Sum(over=over, body=body):
                inner = _bound(over, scope)
                return style.total(self.names(over, inner), self.part(body, inner, "summand"))
            case Product(factors=()):
                return "1"
            case Product(factors=(*first, last)):
                written = [self.part(factor, scope, "factor") for factor in first]
                return style.product(
                    (*written, self.part(last, scope, "last factor" if first else "minuend"))
                )
            case Quotient(numerator=top, denominator=bottom):
                above = self.part(top, scope, "numerator")
                return style.fraction(above, self.part(bottom, scope, "denominator"))
            case Difference(left=Product(factors=()), right=Product(factors=())):
                return "0"
            case Difference(left=left, right=right):
                return f"{self.part(left, scope, 'minuend')} - {self.part(right, scope, 'subtrahend')}"
            case _:
                raise TypeError(f"{type(node).__name__} is no kind of expression")

    def part(self, node: Expression, scope: Mapping[str, int], place: Place) -> str:
        """The node, in brackets if it binds less tightly than its place asks."""
        while isinstance(node, Product) and len(node.factors) == 1:
            node = node.factors[0]
        text = self.write(node, scope)
        return self.style.group(text) if self.bracketed(node, place) else text

    def bracketed(self, node: Expression, place: Place) -> bool:
        if node == Product(()):
            return False
        if self.style.fractions_stand_apart and (
            isinstance(node, Quotient) or place in ("numerator", "denominator")
        ):
            return False
        kinds = _BRACKETED[place]
        return isinstance(node, kinds) or (Sum in kinds and _open_ended(node))

    def event(self, atom: P, scope: Mapping[str, int]) -> str:
        behind = [self.style.do(self.terms(atom.do, scope))] if atom.do else []
        behind += [self.term(term, scope) for term in atom.given]
        front = self.terms(atom.of, scope)
        return self.style.bar(front, ", ".join(behind)) if behind else front

    def terms(self, terms: Iterable[Term], scope: Mapping[str, int]) -> str:
        return ", ".join(self.term(term, scope) for term in terms)

    def term(self, term: Term, scope: Mapping[str, int]) -> str:
        style = self.style
        text = style.name(term.name, scope.get(term.name, 0) if term.value is None else 0)
        if term.world:
            text = style.world(text, self.terms(term.world, scope))
        return text if term.value is None else style.equals(text, style.value(term.value))

    def names(self, names: Iterable[str], scope: Mapping[str, int]) -> str:
        return ", ".join(self.style.name(name, scope.get(name, 0)) for name in names)


def _is_mean(node: Expectation) -> bool:
    """Whether the expectation is written E[…] rather than as a sum."""
    match node.body:
        case P(of=(Term(name=name, value=None),)):
            return name == node.variable
        case _:
            return False


def _open_ended(node: Expression) -> bool:
    """Whether whatever follows the written node would be read as part of it."""
    match node:
        case Sum():
            return True
        case Expectation():
            return not _is_mean(node)
        case Product(factors=(*_, last)):
            return _open_ended(last)
        case _:
            return False


def _bound(over: Iterable[str], scope: Mapping[str, int]) -> dict[str, int]:
    """The scope inside a binder of the names: one prime more than whatever each hides."""
    return {**scope, **{name: scope.get(name, -1) + 1 for name in over}}
