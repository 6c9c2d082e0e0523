"""Direct, indirect and path-specific effects: what of an effect goes through which variables.

The natural direct effect of X on Y changes X, but leaves the mediators as they would have been without the
change; the natural indirect effect leaves X and gives the mediators the values that the change would have
brought. The controlled direct effect holds the mediators at values. A path-specific effect changes X along
some of its paths only. Each is a query like others: a difference of two means, spelt out over worlds.

Sources: J. Pearl, "Direct and indirect effects" (UAI 2001); C. Avin, I. Shpitser and J. Pearl (IJCAI 2005).

>>> str(nde("X", "Y", "M"))
'E[Y_{M_{X=0}, X=1}] - E[Y_{X=0}]'
>>> str(cde("X", "Y", {"M": 0}))
'E[Y | do(M=0, X=1)] - E[Y | do(M=0, X=0)]'
>>> as_mediated(nie("X", "Y", "M").body).via
('M',)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from whence.language.expression import Difference, Expectation, Expression, P, Term, Value
from whence.language.paths import path_name, path_of, path_text
from whence.language.printing import name_text
from whence.language.query import Query
from whence.runtime.errors import InvalidQuery, RepeatedVariable, TreatmentIsOutcome

MediatedKind = Literal["NDE", "NIE", "CDE", "PSE"]


@dataclass(frozen=True, slots=True)
class Mediated:
    """A part of the effect of `treatment` at `level` rather than `base` on the mean of `outcome`.

    `via` are the mediators (for a path-specific effect the names of its paths); for a controlled direct
    effect `held` holds them with their values.
    """

    kind: MediatedKind
    treatment: str
    outcome: str
    level: Value
    base: Value
    via: tuple[str, ...]
    held: tuple[Term, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "via", tuple(sorted(self.via)))
        object.__setattr__(self, "held", tuple(sorted(self.held, key=lambda term: term.key)))
        if self.treatment == self.outcome:
            raise TreatmentIsOutcome(self.treatment)
        if not self.via:
            raise InvalidQuery(
                f"{self.kind} needs to know through what.", f"Write {self.kind}(X -> Y via {_example(self)})."
            )
        for name in self.via:
            if name in (self.treatment, self.outcome) or self.via.count(name) > 1:
                raise RepeatedVariable(name)
            if self.kind == "PSE":
                _check_path(self, name)


def _example(asked: Mediated) -> str:
    return {"CDE": "M=0", "PSE": "X -> M -> Y"}.get(asked.kind, "M")


def _check_path(asked: Mediated, name: str) -> None:
    nodes = path_of(name) or (name,)
    shown = path_text(nodes)
    if len(set(nodes)) < len(nodes) or (nodes[0], nodes[-1]) != (asked.treatment, asked.outcome):
        ends = f"{name_text(asked.treatment)} to {name_text(asked.outcome)}"
        example = path_text((asked.treatment, "M", asked.outcome))
        raise InvalidQuery(f"{shown} is no path from {ends}.", f"Write a path such as {example}.")


def mediated_body(asked: Mediated) -> Expression:
    """What is asked, as a difference of two means."""
    level, base = (Term(asked.treatment, value) for value in (asked.level, asked.base))
    if asked.kind == "CDE":
        return Difference(*(_done(asked.outcome, (term, *asked.held)) for term in (level, base)))
    match asked.kind:
        case "NDE":
            world = (level, *(Term(name, None, (base,)) for name in asked.via))
        case "NIE":
            world = (base, *(Term(name, None, (level,)) for name in asked.via))
        case _:
            world = (base, *(Term(name, asked.level) for name in asked.via))
    return Difference(_would(asked.outcome, world), _would(asked.outcome, (base,)))


def _would(outcome: str, world: tuple[Term, ...]) -> Expression:
    return Expectation(outcome, P(Term(outcome, None, world)))


def _done(outcome: str, do: tuple[Term, ...]) -> Expression:
    return Expectation(outcome, P(outcome, (), do))


def as_mediated(body: Expression) -> Mediated | None:
    """The direct, indirect or path-specific effect that a difference of two means spells out, or None."""
    match body:
        case Difference(
            left=Expectation(variable=outcome, body=P(of=(first,), given=()) as left),
            right=Expectation(body=P(of=(second,), given=()) as right),
        ):
            pass
        case _:
            return None
    one, other = (*left.do, *first.world), (*right.do, *second.world)
    for base in other:
        for level in one:
            found = _candidate(outcome, level, base, one)
            if found is not None and mediated_body(found) == body:
                return found
    return None


def _candidate(outcome: str, level: Term, base: Term, world: Sequence[Term]) -> Mediated | None:
    """The reading in which `base` is what the treatment is set to in the second mean."""
    rest = [term for term in world if term.name != base.name]
    via = tuple(term.name for term in rest)
    if base.value is None or not via:
        return None
    if all(term.world for term in rest):
        inside = rest[0].world[0].value
        kind: MediatedKind = "NIE" if level.value == base.value and level.name == base.name else "NDE"
        value, held = (inside if kind == "NIE" else level.value), ()
    elif all(path_of(name) for name in via):
        kind, value, held = "PSE", rest[0].value, ()
    else:
        kind, value, held = "CDE", level.value, tuple(rest)
    if value is None:
        return None
    try:
        return Mediated(kind, base.name, outcome, value, base.value, via, held)
    except (InvalidQuery, RepeatedVariable, TreatmentIsOutcome):
        return None


def nde(treatment: str, outcome: str, via: str | Iterable[str], level: Value = 1, base: Value = 0) -> Query:
    """The natural direct effect: the treatment changed, the mediators `via` left as they would have been.

    Source: J. Pearl, "Direct and indirect effects" (UAI 2001), definition 6.
    """
    return of_mediated(Mediated("NDE", treatment, outcome, level, base, _names(via)))


def nie(treatment: str, outcome: str, via: str | Iterable[str], level: Value = 1, base: Value = 0) -> Query:
    """The natural indirect effect: the treatment left, the mediators as they would be with it changed.

    Source: J. Pearl, "Direct and indirect effects" (UAI 2001), definition 7.
    """
    return of_mediated(Mediated("NIE", treatment, outcome, level, base, _names(via)))


def cde(treatment: str, outcome: str, via: Mapping[str, Value], level: Value = 1, base: Value = 0) -> Query:
    """The controlled direct effect: the treatment changed, the mediators held at the values of `via`."""
    held = tuple(Term(name, value) for name, value in via.items())
    return of_mediated(Mediated("CDE", treatment, outcome, level, base, tuple(via), held))


def path_specific(
    treatment: str, outcome: str, via: Iterable[Sequence[str]], level: Value = 1, base: Value = 0
) -> Query:
    """The effect along the paths `via` alone, each a sequence of variables from treatment to outcome.

    Source: C. Avin, I. Shpitser and J. Pearl, "Identifiability of path-specific effects" (IJCAI 2005).
    """
    paths = tuple(path_name(path) for path in via)
    return of_mediated(Mediated("PSE", treatment, outcome, level, base, paths))


def of_mediated(asked: Mediated) -> Query:
    """The query that asks it."""
    return Query(mediated_body(asked))


def _names(via: str | Iterable[str]) -> tuple[str, ...]:
    return (via,) if isinstance(via, str) else tuple(via)
