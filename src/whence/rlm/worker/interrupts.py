"""Stopping a cell that ran too long, and nothing but a cell.

The thread that reads from the host sends the process's first thread a real signal: that wakes it from
sleeping and waiting, where an asynchronous exception would come only between two steps of Python. Code that
never lets another thread run (a regular expression without end) is met by a timer of processor time. The
handler raises `CellTimedOut` if that very cell still runs; while a frame is being sent it waits until the
frame is whole.
"""

from __future__ import annotations

import signal
from _thread import get_ident, interrupt_main
from contextlib import suppress
from signal import ITIMER_PROF, SIGPROF, pthread_kill, setitimer
from time import monotonic
from types import FrameType
from typing import Final

SIGNAL: Final = signal.SIGUSR2
_GRACE: Final = 0.5
"""Seconds after a cell's time in which the host's own interrupt is awaited."""


class CellTimedOut(BaseException):
    """The cell was stopped from outside; no `except Exception` holds it up."""

    def __init__(self) -> None:
        super().__init__(
            "the cell ran longer than its time and was stopped; what it had done until then is kept"
        )


class Interrupts:
    """Which cell runs, whether it is to stop, and steps that must not be cut in two (`with interrupts:`)."""

    def __init__(self) -> None:
        self.running = False
        self.stopping = False
        self.closed = False
        self.queued = 0
        self.seconds: float | None = None
        self._cell = 0
        self._ended = 0
        self._wanted = 0
        self._shields = 0
        self._began = 0.0
        self._first = get_ident()

    def begin(self) -> None:
        """A cell begins on this thread."""
        self._cell += 1
        self._shields = 0
        self._began = monotonic()
        self.stopping = False
        self._first = get_ident()
        try:
            signal.signal(SIGNAL, self._arrived)
            signal.signal(SIGPROF, self._rang)
        except ValueError:  # not the process's first thread: waits can be broken, loops cannot
            self._first = 0
        self._wind(self.seconds)
        self.running = True
        if self.closed or self._wanted == self._cell:  # asked to stop while it stood in the queue
            self._wanted = self._cell
            self.stopping = True
            self._raise()

    def skip(self) -> None:
        """A cell has come that cannot begin."""
        self._cell += 1
        self._ended = self._cell

    def end(self) -> None:
        """The cell is over: from here on nothing is raised."""
        self._ended = self._cell
        self.running = False
        self.stopping = False
        self._wind(None)

    def ask(self) -> None:
        """Ask the running cell, or the one in the queue, to stop; without either it does nothing.

        Called from another thread. The order matters: `begin` says that it runs before it looks.
        """
        cell = self._cell if self.running else self.queued
        if cell <= self._ended:
            return
        self._wanted = cell
        if not self.running:
            return
        self.stopping = True
        if not self._first:
            return
        try:
            pthread_kill(self._first, SIGNAL)
        except OSError:  # the filter forbids it: the same without waking a sleeper
            interrupt_main(SIGNAL)

    def __enter__(self) -> None:
        if get_ident() == self._first:
            self._shields += 1

    def __exit__(self, *_: object) -> None:
        if get_ident() == self._first:
            self._shields -= 1
            self._raise()

    def _wind(self, seconds: float | None) -> None:
        if self._first and self.seconds is not None:
            with suppress(OSError):
                setitimer(ITIMER_PROF, 0 if seconds is None else seconds + _GRACE)

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._raise()

    def _rang(self, number: int, frame: FrameType | None) -> None:
        """So much processor time was used; several threads use it faster than time passes."""
        del number, frame
        if not self.running or self.seconds is None:
            return
        left = self.seconds - (monotonic() - self._began)
        if left > 0:
            self._wind(left)
            return
        self.stopping = True
        self._wanted = self._cell
        self._raise()

    def _raise(self) -> None:
        if self.running and self._wanted == self._cell and not self._shields:
            self._wanted = 0
            raise CellTimedOut
