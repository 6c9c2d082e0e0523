"""A run in a journal: what it was started with, what happened, and every reply that was paid for.

The first entry is the header. Events follow as they happen, and replies under the key of their request, so
that a run that was killed goes on without asking anything twice, and a recording can be replayed without a
key. Known secrets are masked in everything that is written.

    {"kind": "header", "schema": "whence.rlm/1", "question": …, "context": "sha256", "model": …, …}
    {"kind": "event", "event": "cellran", "run": "0", "at": 1.5, …}
    {"kind": "reply", "key": "sha256", "text": …, "usage": {…}, "usd": …, "model": …, "finish": …, …}
    {"kind": "kept", "key": "0/tool/sha256/0", "value": …}      what the world said, and may not say again

>>> event = events.Noted(run="0.1", at=2.5, message="a second answer was ignored")
>>> entry_of(event)
{'kind': 'event', 'event': 'noted', 'run': '0.1', 'at': 2.5, 'message': 'a second answer was ignored'}
>>> event_of(entry_of(event)) == event
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from whence.rlm import events
from whence.rlm.errors import LanguageModelError, ResumeMismatch
from whence.rlm.events import RunEvent
from whence.rlm.messages import Reply, Usage
from whence.runtime.events import Event
from whence.runtime.journal import Torn, Writer, entries
from whence.runtime.plain import JSON, plain, quoted
from whence.runtime.secrets import redact

SCHEMA = "whence.rlm/1"
LARGEST_WHOLE = 2**63


class UnreadableEntry(LanguageModelError):
    """An entry of a journal that is none of ours, or of a later version."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"An entry of the journal cannot be read: {reason.rstrip('.')}.",
            "Read it with the version of Whence that wrote it.",
        )


# ── the header ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a run was started with. `context` is the SHA-256 of the context; `versions` are only noted."""

    question: str | None
    context: str
    model: str
    sub_model: str
    options: Mapping[str, JSON]
    versions: Mapping[str, str]

    def entry(self) -> dict[str, JSON]:
        """The header as the first entry of a journal."""
        told = {field.name: plain(getattr(self, field.name)) for field in fields(self)}
        return cast("dict[str, JSON]", masked({"kind": "header", "schema": SCHEMA, **told}))


def header_of(path: str | Path) -> Header:
    """The header of a journal; raises `UnreadableEntry` where its first entry is none."""
    entry = next(entries(path, "skip"), None)
    if entry is None or entry.get("kind") != "header" or entry.get("schema") != SCHEMA:
        raise UnreadableEntry(f"{quoted(str(path), 300)} does not begin with a header of {SCHEMA}")
    try:
        return Header(**{field.name: entry[field.name] for field in fields(Header)})
    except KeyError as error:
        raise UnreadableEntry(f"the header has no {error.args[0]}") from None


def check_same(header: Header, path: str | Path) -> None:
    """Raise `ResumeMismatch` unless the journal at `path` is of a run that was started with the same."""
    try:
        before = header_of(path).entry()
    except UnreadableEntry:
        raise ResumeMismatch(path, "kind of record") from None
    now = header.entry()
    for name in ("question", "context", "model", "sub_model"):
        if now[name] != before[name]:
            raise ResumeMismatch(path, name.replace("_", "-"))
    old, new = before["options"], now["options"]
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                raise ResumeMismatch(path, f"option {name}")
    elif old != new:
        raise ResumeMismatch(path, "options")


# ── the recorder ────────────────────────────────────────────────────────────────────────────────────────────


