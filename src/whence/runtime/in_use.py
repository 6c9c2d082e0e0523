"""Values that are made when first wanted, shared while they are in use, and let go when the next one is.

Ten questions of one table, asked side by side, should read the table once; a thousand tables asked one after
another should not be held together. A value stays for as long as somebody uses it, and the one wanted last
stays a while longer, because the next to come most often wants it too.

>>> tables = InUse[str]()
>>> with tables.held("a", lambda: "read a"), tables.held("a", lambda: "read again") as found:
...     found
'read a'
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from whence.runtime.locks import lock

V = TypeVar("V")


@dataclass(slots=True)
class _Entry(Generic[V]):
    """A value (none yet: an empty list) and how many use it; those who come while it is made wait for it."""

    making: AbstractContextManager[object] = field(default_factory=lock)
    made: list[V] = field(default_factory=list[V])
    users: int = 0


class InUse(Generic[V]):
    """Values by key. It can be sent to another process, where it begins empty."""

    __slots__ = ("_entries", "_guard", "_latest")

    def __init__(self) -> None:
        self._guard = lock()
        self._entries: dict[Hashable, _Entry[V]] = {}
        self._latest: Hashable = None

    def __reduce__(self) -> tuple[type[InUse[V]], tuple[()]]:
        return (type(self), ())

    @contextmanager
    def held(self, key: Hashable, make: Callable[[], V]) -> Generator[V]:
        """The value of `key`, made by `make` if nobody has it; an error of `make` is raised, and not kept."""
        with self._guard:
            entry = self._entries.setdefault(key, _Entry[V]())
            entry.users += 1
            self._latest = key
        try:
            with entry.making:
                if not entry.made:
                    entry.made.append(make())
            yield entry.made[0]
        finally:
            with self._guard:
                entry.users -= 1
                done = [k for k, other in self._entries.items() if other.users == 0 and k != self._latest]
                for each in done:
                    del self._entries[each]
