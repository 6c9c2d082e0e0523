r"""JSON in a reply: the whole of it, in a fence, or apart from the words around it.

A list within a sentence is no answer: "none was found, see [1]" is not the list of one.

>>> next(json_in('I counted [1] and [2].\n```json\n{"answer": 3}\n```'))
{'answer': 3}
>>> list(json_in("None, see [1].")), list(json_in("I found these:\n[1, 2]\nI am sure."))
([], [[1, 2]])
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import cast

from whence.runtime.plain import JSON

MOST_BEGINNINGS = 200
MOST_FENCES = 20
FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")


def json_in(text: str, *, whole: bool = False) -> Iterator[JSON]:
    """What JSON a text holds, the likeliest answer first; only what is all of the text if `whole`.

    All of it, then what fences hold, then objects within the words and lists on lines of their own; of
    several the last first, for a model thinks before it answers.
    """
    found = _parsed(text)
    if found:
        yield found[0]
        return
    for inner in reversed(list(_fenced(text))[-MOST_FENCES:]):
        yield from _parsed(inner)
    if not whole:
        yield from reversed(list(_within(text)))


def without_thoughts(reply: str) -> str:
    """The reply without what a reasoning model thought aloud before it."""
    before, closed, after = reply.rpartition("</think>")
    if closed:
        return after
    return "" if before.lstrip().startswith("<think>") or reply.lstrip().startswith("<think>") else reply


def _parsed(text: str) -> list[JSON]:
    try:
        return [cast("JSON", json.loads(text))]
    except (ValueError, RecursionError):
        return []


def _fenced(text: str) -> Iterator[str]:
    """What stands in fences, the last perhaps left open."""
    marks = ""
    inner: list[str] = []
    for line in text.split("\n"):
        if marks and line.strip() == marks:
            yield "\n".join(inner)
            marks = ""
        elif marks:
            inner.append(line)
        elif (opening := FENCE.match(line)) is not None:
            marks, inner = opening[1], []
    if marks:
        yield "\n".join(inner)


def _within(text: str) -> Iterator[JSON]:
    decoder = json.JSONDecoder()
    place = 0
    for _ in range(MOST_BEGINNINGS):
        begins = [at for at in (text.find("{", place), text.find("[", place)) if at >= 0]
        if not begins:
            return
        begin = min(begins)
        try:
            value, place = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            place = begin + 1
            continue
        if isinstance(value, dict) or _stands_apart(text, begin, place):
            yield cast("JSON", value)


def _stands_apart(text: str, begin: int, end: int) -> bool:
    """Whether nothing else is on the lines from `begin` to `end`."""
    before = text[text.rfind("\n", 0, begin) + 1 : begin]
    after = text[end:].partition("\n")[0]
    return not before.strip() and not after.strip(" \t\r.")
