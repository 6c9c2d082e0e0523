"""A task over items that are still being made: a few at a time, in order, on threads of this process.

>>> list(streamed(abs, iter([-3, 4, -5]), lanes=2, stage="example", total=None))
[3, 4, 5]
"""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, TypeVar

from whence.runtime.events import Progress, check_cancelled, emit
from whence.runtime.executor.lanes import as_worker
from whence.runtime.executor.mapping import SECONDS_BETWEEN_REPORTS, located

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")
R = TypeVar("R")


def streamed(
    task: Callable[[T], R], items: Iterable[T], *, lanes: int, stage: str, total: int | None, had: int = 0
) -> Iterator[R]:
    """Give the results in order while at most one item more than there are lanes is held; `had` are done."""
    waiting: deque[Future[R]] = deque()
    done, told = had, time.monotonic()

    def first() -> R:
        nonlocal done, told
        check_cancelled()
        try:
            result = waiting.popleft().result()
        except (Exception, SystemExit) as error:
            raise located(error, done, stage) from error
        done += 1
        if total is not None and (done == total or time.monotonic() - told > SECONDS_BETWEEN_REPORTS):
            told = time.monotonic()
            emit(Progress(stage=stage, done=done, total=total))
        return result

    with ThreadPoolExecutor(lanes, thread_name_prefix=f"whence-{stage}") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(copy_context().run, _as_worker, task, item))
                if len(waiting) > lanes:
                    yield first()
            while waiting:
                yield first()
        finally:
            for future in waiting:
                future.cancel()


def _as_worker(task: Callable[[T], R], item: T) -> R:
    with as_worker():
        return task(item)
