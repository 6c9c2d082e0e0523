"""Handing out items in batches: large enough that the hand-over costs nothing, small enough that none waits.

Every lane comes for its next batch when it is free. The first batches hold one item each; what they took
decides how many items make up some tens of milliseconds. What a batch did not get to comes back and is
handed out first. The items of a worker that died are suspects: they are handed out again one by one, after
all others, so that what is not to blame is finished whatever becomes of the rest.

When an item fails, only items before it are still handed out: when those are done, the first failure in the
order of the items is known, and it is the same for any number of lanes.

>>> from whence.runtime.executor.protocol import Reply
>>> batches = Batches(total=3, lanes=2)
>>> first, second = batches.take(), batches.take()
>>> first, second
(range(0, 1), range(1, 2))
>>> batches.give(first, Reply(["done"], seconds=0.001))
>>> batches.take()
range(2, 3)
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Generic, TypeVar

from whence.runtime.executor.losses import Losses
from whence.runtime.executor.protocol import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from whence.runtime.executor.protocol import Reply, WorkerDied

R = TypeVar("R")

SECONDS_PER_BATCH = 0.03
"""Between 20 and 50 ms: a hand-over between processes costs about one."""


@dataclass(slots=True)
class Batches(Generic[R]):
    """The items of one `map`: those to be handed out, those in somebody's hands, and what came back.

    `done`, `seconds`, `cpu` and `waited` add up over all replies; whoever watches may read them at any time.
    Items whose `results` are there from the start are not done again.
    """

    total: int
    lanes: int
    stage: str = "work"
    each: Callable[[int, R], None] | None = None
    done: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    waited: float = 0.0
    results: dict[int, R] = field(default_factory=dict[int, R])
    failures: dict[int, Failure] = field(default_factory=dict[int, Failure])
    losses: Losses = field(init=False)
    broken: BaseException | None = None
    _size: int = 1
    _stopped: bool = False
    _left: int = 0
    _at_work: int = 0
    _waiting: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    _suspects: deque[int] = field(default_factory=deque[int])
    _out: set[range] = field(default_factory=set[range])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _telling: threading.Lock = field(default_factory=threading.Lock)
    _changed: threading.Condition = field(init=False)
    _over: threading.Condition = field(init=False)

    def __post_init__(self) -> None:
        self.done = len(self.results)
        self._left = self.total - self.done
        self._at_work = self.lanes
        self.losses = Losses(self.lanes)
        self._changed = threading.Condition(self._lock)
        self._over = threading.Condition(self._lock)
        if self._left:
            self._waiting = gaps(self.results, self.total)

    def take(self) -> range | None:
        """The next batch, or None when there is nothing more to do.

        Waits while others are at work: what they do not get to, or die of, is handed out again.
        """
        with self._lock:
            while not self._stopped:
                batch = self._next()
                if batch is not None:
                    self._out.add(batch)
                    return batch
                if not self._out:
                    break
                self._changed.wait()
            return None

    def give(self, batch: range, reply: Reply[R]) -> None:
        """Take back a batch: the results of its first items, perhaps a failure, perhaps items not begun."""
        if self.each is not None:
            # Not under the lock of the batches: whoever writes results down must not hold up the others.
            with self._telling:
                for index, result in zip(batch, reply.results, strict=False):
                    self.each(index, result)
        with self._lock:
            count = len(reply.results)
            self.results.update(zip(batch, reply.results, strict=False))
            self.done += count
            self.seconds += reply.seconds
            self.cpu += reply.cpu
            self.waited += reply.waited
            self.losses.answered()
            if reply.error is not None:
                self.failures[batch.start + count] = reply.error
            elif count < len(batch):
                self._hand_out_again(batch[count:])
            if count:
                fitting = SECONDS_PER_BATCH * count / max(reply.seconds, 1e-9)
                # One lucky timing must not make a batch of everything.
                self._size = max(1, int(min(fitting, 4 * self._size)))
            self._is_back(batch)

    def lose(self, batch: range, death: WorkerDied) -> bool:
        """The worker of a batch died: its items are done again, one by one, until they have had their lives.

        False if nobody wants to know, because the work was stopped.
        """
        with self._lock:
            if self._stopped:
                return False
            match self.losses.died(batch, death):
                case "again":
                    self._hand_out_again(batch)
                case "alone":
                    self._suspects.extend(batch)
                case "never":
                    pass
            error = self.losses.hopeless(self.stage, death)
            if error is not None:
                self._break(error)
            self._is_back(batch)
            return True

    def break_off(self, error: BaseException) -> None:
        """Note that nothing more can be done."""
        with self._lock:
            self._break(error)

    def stop(self) -> None:
        """Hand out no further batch."""
        with self._lock:
            self._stopped = True
            self._changed.notify_all()

    def leave(self) -> None:
        """A lane is gone."""
        with self._lock:
            self._at_work -= 1
            self._over.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until nothing under way can change the outcome any more; False when time is up."""
        with self._lock:
            return self._over.wait_for(self._decided, seconds)

    def left(self, seconds: float) -> bool:
        """Wait until every lane is gone; False when time is up."""
        with self._lock:
            return self._over.wait_for(lambda: self._at_work == 0, seconds)

    def _decided(self) -> bool:
        first = min(self.failures, default=None)
        settled = first is not None and not self._before(first)
        return self._at_work == 0 or self.broken is not None or settled

    def _before(self, index: int) -> bool:
        """Whether an item before this one is in somebody's hands or still to be handed out."""
        starts = [
            *(batch.start for batch in self._out),
            *self._suspects,
            *(start for start, _ in self._waiting),
        ]
        return any(start < index for start in starts)

    def _next(self) -> range | None:
        limit = min(self.failures, default=self.total)
        if self._waiting and self._waiting[0][0] < limit:
            start, stop = heappop(self._waiting)
            fair = -(-self._left // self.lanes)
            end = min(start + self._size, start + fair, stop)
            if end < stop:
                heappush(self._waiting, (end, stop))
            self._left -= end - start
            return range(start, end)
        while self._suspects:
            suspect = self._suspects.popleft()
            if suspect < limit:
                return range(suspect, suspect + 1)
        return None

    def _hand_out_again(self, items: range) -> None:
        heappush(self._waiting, (items.start, items.stop))
        self._left += len(items)

    def _break(self, error: BaseException) -> None:
        if self.broken is None:
            self.broken = error
        self._stopped = True
        self._changed.notify_all()
        self._over.notify_all()

    def _is_back(self, batch: range) -> None:
        self._out.discard(batch)
        self._changed.notify_all()
        if self.failures:
            self._over.notify_all()


def gaps(had: Collection[int], total: int) -> list[tuple[int, int]]:
    """The stretches of `range(total)` that are not in `had`, each as its start and its end.

    >>> gaps({0, 1, 4}, 6)
    [(2, 4), (5, 6)]
    """
    found: list[tuple[int, int]] = []
    start = 0
    for index in sorted(had):
        if index > start:
            found.append((start, index))
        start = index + 1
    return [*found, (start, total)] if start < total else found
