"""Handing out items in batches: large enough that the hand-over costs nothing, small enough that none waits.

Every worker comes for its next batch when it is free. The first batches hold one item each; what they
took decides how many items make up some tens of milliseconds. Batches are handed out in the order of the
items, so when an item fails, all items before it are already in somebody's hands: the first failure in
the order of the items is known when those are done, whatever the number of workers.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")

SECONDS_PER_BATCH = 0.03
"""Between 20 and 50 ms: a hand-over between processes costs about one."""


@dataclass(slots=True)
class Batches(Generic[R]):
    """The items still to be handed out and the results that came back, shared by the workers of a `map`."""

    total: int
    workers: int
    each: Callable[[int, R], None] | None = None
    done: int = 0
    results: dict[int, R] = field(default_factory=dict[int, R])
    failures: dict[int, Exception] = field(default_factory=dict[int, Exception])
    _next: int = 0
    _size: int = 1
    _stopped: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> range | None:
        """The next batch, or None when there is nothing more to do."""
        with self._lock:
            if self._stopped or self._next >= self.total:
                return None
            fair = -(-(self.total - self._next) // self.workers)
            start, self._next = self._next, self._next + min(self._size, fair)
            return range(start, self._next)

    def give(self, batch: range, results: list[R], seconds: float) -> None:
        """Take back a finished batch; `results` may be shorter, if the batch was broken off."""
        with self._lock:
            self.results.update(zip(batch, results, strict=False))
            self.done += len(results)
            if self.each is not None:
                for index, result in zip(batch, results, strict=False):
                    self.each(index, result)
            if results:
                fitting = SECONDS_PER_BATCH * len(results) / max(seconds, 1e-9)
                # One lucky timing must not make a batch of everything.
                self._size = max(1, int(min(fitting, 4 * self._size)))

    def fail(self, index: int, error: Exception) -> None:
        """Note that an item failed; no further batch is handed out."""
        with self._lock:
            self.failures[index] = error
            self._stopped = True

    def stop(self) -> None:
        """Hand out no further batch."""
        with self._lock:
            self._stopped = True
