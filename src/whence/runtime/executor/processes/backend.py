"""The processes that do the work, and a task at them.

A worker is a new interpreter, never a fork: a fork of a process whose BLAS or OpenMP threads have run can
deadlock. Workers stay warm between maps. They are lent to the lanes of a mapping batch by batch; one that
dies is replaced when the next batch needs a worker.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING, Generic, TypeVar

from whence.runtime.executor.cores import cores
from whence.runtime.executor.processes.handle import Worker
from whence.runtime.executor.protocol import Reply
from whence.runtime.executor.transport.arrays import Shelf
from whence.runtime.executor.transport.errands import Errand, received, sent
from whence.runtime.executor.transport.parcels import Packer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whence.runtime.executor.transport.parcels import Parcel

T = TypeVar("T")
R = TypeVar("R")

PLACE = "processes"


class Processes:
    """The backend: at most `workers` processes are kept warm."""

    name = PLACE
    shares_memory = False
    on_these_cores = True

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.shelf = Shelf()
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        _pools.add(self)
        weakref.finalize(self, _end_all, self._idle, os.getpid())

    def begin(self, task: Callable[[T], R]) -> Sent[T, R]:
        """See `Backend.begin`; task, items and results must be picklable, functions and classes by name."""
        return Sent(self, task)

    def lend(self, key: str) -> Worker:
        """A worker that is free, best one that has the task of this key, or a new one."""
        with self._lock:
            self._idle.sort(key=lambda worker: worker.holds == key)
            while self._idle:
                worker = self._idle.pop()
                if worker.alive:
                    return worker
                worker.end()
        return Worker(threads=max(1, cores() // self.workers))

    def take_back(self, worker: Worker) -> None:
        """Keep a worker for the next batch, unless there are enough."""
        with self._lock:
            if len(self._idle) < self.workers:
                self._idle.append(worker)
                return
        worker.end()

    def forget(self, key: str) -> None:
        """Have every worker that is free keep nothing of a task."""
        with self._lock:
            for worker in self._idle:
                if worker.holds == key:
                    worker.forget(Errand(PLACE, key, None, ()))

    def close(self) -> None:
        """See `Backend.close`."""
        with self._lock:
            idle, self._idle[:] = self._idle[:], []
        _end_all(idle, os.getpid())
        self.shelf.clear()

    def disown(self) -> None:
        """Begin anew in a fork: the workers and the arrays are the parent's."""
        self._lock = threading.Lock()
        self.shelf = Shelf()
        self._idle.clear()


class Sent(Generic[T, R]):
    """A task at the processes that do it."""

    def __init__(self, pool: Processes, task: Callable[[T], R]) -> None:
        self._pool = pool
        self._key = os.urandom(16).hex()
        self._shelf = Shelf(lasting=pool.shelf)
        self._packer = Packer(PLACE, self._shelf)  # holds the task's arrays
        try:
            self._task = self._packer.packed(task)
        except BaseException:
            self._shelf.clear()
            raise
        self._at_work: set[Worker] = set()
        self._stopped = False
        self._lock = threading.Lock()

    def do(self, items: Sequence[T]) -> Reply[R]:
        """See `Carrier.do`."""
        packer = Packer(PLACE, self._shelf)  # holds the items' arrays until they were read
        parcels, unsent = sent(packer, items)
        if not parcels:
            return Reply((), 0.0, error=unsent)
        answer = self._answer(tuple(parcels))
        return received(answer, PLACE, unsent, len(parcels))

    def stop(self) -> None:
        """End every worker at once."""
        with self._lock:
            self._stopped = True
            for worker in self._at_work:
                worker.kill()

    def end(self) -> None:
        """See `Carrier.end`."""
        self._pool.forget(self._key)
        self._shelf.clear()

    def _answer(self, items: tuple[Parcel, ...]) -> bytes:
        worker = self._pool.lend(self._key)
        with self._lock:
            if self._stopped:
                worker.kill()
            self._at_work.add(worker)
        try:
            task = None if worker.holds == self._key else self._task
            answer = worker.do(Errand(PLACE, self._key, task, items))
        except BaseException:  # nobody knows what it is at
            worker.kill()
            worker.end()
            raise
        finally:
            with self._lock:
                self._at_work.discard(worker)
        self._pool.take_back(worker)
        return answer


_pools: weakref.WeakSet[Processes] = weakref.WeakSet()


def _disown_all() -> None:
    for pool in list(_pools):
        pool.disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown_all)


def _end_all(idle: list[Worker], process: int) -> None:
    if os.getpid() != process:  # the workers are those of the process that this one was forked from
        return
    ending = [idle.pop() for _ in range(len(idle))]
    for worker in ending:
        worker.dismiss()
    for worker in ending:
        worker.end()
