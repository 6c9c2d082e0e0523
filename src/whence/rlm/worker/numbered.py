r"""Reading a reply to a pack of numbered items: which number got which value, and nothing by guess.

Models wrap the object in prose or fences, write lines instead, leave numbers out, give one twice or number
from zero. A number counts only if it got one value; a number that no item has makes the whole reply suspect,
since the others may be shifted.

>>> numbered('Sure! ```json\n{"1": "spam", "2": "ham"}\n```', 2)
{1: 'spam', 2: 'ham'}
>>> numbered('{"0": "spam", "1": "ham"}', 2)
{}
>>> numbered("1: spam\n2: ham", 2)
{1: 'spam', 2: 'ham'}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, TypeAlias, cast

from whence.runtime.plain import JSON

Answers: TypeAlias = dict[int, JSON]

_NUMBER: Final = re.compile(r"\D{0,12}?(\d{1,6})\D{0,3}", re.ASCII)
_LINE: Final = re.compile(
    r"^[\s\-*•]*(?:item\s*)?[\[(#]?(\d{1,6})\s*(?:[\])]\s*[:.=–—-]?|[:.=–—-]|->|→)\s+(\S.*?)\s*$",
    re.IGNORECASE | re.ASCII,
)
_BEGINS: Final = re.compile(r'\{\s*"')
_NAMES: Final = ("item", "number", "id", "index", "n", "no", "key")
_MOST_OBJECTS: Final = 50


class _Pairs(NamedTuple):
    """An object as it was written: `json` would keep the last of two equal keys and say nothing."""

    pairs: list[tuple[str, object]]


def numbered(text: str, count: int) -> Answers:
    """The values by number, from 1 to `count`; what is missing, doubtful or contradictory is left out."""
    try:
        found = list(_objects(text))
    except _DamagedError:
        return {}
    pairs = [pair for value in found for pair in _pairs_of(value)]
    if not found:
        pairs = list(_lines(text))
    if not pairs and count == 1 and len(found) == 1:
        return _alone(found[0])
    return _agreed(pairs, count)


def looks_numbered(text: str) -> bool:
    """Tell whether some line of the text begins as an answer to a number does."""
    return any(_LINE.match(line) for line in text.splitlines())


class _DamagedError(Exception):
    """An object begins and does not end; what stands inside it must not be taken for answers."""


def _agreed(pairs: Iterable[tuple[int, object]], count: int) -> Answers:
    answers: Answers = {}
    spoilt: set[int] = set()
    for number, value in pairs:
        if not 1 <= number <= count:
            return {}
        plain = _plain(value, spoilt, number)
        if number in answers and not _equal(answers[number], plain):
            spoilt.add(number)
        answers[number] = plain
    return {number: value for number, value in answers.items() if number not in spoilt}


def _objects(text: str) -> Iterator[object]:
    """Every JSON object or list of objects that stands in the text by itself."""
    place = 0
    tries = 0
    while tries < _MOST_OBJECTS:
        starts = [at for at in (text.find("{", place), text.find("[", place)) if at >= 0]
        if not starts:
            return
        tries += 1
        start = min(starts)
        try:
            value, place = cast("tuple[object, int]", _DECODER.raw_decode(text, start))
        except (ValueError, RecursionError):
            if _BEGINS.match(text, start):
                raise _DamagedError from None
            place = start + 1
            continue
        if isinstance(value, _Pairs) or _all_objects(value):
            yield value


def _pairs_of(value: object, depth: int = 0) -> Iterator[tuple[int, object]]:
    """The numbered values of an object, or of a list of {"item": 1, "label": …}."""
    if isinstance(value, list):
        for entry in cast("list[_Pairs]", value):
            yield from _entry(entry)
        return
    pairs = cast("_Pairs", value).pairs
    numbers = [_number(name) for name, _ in pairs]
    if any(number is not None for number in numbers):
        for number, (_, inner) in zip(numbers, pairs, strict=True):
            if number is not None:
                yield number, inner
    elif len(pairs) == 1 and depth < 2:
        inner = pairs[0][1]
        if isinstance(inner, _Pairs) or _all_objects(inner):
            yield from _pairs_of(inner, depth + 1)
    elif depth == 0:
        yield from _entry(cast("_Pairs", value))


def _entry(entry: _Pairs) -> Iterator[tuple[int, object]]:
    table = dict(entry.pairs)
    if len(table) != 2 or len(entry.pairs) != 2:
        return
    for name, value in entry.pairs:
        number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
        if name.casefold() in _NAMES and isinstance(number, int) and not isinstance(number, bool):
            yield number, next(other for key, other in entry.pairs if key != name)
            return


def _lines(text: str) -> Iterator[tuple[int, object]]:
    for line in text.splitlines():
        match = _LINE.match(line)
        if match:
            yield int(match[1]), match[2].strip("`*\"'")


def _alone(value: object) -> Answers:
    """A pack of one may be answered without its number: {"answer": …}."""
    pairs = value.pairs if isinstance(value, _Pairs) else []
    if len(pairs) == 1 and pairs[0][0].casefold() in {"answer", "label", "value", "result"}:
        return _agreed([(1, pairs[0][1])], 1)
    return {}


def _number(name: str) -> int | None:
    match = _NUMBER.fullmatch(name)
    return int(match[1]) if match else None


def _all_objects(value: object) -> bool:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return bool(items) and all(isinstance(item, _Pairs) for item in items)


def _plain(value: object, spoilt: set[int], number: int) -> JSON:
    if isinstance(value, _Pairs):
        table = {name: _plain(inner, spoilt, number) for name, inner in value.pairs}
        if len(table) != len(value.pairs):
            spoilt.add(number)
        return table
    if isinstance(value, list):
        return [_plain(item, spoilt, number) for item in cast("list[object]", value)]
    return cast("JSON", value)


def _equal(one: JSON, other: JSON) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no number")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_Pairs, parse_constant=_no_number)
