"""How often and how much at once: a bucket of tokens that fills steadily, and a count of what is open.

>>> times = iter([0.0, 0.0, 0.0, 0.5])
>>> quota = Quota(requests=2.0, burst=2.0, clock=lambda: next(times))
>>> [quota.wait("me") for _ in range(4)]
[0.0, 0.0, 0.5, 0.0]
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager

from whence.studio.security.refusals import Refused

_KEPT = 256


class Quota:
    """Requests a second, for each who asks."""

    def __init__(self, requests: float, burst: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = requests
        self._burst = burst
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, who: str) -> float:
        """Take one token; 0 if there was one, else the seconds until there is."""
        now = self._clock()
        tokens, at = self._buckets.get(who, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._rate)
        if tokens < 1:
            self._buckets[who] = (tokens, now)
            return (1 - tokens) / self._rate
        if len(self._buckets) >= _KEPT and who not in self._buckets:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[who] = (tokens - 1, now)
        return 0.0


class Open:
    """How many things of a kind are open at once, for each who opened them."""

    def __init__(self, most: int, what: str) -> None:
        self._most = most
        self._what = what
        self._count: Counter[str] = Counter()

    @contextmanager
    def one(self, who: str) -> Generator[None]:
        """Hold one open; a typed refusal if there are as many as may be."""
        if self._count[who] >= self._most:
            raise Refused(429, f"There are too many {self._what} at once.", "Close some.", retry_after=5)
        self._count[who] += 1
        try:
            yield
        finally:
            self._count[who] -= 1
            if not self._count[who]:
                del self._count[who]
