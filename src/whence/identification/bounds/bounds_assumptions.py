"""Assumptions that narrow bounds, as the question language writes them after `assuming`.

    monotone(X -> Y)                 raising X never lowers Y, for anybody (monotone treatment response)
    decreasing(X -> Y)               raising X never raises Y, for anybody
    exogenous(X)                     nothing unobserved is behind both X and another variable
    monotone_selection(X -> Y)       those seen at a higher X would have a Y at least as high on average, at
                                     any value of X (monotone treatment selection)
    monotone_instrument(Z, X -> Y)   those with a higher Z would, likewise, at any value of X

Levels are ordered as numbers, or as `levels` gives them. Anything else (a sentence in quotes) goes to the
ledger and changes no number.

Source: C. Manski, "Monotone treatment response" (Econometrica 1997); C. Manski and J. Pepper, "Monotone
instrumental variables" (Econometrica 2000); J. Tian and J. Pearl, "Probabilities of causation: bounds and
identification" (2000), for exogeneity and monotonicity.

>>> read("monotone(X -> Y)")
Narrowing(kind='monotone', names=('X', 'Y'))
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast, get_args

from whence.language.assumptions import Assumption
from whence.runtime.errors import InvalidQuery, near_miss
from whence.runtime.plain import bare, quoted

Kind = Literal["monotone", "decreasing", "exogenous", "monotone_selection", "monotone_instrument"]
FORMS: dict[Kind, tuple[str, str]] = {
    "monotone": ("N -> N", "Raising {0} never lowers {1}, for anybody."),
    "decreasing": ("N -> N", "Raising {0} never raises {1}, for anybody."),
    "exogenous": ("N", "Nothing unobserved is behind both {0} and another variable."),
    "monotone_selection": (
        "N -> N",
        "Those seen at a higher {0} would have a {1} at least as high on average, were {0} set to any value.",
    ),
    "monotone_instrument": (
        "N, N -> N",
        "Those with a higher {0} would have a {2} at least as high on average, were {1} set to any value.",
    ),
}
USE = (
    "Use "
    + ", ".join(
        f"{kind}({form.replace('N', 'X', 1).replace('N', 'Y', 1)})"
        for kind, (form, _) in list(FORMS.items())[:4]
    )
    + " or monotone_instrument(Z, X -> Y); a sentence in quotes only goes to the ledger."
)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """An assumption that takes part in the linear programme, and the variables that it is about."""

    kind: Kind
    names: tuple[str, ...]

    @property
    def stated(self) -> Assumption:
        """The entry in the ledger. That the programme has a solution is a test of it, a weak one."""
        statement = FORMS[self.kind][1].format(*(bare(name) for name in self.names))
        return Assumption(statement, "user", testable=True)


def read(text: str) -> Narrowing | None:
    """The narrowing that an assumption spells out; None for a sentence. Raises `InvalidQuery`."""
    call = re.fullmatch(r"\s*(\w+)\s*\((.*)\)\s*", text, re.DOTALL)
    if call is None:
        return None
    kind, inside = call[1], call[2]
    if kind not in get_args(Kind):
        close = near_miss(kind, get_args(Kind))
        proposal = f"Did you mean {close}? " if close else ""
        raise InvalidQuery(f"There is no assumption {quoted(kind)} here.", proposal + USE)
    known = cast("Kind", kind)
    names = [_name(part) for part in re.split(r"->|,", inside)]
    shape = FORMS[known][0].replace("N", r'(?:[^",>-]+|"[^"]*")').replace(" -> ", "->").replace(", ", ",")
    if not re.fullmatch(shape, re.sub(r"\s*(->|,)\s*", r"\1", inside.strip())) or "" in names:
        raise InvalidQuery(f"{quoted(text)} is not of the form {known}({FORMS[known][0]}).", USE)
    if len(set(names)) < len(names):
        raise InvalidQuery(f"{quoted(text)} names one variable twice.", USE)
    return Narrowing(known, tuple(names))


def narrows(text: str) -> bool:
    """Whether an assumption is of a form that takes part in the linear programme."""
    try:
        return read(text) is not None
    except InvalidQuery:
        return False


def _name(text: str) -> str:
    return text.strip().strip('"')


def read_all(texts: Iterable[str]) -> tuple[tuple[Narrowing, ...], tuple[Assumption, ...]]:
    """Those that narrow, and the ledger's entry for every one."""
    narrowings: list[Narrowing] = []
    stated: list[Assumption] = []
    for text in dict.fromkeys(texts):
        found = read(text)
        if found is None:
            stated.append(Assumption(text, "user", status="untestable"))
        else:
            narrowings.append(found)
            stated.append(found.stated)
    return tuple(narrowings), tuple(stated)
