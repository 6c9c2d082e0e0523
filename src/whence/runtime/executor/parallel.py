"""An executor made of a backend: the mapping around it, and the cases in which it has nothing to offer.

>>> from whence.runtime.executor.threads import Threads
>>> Parallel(Threads(), 2).map(abs, [-3, 4, -5], stage="example")
[3, 4, 5]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from whence.runtime.executor.cores import cores
from whence.runtime.executor.lanes import inside_worker, lanes
from whence.runtime.executor.mapping import mapped
from whence.runtime.executor.serial import Serial
from whence.runtime.executor.streaming import streamed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from whence.runtime.executor.protocol import Backend, Kind

T = TypeVar("T")
R = TypeVar("R")


class Parallel:
    """`workers` of a backend (not said: one for each core, and many for work that waits)."""

    def __init__(self, backend: Backend, workers: int | None = None) -> None:
        self.backend = backend
        self._workers = workers

    @property
    def name(self) -> str:
        """See `Executor.name`."""
        return self.backend.name

    @property
    def workers(self) -> int:
        """See `Executor.workers`."""
        return self._workers or cores()

    @property
    def shares_memory(self) -> bool:
        """See `Executor.shares_memory`."""
        return self.backend.shares_memory

    def map(
        self,
        task: Callable[[T], R],
        items: Sequence[T],
        *,
        stage: str,
        kind: Kind = "gil_free",
        each: Callable[[int, R], None] | None = None,
    ) -> list[R]:
        """See `Executor.map`."""
        here = self.backend.on_these_cores
        most = lanes(self._workers, kind, on_these_cores=here)
        at_once = min(most, len(items))
        # A single item is no work for threads. Another process takes it: it may be what is left of a run that
        # was killed, because its workers died of it.
        alone = at_once == 1 and (self.backend.shares_memory or most == 1)
        if inside_worker() or at_once == 0 or (here and alone):
            return Serial().map(task, items, stage=stage, kind=kind, each=each)
        found = mapped(self.backend, task, items, lanes=at_once, stage=stage, each=each)
        return [found[index] for index in range(len(items))]

    def stream(
        self, task: Callable[[T], R], items: Iterable[T], *, stage: str, total: int | None = None
    ) -> Iterator[R]:
        """See `Executor.stream`."""
        at_once = lanes(self._workers, "gil_free")
        if inside_worker() or at_once == 1:
            return Serial().stream(task, items, stage=stage, total=total)
        return streamed(task, items, lanes=at_once, stage=stage, total=total)

    def close(self) -> None:
        """See `Executor.close`."""
        self.backend.close()

    def __repr__(self) -> str:
        return f"<{self.name}, {self.workers} workers>"
