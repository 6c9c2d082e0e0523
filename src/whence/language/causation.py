"""Was it necessary, was it sufficient: how likely one event would not, or would, have followed from another.

The probability of necessity: among those with X=x and Y=y, Y would have been otherwise had X been otherwise.
Of sufficiency: among those with neither, Y would have been y had X been x. Of both: Y would be y with X at x
and otherwise with X at its other value. They are about treatments and outcomes of two values; the other value
is 0 for 1 and false for true, and is said in all other cases. Without further assumptions they are bounded at
best.

Sources: J. Pearl, "Probabilities of causation" (Synthese 1999); J. Tian and J. Pearl (2000).

>>> str(pn("X", "Y"))
'P(Y_{X=0}=0 | X=1, Y=1)'
>>> as_causation(pns("X", "Y").body).kind
'PNS'
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import permutations
from itertools import product as combined
from typing import Literal, get_args

from whence.language.expression import Expression, P, Term, Value
from whence.language.printing import name_text, value_text
from whence.language.query import Query
from whence.runtime.errors import InvalidQuery, TreatmentIsOutcome

CausationKind = Literal["PN", "PS", "PNS"]


@dataclass(frozen=True, slots=True)
class Causation:
    """Whether `treatment` at `level` rather than `base` makes `outcome` be `value` rather than `other`."""

    kind: CausationKind
    treatment: str
    outcome: str
    level: Value
    base: Value
    value: Value
    other: Value

    def __post_init__(self) -> None:
        if self.treatment == self.outcome:
            raise TreatmentIsOutcome(self.treatment)
        pairs = ((self.treatment, self.level, self.base), (self.outcome, self.value, self.other))
        for name, one, two in pairs:
            if one == two:
                shown = f"{name_text(name)}={value_text(one)}"
                raise InvalidQuery(f"{self.kind} compares {shown} with itself.", "Give two different values.")


def causation_body(asked: Causation) -> P:
    """What is asked, as a probability over worlds."""
    x, y = asked.treatment, asked.outcome
    with_it = Term(y, asked.value, (Term(x, asked.level),))
    without = Term(y, asked.other, (Term(x, asked.base),))
    match asked.kind:
        case "PN":
            return P(without, (Term(x, asked.level), Term(y, asked.value)))
        case "PS":
            return P(with_it, (Term(x, asked.base), Term(y, asked.other)))
        case "PNS":
            return P((with_it, without))


def as_causation(body: Expression) -> Causation | None:
    """The probability of causation that this is, or None; 0 and false are read as the absence of a cause."""
    if not isinstance(body, P) or not body.of or len(body.of[0].world) != 1:
        return None
    x, y = body.of[0].world[0].name, body.of[0].name
    worlds = [setting for term in body.of for setting in term.world]
    levels = _values(x, (*worlds, *body.given))
    values = _values(y, (*body.of, *body.given))
    for level, base in permutations(levels, 2):
        for kind, (value, other) in combined(get_args(CausationKind), permutations(values, 2)):
            found = None if x == y else Causation(kind, x, y, level, base, value, other)
            if found is not None and causation_body(found) == body:
                return found
    return None


def _values(name: str, terms: Iterable[Term]) -> list[Value]:
    """The values that stand with the name, 0 and false last."""
    found = {term.value: None for term in terms if term.name == name and term.value is not None}
    return sorted(found, key=lambda value: not isinstance(value, str) and value == 0)


def pn(
    treatment: str,
    outcome: str,
    levels: tuple[Value, Value] = (1, 0),
    values: tuple[Value, Value] = (1, 0),
) -> Query:
    """The probability of necessity: those who had the first level and value would not have had that value.

    Source: J. Pearl, *Causality* (2009), definition 9.2.1.
    """
    return _asked("PN", treatment, outcome, levels, values)


def ps(
    treatment: str,
    outcome: str,
    levels: tuple[Value, Value] = (1, 0),
    values: tuple[Value, Value] = (1, 0),
) -> Query:
    """The probability of sufficiency: those who had the second level and value would have had the first one.

    Source: J. Pearl, *Causality* (2009), definition 9.2.2.
    """
    return _asked("PS", treatment, outcome, levels, values)


def pns(
    treatment: str,
    outcome: str,
    levels: tuple[Value, Value] = (1, 0),
    values: tuple[Value, Value] = (1, 0),
) -> Query:
    """The probability of necessity and sufficiency: the outcome goes with the treatment, both ways.

    Source: J. Pearl, *Causality* (2009), definition 9.2.3.
    """
    return _asked("PNS", treatment, outcome, levels, values)


def _asked(
    kind: CausationKind,
    treatment: str,
    outcome: str,
    levels: tuple[Value, Value],
    values: tuple[Value, Value],
) -> Query:
    return Query(causation_body(Causation(kind, treatment, outcome, *levels, *values)))


def opposite(value: Value) -> Value | None:
    """The other one of 0 and 1, or of false and true; None for any other value."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str) or value not in (0, 1):
        return None
    return 1 - value
