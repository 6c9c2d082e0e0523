"""The policy at work: a job begins where it is, is timed, and goes where it pays; a wrong guess is mended.

The first items are done in the calling thread (or, where there are few and threads may pay, on threads at
once: they cost next to nothing to start). Once it is known how long an item takes, the rest goes where
`policy.choose` says. Threads are watched: if they take turns at the interpreter's lock, the rest goes on one
after the other, or to processes if it is worth their start. No item is done twice, and none of it changes a
result: whatever is chosen, the bytes are the same.

>>> Auto().map(abs, [-3, 4, -5], stage="example")
[3, 4, 5]
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar

from whence.runtime.executor.automatic import elsewhere
from whence.runtime.executor.automatic.job import Job
from whence.runtime.executor.cores import cores
from whence.runtime.executor.lanes import inside_worker, lanes
from whence.runtime.executor.serial import Serial
from whence.runtime.executor.streaming import streamed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from whence.runtime.executor.protocol import Kind

T = TypeVar("T")
R = TypeVar("R")

WORTH_STREAMING: Final = 0.001
"""Seconds that an item of a stream takes, if threads are to be worth the hand-over."""


class Auto:
    """The executor that is used when none is named."""

    name = "auto"
    shares_memory = True

    @property
    def workers(self) -> int:
        """See `Executor.workers`."""
        return cores()

    def map(
        self,
        task: Callable[[T], R],
        items: Sequence[T],
        *,
        stage: str,
        kind: Kind = "gil_free",
        each: Callable[[int, R], None] | None = None,
    ) -> list[R]:
        """See `Executor.map`. What cannot be sent to other processes is done in this one."""
        if inside_worker() or len(items) < 2 or (cores() == 1 and kind != "io"):
            return Serial().map(task, items, stage=stage, kind=kind, each=each)
        return Job(task, items, stage, kind, each).done()

    def stream(
        self, task: Callable[[T], R], items: Iterable[T], *, stage: str, total: int | None = None
    ) -> Iterator[R]:
        """See `Executor.stream`; the first items are done here, until one is large enough for threads."""
        if inside_worker() or cores() == 1:
            yield from Serial().stream(task, items, stage=stage, total=total)
            return
        left, took, had = iter(items), 0.0, 0

        def timed(item: T) -> R:
            nonlocal took
            began = time.perf_counter()
            result = task(item)
            took = time.perf_counter() - began
            return result

        def small() -> Iterator[T]:
            # Ends when an item took long; what is left is then for the threads.
            while took < WORTH_STREAMING:
                try:
                    yield next(left)
                except StopIteration:
                    return

        for result in Serial().stream(timed, small(), stage=stage, total=total):
            had += 1
            yield result
        yield from streamed(task, left, lanes=lanes(None, "gil_free"), stage=stage, total=total, had=had)

    def close(self) -> None:
        """See `Executor.close`."""
        elsewhere.close()

    def __repr__(self) -> str:
        return f"<auto, {self.workers} workers>"
