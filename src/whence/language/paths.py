"""Paths as settings: X at one value along some of its paths, and at another everywhere else.

In `Y_{X=0, "along X -> M -> Y"=1}` every variable sees X at 0, but what goes along the path from X by M to Y
is as it were with X at 1. A path is written as a setting whose name is the path, so that it stands in any
world and is read back as it was; identification takes it apart along the edges of the graph.

Source: C. Avin, I. Shpitser and J. Pearl, "Identifiability of path-specific effects" (IJCAI 2005).

>>> path_name(("X", "the mediator", "Y"))
'along X -> "the mediator" -> Y'
>>> path_of('along X -> "the mediator" -> Y'), path_of("X -> Y")
(('X', 'the mediator', 'Y'), None)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from whence.language.printing import PLAIN_WORD, name_text

ALONG = "along "
_STEP = re.compile(rf'({PLAIN_WORD.pattern}|"(?:[^"\\\n]|\\.)*")( -> |$)')


def path_name(nodes: Iterable[str]) -> str:
    """The name of the path along these variables."""
    return ALONG + path_text(nodes)


def path_text(nodes: Iterable[str]) -> str:
    """The path as the question language writes it: `X -> M -> Y`."""
    return " -> ".join(map(name_text, nodes))


def path_of(name: str) -> tuple[str, ...] | None:
    """The variables along the path of this name, or None where it names no path."""
    found: list[str] = []
    place = len(ALONG) if name.startswith(ALONG) else len(name)
    while place < len(name):
        step = _STEP.match(name, place)
        if step is None or (step.end() == len(name)) != (step[2] == ""):
            return None
        found.append(json.loads(step[1], strict=False) if step[1].startswith('"') else step[1])
        place = step.end()
    return tuple(found) if len(found) > 1 and path_name(found) == name else None
