"""Looking at threads while they work: do they compute side by side, or take turns at the interpreter's lock?

A task says of itself that it releases the lock, and may be wrong: small scikit-learn fits hold it most of the
time. What is seen of the batches tells: of the time that the threads had, less what they waited for a core,
how much were they at work? Two threads that take turns are at work half of it, and gain nothing.

>>> watch = Watch(lanes=2)
>>> watch.look(seconds=0.3, cpu=0.3, waited=0.0), watch.gain  # the first look is for warming up
(False, None)
>>> watch.look(seconds=0.6, cpu=0.46, waited=0.0), watch.look(seconds=0.9, cpu=0.62, waited=0.0)
(False, True)
>>> round(watch.gain, 2)
1.07
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from whence.runtime.executor.policy import POOR_GAIN

WINDOW: Final = 0.08
"""Seconds of each thread between two looks."""


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

    def look(self, seconds: float, cpu: float, waited: float) -> bool:
        """Take the sums over all batches so far; True if threads were found to get in one another's way."""
        had = seconds - self._seconds - (waited - self._waited)
        if seconds - self._seconds < WINDOW * self.lanes:
            return False
        if had > 0 and self._windows > 0:
            self.gain = self.lanes * min(1.0, (cpu - self._cpu) / had)
            self._poor = self._poor + 1 if self.gain < POOR_GAIN else 0
        self._seconds, self._cpu, self._waited = seconds, cpu, waited
        self._windows += 1
        return self._poor >= 2
