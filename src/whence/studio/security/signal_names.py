"""The signals that a page may send, each with what it may hold; there are no others.

A signal is a text of limited length, a number, a whole number, one of a few words, or an id of ours. What is
empty where a number, a word or an id is meant is not there at all.

>>> checked("x", 3), checked("mark", ""), checked("source", "nc598dcda33")
(3.0, None, 'nc598dcda33')
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from whence.runtime.plain import quoted
from whence.studio.security.refusals import InvalidSignals

Signal: TypeAlias = str | int | float
Check: TypeAlias = Callable[[object], Signal | None]

_ID = re.compile("[a-z0-9]{0,40}")
_LARGEST_WHOLE = 2**53


class _Unfit(ValueError):
    """What a signal holds is not what it may hold; the text says what that is."""


def checked(name: str, value: object) -> Signal | None:
    """What a signal holds, None if that is nothing to us; `InvalidSignals` if it may not hold that."""
    check = SIGNALS.get(name)
    if check is None:
        raise InvalidSignals(f"there is no signal {quoted(name, 40)}")
    try:
        return None if value is None else check(value)
    except _Unfit as fault:
        raise InvalidSignals(f"{name} is not {fault}") from None


def _text(most: int) -> Check:
    def check(value: object) -> str:
        if not isinstance(value, str) or len(value) > most:
            raise _Unfit(f"a text of at most {most:,} characters")
        if "\0" in value or not _is_whole(value):
            raise _Unfit("a text that can be written")
        return value

    return check


def _is_whole(text: str) -> bool:
    """Whether a text is free of halves of characters, which no file and no stream takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _id(value: object) -> str | None:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise _Unfit("an id of the page")
    return value or None


def _word(*words: str) -> Check:
    def check(value: object) -> str | None:
        if not isinstance(value, str) or (value and value not in words):
            raise _Unfit(f"one of {', '.join(words)}")
        return value or None

    return check


def _number(value: object) -> float | None:
    if value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        raise _Unfit("a number")
    if not math.isfinite(value):
        raise _Unfit("a number")
    return float(value)


def _whole(value: object) -> int | None:
    if value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LARGEST_WHOLE:
        raise _Unfit("a whole number")
    if value != int(value):
        raise _Unfit("a whole number")
    return int(value)


def _ignored(value: object) -> None:
    """What the client adds of itself, such as what a file input holds: files are sent as files."""
    del value


SIGNALS: Mapping[str, Check] = {
    "stream": _text(64),
    "frame": _whole,
    "title": _text(200),
    "question": _text(4_000),
    "text": _text(200_000),
    "format": _word("arrows", "dagitty", "dot", "gml", "json"),
    "name": _text(1_000),
    "condition": _text(4_000),
    "column": _text(1_000),
    "expression": _text(4_000),
    "low": _text(1_000),
    "high": _text(1_000),
    "source": _id,
    "target": _id,
    "mark": _word("->", "<->", "--", "o->", "o-o", "o--"),
    "x": _number,
    "y": _number,
    "method": _text(20),
    "seed": _whole,
    "level": _number,
    "benchmark": _text(1_000),
    "times": _number,
    "r2_treatment": _number,
    "r2_outcome": _number,
    "first": _whole,
    "second": _whole,
    "file": _ignored,
}
