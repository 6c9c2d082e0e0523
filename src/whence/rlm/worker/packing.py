"""Numbered packs of items: many small questions in one prompt, each of which must be answered by its number.

A pack is small, since the errors a model makes per item grow with what it reads at once.

>>> [len(pack) for pack in packs([0, 1, 2], ["a" * 4000, "b" * 4000, "c"], most=20)]
[1, 2]
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, cast

from whence.rlm.worker.leaving import leaving
from whence.rlm.worker.replies import FailedCall
from whence.rlm.worker.text import Context
from whence.runtime.plain import JSON

CHARACTERS: Final = 6_000
ITEMS: Final = 20


def texts_of(items: object, function: str) -> list[str]:
    """The text of every item, or an error that names the item that has none."""
    if isinstance(items, FailedCall):
        raise items.cause()
    if isinstance(items, str | bytes | Context):
        raise TypeError(
            f"{function} takes a list of items, not one text; cut it with chunk(…) or .splitlines() first"
        )
    if isinstance(items, Mapping):
        raise TypeError(
            f"{function} takes a list of items, not a dict; give list(d.values()) and keep the keys beside"
        )
    try:
        listed = list(cast("Sequence[object]", items))
    except TypeError:
        raise TypeError(f"{function} takes a list of items, not {type(items).__name__}") from None
    return [text_of(item, f"{function}: item {place}") for place, item in enumerate(listed)]


def text_of(item: object, name: str) -> str:
    """One item as text: text as it is, a hit of `grep` or a quote by its text, data as JSON."""
    if isinstance(item, FailedCall):
        raise item.cause()
    if isinstance(item, str):
        return str.__str__(item)
    if item is None:
        raise TypeError(f"{name} is None; give text")
    if isinstance(item, bytes):
        raise TypeError(f"{name} is bytes; decode it first")
    if isinstance(item, Context):
        return str(item)
    text: object = getattr(item, "text", None)
    if isinstance(text, str):
        return str.__str__(text)
    return json.dumps(leaving(item, name), ensure_ascii=False)


def packs(
    places: Sequence[int], texts: Sequence[str], most: int, characters: int = CHARACTERS
) -> list[list[int]]:
    """The places in packs of at most `most` items and about `characters` characters, in order."""
    made: list[list[int]] = []
    size = 0
    for place in places:
        length = len(texts[place])
        if not made or len(made[-1]) >= most or size + length > characters:
            made.append([])
            size = 0
        made[-1].append(place)
        size += length
    return made


def pack_prompt(question: str, texts: Sequence[str], answer: str) -> str:
    """The prompt of a pack: the question, how to answer, the items between marks that none of them holds."""
    mark = "---"
    while any(f"{mark} item" in text for text in texts):
        mark += "-"
    count = len(texts)
    keys = '{"1": …}' if count == 1 else f'{{"1": …, …, "{count}": …}}'
    body = "\n".join(f"{mark} item {number} {mark}\n{text}" for number, text in enumerate(texts, 1))
    return (
        f"{question.strip()}\n\n"
        f"Answer this for each of the {count} numbered items below, one by one. {answer}\n"
        f"Reply with one JSON object and nothing else: a key for every item, its number: {keys}\n\n"
        f"{body}\n{mark} end of items {mark}\n"
    )


def pack_schema(each: Mapping[str, JSON]) -> dict[str, JSON]:
    """The JSON schema of a pack's reply: an object with a value of `each` under every number.

    Which numbers there must be is checked here and not said there: a schema that lists twenty of them is
    as long as the items, and paid for with every pack.
    """
    return {"type": "object", "additionalProperties": dict(each)}
