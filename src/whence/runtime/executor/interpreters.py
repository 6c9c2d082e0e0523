"""Several interpreters in this process, each with a lock of its own: pure Python on all cores.

They came with Python 3.14 (PEP 734). What is sent to one is packed as for a process, and what it imports, it
imports anew: most extension modules, numpy among them, refuse to be imported there, which is told as
`UnsuitableMethod`. An interpreter cannot be ended from outside, so what is under way when the work is broken
off is finished first.

Source: the documentation of `concurrent.interpreters`.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import threading
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from whence.runtime.errors import UnsuitableMethod
from whence.runtime.executor.protocol import Reply
from whence.runtime.executor.transport.errands import Errand, forget, received, run, sent
from whence.runtime.executor.transport.parcels import Packer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
R = TypeVar("R")

PLACE = "interpreters"
SINCE = (3, 14)
REFUSED = re.compile(r"interpreter|more than once per process", re.IGNORECASE)
"""What extension modules say that can be imported in one interpreter only."""


class Interpreter(Protocol):
    """What is used of `concurrent.interpreters.Interpreter`."""

    def exec(self, code: str, /) -> None:
        """Run code in it."""
        ...

    def call(self, function: Callable[..., Any], /, *args: object) -> Any:  # noqa: ANN401 - as it is
        """Call a function in it, in this thread."""
        ...

    def close(self) -> None:
        """End it."""
        ...


def why_not() -> str | None:
    """Why there are no sub-interpreters here, or None if there are."""
    if sys.version_info < SINCE:
        return (
            f"they need Python {SINCE[0]}.{SINCE[1]}, and this is {sys.version_info[0]}.{sys.version_info[1]}"
        )
    return None


class Interpreters:
    """The backend: at most `workers` interpreters are kept."""

    name = PLACE
    shares_memory = False
    on_these_cores = True

    def __init__(self, workers: int) -> None:
        reason = why_not()
        if reason is not None:
            raise UnsuitableMethod(PLACE, reason, 'Use executor="processes".')
        self.workers = workers
        self._idle: list[Interpreter] = []
        self._lock = threading.Lock()
        weakref.finalize(self, _close_all, self._idle)

    def begin(self, task: Callable[[T], R]) -> There[T, R]:
        """See `Backend.begin`; task, items and results must be picklable, functions and classes by name."""
        return There(self, task)

    def lend(self) -> Interpreter:
        """An interpreter that is free, or a new one."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        created = cast("Interpreter", importlib.import_module("concurrent.interpreters").create())
        created.exec(f"import sys; sys.path[:] = {sys.path!r}")
        return created

    def take_back(self, interpreter: Interpreter) -> None:
        """Keep an interpreter for the next batch, unless there are enough."""
        with self._lock:
            if len(self._idle) < self.workers:
                self._idle.append(interpreter)
                return
        interpreter.close()

    def forget(self, key: str) -> None:
        """Have every interpreter that is free keep nothing of a task."""
        with self._lock:
            for interpreter in self._idle:
                interpreter.call(forget, key)

    def close(self) -> None:
        """See `Backend.close`."""
        with self._lock:
            _close_all(self._idle)


class There(Generic[T, R]):
    """A task at the interpreters that do it."""

    def __init__(self, pool: Interpreters, task: Callable[[T], R]) -> None:
        self._pool = pool
        self._key = os.urandom(16).hex()
        self._task = Packer(PLACE).packed(task)

    def do(self, items: Sequence[T]) -> Reply[R]:
        """See `Carrier.do`."""
        parcels, unsent = sent(Packer(PLACE), items)
        if not parcels:
            return Reply((), 0.0, error=unsent)
        interpreter = self._pool.lend()
        try:
            answer = cast(
                "bytes", interpreter.call(run, Errand(PLACE, self._key, self._task, tuple(parcels)))
            )
        finally:
            self._pool.take_back(interpreter)
        return _told(received(answer, PLACE, unsent, len(parcels)))

    def stop(self) -> None:
        """Nothing can be done: a batch is short, and an interpreter cannot be ended from outside."""

    def end(self) -> None:
        """See `Carrier.end`."""
        self._pool.forget(self._key)


def _told(reply: Reply[R]) -> Reply[R]:
    """A module that refuses to be imported there is told as what it is."""
    error = reply.error
    if not isinstance(error, ImportError) or not REFUSED.search(str(error)):
        return reply
    why = str(error).strip().splitlines()[-1]
    refused = UnsuitableMethod(
        PLACE,
        f"it needs a module that cannot be imported in a sub-interpreter ({error.name or why})",
        'Use executor="processes", or "threads".',
    )
    return replace(reply, error=refused)


def _close_all(idle: list[Interpreter]) -> None:
    while idle:
        idle.pop().close()
