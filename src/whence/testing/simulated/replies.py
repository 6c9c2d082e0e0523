"""The simulated model as a reader: what it answers to a prompt that is no harness's.

It understands a small family of instructions, in this order: label the numbered items; put partial answers
together; one of the generators' questions about records (as an answer, or as a JSON tally or list of users
for a part of them); a question for one fact or a chain of them. Anything else it declines in words.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, cast

from whence.rlm.tasks.facts import NAME, Relation, Search, read_search
from whence.rlm.tasks.questions import Question, concluded, pairs_of, read_question
from whence.rlm.tasks.task import Pairs, read_number, read_pairs, read_word
from whence.testing.simulated.labelling import labelled, read_items, with_faults
from whence.testing.simulated.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping

PARTIAL = "Partial answers"
NOT_STATED = "not stated"
REFUSAL = "I'm sorry, but I can't help with that request."
LINKS: tuple[tuple[Relation, re.Pattern[str]], ...] = (
    ("manager", re.compile(rf"Who manages the depot in (?P<a>{NAME})\?")),
    ("deputy", re.compile(rf"Who is the deputy of (?P<a>{NAME})\?")),
    ("locker", re.compile(rf"What is the number of the locker of (?P<a>{NAME})\?")),
)
_PART = re.compile(r"^\d+\. (.*)$", re.MULTILINE)


def reply(reading: Reading, schema: Mapping[str, object] | None = None) -> str:
    """The answer to one prompt."""
    prompt = reading.prompt
    if reading.draw.random() < reading.errors.refusal:
        return REFUSAL
    items = read_items(prompt)
    if items is not None and PARTIAL not in prompt:
        return labelled(items, reading, schema)
    question = read_question(prompt)
    search = read_search(prompt) or _link(prompt)
    if PARTIAL in prompt and (question is not None or search is not None):
        return put_together(question, prompt[prompt.rindex(PARTIAL) :], reading)
    if question is not None:
        return _as_schema(about_records(question, reading), schema)
    if search is not None:
        return _as_schema(reading.follow(search) or NOT_STATED, schema)
    return "I am not sure what you want me to do with this."


def about_records(question: Question, reading: Reading) -> str:
    """Read every record of the prompt and answer from that, counting in its head."""
    read = list(reading.records())
    counts = question.tally(read)
    if re.search(r"JSON (?:list|array)", reading.prompt):
        return with_faults(json.dumps(sorted(counts, key=str)), reading)
    among = max(1, len(read))
    said: Counter[str | int] = Counter(
        {key: reading.errors.counted(count, among, reading.draw) for key, count in counts.items()}
    )
    if "JSON object" in reading.prompt:
        if question.form in {"how_many", "before", "since"}:
            return with_faults(json.dumps({"count": said["all"]}), reading)
        return with_faults(json.dumps({str(key): count for key, count in said.items()}), reading)
    if question.form in {"both_one", "both_either"}:  # being there is seen, not counted; listing loses some
        pairs = sorted(pairs_of(user for user, count in counts.items() if count and isinstance(user, int)))
        whole = reading.errors.counted(len(pairs), max(1, len(pairs)), reading.draw)
        kept = set(reading.draw.sample(range(len(pairs)), min(whole, len(pairs))))
        return ", ".join(str(pair) for i, pair in enumerate(pairs) if i in kept) or "none"
    answer = concluded(question, said)
    return NOT_STATED if answer is None else str(answer)


def put_together(question: Question | None, partial: str, reading: Reading) -> str:
    """Combine the answers from the parts of a text as a model would in its head."""
    parts = [part for part in _PART.findall(partial) if NOT_STATED not in part and part != REFUSAL]
    if question is None:
        return _most_named([str(number) for part in parts if (number := read_number(part)) is not None])
    if question.form in {"how_many", "before", "since"}:
        numbers = [read_number(part) or 0 for part in parts]
        rate = reading.errors.counted(len(numbers), max(1, len(numbers)), reading.draw) - len(numbers)
        dropped = set(reading.draw.sample(range(len(numbers)), min(abs(rate), len(numbers))))
        return str(sum(number for i, number in enumerate(numbers) if i not in dropped))
    if question.form in {"both_one", "both_either"}:
        pairs: set[tuple[int, int]] = set()
        for part in parts:
            found: Pairs = read_pairs(part)
            pairs |= found
        return ", ".join(map(str, sorted(pairs))) or "none"
    if question.form == "which_user":
        return _most_named([str(number) for part in parts if (number := read_number(part)) is not None])
    return _most_named([word for part in parts if (word := read_word(part)) is not None])


def _link(prompt: str) -> Search | None:
    """A question for one link of a chain."""
    for relation, wanted in LINKS:
        if found := wanted.search(prompt):
            return Search(found["a"], (relation,))
    return None


def _most_named(answers: list[str]) -> str:
    return Counter(answers).most_common(1)[0][0] if answers else NOT_STATED


def _as_schema(answer: str, schema: Mapping[str, object] | None) -> str:
    """The answer inside the one property that a schema asks for, else as it is."""
    properties = schema.get("properties") if schema else None
    names = list(cast("Mapping[str, object]", properties)) if isinstance(properties, dict) else []
    return json.dumps({names[0]: int(answer) if answer.isdigit() else answer}) if len(names) == 1 else answer
