"""How many calls are in flight at once: more while they succeed, half as many when the server says "too
many".

Additive increase and multiplicative decrease, as in TCP (Chiu & Jain, 1989, doi
10.1016/0169-7552(89)90019-6): one more after as many successes as may be in flight, provided that many really
were; half of it after a 429, once for all the calls that were under way at that moment, since they tell of
the same crowding. A `Retry-After` holds everybody back, not only the call that was told.

>>> pace = Pace(start=8)
>>> pace.throttled(pace.epoch); pace.in_flight
4
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable

from whence.runtime.errors import InvalidOption

START = 64
MOST = 256
LONGEST_PAUSE = 60.0


class Pace:
    """The gate before a server, for one event loop. `in_flight` is how many may pass it at once, now."""

    def __init__(
        self,
        start: int = START,
        most: int = MOST,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        if most < 1:
            raise InvalidOption("Pace(most)", most, "a whole number, 1 or more")
        if not 1 <= start <= most:
            raise InvalidOption("Pace(start)", start, f"a whole number from 1 to {most}")
        self.in_flight = start
        self.most = most
        self.busy = 0
        self.epoch = 0  # counts the decreases
        self._successes = 0
        self._paused_until = 0.0
        self._clock = clock
        self._sleep = sleep
        self._waiting: deque[asyncio.Future[None]] = deque()

    # ── the rule ────────────────────────────────────────────────────────────────────────────────────────

    def succeeded(self) -> None:
        """A call came back well: one more may be in flight after as many of these as may be now."""
        if self.busy < self.in_flight:
            return  # fewer are in flight than could be: that tells nothing of what the server can bear
        self._successes += 1
        if self._successes >= self.in_flight:
            self._successes = 0
            self.in_flight = min(self.most, self.in_flight + 1)

    def throttled(self, epoch: int, retry_after: float | None = None) -> None:
        """The server wants fewer calls than when this one passed the gate, in `epoch`."""
        if retry_after is not None:
            until = self._clock() + min(max(retry_after, 0.0), LONGEST_PAUSE)
            self._paused_until = max(self._paused_until, until)
        if epoch == self.epoch:
            self.epoch += 1
            self._successes = 0
            self.in_flight = max(1, self.in_flight // 2)

    @property
    def pause(self) -> float:
        """Seconds until calls may pass again."""
        return max(0.0, self._paused_until - self._clock())

    # ── the gate ────────────────────────────────────────────────────────────────────────────────────────

    async def enter(self) -> int:
        """Wait for a place; gives the epoch in which the call passes. To be followed by `leave`."""
        if self.busy < self.in_flight:
            self.busy += 1
        else:
            await self._queue()
        try:
            while (wait := self.pause) > 0:
                await self._sleep(wait)
        except BaseException:
            self.leave()
            raise
        return self.epoch

    def leave(self) -> None:
        """Give the place back."""
        self.busy -= 1
        self._let_in()

    async def _queue(self) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.leave()  # let in and cancelled in the same moment
            raise

    def _let_in(self) -> None:
        while self._waiting and self.busy < self.in_flight:
            place = self._waiting.popleft()
            if not place.done():
                self.busy += 1
                place.set_result(None)
