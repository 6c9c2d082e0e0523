r"""How to find the lines in which a pattern can match, without trying it on each.

Two facts about a pattern are enough, and both are read off its parse: a text that every match must hold
(`order \d+ shipped` holds " shipped"), which is looked for first; or else that nothing in it can tell a line
by itself from a line among others, so that it can be run over many lines at once. A line that is found in
either way is then searched by itself, so what `grep` finds is always what `re.search` finds in each line.

>>> plan_of(re.compile(r"order \d+ shipped")).needle
' shipped'
>>> plan_of(re.compile(r"(?i)Total(?! cost)"))
Plan(needle='total', folded=True, literal=False, across=False)
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

Node: TypeAlias = "tuple[object, Any]"

_parse = cast("Callable[[str, int], Any]", importlib.import_module("re._parser").parse)
_ONE_AT_A_TIME = {"LITERAL", "NOT_LITERAL", "ANY", "IN", "GROUPREF"}
_SAME_AT_LINES = {"AT_BEGINNING", "AT_END", "AT_BOUNDARY"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of a pattern: `needle` is what each match holds, and all of it if `literal`.

    `folded`: the match may hold it in capitals too, and it is ASCII in small letters. `across`: the pattern
    may be run over many lines at once.
    """

    needle: str | None
    folded: bool
    literal: bool
    across: bool


def plan_of(pattern: re.Pattern[str]) -> Plan:
    """Read it off a compiled pattern."""
    nodes = cast("list[Node]", list(_parse(pattern.pattern, pattern.flags & ~int(re.DEBUG))))
    folded = bool(pattern.flags & re.IGNORECASE)
    needle = _longest(nodes, folded=folded)
    return Plan(
        needle=needle.lower() or None if folded else needle or None,
        folded=folded,
        literal=not folded and bool(nodes) and all(str(op) == "LITERAL" for op, _ in nodes),
        across=_across(nodes),
    )


def _longest(nodes: Iterable[Node], *, folded: bool) -> str:
    """The longest text that each match of the nodes in a row holds."""
    best, run = "", ""
    for op, value in nodes:
        name, inside = str(op), ""
        if name == "LITERAL" and (value < 128 or not folded):  # beyond ASCII, capitals are not so simple
            run += chr(value)
        elif name not in {"AT", "ASSERT", "ASSERT_NOT"}:  # these have no width: the run goes on after them
            if name == "SUBPATTERN" and (folded or not value[1] & re.IGNORECASE):
                inside = _longest(value[3], folded=folded)
            elif name == "ATOMIC_GROUP":
                inside = _longest(value, folded=folded)
            elif name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"} and value[0]:
                inside = _longest(value[2], folded=folded)
            run = ""
        best = max(best, run, inside, key=len)
    return best


def _across(nodes: Iterable[Node]) -> bool:
    """Whether a match in a line by itself is also one where the line stands among others."""
    for op, value in nodes:
        name = str(op)
        if name == "AT":
            if str(value) not in _SAME_AT_LINES:
                return False
        elif name == "BRANCH":
            if not all(_across(branch) for branch in value[1]):
                return False
        elif name == "SUBPATTERN":
            if not _across(value[3]):
                return False
        elif name in {"MAX_REPEAT", "MIN_REPEAT"}:
            if not _across(value[2]):
                return False
        elif name not in _ONE_AT_A_TIME:  # looking around, and what gives nothing back
            return False
    return True
