"""A derivation for the eye: each step with its rule, its formula and the facts of the graph it rests on.

Long adjustment sets would make every formula unreadable; where a set of four or more names occurs only as a
whole, it is written as one letter and explained once.

>>> from whence.language.expression import P
>>> short = Abbreviation("Z", ("a", "b", "c", "d"))
>>> abbreviated(P("y", given=("x", "a", "b", "c", "d")), short) == P("y", given=("x", "Z"))
True
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from whence.language.estimand import Adjustment, Estimand, Fact, Step
from whence.language.expression import Expression, Kernel, P, Sum, Term, children, rebuilt
from whence.language.lettering import visible
from whence.language.printing import to_text
from whence.language.simplify import simplify
from whence.language.step_words import manager_words
from whence.language.words import fact_words, step_words

if TYPE_CHECKING:
    from collections.abc import Iterable

ABBREVIATE_FROM = 4
SYMBOLS = ("Z", "W", "C", "S", "L", "V")

TITLES = {
    "ancestral": "As it is seen",
    "c-factor": "A factor of what is seen",
    "c-component": "A factor of what was found",
    "marginal": "Summing out",
    "districts": "Factors multiply",
    "average": "It does not matter, so average",
    "effect": "From factors to the effect",
    "adjustment": "Adjustment",
    "treated": "Adjustment, among the treated",
    "rule 2": "Seeing for setting",
    "condition": "Conditioning",
    "observation": "Seeing",
    "consistency": "Consistency",
    "transport": "The same there and here",
    "given": "As it was given",
    "rule 1": "What was seen does not matter",
    "rule 3": "What was set does not matter",
    "sum": "Summing out",
    "chain": "One after the other",
    "proxy": "The record is the value",
    "value": "At the values asked about",
    "policy": "Under the policies",
    "counterfactual": "Several worlds at once",
    "conditional counterfactual": "Several worlds at once",
    "ratio": "Conditioning",
    "impossible": "It contradicts itself",
    "query": "Put together",
}


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A set of names written as one letter."""

    symbol: str
    names: tuple[str, ...]

    @property
    def text(self) -> str:
        """What the letter stands for."""
        return f"{self.symbol} = {{{', '.join(visible(name) for name in self.names)}}}"


@dataclass(frozen=True, slots=True)
class ProofLine:
    """A step for the reader: its number, the steps it uses, what it says, and the facts behind it.

    `words` can be checked; `plain` says why the step is fair to someone who will not.
    """

    number: int
    title: str
    words: str
    claim: Expression
    formula: Expression
    uses: tuple[int, ...]
    facts: tuple[str, ...]
    plain: str = ""

    @property
    def text(self) -> str:
        """The equation in one line of text."""
        return f"{visible(to_text(self.claim))} = {visible(to_text(self.formula))}"


def proof_lines(estimand: Estimand) -> tuple[tuple[ProofLine, ...], Abbreviation | None]:
    """The derivation as lines, premises first, and the abbreviation that they use."""
    short = abbreviation(estimand)
    numbers: dict[int, int] = {}
    lines: list[ProofLine] = []
    for number, step in enumerate(estimand.derivation.walk(), start=1):
        numbers[id(step)] = number
        shown = _step(step, short)
        lines.append(
            ProofLine(
                number,
                TITLES[step.rule],
                visible(step_words(shown)),
                shown.claim,
                shown.formula,
                tuple(numbers[id(premise)] for premise in step.premises),
                tuple(visible(fact_words(fact)) for fact in shown.because),
                visible(manager_words(shown)),
            )
        )
    return tuple(lines), short


def _step(step: Step, short: Abbreviation | None) -> Step:
    """The step as it is shown: abbreviated, its formula simplified, its premises likewise."""
    premises = tuple(
        replace(premise, claim=abbreviated(premise.claim, short), premises=()) for premise in step.premises
    )
    # The words speak of the sum that the rule built, so only what is put together is simplified.
    formula = simplify(step.formula) if step.rule == "query" else step.formula
    facts = tuple(_fact(fact, short) for fact in step.because)
    return Step(step.rule, abbreviated(step.claim, short), abbreviated(formula, short), facts, premises)


def _fact(fact: Fact, short: Abbreviation | None) -> Fact:
    parts = (fact.x, fact.y, fact.given, fact.among, fact.cut_into, fact.cut_out_of)
    return Fact(fact.kind, *(_names(names, short) for names in parts))


def abbreviation(estimand: Estimand) -> Abbreviation | None:
    """A letter for the adjustment set if it is long and occurs only as a whole."""
    shape = estimand.shape
    if not isinstance(shape, Adjustment) or len(shape.adjust) < ABBREVIATE_FROM:
        return None
    symbol = next((letter for letter in SYMBOLS if letter not in estimand.graph.index), None)
    steps = list(estimand.derivation.walk())
    formulas = [estimand.expression, *(part for step in steps for part in (step.claim, step.formula))]
    if symbol is None or not all(_whole(formula, frozenset(shape.adjust)) for formula in formulas):
        return None
    return Abbreviation(symbol, shape.adjust)


def _whole(expression: Expression, names: frozenset[str]) -> bool:
    """Whether the names occur together or not at all, wherever names occur."""
    groups: list[tuple[str, ...]] = []
    match expression:
        case P(of=of, given=given, do=do):
            groups = [tuple(term.name for term in terms if _bare(term)) for terms in (of, given, do)]
        case Kernel(of=names_):
            groups = [names_]
        case Sum(over=names_):
            groups = [names_]
        case _:
            pass
    together = all(names <= set(group) or not names.intersection(group) for group in groups)
    return together and all(_whole(part, names) for part in children(expression))


def _bare(term: Term) -> bool:
    return term.value is None and not term.world


def abbreviated(expression: Expression, short: Abbreviation | None) -> Expression:
    """The expression with the set written as its letter."""
    if short is None:
        return expression
    match expression:
        case P(of=of, given=given, do=do):
            parts = (_terms(terms, short) for terms in (of, given, do))
            return P(*parts, population=expression.population)
        case Kernel(of=of):
            return Kernel(_names(of, short), expression.population)
        case Sum(over=over, body=body):
            return Sum(_names(over, short), abbreviated(body, short))
        case _:
            return rebuilt(expression, tuple(abbreviated(part, short) for part in children(expression)))


def _terms(terms: tuple[Term, ...], short: Abbreviation) -> tuple[Term, ...]:
    if not {term.name for term in terms if _bare(term)}.issuperset(short.names):
        return terms
    return (*(term for term in terms if term.name not in short.names), Term(short.symbol))


def _names(names: Iterable[str], short: Abbreviation | None) -> tuple[str, ...]:
    found = tuple(names)
    if short is None or not set(found).issuperset(short.names):
        return found
    return (*(name for name in found if name not in short.names), short.symbol)
