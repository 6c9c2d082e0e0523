"""Judging numbered items: the reply to "label each of these", as JSON, with the faults of form that models
have.

Items are read by their surface: blocks between marks such as `--- item 3 ---` (Whence's packs), or lines
that begin with a number in brackets or before a full stop or colon. What is asked of each is a topic out of
a list, or whether a topic that the instruction names applies (with "yes" and "no", or whatever the allowed
labels are).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from whence.testing.simulated.reading import NAMES, Reading

Label: TypeAlias = "str | bool"
_BLOCK = re.compile(
    r"^-{3,} item (\d+) -{3,}\n(.*?)(?=\n-{3,} (?:item \d+|end of items) -{3,}$)", re.MULTILINE | re.DOTALL
)
_LINE = re.compile(r"^[ \t]*[\[(#]?(\d{1,7})[\]).:]+[ \t]+(\S.*)$", re.MULTILINE)
_TOPIC = re.compile(r"\b(" + "|".join(NAMES) + r")\b", re.IGNORECASE)
_ALLOWED = re.compile(r"one of these labels: (\[[^\]]*\])")
_TRUE = ("yes", "true", "relevant", "1")
_FALSE = ("no", "false", "irrelevant", "0")


@dataclass(frozen=True, slots=True)
class Items:
    """The numbered items of a prompt, and the words around them that say what to do."""

    instruction: str
    numbered: tuple[tuple[str, str], ...]


def read_items(prompt: str) -> Items | None:
    """The items, where a prompt lists at least one and wants JSON for it."""
    if "JSON" not in prompt:
        return None
    found = list(_BLOCK.finditer(prompt)) or list(_LINE.finditer(prompt))
    if not found:
        return None
    outside = prompt[: found[0].start()] + prompt[found[-1].end() :]
    return Items(outside, tuple((each[1], each[2].strip().rstrip(",")) for each in found))


def labelled(items: Items, reading: Reading, schema: Mapping[str, object] | None) -> str:
    """The reply: one JSON object from every item's number to its label."""
    allowed = _allowed(items.instruction, schema)
    applies = _statement(items.instruction, allowed)
    last = max(1, len(items.numbered) - 1)
    labels: list[tuple[str, Label]] = []
    for i, (number, text) in enumerate(items.numbered):
        topic = reading.topic(text, i / last)
        labels.append((number, topic if applies is None else _said(topic in applies, allowed)))
    return with_faults(json.dumps(dict(_lossy(labels, reading))), reading)


def with_faults(text: str, reading: Reading) -> str:
    """JSON as models reply with it: mostly bare, sometimes inside prose."""
    if reading.draw.random() >= reading.errors.prose:
        return text
    return f"Sure! Here is what I found:\n\n```json\n{text}\n```\n\nLet me know if you need anything else."


def _allowed(instruction: str, schema: Mapping[str, object] | None) -> tuple[str, ...]:
    """The labels allowed, from the schema or from the words; "boolean" stands for true and false."""
    properties = _mapping(_mapping(schema).get("properties"))
    each = next(iter(properties.values()), None) or _mapping(schema).get("additionalProperties")
    enum = _mapping(each).get("enum")
    if isinstance(enum, list):
        return tuple(str(label) for label in cast("Sequence[object]", enum))
    if _mapping(each).get("type") == "boolean":
        return ("boolean",)
    told = _ALLOWED.search(instruction)
    try:
        return tuple(str(label) for label in json.loads(told[1])) if told else ()
    except ValueError:
        return ()


def _statement(instruction: str, allowed: tuple[str, ...]) -> frozenset[str] | None:
    """The topics for which the answer is yes, where the question is whether and not which."""
    if any(label.lower() in NAMES for label in allowed):
        return None
    topics = frozenset(word.lower() for word in _TOPIC.findall(instruction))
    asks_whether = (
        bool({label.lower() for label in allowed} & {"boolean", *_TRUE}) or "true or false" in instruction
    )
    return topics if asks_whether else None


def _said(yes: bool, allowed: tuple[str, ...]) -> Label:
    words = _TRUE if yes else _FALSE
    return next((label for label in allowed if label.lower() in words), yes)


def _lossy(labels: list[tuple[str, Label]], reading: Reading) -> list[tuple[str, Label]]:
    """Some replies leave items out, some invent one."""
    errors, draw = reading.errors, reading.draw
    kept = list(labels)
    if draw.random() < errors.missing:
        for _ in range(min(draw.randrange(1, 4), len(kept) - 1)):
            del kept[draw.randrange(len(kept))]
    if draw.random() < errors.extra:
        number = max(int(number) for number, _ in labels) + 1
        kept.append((str(number), labels[0][1]))
    return kept


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}
