"""What identification under linearity returns: a formula in covariances with the steps that prove it.

A linear model says that each variable is a weighted sum of its causes plus an error; errors are correlated
only where the graph has `<->`. A step finds some weights ("coefficients") of one variable, its target, from
equations: each says that a source, less known effects on it, is uncorrelated (given others) with the target
less all its causes' parts. As many equations as unknown coefficients, and a determinant that is not zero in
general, give the coefficients by Cramer's rule.

Sources: C. Brito and J. Pearl (UAI 2002); R. Foygel, J. Draisma and M. Drton (2012); B. Chen, D. Kumor and
E. Bareinboim, "Identification and model testing in linear structural equation models using auxiliary
variables" (ICML 2017).

>>> step = LinearStep("Y", ("X",), (Equation("Z"),))
>>> step.method, moment_text(step.formulas[0][1])
('instrument', 'Cov(Z, Y) / Cov(Z, X)')
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Literal

from whence.language.assumptions import Assumption
from whence.language.covariance import (
    Constant,
    Cov,
    Covariances,
    Determinant,
    EffectKind,
    EffectOf,
    Minus,
    Moment,
    Number,
    Plus,
    Ratio,
    Times,
    moment_latex,
    moment_text,
    moment_value,
)
from whence.language.graph import Graph
from whence.language.refusals import Refusal

LinearMethod = Literal["no path", "regression", "instrument", "instrumental set", "half-trek"]
STRONGEST_FIRST: tuple[LinearMethod, ...] = ("half-trek", "instrumental set", "instrument", "regression")
Definition = tuple[EffectOf, Moment]


@dataclass(frozen=True, slots=True)
class Equation:
    """`source`, less the effects on it of `less`, is uncorrelated given `given` with the target's error."""

    source: str
    given: tuple[str, ...] = ()
    less: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinearStep:
    """Coefficients of `unknowns` on `target` from as many equations; those of `known` were found before."""

    target: str
    unknowns: tuple[str, ...]
    equations: tuple[Equation, ...]
    known: tuple[str, ...] = ()

    @property
    def method(self) -> LinearMethod:
        """What the field calls such a step."""
        if self.known or any(each.less for each in self.equations):
            return "half-trek"
        if all(each.source in self.unknowns for each in self.equations):
            return "regression"
        return "instrument" if len(self.equations) == 1 else "instrumental set"

    @property
    def formulas(self) -> tuple[Definition, ...]:
        """Each coefficient by Cramer's rule; one equation gives a plain ratio."""
        left = [[correlated(each, cause) for cause in self.unknowns] for each in self.equations]
        right = [self.target_moment(each) for each in self.equations]
        if len(left) == 1:
            return ((EffectOf(self.unknowns[0], self.target), Ratio(right[0], left[0][0])),)
        below = Determinant(tuple(map(tuple, left)))
        found: list[Definition] = []
        for place, cause in enumerate(self.unknowns):
            swapped = [
                (*row[:place], value, *row[place + 1 :]) for row, value in zip(left, right, strict=True)
            ]
            found.append((EffectOf(cause, self.target), Ratio(Determinant(tuple(swapped)), below)))
        return tuple(found)

    def target_moment(self, equation: Equation) -> Moment:
        """How the source is correlated with the target less the parts of its known causes."""
        whole = correlated(equation, self.target)
        if not self.known:
            return whole
        parts = (Times((EffectOf(cause, self.target), correlated(equation, cause))) for cause in self.known)
        return Minus(whole, Plus(tuple(parts)))


def correlated(equation: Equation, name: str) -> Moment:
    """How the source of an equation, less what is taken off it, is correlated with a variable."""
    whole = Cov(equation.source, name, equation.given)
    if not equation.less:
        return whole
    parts = (
        Times((EffectOf(cause, equation.source), Cov(cause, name, equation.given))) for cause in equation.less
    )
    return Minus(whole, Plus(tuple(parts)))


@dataclass(frozen=True, slots=True)
class Through:
    """The total effect on a variable comes through these of its causes."""

    effect: str
    causes: tuple[str, ...]

    def definition(self, start: str) -> Definition:
        """The sum of the total effects of `start` on the causes, each times its coefficient."""
        name = EffectOf(start, self.effect, "total")
        parts: list[Moment] = []
        for cause in self.causes:
            edge = EffectOf(cause, self.effect)
            parts.append(edge if cause == start else Times((EffectOf(start, cause, "total"), edge)))
        return name, parts[0] if len(parts) == 1 else Plus(tuple(parts))


@dataclass(frozen=True, slots=True)
class LinearModel:
    """A linear model of the observed variables in rational numbers: coefficients, and covariances of errors.

    What is not listed is zero. `names` is an order in which causes come before effects.
    """

    names: tuple[str, ...]
    coefficients: tuple[tuple[str, str, Fraction], ...]
    errors: tuple[tuple[str, str, Fraction], ...]

    @property
    def covariances(self) -> Covariances:
        """What the model says of its variables, made from the errors' covariances cause by cause."""
        place = {name: number for number, name in enumerate(self.names)}
        rows = [[Fraction(0)] * len(place) for _ in place]
        for a, b, value in self.errors:
            rows[place[a]][place[b]] = rows[place[b]][place[a]] = value
        inward = sorted((place[effect], place[cause], weight) for cause, effect, weight in self.coefficients)
        for v, p, weight in inward:
            rows[v] = [mine + weight * its for mine, its in zip(rows[v], rows[p], strict=True)]
        for v, p, weight in inward:
            for row in rows:
                row[v] += weight * row[p]
        return Covariances(self.names, tuple(map(tuple, rows)))

    def effect(self, cause: str, effect: str, kind: EffectKind) -> Fraction:
        """The coefficient of one variable on another, or its total effect along all paths."""
        weights = {(a, b): value for a, b, value in self.coefficients}
        if kind == "direct":
            return weights.get((cause, effect), Fraction(0))
        moved = {cause: Fraction(1)}
        for name in self.names:
            if name != cause:
                moved[name] = sum(
                    (weights.get((by, name), Fraction(0)) * share for by, share in moved.items()), Fraction(0)
                )
        return moved[effect]


