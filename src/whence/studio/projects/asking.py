"""The question that a sheet puts, and the options with which it is to be asked.

>>> from whence.studio.projects.sheet import Sheet
>>> question_of(Sheet(parts={"drug": "treatment", "pain": "outcome"}, contrast=("none", "10 mg")))
'E[pain | do(drug="10 mg")] - E[pain | do(drug=none)]'
>>> options_of(Sheet(where="age > 30"))
{'method': 'auto', 'seed': 0, 'level': 0.95, 'where': 'age > 30'}
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whence.engine.how import AskOptions
from whence.language.query import effect

if TYPE_CHECKING:
    from whence.language.expression import Value
    from whence.studio.projects.sheet import Sheet

WHOLE = re.compile(r"[-+−]?\d{1,300}", re.ASCII)
NUMBER = re.compile(r"[-+−]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
TRUTHS = {"true": True, "True": True, "false": False, "False": False}


def question_of(sheet: Sheet) -> str:
    """The question as typed, or the one that treatment, outcome and contrast make; "" if there is neither."""
    if sheet.question.strip():
        return sheet.question.strip()
    treatment, outcome = sheet.named("treatment"), sheet.named("outcome")
    if not treatment or not outcome:
        return ""
    if sheet.contrast is None:
        return str(effect(treatment[0], outcome[0]))
    base, level = (value_of(text) for text in sheet.contrast)
    return str(effect(treatment[0], outcome[0], level, base))


def options_of(sheet: Sheet) -> AskOptions:
    """The keyword arguments of `whence.ask` that the sheet implies."""
    found = AskOptions(method=sheet.method, seed=sheet.seed, level=sheet.level)
    if sheet.where:
        found["where"] = sheet.where
    if sheet.derive:
        found["derive"] = dict(sheet.derive)
    for name in sheet.named("weights")[:1]:
        found["weights"] = name
    for name in sheet.named("cluster")[:1]:
        found["clusters"] = name
    if sheet.named("placebo"):
        found["placebo_outcomes"] = sheet.named("placebo")
    return found


def asks_alike(one: Sheet, other: Sheet) -> bool:
    """Whether two sheets ask the same of the same: only then does the answer to one hold for the other.

    Where a variable stands in the drawing, and what the project is called, is no part of it.

    >>> from dataclasses import replace
    >>> from whence.studio.projects.sheet import Sheet
    >>> sheet = Sheet(parts={"drug": "treatment", "pain": "outcome"})
    >>> asks_alike(sheet, replace(sheet, title="Pain", pins={"drug": (1.0, 2.0)}))
    True
    >>> asks_alike(sheet, replace(sheet, contrast=("none", "10 mg")))
    False
    """
    keys = [None if sheet.data is None else sheet.data.key for sheet in (one, other)]
    return (
        keys[0] == keys[1]
        and one.graph == other.graph
        and question_of(one) == question_of(other)
        and options_of(one) == options_of(other)
    )


def value_of(text: str) -> Value:
    """The value that a person means by a text: a number, true or false, or the text itself.

    >>> value_of("1"), value_of("−2.5"), value_of("true"), value_of("10 mg")
    (1, -2.5, True, '10 mg')
    """
    plain = text.strip()
    if WHOLE.fullmatch(plain):
        return int(plain.replace("−", "-"))
    if NUMBER.fullmatch(plain):
        number = float(plain.replace("−", "-"))
        return number if abs(number) < float("inf") else text
    return TRUTHS.get(plain, text)
