"""Several threads of this process: for numpy, DuckDB and scikit-learn, which release the interpreter's lock.

The lanes of the mapping are the threads: they do the items themselves. On an interpreter without that lock
(a free-threaded build) they serve pure Python as well. A thread cannot be ended from outside, so what is
under way when the work is broken off is finished first.

>>> carrier = Threads().begin(abs)
>>> carrier.do([-3, 4]).results
[3, 4]
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from whence.runtime.executor.work import done

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whence.runtime.executor.protocol import Reply

T = TypeVar("T")
R = TypeVar("R")


class Threads:
    """The backend: the lanes do the work where they are."""

    name = "threads"
    shares_memory = True
    on_these_cores = True

    def begin(self, task: Callable[[T], R]) -> Here[T, R]:
        """See `Backend.begin`."""
        return Here(task)

    def close(self) -> None:
        """Nothing is kept between two maps."""


class Here(Generic[T, R]):
    """A task done by whoever calls `do`."""

    def __init__(self, task: Callable[[T], R]) -> None:
        self._task = task
        self._stopped = threading.Event()

    def do(self, items: Sequence[T]) -> Reply[R]:
        """See `Carrier.do`."""
        return done(self._task, items, self._stopped.is_set)

    def stop(self) -> None:
        """Begin no further item."""
        self._stopped.set()

    def end(self) -> None:
        """Nothing is kept."""
