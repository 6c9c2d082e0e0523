"""One setting of the whole process, held by as many workers as need it, and put back by the last to leave.

The number of BLAS threads is such a setting. Two threads that each set it and put back what they found would
trip over one another: the first to leave would restore it under the feet of the second.

>>> from contextlib import contextmanager
>>> @contextmanager
... def light():
...     print("on")
...     yield
...     print("off")
>>> lamp = HeldTogether(light)
>>> with lamp.held(), lamp.held():
...     print("work")
on
work
off
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


class HeldTogether:
    """A context that is entered by the first holder and left by the last, whatever threads they are in."""

    __slots__ = ("_current", "_holders", "_lock", "_make")

    def __init__(self, make: Callable[[], AbstractContextManager[object]]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._holders = 0
        self._current: AbstractContextManager[object] | None = None

    @contextmanager
    def held(self) -> Generator[None]:
        """Hold the setting for the length of a `with` block."""
        with self._lock:
            if self._holders == 0:
                current = self._make()
                current.__enter__()
                self._current = current
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
                if self._holders == 0 and self._current is not None:
                    self._current.__exit__(None, None, None)
                    self._current = None
