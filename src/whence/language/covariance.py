"""A small exact algebra of covariances: what a coefficient of a linear model is when it can be known.

A formula is made of observed covariances (given others or not) and of effects found by formulas before it.
It is evaluated over any numbers that can be added, multiplied and divided: fractions give exact answers.

Source: S. Wright, "The method of path coefficients" (1934); J. Pearl, "Linear models: a useful microscope for
causal analysis" (2013).

>>> slope = Ratio(Cov("Z", "Y"), Cov("Z", "X"))
>>> moment_text(slope)
'Cov(Z, Y) / Cov(Z, X)'
>>> seen = Covariances.of(("X", "Y", "Z"), {("X", "Z"): 2, ("Y", "Z"): 3, ("X", "X"): 5})
>>> moment_value(slope, seen)
Fraction(3, 2)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from whence.language.expression import P
from whence.language.printing import name_text, to_latex
from whence.runtime.errors import UnknownVariable, UnsuitableMethod

Number = Fraction | float
EffectKind = Literal["direct", "total"]


@dataclass(frozen=True, slots=True)
class Cov:
    """The covariance of two variables, after the best linear prediction from `given` is taken off both."""

    left: str
    right: str
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EffectOf:
    """A coefficient (`direct`) or total effect that a formula before this one defines."""

    cause: str
    effect: str
    kind: EffectKind = "direct"


@dataclass(frozen=True, slots=True)
class Constant:
    """A whole number."""

    value: int


@dataclass(frozen=True, slots=True)
class Plus:
    """A sum; of nothing, 0."""

    terms: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Minus:
    """A difference."""

    left: Moment
    right: Moment


@dataclass(frozen=True, slots=True)
class Times:
    """A product; of nothing, 1."""

    factors: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A quotient."""

    top: Moment
    bottom: Moment


@dataclass(frozen=True, slots=True)
class Determinant:
    """The determinant of a square array."""

    rows: tuple[tuple[Moment, ...], ...]


Moment = Cov | EffectOf | Constant | Plus | Minus | Times | Ratio | Determinant


@dataclass(frozen=True, slots=True)
class Covariances:
    """A covariance matrix with named rows."""

    names: tuple[str, ...]
    rows: tuple[tuple[Number, ...], ...]

    @classmethod
    def of(cls, names: Sequence[str], cells: Mapping[tuple[str, str], Number | int]) -> Covariances:
        """From its cells, each given once in either order; absent ones are 0 and whole numbers fractions."""

        def cell(a: str, b: str) -> Number:
            found = cells.get((a, b), cells.get((b, a), 0))
            return Fraction(found) if isinstance(found, int) else found

        return cls(tuple(names), tuple(tuple(cell(a, b) for b in names) for a in names))

    def place(self, name: str) -> int:
        """The row of a name; raises `UnknownVariable`."""
        if name not in self.names:
            raise UnknownVariable(name, known=self.names, where="covariance matrix")
        return self.names.index(name)

    def given(self, left: str, right: str, held: Sequence[str]) -> Number:
        """The covariance of two variables given others, one of them taken off after the other.

        Raises `UnknownVariable`, and `UnsuitableMethod` where the others determine one of themselves.
        """
        places = [self.place(name) for name in (left, right, *held)]
        cells = [[self.rows[i][j] for j in places] for i in places]
        for k in range(len(places) - 1, 1, -1):
            pivot = cells[k][k]
            if pivot == 0:
                reason = f"{name_text(held[k - 2])} is determined by the other variables held as seen"
                raise UnsuitableMethod("covariance", reason, "Leave out one of them.")
            for i in range(k):
                share = cells[i][k] / pivot
                for j in range(k):
                    cells[i][j] -= share * cells[k][j]
        return cells[0][1]


def moment_value(
    moment: Moment, seen: Covariances, effects: Mapping[EffectOf, Number] | None = None
) -> Number:
    """The number that a formula comes to, given what the effects that it mentions are.

    Raises `UnknownVariable`, and `UnsuitableMethod` where it divides by zero.
    """
    known = effects or {}

    def value(part: Moment) -> Number:
        match part:
            case Cov(left=left, right=right, given=held):
                return seen.given(left, right, held)
            case EffectOf():
                return known[part]
            case Constant(value=whole):
                return Fraction(whole)
            case Plus(terms=terms):
                return sum(map(value, terms), Fraction(0))
            case Minus(left=left, right=right):
                return value(left) - value(right)
            case Times(factors=factors):
                total: Number = Fraction(1)
                for factor in factors:
                    total = total * value(factor)
                return total
            case Ratio(top=top, bottom=bottom):
                below = value(bottom)
                if below == 0:
                    reason = f"{moment_text(bottom)} is zero in these data"
                    raise UnsuitableMethod("the formula", reason, "Look for another formula, or other data.")
                return value(top) / below
            case Determinant(rows=rows):
                return determinant([[value(cell) for cell in row] for row in rows])

    return value(moment)


