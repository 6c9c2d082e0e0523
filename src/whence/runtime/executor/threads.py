"""Several threads of this process, each coming for its next batch when it is free.

`drive` is the loop common to threads and processes: the calling thread waits, tells progress, watches for
cancellation (and for Ctrl-C, which only it can receive) and raises the first failure.
"""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, TypeVar

from whence.runtime.events import Progress, check_cancelled, emit
from whence.runtime.executor.batches import Batches
from whence.runtime.executor.serial import SECONDS_BETWEEN_REPORTS, Serial, located

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from whence.runtime.executor.protocol import Kind

T = TypeVar("T")
R = TypeVar("R")

_inside: ContextVar[bool] = ContextVar("whence_inside_worker", default=False)


class Threads:
    """`workers` threads; they start with each `map`, which costs less than a millisecond."""

    name = "threads"
    shares_memory = True

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def map(
        self,
        task: Callable[[T], R],
        items: Sequence[T],
        *,
        stage: str,
        kind: Kind = "gil_free",  # noqa: ARG002 - threads were asked for
        each: Callable[[int, R], None] | None = None,
    ) -> list[R]:
        """See `Executor.map`."""
        if self.workers == 1 or len(items) < 2 or inside_worker():
            return Serial().map(task, items, stage=stage, each=each)

        def worker(batches: Batches[R]) -> None:
            while (batch := batches.take()) is not None:
                _run(task, items, batch, batches)

        return drive(worker, self.workers, len(items), stage=stage, each=each)

    def stream(
        self, task: Callable[[T], R], items: Iterable[T], *, stage: str, total: int | None = None
    ) -> Iterator[R]:
        """See `Executor.stream`."""
        if self.workers == 1 or inside_worker():
            yield from Serial().stream(task, items, stage=stage, total=total)
            return
        waiting: deque[Future[R]] = deque()
        done, told = 0, time.monotonic()

        def first() -> R:
            nonlocal done, told
            check_cancelled()
            try:
                result = waiting.popleft().result()
            except Exception as error:
                raise located(error, done, stage) from error
            done += 1
            if total is not None and (done == total or time.monotonic() - told > SECONDS_BETWEEN_REPORTS):
                told = time.monotonic()
                emit(Progress(stage=stage, done=done, total=total))
            return result

        with ThreadPoolExecutor(self.workers, thread_name_prefix="whence") as pool:
            try:
                for item in items:
                    waiting.append(pool.submit(copy_context().run, _streamed, task, item))
                    if len(waiting) > self.workers:
                        yield first()
                while waiting:
                    yield first()
            finally:
                for future in waiting:
                    future.cancel()

    def close(self) -> None:
        """Nothing is kept between two maps."""


def _streamed(task: Callable[[T], R], item: T) -> R:
    _inside.set(True)
    return task(item)


def inside_worker() -> bool:
    """Whether this is a worker's thread: work inside of work is done serially, the cores are busy already."""
    return _inside.get()


def _run(task: Callable[[T], R], items: Sequence[T], batch: range, batches: Batches[R]) -> None:
    results: list[R] = []
    start = time.perf_counter()
    for index in batch:
        try:
            check_cancelled()
            results.append(task(items[index]))
        except Exception as error:  # noqa: BLE001 - raised again by `drive`, in the calling thread
            batches.fail(index, error)
            break
    batches.give(batch, results, time.perf_counter() - start)


def drive(
    worker: Callable[[Batches[R]], None],
    workers: int,
    total: int,
    *,
    stage: str,
    stop: Callable[[], None] = lambda: None,
    each: Callable[[int, R], None] | None = None,
) -> list[R]:
    """Run `worker` on as many threads until all items are done; call `stop` if the work is broken off."""
    batches: Batches[R] = Batches(total, workers, each)
    emit(Progress(stage=stage, done=0, total=total))
    with ThreadPoolExecutor(min(workers, total), thread_name_prefix="whence") as pool:
        # A context can be entered by one thread only, so each worker gets its own copy.
        running = [
            pool.submit(copy_context().run, _as_worker, worker, batches) for _ in range(min(workers, total))
        ]
        try:
            _watch(running, batches, stage)
        except BaseException:
            batches.stop()
            stop()
            raise
    if batches.failures:
        first = min(batches.failures)
        error = batches.failures[first]
        raise located(error, first, stage) from error
    emit(Progress(stage=stage, done=total, total=total))
    return [batches.results[index] for index in range(total)]


def _as_worker(worker: Callable[[Batches[R]], None], batches: Batches[R]) -> None:
    _inside.set(True)
    worker(batches)


def _watch(running: list[Future[None]], batches: Batches[R], stage: str) -> None:
    told, waiting = 0, set(running)
    while waiting:
        finished, waiting = wait(waiting, SECONDS_BETWEEN_REPORTS, FIRST_EXCEPTION)
        for future in finished:
            future.result()
        check_cancelled()
        if waiting and batches.done > told:
            told = batches.done
            emit(Progress(stage=stage, done=told, total=batches.total))
