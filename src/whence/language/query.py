"""A causal question as a value: an expression over worlds, or a named contrast of two of them.

`effect("price", "sales", 9, 10)` is E[sales | do(price=9)] − E[sales | do(price=10)]. Left without levels, a
contrast compares 1 with 0 until a table shows which levels the treatment has. `str(query)` is its text in the
question language, and `query_text.query` reads that back to an equal value.

Source: J. Pearl, *Causality* (2009), chapter 7, for the three rungs; J. Pearl and D. Mackenzie (2018).

>>> effect("price", "sales", 9, 10).rung
2
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from whence.language.expression import Difference, Expectation, Expression, P, Term, Value, atoms
from whence.language.paths import path_of
from whence.language.printing import PLAIN_WORD, json_text, name_text, to_text, value_text
from whence.language.source import POLICY
from whence.runtime.errors import InvalidQuery, RepeatedVariable, TreatmentIsOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ContrastKind = Literal["ATE", "ATT", "CATE"]


@dataclass(frozen=True, slots=True)
class Contrast:
    """The named form of a question: the mean of `outcome` at `level` of `treatment` against `base`.

    `ATE` is over everyone, `ATT` over those seen at `level`, `CATE` within the values of `by` (which an ATT
    may have too). Levels that are None are open: 1 against 0 for 0/1 and booleans, one unit more for numbers.
    """

    kind: ContrastKind
    treatment: str
    outcome: str
    level: Value | None = None
    base: Value | None = None
    by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "by", tuple(sorted(self.by)))
        if self.treatment == self.outcome:
            raise TreatmentIsOutcome(self.treatment)
        for name in self.by:
            if name in (self.treatment, self.outcome) or self.by.count(name) > 1:
                raise RepeatedVariable(name)
        if self.kind == "CATE" and not self.by:
            raise InvalidQuery(
                "A CATE says within what: it needs `by`.", "Write CATE(X -> Y by Z), or ATE(X -> Y)."
            )
        if self.kind == "ATE" and self.by:
            raise InvalidQuery(
                "An ATE is over everyone.", "For the effect within groups write CATE(X -> Y by Z)."
            )

    def __str__(self) -> str:
        """The named form, such as `ATT(X=2 vs X=1 -> Y by Z)`."""
        name = name_text(self.treatment)
        level = name if self.level is None else f"{name}={value_text(self.level)}"
        against = "" if self.base is None else f" vs {name}={value_text(self.base)}"
        by = f" by {', '.join(map(name_text, self.by))}" if self.by else ""
        return f"{self.kind}({level}{against} -> {name_text(self.outcome)}{by})"

    @property
    def open(self) -> bool:
        """Whether a level still has to be chosen."""
        return self.level is None or self.base is None

    def at(self, level: Value, base: Value) -> Contrast:
        """The same contrast between these two levels."""
        return replace(self, level=level, base=base)


@dataclass(frozen=True, slots=True, repr=False)
class Query:
    """What is asked: `body` is the estimand over worlds; `contrast` is its named form, where it has one.

    A body that is a contrast between two levels gets its named form by itself. `assuming` holds further
    assumptions of the asker, as they were written; they land in the ledger. Raises `TreatmentIsOutcome`,
    `RepeatedVariable` and `InvalidQuery` for a question without meaning.
    """

    body: Expression
    contrast: Contrast | None = None
    assuming: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.contrast is None:
            object.__setattr__(self, "contrast", as_contrast(self.body))
        elif self.body != contrast_body(self.contrast):
            raise InvalidQuery(f"The body of this query is not {self.contrast}.", "Leave `contrast` out.")
        for atom in atoms(self.body):
            if isinstance(atom, P):
                check_atom(atom)

    @property
    def rung(self) -> Literal[1, 2, 3]:
        """1 seeing, 2 doing, 3 imagining (worlds that differ between terms of one probability)."""
        found = [atom for atom in atoms(self.body) if isinstance(atom, P)]
        if any(term.world for atom in found for term in (*atom.of, *atom.given)):
            return 3
        return 2 if any(atom.do or atom.population == POLICY for atom in found) else 1

    @property
    def treatments(self) -> tuple[str, ...]:
        """What is set, in any world."""
        found = [atom for atom in atoms(self.body) if isinstance(atom, P)]
        names = [name for atom in found for term in atom.terms for name in _set_in(term)]
        return tuple(dict.fromkeys([*(term.name for atom in found for term in atom.do), *names]))

    @property
    def outcomes(self) -> tuple[str, ...]:
        """What is asked about."""
        return _names(self.body, "of")

    @property
    def conditions(self) -> tuple[str, ...]:
        """What is held as seen."""
        return _names(self.body, "given")

    @property
    def variables(self) -> tuple[str, ...]:
        """Every name in the question."""
        found = [atom for atom in atoms(self.body) if isinstance(atom, P)]
        inside = [name for atom in found for term in atom.terms for name in _inside(term)]
        return tuple(dict.fromkeys([*self.treatments, *self.outcomes, *self.conditions, *inside]))

    def at(self, level: Value, base: Value) -> Query:
        """A contrast between these levels; a query that is no contrast is returned as it is."""
        if self.contrast is None:
            return self
        return replace(of_contrast(self.contrast.at(level, base)), assuming=self.assuming)

    def __repr__(self) -> str:
        return f"query({str(self)!r})"

    def __str__(self) -> str:
        shown = str(self.contrast) if self.contrast is not None and self.contrast.open else to_text(self.body)
        return (
            f"{shown} assuming {', '.join(map(assumption_text, self.assuming))}" if self.assuming else shown
        )


_WORD = PLAIN_WORD.pattern
PLAIN_ASSUMPTION = re.compile(rf"{_WORD}(?:\({_WORD}(?:(?: -> |, ){_WORD})*\))?")


def assumption_text(assumption: str) -> str:
    """An assumption as the question language writes it: `word`, `word(…)`, or a JSON string."""
    return assumption if PLAIN_ASSUMPTION.fullmatch(assumption) else json_text(assumption)


def check_atom(atom: P) -> None:
    """Raise for a variable that is set and asked about, or that stands twice in one world."""
    if not atom.of:
        raise InvalidQuery("A probability needs an outcome.", "Write it before the bar: P(Y | X).")
    own = {term.name for term in atom.do}
    for term in atom.of:
        if term.name in own or any(_sets(part, term) for part in term.world):
            raise TreatmentIsOutcome(term.name)
    for terms in ((*atom.of, *atom.given, *atom.do), *_worlds(atom.terms)):
        seen: set[tuple[str, tuple[Term, ...]]] = set()
        for term in terms:
            if (term.name, term.world) in seen:
                raise RepeatedVariable(term.name)
            seen.add((term.name, term.world))
    for term in _every(atom.terms):
        if isinstance(term.value, float) and not math.isfinite(term.value):
            raise InvalidQuery(f"{name_text(term.name)} cannot be {term.value}.", "Give a finite number.")
    for term in atom.do:
        if term.world:
            name = name_text(term.name)
            raise InvalidQuery(
                f"do({name}) sets a variable, not one in another world.", f"Write do({name}) or do({name}=1)."
            )


def _sets(setting: Term, term: Term) -> bool:
    """Whether the term asks for what its own world sets; Y_{Y=1}=1, with both values, is plainly true."""
    return setting.name == term.name and None in (setting.value, term.value)


def _every(terms: Iterable[Term]) -> Iterator[Term]:
    for term in terms:
        yield term
        yield from _every(term.world)


def _worlds(terms: Iterable[Term]) -> Iterator[tuple[Term, ...]]:
    for term in terms:
        yield term.world
        yield from _worlds(term.world)


def _set_in(term: Term) -> tuple[str, ...]:
    """What its world sets to values: not what is as in another world, and of a path its beginning."""
    settings = [((path_of(part.name) or (part.name,))[:1], part) for part in term.world]
    return tuple(name for own, part in settings for name in (*(() if part.world else own), *_set_in(part)))


def _inside(term: Term) -> tuple[str, ...]:
    """The names in its world, those along paths one by one."""
    settings = [(path_of(part.name) or (part.name,), part) for part in term.world]
    return tuple(name for own, part in settings for name in (*own, *_inside(part)))


def _names(body: Expression, part: Literal["of", "given"]) -> tuple[str, ...]:
    found = [atom for atom in atoms(body) if isinstance(atom, P)]
    return tuple(dict.fromkeys(term.name for atom in found for term in getattr(atom, part)))


def of_contrast(contrast: Contrast) -> Query:
    """The query that a contrast names; open levels stand as 1 against 0."""
    return Query(contrast_body(contrast), contrast)


def contrast_body(contrast: Contrast) -> Expression:
    """What a contrast means, as a difference of two means."""
    level = 1 if contrast.level is None else contrast.level
    base = 0 if contrast.base is None else contrast.base
    mean = _treated_mean if contrast.kind == "ATT" else _mean
    return Difference(mean(contrast, level, level), mean(contrast, base, level))


def _mean(contrast: Contrast, value: Value, _: Value) -> Expression:
    treatment = Term(contrast.treatment, value)
    return Expectation(contrast.outcome, P(contrast.outcome, contrast.by, treatment))


def _treated_mean(contrast: Contrast, value: Value, level: Value) -> Expression:
    outcome = Term(contrast.outcome, None, (Term(contrast.treatment, value),))
    given = (Term(contrast.treatment, level), *(Term(name) for name in contrast.by))
    return Expectation(contrast.outcome, P(outcome, given))


def as_contrast(body: Expression) -> Contrast | None:
    """The contrast that a difference of two means spells out, or None."""
    match body:
        case Difference(
            left=Expectation(variable=outcome, body=P(of=(first,)) as left),
            right=Expectation(body=P(of=(second,)) as right),
        ):
            level, base = _set_alone(left, first), _set_alone(right, second)
        case _:
            return None
    if level is None or base is None or level.name == outcome:
        return None
    by = tuple(term.name for term in left.given if term.name != level.name)
    kind: ContrastKind = "ATT" if first.world else "CATE" if by else "ATE"
    if level.name in by or outcome in by or len(set(by)) < len(by):
        return None
    found = Contrast(kind, level.name, outcome, level.value, base.value, by)
    return found if contrast_body(found) == body else None


def _set_alone(atom: P, outcome: Term) -> Term | None:
    """The one variable that the atom sets to a value, by `do` or as the world of its outcome."""
    match (*atom.do, *outcome.world):
        case (Term(value=value, world=()) as only,) if value is not None:
            return only
        case _:
            return None


def effect(treatment: str, outcome: str, level: Value | None = None, base: Value | None = None) -> Query:
    """The average effect on `outcome` of setting `treatment` to `level` rather than `base`."""
    return ate(treatment, outcome, level, base)


def ate(treatment: str, outcome: str, level: Value | None = None, base: Value | None = None) -> Query:
    """The average treatment effect, over everyone."""
    return of_contrast(Contrast("ATE", treatment, outcome, level, base))


def att(treatment: str, outcome: str, level: Value | None = None, base: Value | None = None) -> Query:
    """The average treatment effect among those who were seen at `level`."""
    return of_contrast(Contrast("ATT", treatment, outcome, level, base))


def cate(
    treatment: str,
    outcome: str,
    by: str | Iterable[str],
    level: Value | None = None,
    base: Value | None = None,
) -> Query:
    """The average treatment effect within each value of `by`."""
    names = (by,) if isinstance(by, str) else tuple(by)
    return of_contrast(Contrast("CATE", treatment, outcome, level, base, names))
