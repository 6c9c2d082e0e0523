"""Looking at threads while they work: do they compute side by side, or take turns at the interpreter's lock?

A task says of itself that it releases the lock, and may be wrong. Two things are seen from outside. Knocking
at the lock (`whence.runtime.machine.knocking`) tells whether it is held; that works on a busy machine too.
And of the time that the threads had, less what they waited for a core, they were at work some part: two that
take turns are at work half of it, and gain nothing. Threads that do not work though the lock is free wait for
something else, and are left alone.

>>> watch = Watch(lanes=2)
>>> held = Knocks((0.005,) * 8)
>>> watch.look(held, seconds=0.3, cpu=0.3, waited=0.0)  # the first look is for warming up
False
>>> watch.look(held, seconds=0.6, cpu=0.46, waited=0.0), watch.look(held, seconds=0.9, cpu=0.62, waited=0.0)
(False, True)
>>> round(watch.gain, 2)
1.0
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from whence.runtime.executor.automatic.policy import POOR_GAIN
from whence.runtime.machine.knocking import Knocks

WINDOW: Final = 0.05
"""Seconds of each thread between two looks."""

KNOCKS: Final = 8

TAKING_TURNS: Final = 0.8
"""The share of knocks kept waiting for long, from which on threads do nothing but take turns."""

FREE: Final = 0.3
"""The share of knocks kept waiting at all, up to which the lock is not what holds threads up."""


@dataclass(slots=True)
class Watch:
    """What was seen of `lanes` threads: `gain` is how many of them were at work at once, on average.

    The first window is passed over: everybody loads libraries in it. One poor window may be an accident; two,
    one after the other, are a finding.
    """

    lanes: int
    gain: float | None = None
    _seconds: float = 0.0
    _cpu: float = 0.0
    _waited: float = 0.0
    _windows: int = 0
    _poor: int = 0

    def due(self, seconds: float) -> bool:
        """Whether enough was done since the last look for another."""
        return seconds - self._seconds >= WINDOW * self.lanes

    def look(self, knocks: Knocks, seconds: float, cpu: float, waited: float) -> bool:
        """Take in the sums over all batches so far; True if threads were found to take turns."""
        had = seconds - self._seconds - (waited - self._waited)
        if self._windows > 0 and had > 0:
            self.gain = self._seen(knocks, (cpu - self._cpu) / had)
            self._poor = self._poor + 1 if self.gain < POOR_GAIN else 0
        self._seconds, self._cpu, self._waited = seconds, cpu, waited
        self._windows += 1
        return self._poor >= 2

    def _seen(self, knocks: Knocks, at_work: float) -> float:
        if knocks.held_long >= TAKING_TURNS:
            return 1.0
        if knocks.held <= FREE:
            return float(self.lanes)
        return self.lanes * min(1.0, at_work)