def determinant(rows: list[list[Number]]) -> Number:
    """The determinant of a square array, by elimination with the largest pivot."""
    cells = [row.copy() for row in rows]
    total: Number = Fraction(1)
    for k in range(len(cells)):
        best = max(range(k, len(cells)), key=lambda i: abs(cells[i][k]))
        if cells[best][k] == 0:
            return Fraction(0)
        if best != k:
            cells[k], cells[best] = cells[best], cells[k]
            total = -total
        total = total * cells[k][k]
        for i in range(k + 1, len(cells)):
            share = cells[i][k] / cells[k][k]
            cells[i] = [a - share * b for a, b in zip(cells[i], cells[k], strict=True)]
    return total


def moment_text(moment: Moment) -> str:
    """The formula in one line of text."""
    match moment:
        case Cov(left=left, right=right, given=held):
            if left == right:
                return f"Var({name_text(left)}{_behind(held)})"
            return f"Cov({name_text(left)}, {name_text(right)}{_behind(held)})"
        case EffectOf(cause=cause, effect=effect, kind=kind):
            return f"{'b' if kind == 'direct' else 't'}[{name_text(cause)} -> {name_text(effect)}]"
        case Constant(value=value):
            return str(value)
        case Plus(terms=terms):
            return " + ".join(map(moment_text, terms)) or "0"
        case Minus(left=left, right=right):
            return f"{moment_text(left)} - {_held_together(right, (Plus, Minus), moment_text)}"
        case Times(factors=factors):
            return " · ".join(_held_together(each, (Plus, Minus, Ratio), moment_text) for each in factors)
        case Ratio(top=top, bottom=bottom):
            above = _held_together(top, (Plus, Minus, Ratio), moment_text)
            return f"{above} / {_held_together(bottom, (Plus, Minus, Times, Ratio), moment_text)}"
        case Determinant(rows=rows):
            return f"det[{'; '.join(', '.join(map(moment_text, row)) for row in rows)}]"


def moment_latex(moment: Moment) -> str:
    """The formula in LaTeX (with `amsmath`), to stand in math mode."""
    match moment:
        case Cov(left=left, right=right, given=held):
            behind = rf" \mid {', '.join(map(_name_latex, held))}" if held else ""
            if left == right:
                return rf"\operatorname{{Var}}({_name_latex(left)}{behind})"
            return rf"\operatorname{{Cov}}({_name_latex(left)}, {_name_latex(right)}{behind})"
        case EffectOf(cause=cause, effect=effect, kind=kind):
            letter = r"\lambda" if kind == "direct" else r"\tau"
            return rf"{letter}_{{{_name_latex(cause)} \to {_name_latex(effect)}}}"
        case Constant(value=value):
            return str(value)
        case Plus(terms=terms):
            return " + ".join(map(moment_latex, terms)) or "0"
        case Minus(left=left, right=right):
            return f"{moment_latex(left)} - {_held_together(right, (Plus, Minus), moment_latex, TALL)}"
        case Times(factors=factors):
            parts = (_held_together(each, (Plus, Minus), moment_latex, TALL) for each in factors)
            return r" \, ".join(parts)
        case Ratio(top=top, bottom=bottom):
            return rf"\frac{{{moment_latex(top)}}}{{{moment_latex(bottom)}}}"
        case Determinant(rows=rows):
            body = r" \\ ".join(" & ".join(map(moment_latex, row)) for row in rows)
            return rf"\begin{{vmatrix}} {body} \end{{vmatrix}}"


PLAIN = ("(", ")")
TALL = (r"\left(", r"\right)")


def _held_together(
    part: Moment,
    loose: tuple[type[Moment], ...],
    write: Callable[[Moment], str],
    brackets: tuple[str, str] = PLAIN,
) -> str:
    """The part, in brackets if it is of a kind that would fall apart where it stands."""
    while isinstance(part, Plus) and len(part.terms) == 1:
        part = part.terms[0]
    text = write(part)
    return text.join(brackets) if isinstance(part, loose) else text


def _behind(held: Sequence[str]) -> str:
    return f" | {', '.join(map(name_text, held))}" if held else ""


def _name_latex(name: str) -> str:
    # A probability is written P(name): what stands between the brackets is how names are written.
    return to_latex(P(name)).removeprefix("P(").removesuffix(")")
