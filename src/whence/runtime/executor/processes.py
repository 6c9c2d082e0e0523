"""Several fresh processes, each led by a thread of this one that brings it its next batch.

A worker is a new interpreter (never a fork), started with the thread limits of BLAS and OpenMP set to the
cores divided by the workers. When a worker dies (killed, out of memory) its batch is done again by a new
one; a batch that three have died of is given up.
"""

from __future__ import annotations

import pickle
import threading
import weakref
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

from whence.runtime.errors import TaskFailed
from whence.runtime.events import emit
from whence.runtime.executor.cores import cores
from whence.runtime.executor.handle import DEAD, Worker
from whence.runtime.executor.serial import Serial
from whence.runtime.executor.threads import drive, inside_worker
from whence.runtime.executor.worker import Reply, not_sendable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from whence.runtime.executor.batches import Batches
    from whence.runtime.executor.protocol import Kind

T = TypeVar("T")
R = TypeVar("R")

LIVES_OF_A_BATCH = 3


class Processes:
    """`workers` processes, started when first needed, kept for the next `map`, ended by `close`."""

    name = "processes"
    shares_memory = False

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        weakref.finalize(self, _end_all, self._idle)

    def map(
        self,
        task: Callable[[T], R],
        items: Sequence[T],
        *,
        stage: str,
        kind: Kind = "gil_free",  # noqa: ARG002 - processes were asked for
        each: Callable[[int, R], None] | None = None,
    ) -> list[R]:
        """See `Executor.map`; task, items and results must be picklable, functions and classes by name."""
        if self.workers == 1 or len(items) < 2 or inside_worker():
            return Serial().map(task, items, stage=stage, each=each)
        crew = _Crew(_packed(task), items, self._idle, threads=max(1, cores() // self.workers))
        return drive(crew.lead, self.workers, len(items), stage=stage, stop=crew.stop, each=each)

    def stream(
        self, task: Callable[[T], R], items: Iterable[T], *, stage: str, total: int | None = None
    ) -> Iterator[R]:
        """See `Executor.stream`."""
        return Serial().stream(task, items, stage=stage, total=total)

    def close(self) -> None:
        """End the workers now; a later `map` starts new ones."""
        _end_all(self._idle)


@dataclass(slots=True)
class _Crew(Generic[T]):
    """The workers of one `map`; each is led by a thread of ours."""

    task: bytes
    items: Sequence[T]
    idle: SimpleQueue[Worker]
    threads: int
    stopped: bool = False
    _at_work: set[Worker] = field(default_factory=set[Worker])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def lead(self, batches: Batches[R]) -> None:
        """Bring one worker batch after batch, and a new one in its place when it dies."""
        worker = self._hire()
        while worker is not None and (batch := batches.take()) is not None:
            try:
                items = [_packed(self.items[index]) for index in batch]
            except Exception as error:  # noqa: BLE001 - raised again by `drive`, in the calling thread
                batches.fail(batch.start, error)
                break
            worker = self._have_done(worker, batch, items, batches)
        if worker is not None:
            self._release(worker)

    def stop(self) -> None:
        """Break off: end every worker at once."""
        with self._lock:
            self.stopped = True
            for worker in self._at_work:
                worker.kill()

    def _have_done(
        self, worker: Worker, batch: range, items: list[bytes], batches: Batches[R]
    ) -> Worker | None:
        code = 0
        for _life in range(LIVES_OF_A_BATCH):
            try:
                _take_back(worker.done(items), batch, batches)
            except DEAD:
                code = self._bury(worker)
                successor = self._hire()
                if successor is None:
                    return None
                worker = successor
            else:
                return worker
        batches.fail(batch.start, TaskFailed(batch.start, f"its worker process died (exit code {code})"))
        return worker

    def _hire(self) -> Worker | None:
        """A worker that knows the task, or None if the work was broken off."""
        while not self.stopped:
            try:
                worker = self.idle.get_nowait()
            except Empty:
                worker = Worker(self.threads)
            with self._lock:
                self._at_work.add(worker)
            try:
                worker.send(self.task)
            except DEAD:  # it died while it was idle
                self._bury(worker)
            else:
                return worker
        return None

    def _bury(self, worker: Worker) -> int:
        with self._lock:
            self._at_work.discard(worker)
        return worker.end()

    def _release(self, worker: Worker) -> None:
        with self._lock:
            self._at_work.discard(worker)
            if not self.stopped:
                self.idle.put(worker)
                return
        worker.end()


def _take_back(reply: Reply, batch: range, batches: Batches[R]) -> None:
    for event in reply.events:
        emit(event)
    batches.give(batch, reply.results, reply.seconds)
    if reply.error is not None:
        batches.fail(batch.start + len(reply.results), reply.error)


def _packed(value: object) -> bytes:
    try:
        return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        raise not_sendable(error) from error


def _end_all(idle: SimpleQueue[Worker]) -> None:
    ending: list[Worker] = []
    while True:
        try:
            ending.append(idle.get_nowait())
        except Empty:
            break
    for worker in ending:
        worker.dismiss()
    for worker in ending:
        worker.end()
