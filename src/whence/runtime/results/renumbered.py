"""Numbers of items, from those of the part that was done to those of the whole.

When twenty of thirty results are in the journal, ten items are done, numbered from nought to nine by whoever
does them. An error, a note, a warning and the progress must speak of the thirty.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, overload

from whence.runtime.errors import TaskFailed, WhenceError
from whence.runtime.events import Event, Progress, Warned
from whence.runtime.executor.losses import TasksSetAside

T = TypeVar("T")

NUMBERED = re.compile(r"\b(items? )(\d+)(?: to (\d+))?")


class Chosen(Sequence[T]):
    """The items at some places, taken only when they are asked for.

    >>> list(Chosen("abc", [0, 2]))
    ['a', 'c']
    """

    __slots__ = ("_items", "_places")

    def __init__(self, items: Sequence[T], places: Sequence[int]) -> None:
        self._items = items
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Chosen[T]: ...
    def __getitem__(self, index: int | slice) -> T | Chosen[T]:
        if isinstance(index, slice):
            return Chosen(self._items, self._places[index])
        return self._items[self._places[index]]


@dataclass(frozen=True, slots=True)
class Part:
    """Some items of a map: the place of each among all `whole` items of `stage`."""

    stage: str
    places: Sequence[int]
    whole: int

    def event(self, event: Event) -> Event:
        """What an event about the part says of the whole."""
        if event.stage != self.stage:
            return event
        if isinstance(event, Progress) and event.total == len(self.places):
            return replace(event, done=event.done + self.whole - event.total, total=self.whole)
        if isinstance(event, Warned) and event.code == "worker_lost":
            return replace(event, message=NUMBERED.sub(self._named, event.message, count=1))
        return event

    def error(self, error: WhenceError) -> WhenceError:
        """What an error about the part says of the whole."""
        if isinstance(error, TaskFailed):
            return _with_what_is_on(error, TaskFailed(self.places[error.index], error.cause))
        if isinstance(error, TasksSetAside):
            ends = {self.places[index]: ends for index, ends in error.ends.items()}
            return _with_what_is_on(error, TasksSetAside(self.stage, self.whole, ends))
        notes: list[str] = getattr(error, "__notes__", [])
        for at in reversed(range(len(notes))):
            if notes[at].startswith("in item ") and notes[at].endswith(f" of {self.stage}"):
                notes[at] = NUMBERED.sub(self._named, notes[at], count=1)
                break
        return error

    def _named(self, found: re.Match[str]) -> str:
        first, last = int(found[2]), int(found[3] or found[2])
        if last >= len(self.places):
            return found[0]
        upto = f" to {self.places[last]}" if found[3] else ""
        return f"{found[1]}{self.places[first]}{upto}"


def _with_what_is_on(old: WhenceError, new: WhenceError) -> WhenceError:
    new.__cause__ = old.__cause__
    for note in getattr(old, "__notes__", ()):
        new.add_note(note)
    return new.with_traceback(old.__traceback__)
