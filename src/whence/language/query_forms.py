"""The named forms of the question language: contrasts, parts of effects, probabilities of causation.

    ATE(X -> Y)   ATE(X=2 vs X=1 -> Y)   ATT(X -> Y)   CATE(X -> Y by Z, W)
    NDE(X -> Y via M)   NIE(X=1 vs X=0 -> Y via M, N)   CDE(X -> Y via M=0)
    PSE(X -> Y via X -> M -> Y, X -> Y)
    PN(X=1 -> Y=1)   PS(X=a vs X=b -> Y=1)   PNS(X=1 vs X=0 -> Y=1 vs Y=0)

Source: J. Pearl, *Causality* (2009), for the names.

>>> from whence.language.printing import to_text
>>> from whence.language.query_tokens import Cursor, tokens
>>> text = "PN(X=1 -> Y=1)"
>>> to_text(part(Cursor(text, tokens(text))))
'P(Y_{X=0}=0 | X=1, Y=1)'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, get_args

from whence.language.causation import Causation, CausationKind, causation_body, opposite
from whence.language.expression import Expression, Term, Value
from whence.language.mediation import Mediated, MediatedKind, mediated_body
from whence.language.paths import path_name
from whence.language.printing import name_text, value_text
from whence.language.query import Contrast, ContrastKind
from whence.runtime.errors import InvalidQuery
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from whence.language.query_tokens import Cursor, Token

CONTRASTS: tuple[ContrastKind, ...] = get_args(ContrastKind)
MEDIATED: tuple[MediatedKind, ...] = get_args(MediatedKind)
CAUSATION: tuple[CausationKind, ...] = get_args(CausationKind)
PARTS = (*MEDIATED, *CAUSATION)

VIA = {"NDE": "M", "NIE": "M", "CDE": "M=0", "PSE": "X -> M -> Y"}


def contrast(cursor: Cursor) -> Contrast:
    """A contrast, whose levels may be left open."""
    kind = cast("ContrastKind", cursor.next().text)
    form = f"Write {kind}(X -> Y), or {kind}(X=1 vs X=0 -> Y)."
    cursor.expect("(", form)
    treatment = cursor.name("The treatment", form)
    level = cursor.value() if cursor.take("=") else None
    base = _against(cursor, treatment, form) if cursor.take("vs") else None
    outcome = _outcome(cursor, form)
    by: list[str] = []
    if cursor.take("by"):
        by = [cursor.name("A variable")]
        while cursor.take(","):
            by.append(cursor.name("A variable"))
    cursor.expect(")", form)
    return Contrast(kind, treatment, outcome, level, base, tuple(by))


def part(cursor: Cursor) -> Expression:
    """A part of an effect or a probability of causation, spelt out; levels left out are 1 against 0."""
    return mediated_body(_mediated(cursor)) if cursor.is_at(*MEDIATED) else causation_body(_causation(cursor))


def _mediated(cursor: Cursor) -> Mediated:
    kind = cast("MediatedKind", cursor.next().text)
    form = f"Write {kind}(X -> Y via {VIA[kind]}), or {kind}(X=1 vs X=0 -> Y via {VIA[kind]})."
    cursor.expect("(", form)
    treatment, level, base = _pair(cursor, form)
    outcome = _outcome(cursor, form)
    if not cursor.take("via"):
        cursor.fail(f"{kind} says through what: via is missing", form)
    via: list[str] = []
    held: list[Term] = []
    while True:
        name = path_name(_path(cursor, form)) if kind == "PSE" else cursor.name("A variable", form)
        via.append(name)
        if kind == "CDE":
            cursor.expect("=", form)
            held.append(Term(name, cursor.value()))
        if not cursor.take(","):
            break
    cursor.expect(")", form)
    return Mediated(kind, treatment, outcome, level, base, tuple(via), tuple(held))


def _path(cursor: Cursor, form: str) -> list[str]:
    found = [cursor.name("A variable", form)]
    while cursor.take("->"):
        found.append(cursor.name("A variable", form))
    return found


def _causation(cursor: Cursor) -> Causation:
    kind = cast("CausationKind", cursor.next().text)
    form = f"Write {kind}(X=1 -> Y=1), or {kind}(X=1 vs X=0 -> Y=1 vs Y=0)."
    cursor.expect("(", form)
    treatment, level, base = _pair(cursor, form)
    if not cursor.take("->"):
        cursor.fail('"->" is missing', form)
    outcome, value, other = _pair(cursor, form)
    cursor.expect(")", form)
    return Causation(kind, treatment, outcome, level, base, value, other)


def _pair(cursor: Cursor, form: str) -> tuple[str, Value, Value]:
    """A variable and the two values that are compared: `X`, `X=1`, `X=1 vs X=0`."""
    name = cursor.name("The variable", form)
    value = cursor.value() if cursor.take("=") else 1
    if cursor.take("vs"):
        return name, value, _against(cursor, name, form)
    other = opposite(value)
    if other is None:
        shown = f"{name_text(name)}={value_text(value)}"
        raise InvalidQuery(
            f"What {shown} is compared with was not said.",
            f"Write {shown} vs {name_text(name)}=…, with the other value.",
        )
    return name, value, other


def _outcome(cursor: Cursor, form: str) -> str:
    if not cursor.take("->"):
        cursor.fail('"->" is missing', form)
    return cursor.name("The outcome", form)


def _against(cursor: Cursor, name: str, form: str) -> Value:
    """The base level: `X=0`, or the value alone."""
    token: Token = cursor.now
    if cursor.following.text != "=":
        return cursor.value()
    other = cursor.name("The treatment", form)
    if other != name:
        cursor.fail(f"The two levels are of {quoted(name)} and of {quoted(other)}", form, token)
    cursor.next()
    return cursor.value()
