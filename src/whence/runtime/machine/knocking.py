"""How much of the time the interpreter's lock is held, found out by knocking: asking for it again and again.

A thread that sleeps for a millisecond needs the lock to go on. If somebody computes in Python it gets it only
after the switch interval (5 ms) has passed, and if nobody holds it, at once. What it waited for a core is
taken off, so the answer is the same on a busy machine: pure Python holds the lock all the time, a fit of
boosted trees seldom, sleeping never. Work that holds it for a share h of its time gains 1/h on threads at the
most, however many cores there are.

Without the lock (a free-threaded interpreter) every knock is answered at once.

>>> knocks = Knocks((0.0, 0.0003, 0.005, 0.006))
>>> knocks.held, knocks.held_long
(0.75, 0.5)
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from whence.runtime.machine.pulse import pulse

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

NAP: Final = 0.001
SLACK: Final = 0.000_1
"""Seconds by which a timer may be late by itself."""

LONG: Final = 0.001
"""Whoever keeps a knocker waiting for so long computes in Python: numpy and its like let go more often."""


@dataclass(frozen=True, slots=True)
class Knocks:
    """How long each knock was kept waiting for the lock, in seconds."""

    waits: tuple[float, ...]

    @property
    def held(self) -> float:
        """The share of knocks at which the lock was held."""
        return sum(wait > SLACK for wait in self.waits) / max(1, len(self.waits))

    @property
    def held_long(self) -> float:
        """The share of knocks at which it was held and not let go within a millisecond."""
        return sum(wait > LONG for wait in self.waits) / max(1, len(self.waits))


def knock(times: int, nap: Callable[[float], bool]) -> Knocks:
    """Knock while other threads work; `nap(seconds)` sleeps, and says whether their work is over."""
    waits: list[float] = []
    for _ in range(times):
        before = pulse()
        over = nap(NAP)
        after = pulse()
        if over:
            break
        own = after.wall - before.wall - (after.waited - before.waited) - (after.ran - before.ran)
        waits.append(own - NAP)
    return Knocks(tuple(waits))


@dataclass(slots=True)
class Knocker:
    """What was heard until now, by a thread that knocks."""

    _waits: list[float] = field(default_factory=list[float])

    @property
    def knocks(self) -> Knocks:
        """All knocks so far."""
        return Knocks(tuple(self._waits))

    def go_on(self, done: threading.Event) -> None:
        """Knock until told to stop."""
        while not done.is_set():
            self._waits += knock(8, done.wait).waits


@contextmanager
def knocking() -> Generator[Knocker]:
    """Knock from a thread beside what is done in the block."""
    knocker, done = Knocker(), threading.Event()
    # Nothing of the caller's context concerns it.
    thread = threading.Thread(
        target=Context().run, args=(knocker.go_on, done), name="whence-knocking", daemon=True
    )
    thread.start()
    try:
        yield knocker
    finally:
        done.set()
        thread.join()