@dataclass(frozen=True, slots=True, repr=False)
class LinearEstimand:
    """A coefficient or total effect as a formula in observed covariances, and the steps that prove it.

    `left_out` are variables between cause and effect that the steps treat as if they were not observed, so
    that the effects through them count as direct; `totals` say along which arrows a total effect
    goes, causes before effects; `parts` are total effects of the same cause that were found by themselves,
    with other variables left out. `nonparametric` says whether the same effect is
    identified without linearity (None where that was not asked).
    """

    graph: Graph
    cause: str
    effect: str
    kind: EffectKind
    steps: tuple[LinearStep, ...]
    left_out: tuple[str, ...] = ()
    totals: tuple[Through, ...] = ()
    nonparametric: bool | None = None
    assumptions: tuple[Assumption, ...] = ()
    parts: tuple[LinearEstimand, ...] = ()

    def __repr__(self) -> str:
        return f"LinearEstimand({self.text})"

    @property
    def method(self) -> LinearMethod:
        """The strongest kind of argument that a step needs."""
        used = {step.method for step in self.steps} | {part.method for part in self.parts}
        for method in STRONGEST_FIRST:
            if method in used:
                return method
        return "no path"

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """Every effect that is found, in order, with its formula; the last is the one asked for."""
        found = [each for step in self.steps for each in step.formulas]
        if not self.steps:
            found = [(self.asked, Constant(0))]
        return (*found, *(total.definition(self.cause) for total in self.totals))

    @property
    def asked(self) -> EffectOf:
        """The effect that is asked for, by the name that the definitions give it."""
        return EffectOf(self.cause, self.effect, self.kind)

    @property
    def formula(self) -> Moment:
        """The formula of the effect that is asked for; it may mention effects defined before it."""
        return dict(self.definitions)[self.asked]

    @property
    def text(self) -> str:
        """The formula in one line, and after it the effects that it mentions."""
        lines = [f"{moment_text(name)} = {moment_text(formula)}" for name, formula in self._shown()]
        told = ", where ".join(filter(None, (lines[-1], "; ".join(lines[:-1]))))
        return "; and ".join((told, *(part.text for part in self.parts)))

    @property
    def latex(self) -> str:
        """The same in LaTeX."""
        lines = [f"{moment_latex(name)} = {moment_latex(formula)}" for name, formula in self._shown()]
        return r",\quad ".join((*reversed(lines), *(part.latex for part in self.parts)))

    def value(self, seen: Covariances) -> Number:
        """The effect that covariances come to; raises as `moment_value` does."""
        effects: dict[EffectOf, Number] = {part.asked: part.value(seen) for part in self.parts}
        for name, formula in self._needed():
            effects[name] = moment_value(formula, seen, effects)
        return effects[self.asked]

    def _shown(self) -> tuple[Definition, ...]:
        """The definitions as they are written: an effect that is another one is written as that one."""
        needed = self._needed()
        formulas = dict(needed)
        # A total effect along one arrow is the coefficient of that arrow.
        same = {name: formula for name, formula in needed if isinstance(formula, EffectOf)}
        kept = ((name, formula) for name, formula in needed if name not in same or name == self.asked)
        shown = [(name, renamed(formula, same)) for name, formula in kept]
        name, formula = shown[-1]
        if isinstance(formula, EffectOf):
            shown = [*(each for each in shown[:-1] if each[0] != formula), (name, formulas[formula])]
        return tuple(shown)

    def _needed(self) -> tuple[Definition, ...]:
        """The definitions that the effect asked for rests on, itself last."""
        formulas = dict(self.definitions)
        wanted, pending = {self.asked}, [self.asked]
        while pending:
            for name in mentioned(formulas[pending.pop()]):
                if name not in wanted and name in formulas:
                    wanted.add(name)
                    pending.append(name)
        return tuple(each for each in self.definitions if each[0] in wanted)


def renamed(moment: Moment, names: Mapping[EffectOf, EffectOf]) -> Moment:
    """The formula with effects called by other names, in the sums and products that totals are made of."""
    match moment:
        case EffectOf():
            return names.get(moment, moment)
        case Plus(terms=parts):
            return Plus(tuple(renamed(part, names) for part in parts))
        case Times(factors=parts):
            return Times(tuple(renamed(part, names) for part in parts))
        case _:
            return moment


def mentioned(moment: Moment) -> Iterator[EffectOf]:
    """The effects that a formula mentions."""
    match moment:
        case EffectOf():
            yield moment
        case Plus(terms=parts) | Times(factors=parts):
            for part in parts:
                yield from mentioned(part)
        case Minus(left=left, right=right):
            yield from mentioned(left)
            yield from mentioned(right)
        case Ratio(top=top, bottom=bottom):
            yield from mentioned(top)
            yield from mentioned(bottom)
        case Determinant(rows=rows):
            for row in rows:
                for part in row:
                    yield from mentioned(part)
        case Cov() | Constant():
            pass


@dataclass(frozen=True, slots=True)
class NotIdentifiedLinearly(Refusal):
    """Proved: two linear models of the graph agree on every covariance and differ on the effect."""

    kind: ClassVar[str] = "not_identified"
    graph: Graph | None = None
    cause: str = ""
    effect: str = ""
    asked: EffectKind = "direct"
    models: tuple[LinearModel, LinearModel] | None = None
