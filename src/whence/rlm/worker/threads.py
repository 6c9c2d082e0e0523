"""Threads inside the worker: one that reads what the host sends while the model's code runs on the first.

Everywhere else threads are started in `whence.runtime`; the worker is a process of its own, whose second
thread must exist before the first runs code that nobody has read.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue


class Flag:
    """Wakes one that waits, now or later, for each time it is set.

    Made of the one queue that is written in C: the model's code may tamper with `threading`.
    """

    __slots__ = ("_tokens",)

    def __init__(self) -> None:
        self._tokens: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        """Wake one that waits."""
        self._tokens.put(None)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait to be woken; tells whether it was. A signal is handled at once."""
        try:
            self._tokens.get(timeout=timeout)
        except Empty:
            return False
        return True


def start(work: Callable[[], None], name: str) -> None:
    """Run `work` on a thread that does not keep the process alive."""
    threading.Thread(target=work, name=name, daemon=True).start()
