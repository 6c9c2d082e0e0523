r"""Read a journal on while another process writes it: only what is new, and only if it follows the rest.

Every line of a journal holds the hash of the one before it (`whence.runtime.journal`), so a line that was
changed, or a file that was put in the place of another, shows at once, also in the part read later.

>>> import tempfile, pathlib
>>> from whence.rlm.events import Noted
>>> from whence.rlm.journal.record import entry_of
>>> from whence.runtime.journal import Writer
>>> path = pathlib.Path(tempfile.mkdtemp()) / "run.jsonl"
>>> with Writer(path) as writer:
...     follower = Follower(path)
...     _ = writer.write(entry_of(Noted(message="one")))
...     first = follower.more()
...     _ = writer.write(entry_of(Noted(message="two")))
...     second = follower.more()
>>> [event.message for event in (*first, *second)]
['one', 'two']
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, cast

from whence.rlm.errors import LanguageModelError
from whence.rlm.events import RunEvent
from whence.rlm.journal.record import event_of
from whence.runtime.errors import WhenceError
from whence.runtime.journal import FIRST
from whence.runtime.plain import quoted

MOST_AT_ONCE = 4 << 20
"""Bytes read in one go: the loop that asks has other things to do as well."""

LONGEST_LINE = 64 << 20


class UnreadableJournal(WhenceError):
    """A journal that cannot be followed any further; what was read of it stays."""

    def __init__(self, name: str, line: int | None, why: str) -> None:
        self.line = line
        place = "" if line is None else f" at line {line}"
        super().__init__(
            f"The journal {quoted(name, 200)} cannot be read on{place}: {why}.",
            "What is shown is what came before that; keep the file as it is.",
        )


class Follower:
    """Where in a journal we are; `more` gives the events that were written since."""

    __slots__ = ("_broken", "_last", "_left", "_line", "_read", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0
        self._left = b""
        self._line = 0
        self._last = FIRST
        self._broken: UnreadableJournal | None = None

    @property
    def behind(self) -> bool:
        """Whether the file holds more than was read, or less: then it is no longer what it was."""
        try:
            return self._broken is not None or self.path.stat().st_size != self._read
        except OSError:
            return True

    def more(self) -> tuple[RunEvent, ...]:
        """The events in whole lines that are new; raises `UnreadableJournal` after the last good one."""
        if self._broken is not None:
            raise self._broken
        try:
            if self.path.stat().st_size < self._read:
                # A run that goes on cuts off the half line that a crash had left; whole lines stay.
                self._shortened(self.path.stat().st_size)
            with self.path.open("rb") as file:
                file.seek(self._read)
                got = file.read(MOST_AT_ONCE)
        except OSError as error:
            raise self._trouble(error.strerror or "it is gone") from error
        self._read += len(got)
        *whole, self._left = (self._left + got).split(b"\n")
        if len(self._left) > LONGEST_LINE:
            raise self._trouble("a line has no end")
        found: list[RunEvent] = []
        try:
            found.extend(event for line in whole if (event := self._event(line)) is not None)
        except UnreadableJournal as error:
            self._broken = error
        if self._broken is not None and not found:
            raise self._broken
        return tuple(found)

    def _shortened(self, size: int) -> None:
        if size < self._read - len(self._left):
            raise self._trouble("it was cut, or another file was put in its place")
        self._left = self._left[: size - (self._read - len(self._left))]
        self._read = size

    def _event(self, raw: bytes) -> RunEvent | None:
        """The event of the next line, None for other entries."""
        self._line += 1
        entry = self._checked(raw)
        if entry.get("kind") != "event":
            return None
        try:
            return event_of(entry)
        except LanguageModelError as error:
            raise self._trouble(error.message.rstrip(".")) from None

    def _checked(self, raw: bytes) -> dict[str, Any]:
        try:
            told: object = json.loads(raw)
        except (ValueError, RecursionError):
            raise self._trouble("it is no line of a journal") from None
        line = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
        entry, kept = line.get("entry"), line.get("hash")
        if not isinstance(entry, dict) or line.get("previous") != self._last or kept != _hash(line):
            raise self._trouble("it does not follow the line before it")
        self._last = str(kept)
        return cast("dict[str, Any]", entry)

    def _trouble(self, why: str) -> UnreadableJournal:
        return UnreadableJournal(self.path.name, self._line or None, why)


def _hash(line: dict[str, Any]) -> str:
    """The hash that a line of a record has: of all of it but the hash, in the one way to write it."""
    told = {key: value for key, value in line.items() if key != "hash"}
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