class Recorder:
    """Writes what happens in a run to a journal: call it with events, hand it replies.

    On a new or empty file it writes the header; a file that is there must be of a run that was started with
    the same (`ResumeMismatch`), and then `replies` holds what it was answered.
    """

    __slots__ = ("_writer", "kept", "replies")

    def __init__(self, path: str | Path, header: Header) -> None:
        self.replies: dict[str, Reply] = {}
        self.kept: dict[str, JSON] = {}
        self._writer = Writer(path)
        try:
            if self._writer.count:
                check_same(header, path)
                self.replies = replies(path)
                self.kept = kept(path)
            else:
                self._writer.write(header.entry())
        except BaseException:
            self._writer.close()
            raise

    @property
    def torn(self) -> int:
        """How many bytes of half a line the last crash had left."""
        return self._writer.torn

    def __call__(self, event: Event) -> None:
        """Write an event of a run; others are not ours and are passed over."""
        if isinstance(event, RunEvent):
            self._writer.write(cast("dict[str, JSON]", masked(entry_of(event))))

    def reply(self, key: str, reply: Reply) -> None:
        """Write a reply under the key of its request, once."""
        if key not in self.replies:
            self._writer.write(cast("dict[str, JSON]", masked(reply_entry(key, reply))))
            self.replies[key] = reply

    def keep(self, key: str, value: JSON) -> None:
        """Write a value that a run must find again when it goes on, such as what a tool gave."""
        self._writer.write(cast("dict[str, JSON]", masked({"kind": "kept", "key": key, "value": value})))
        self.kept[key] = value

    def close(self) -> None:
        """Have all of it on the disk and let go of the file."""
        self._writer.flush()
        self._writer.close()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def masked(value: JSON) -> JSON:
    """The value with known secrets masked in every text."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        return {redact(key): masked(item) for key, item in value.items()}
    return value


# ── replies ─────────────────────────────────────────────────────────────────────────────────────────────────


def reply_entry(key: str, reply: Reply) -> dict[str, JSON]:
    """A reply as an entry."""
    return {
        "kind": "reply",
        "key": key,
        "text": reply.text,
        "usage": _plain_usage(reply.usage),
        "usd": reply.usd,
        "model": reply.model,
        "finish": reply.finish,
        "seconds": reply.seconds,
    }


def replies(path: str | Path, torn: Torn = "skip") -> dict[str, Reply]:
    """Every reply in a journal by the key of its request: what a run that goes on does not ask again."""
    found: dict[str, Reply] = {}
    for entry in entries(path, torn):
        if entry.get("kind") == "reply":
            key = _text(entry.get("key"))
            found[key] = Reply(
                text=_text(entry.get("text")),
                usage=_usage(entry.get("usage")),
                usd=_or_none(_number)(entry.get("usd")),
                seconds=_number(entry.get("seconds")),
                model=_text(entry.get("model")),
                finish=cast("Literal['stop', 'length']", _one_of("stop", "length")(entry.get("finish"))),
            )
    return found


def kept(path: str | Path, torn: Torn = "skip") -> dict[str, JSON]:
    """Every kept value in a journal by its key."""
    return {
        _text(entry.get("key")): entry.get("value")
        for entry in entries(path, torn)
        if entry.get("kind") == "kept"
    }


# ── events ──────────────────────────────────────────────────────────────────────────────────────────────────


def run_events(path: str | Path, torn: Torn = "skip") -> Iterator[RunEvent]:
    """The events in a journal, oldest first."""
    for entry in entries(path, torn):
        if entry.get("kind") == "event":
            yield event_of(entry)


def entry_of(event: RunEvent) -> dict[str, JSON]:
    """An event as an entry; raises `UnreadableEntry` for a kind that could not be read again."""
    name = type(event).__name__.lower()
    if _kinds().get(name) is not type(event):
        raise UnreadableEntry(f"no event is called {quoted(name)}")
    told = {
        field.name: _plain_usage(value) if isinstance(value, Usage) else plain(value)
        for field in fields(event)
        if (value := getattr(event, field.name)) != "rlm" or field.name != "stage"
    }
    return {"kind": "event", "event": name, **told}


def event_of(entry: Mapping[str, JSON]) -> RunEvent:
    """The event in an entry; raises `UnreadableEntry` for one of another kind, or with other parts."""
    name = entry.get("event")
    kind = _kinds().get(name) if isinstance(name, str) else None
    if entry.get("kind") != "event" or kind is None:
        raise UnreadableEntry(f"no event is called {quoted(str(name))}")
    readers = _readers(kind)
    given = {key: value for key, value in entry.items() if key not in {"kind", "event"}}
    made: dict[str, object] = {}
    for part, value in given.items():
        if part not in readers:
            raise UnreadableEntry(f"{name} has no {quoted(part)}")
        try:
            made[part] = readers[part](value)
        except UnreadableEntry as error:
            raise UnreadableEntry(f"{part} of {name}: {error.reason}") from None
    try:
        return kind(**cast("Any", made))
    except TypeError:
        lacking = [part for part in readers if part not in made]
        raise UnreadableEntry(f"{name} lacks one of {', '.join(lacking)}") from None


@cache
def _kinds() -> Mapping[str, type[RunEvent]]:
    kinds = (getattr(events, name) for name in dir(events))
    return {
        kind.__name__.lower(): kind
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, RunEvent) and kind is not RunEvent
    }


@cache
def _readers(kind: type[RunEvent]) -> Mapping[str, Callable[[JSON], object]]:
    return {field.name: READERS[str(field.type)] for field in fields(kind)}


# How a part of an event is read, by the type that its class gives it.


def _text(value: JSON) -> str:
    if not isinstance(value, str):
        raise UnreadableEntry("it should be text")
    return value


def _whole(value: JSON) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnreadableEntry("it should be a whole number")
    if abs(value) > LARGEST_WHOLE:  # no arithmetic of a view is to fail by it
        raise UnreadableEntry("it is beyond all counting")
    return value


def _number(value: JSON) -> float:
    if isinstance(value, str) and value in {"inf", "-inf", "nan"}:
        return float(value)  # numbers that JSON has no word for
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise UnreadableEntry("it should be a number")
    if isinstance(value, int):
        return float(_whole(value))
    return value


def _truth(value: JSON) -> bool:
    if not isinstance(value, bool):
        raise UnreadableEntry("it should be true or false")
    return value


def _anything(value: JSON) -> JSON:
    return value


def _one_of(*choices: str) -> Callable[[JSON], str]:
    def read(value: JSON) -> str:
        if value not in choices:
            raise UnreadableEntry(f"it should be one of {', '.join(choices)}")
        return _text(value)

    return read


def _or_none(read: Callable[[JSON], Any]) -> Callable[[JSON], Any]:
    return lambda value: None if value is None else read(value)


def _texts(value: JSON) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise UnreadableEntry("it should be a list of texts")
    return tuple(_text(item) for item in value)


def _by_name(read: Callable[[JSON], object]) -> Callable[[JSON], object]:
    def read_all(value: JSON) -> object:
        if not isinstance(value, dict):
            raise UnreadableEntry("it should be an object")
        return {key: read(item) for key, item in value.items()}

    return read_all


def _usage(value: JSON) -> Usage:
    if not isinstance(value, dict) or not value.keys() <= {"input", "output", "cached", "estimated"}:
        raise UnreadableEntry("it should be a usage")
    return Usage(
        input=_whole(value.get("input", 0)),
        output=_whole(value.get("output", 0)),
        cached=_whole(value.get("cached", 0)),
        estimated=_truth(value.get("estimated", False)),
    )


def _plain_usage(usage: Usage) -> dict[str, JSON]:
    return {
        "input": usage.input,
        "output": usage.output,
        "cached": usage.cached,
        "estimated": usage.estimated,
    }


READERS: Mapping[str, Callable[[JSON], object]] = {
    "str": _text,
    "str | None": _or_none(_text),
    "int": _whole,
    "float": _number,
    "float | None": _or_none(_number),
    "bool": _truth,
    "JSON": _anything,
    "Usage": _usage,
    "dict[str, str]": _by_name(_text),
    "dict[str, float]": _by_name(_number),
    "tuple[str, ...]": _texts,
    "Literal['direct', 'recursive']": _one_of("direct", "recursive"),
}
