"""A pool of the user's own: any `concurrent.futures.Executor`, of threads, of processes, of machines.

It is used and never shut down. A pool whose worker died is broken for good (`concurrent.futures` loses all
that it had): what came back until then was heard by `each`, and the error says so.

>>> with ThreadPoolExecutor(2) as pool:
...     given(pool).map(abs, [-3, 4, -5], stage="example")
[3, 4, 5]
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import BrokenExecutor, CancelledError, ProcessPoolExecutor, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from whence.runtime.errors import UnsuitableMethod, WhenceError
from whence.runtime.executor.cores import cores
from whence.runtime.executor.parallel import Parallel
from whence.runtime.executor.protocol import Reply, WorkerDied
from whence.runtime.executor.transport.arrays import Shelf
from whence.runtime.executor.transport.errands import Errand, received, run, sent
from whence.runtime.executor.transport.parcels import Packer
from whence.runtime.executor.work import done

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor as Pool
    from concurrent.futures import Future

    from whence.runtime.executor.protocol import Carrier

T = TypeVar("T")
R = TypeVar("R")

PLACE = "given"


class UnusablePool(WhenceError):  # noqa: N818 - named as every error of ours is
    """A pool that was given and takes no more work."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The pool that was given takes no more work: {reason.rstrip('.')}.",
            'Give a new one, or use executor="processes": there a worker that dies is replaced, and what it '
            "had is done again.",
        )


def given(pool: Pool, workers: int | None = None) -> Parallel:
    """An executor over a pool of the user's: `workers` items at once (not said: as many as the pool says)."""
    said: object = getattr(pool, "_max_workers", None) or getattr(pool, "num_workers", None)
    return Parallel(Given(pool), workers or (said if isinstance(said, int) and said > 0 else cores()))


class Given:
    """The backend: somebody else's pool."""

    name = PLACE

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        # A pool of sub-interpreters is made as one of threads, and shares no more than one of processes.
        self.shares_memory = isinstance(pool, ThreadPoolExecutor) and "Interpreter" not in type(pool).__name__
        self.on_these_cores = isinstance(pool, (ThreadPoolExecutor, ProcessPoolExecutor))
        self.shelf = Shelf() if isinstance(pool, ProcessPoolExecutor) else None

    def begin(self, task: Callable[[T], R]) -> Carrier[T, R]:
        """See `Backend.begin`."""
        return _InThreads(self.pool, task) if self.shares_memory else _Elsewhere(self, task)

    def close(self) -> None:
        """The pool is the user's to shut down; files of ours are removed."""
        if self.shelf is not None:
            self.shelf.clear()


class _Submitted:
    """What was handed to the pool and has not come back."""

    def __init__(self, pool: Pool, *, wait_for_stopped: bool) -> None:
        self._pool = pool
        self._wait_for_stopped = wait_for_stopped
        self._stopped = threading.Event()
        self._waiting: dict[Future[Any], threading.Event] = {}
        self._lock = threading.Lock()

    def result(self, call: Callable[[], R]) -> R:
        """Have the pool make a call, and wait for its result or until the work is broken off."""
        if self.stopped():
            raise WorkerDied("the work was broken off")
        came = threading.Event()
        try:
            future = self._pool.submit(call)
        except RuntimeError as error:  # broken or shut down
            raise UnusablePool(str(error)) from error
        with self._lock:
            self._waiting[future] = came
        future.add_done_callback(lambda _: came.set())
        came.wait()
        with self._lock:
            self._waiting.pop(future)
        if not future.done():
            raise WorkerDied("the work was broken off")
        return _outcome(future)

    def stopped(self) -> bool:
        """Whether the work was broken off."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Begin nothing more, and wait for nothing that can be left alone."""
        self._stopped.set()
        with self._lock:
            waiting = dict(self._waiting)
        for future, came in waiting.items():
            if not future.cancel() and not self._wait_for_stopped:
                came.set()


def _outcome(future: Future[R]) -> R:
    try:
        return future.result()
    except CancelledError as error:
        raise UnusablePool("it cancelled what it was given") from error
    except BrokenExecutor as error:
        raise UnusablePool(str(error) or "one of its workers died") from error
    except (ImportError, AttributeError) as error:
        reason = f"its workers cannot do work of ours ({type(error).__name__}: {error})"
        raise UnsuitableMethod(PLACE, reason, 'Use executor="processes".') from error


class _InThreads(Generic[T, R]):
    """A task done by a pool of threads of this process."""

    def __init__(self, pool: Pool, task: Callable[[T], R]) -> None:
        self._task = task
        self._submitted = _Submitted(pool, wait_for_stopped=True)

    def do(self, items: Sequence[T]) -> Reply[R]:
        """See `Carrier.do`; whoever listens around the map hears the task, and cancels it."""
        context = copy_context()
        return self._submitted.result(lambda: context.run(done, self._task, items, self._submitted.stopped))

    def stop(self) -> None:
        """See `Carrier.stop`; an item that a thread has begun is finished first."""
        self._submitted.stop()

    def end(self) -> None:
        """Nothing is kept."""


class _Elsewhere(Generic[T, R]):
    """A task done by a pool that shares nothing with this process; it goes along with every batch."""

    def __init__(self, backend: Given, task: Callable[[T], R]) -> None:
        self._key = os.urandom(16).hex()
        self._shelf = None if backend.shelf is None else Shelf(lasting=backend.shelf)
        self._packer = Packer(PLACE, self._shelf)  # holds the task's arrays
        try:
            self._task = self._packer.packed(task)
        except BaseException:
            self.end()
            raise
        self._submitted = _Submitted(backend.pool, wait_for_stopped=False)

    def do(self, items: Sequence[T]) -> Reply[R]:
        """See `Carrier.do`."""
        packer = Packer(PLACE, self._shelf)  # holds the items' arrays until they were read
        parcels, unsent = sent(packer, items)
        if not parcels:
            return Reply((), 0.0, error=unsent)
        answer = self._submitted.result(partial(run, Errand(PLACE, self._key, self._task, tuple(parcels))))
        return received(answer, PLACE, unsent, len(parcels))

    def stop(self) -> None:
        """See `Carrier.stop`; what a worker has begun is left to it, and nobody waits for it."""
        self._submitted.stop()

    def end(self) -> None:
        """Remove the files of the task."""
        if self._shelf is not None:
            self._shelf.clear()
