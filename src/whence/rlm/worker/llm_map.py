"""One question asked of every item of a list, with an answer for each, in order, or an error.

Asking a model to label a long list in one go loses and doubles items, and nobody sees it. Here code makes the
packs, checks every number and every value, asks again for what is missing in ever smaller packs, and counts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, cast

from whence.rlm.worker.asking import Ask, as_prompt, send, wait_all
from whence.rlm.worker.numbered import looks_numbered, numbered
from whence.rlm.worker.packing import ITEMS, pack_prompt, pack_schema, packs, texts_of
from whence.rlm.worker.replies import FailedCall, Reply
from whence.rlm.worker.schemas import Schema, as_schema, coerced, misfit
from whence.runtime.errors import WhenceError
from whence.runtime.plain import JSON

OnFailure: TypeAlias = Literal["raise", "keep"]
ROUNDS: Final = 4
_HOPELESS: Final = ("budget_spent", "replay_missed", "missing_key", "host_not_allowed", "unknown_price")
_SAMPLES: Final = 16
_MOST_VOTES: Final = 25


class ItemsFailed(WhenceError):
    """Some items (`indices`) have no valid answer; `results` holds the others, and a FailedCall for each."""

    def __init__(self, function: str, results: Sequence[object]) -> None:
        self.indices = [place for place, result in enumerate(results) if isinstance(result, FailedCall)]
        self.results = list(results)
        shown = ", ".join(map(str, self.indices[:20])) + (", …" if len(self.indices) > 20 else "")
        first = cast("FailedCall", results[self.indices[0]])
        super().__init__(
            f"{function}: {len(self.indices):,} of {len(results):,} items have no valid answer: items "
            f"{shown}. "
            f"Item {self.indices[0]}: {first.error}.",
            "Use on_failure='keep' to go on with the others (a failed call stands in their place; what was "
            "answered is not paid again), or ask a simpler question.",
        )


class Mapped(list[object]):
    """The answers in the order of the items; `.votes` holds every vote.

    `.failed` are the positions of the items without an answer, `.unsure` of those whose votes differ.
    """

    def __init__(self, values: Iterable[object], votes: Sequence[Sequence[object]]) -> None:
        super().__init__(values)
        self.votes = [list(each) for each in votes]

    @property
    def failed(self) -> list[int]:
        """The positions of the items without a valid answer."""
        return [place for place, value in enumerate(self) if isinstance(value, FailedCall)]

    @property
    def ok(self) -> bool:
        """Tell whether every item has an answer."""
        return not self.failed

    @property
    def unsure(self) -> list[int]:
        """The positions of the items whose votes differ."""
        return [
            place for place, votes in enumerate(self.votes) if len({_written(vote) for vote in votes}) > 1
        ]


@dataclass(frozen=True, slots=True)
class Form:
    """What one answer looks like: `told` to the model, its `schema`, `read` to a value or a complaint."""

    told: str
    schema: Mapping[str, JSON]
    read: Callable[[JSON], tuple[object, str | None]]


def llm_map(
    question: str,
    items: Iterable[object],
    *,
    labels: Sequence[object] | None = None,
    schema: Schema = None,
    pack: int | Literal["auto"] = "auto",
    votes: int = 1,
    model: str | None = None,
    on_failure: OnFailure = "raise",
) -> Mapped:
    """Ask `question` of every item and give the answers in the order of the items.

    labels: the answers allowed (then each answer is one of them). schema: a JSON schema, a type such as int,
    or {"name": str, "year": int} for each answer. Neither: text. votes: ask so many times, take the majority.
    pack: items per prompt (at most 20 and about 6,000 characters unless told). Items without a valid answer
    are asked again; if some have none in the end, raises ItemsFailed (.indices, .results), or with
    on_failure="keep" leaves a failed call in their place. The list has .failed, .unsure and .votes.
    """
    asked = as_prompt(question, "llm_map")
    form = form_of(labels, schema, "llm_map")
    return mapped("llm_map", asked, texts_of(items, "llm_map"), form, plan(pack, votes, model, on_failure))


@dataclass(frozen=True, slots=True)
class Plan:
    """How a list is asked: items per prompt, votes, the model, what to do about items without an answer."""

    pack: int = ITEMS
    votes: int = 1
    model: str | None = None
    on_failure: OnFailure = "raise"


def plan(pack: object, votes: object, model: str | None, on_failure: str) -> Plan:
    """How to ask, from what the caller said of it."""
    size = ITEMS if pack == "auto" else pack
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise ValueError(f"pack is 'auto' or a number of items, not {pack!r}")
    if not isinstance(votes, int) or isinstance(votes, bool) or not 1 <= votes <= _MOST_VOTES:
        raise ValueError(f"votes is a number from 1 to {_MOST_VOTES}, not {votes!r}")
    if on_failure not in {"raise", "keep"}:
        raise ValueError(f"on_failure is 'raise' or 'keep', not {on_failure!r}")
    return Plan(size, votes, model, cast("OnFailure", on_failure))


def mapped(function: str, question: str, texts: Sequence[str], form: Form, how: Plan) -> Mapped:
    """Ask `question` of every text; the engine of every combinator."""
    rounds = [_one_vote(question, texts, form, how, vote) for vote in range(how.votes)]
    by_item = [[answers[place] for answers in rounds] for place in range(len(texts))]
    results = Mapped((_majority(votes) for votes in by_item), by_item)
    if how.on_failure == "raise" and results.failed:
        raise ItemsFailed(function, results)
    return results


def form_of(labels: Sequence[object] | None, schema: Schema, function: str) -> Form:
    """The form of an answer from what the caller said of it."""
    if labels is not None:
        if schema is not None:
            raise TypeError(f"{function} takes labels or a schema, not both")
        return _labelled(labels, function)
    each = as_schema(schema)
    if each is None:
        return Form("Each answer is text.", {"type": "string"}, _read_text)

    def read(value: JSON) -> tuple[object, str | None]:
        value = coerced(value, each)
        return value, misfit(value, each)

    return Form(
        f"Each answer is a JSON value of this schema: {json.dumps(each, ensure_ascii=False)}", each, read
    )


def _labelled(labels: object, function: str) -> Form:
    if isinstance(labels, str) or not isinstance(labels, Iterable):
        raise TypeError(f"{function} takes its labels as a list, such as ['yes', 'no']")
    listed = list(cast("Iterable[object]", labels))
    if not listed or any(isinstance(label, float | list | dict | set) or label is None for label in listed):
        raise TypeError(f"{function} takes one or more labels, which are text, integers or booleans")
    words = [label_word(label) for label in listed]
    if not all(words) or len(set(words)) != len(words):
        raise ValueError(
            f"{function} got labels that are empty, or the same but for case or spaces: {listed!r}"
        )
    known = dict(zip(words, listed, strict=True))

    def read(value: JSON) -> tuple[object, str | None]:
        if isinstance(value, dict) and len(value) == 1:  # {"label": "spam"}
            (value,) = value.values()
        word = label_word(value) if isinstance(value, str | int | float) else None
        return (known[word], None) if word in known else (value, f"{value!r} is none of the labels")

    allowed = [str(label) for label in listed]
    told = f"Each answer is exactly one of these labels: {json.dumps(allowed, ensure_ascii=False)}."
    return Form(told, {"type": "string", "enum": cast("list[JSON]", allowed)}, read)


def label_word(label: object) -> str:
    """A label for comparison: case, outer quotes, full stops and runs of spaces apart.

    >>> label_word(' "Not  Spam." ') == label_word("not spam")
    True
    """
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    text = " ".join(str(label).split()).casefold()
    return text.strip("\"'`*. ") or text


def _read_text(value: JSON) -> tuple[object, str | None]:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value, "no text"
    text = str(value)
    return text, None if text.strip() else "empty text"


def _one_vote(question: str, texts: Sequence[str], form: Form, how: Plan, vote: int) -> list[object]:
    answers: list[object] = [FailedCall("not_asked", "the item was not asked")] * len(texts)
    waiting = list(range(len(texts)))
    size = how.pack
    for number in range(ROUNDS):
        if not waiting:
            break
        if number == ROUNDS - 1:
            size = 1
        ask = Ask(model=how.model, sample=vote + _SAMPLES * 2 * number)
        hopeless = _ask_round(question, packs(waiting, texts, size), texts, form, ask, answers)
        waiting = [place for place in waiting if isinstance(answers[place], FailedCall)]
        if hopeless:
            break
        size = max(1, size // 2)
    return answers


def _ask_round(
    question: str,
    some: Sequence[list[int]],
    texts: Sequence[str],
    form: Form,
    ask: Ask,
    answers: list[object],
) -> bool:
    """Ask all packs at once and write down what is valid; tells whether asking again is in vain."""
    # The host would refuse a reply for one bad value; here the other nineteen are kept.
    asked = replace(ask, schema=pack_schema(form.schema), check=False)
    prompts = [_prompt(question, pack, texts, form) for pack in some]
    failures: list[FailedCall] = []
    for pack, reply in zip(some, wait_all(send(prompts, asked)), strict=True):
        if isinstance(reply, FailedCall):
            failures.append(reply)
        _write_down(pack, reply, form, answers)
    if any(failure.code in _HOPELESS for failure in failures):
        return True
    return (
        len(failures) == len(some)
        and len({failure.code for failure in failures}) == 1
        and len(some) > 0
        and (failures[0].code == "request_refused" and all(len(pack) == 1 for pack in some))
    )


def _prompt(question: str, pack: Sequence[int], texts: Sequence[str], form: Form) -> str:
    return pack_prompt(question, [texts[place] for place in pack], form.told)


def _write_down(pack: Sequence[int], reply: Reply | FailedCall, form: Form, answers: list[object]) -> None:
    if isinstance(reply, FailedCall):
        for place in pack:
            answers[place] = reply
        return
    found = numbered(reply, len(pack))
    if not found and len(pack) == 1:
        found = _bare(reply, form)
    for number, place in enumerate(pack, 1):
        if number not in found:
            answers[place] = FailedCall("no_valid_answer", f"the reply gives it no one value ({_cut(reply)})")
            continue
        value, complaint = form.read(found[number])
        answers[place] = value if complaint is None else FailedCall("no_valid_answer", complaint)


def _bare(reply: str, form: Form) -> dict[int, JSON]:
    """A single item answered with nothing but its value."""
    text = reply.strip()
    if not text or "{" in text or looks_numbered(text):
        return {}
    return {1: text} if form.read(text)[1] is None else {}


def _majority(votes: Sequence[object]) -> object:
    """The value with the most votes, the first of equals; a failure unless more than half are valid."""
    if len(votes) == 1:
        return votes[0]
    valid = [vote for vote in votes if not isinstance(vote, FailedCall)]
    if len(valid) * 2 <= len(votes):
        return next(vote for vote in votes if isinstance(vote, FailedCall))
    written = [_written(vote) for vote in valid]
    most = Counter(written).most_common(1)[0][0]  # of equals, the one met first
    return valid[written.index(most)]


def _written(vote: object) -> str:
    if isinstance(vote, FailedCall):
        return "?"
    return json.dumps(vote, sort_keys=True, default=str)


def _cut(text: str) -> str:
    return repr(text[:80]) + ("…" if len(text) > 80 else "")
