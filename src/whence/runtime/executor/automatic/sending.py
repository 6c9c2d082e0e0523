"""What it would cost to send work to another process, found out without sending it.

The task, an item and a result are packed as they would be and the bytes thrown away. Large arrays are not
copied for it: they are handed aside, and only their size is noted. Functions and classes of the user's script
(`__main__`) cannot be found by a process that does not run that script, so work that names one stays here.

>>> estimate(abs, -3, 3).per_item < 0.001
True
>>> estimate(lambda item: item, -3, -3) is None
True
"""

from __future__ import annotations

import pickle
import sys
import time
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BYTES_A_SECOND: Final = 0.4e9
"""So fast an array is written for others to map, and read by them; a memory file does several times that."""

PURE: Final = ("whence.identification", "whence.language", "whence.runtime")
"""Rooms of ours that import the standard library alone."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What sending costs: seconds for the task, seconds for each item there and back, and the modules that
    the task and its items are made of.
    """

    task: float
    per_item: float
    modules: frozenset[str]

    def seconds(self, items: int) -> float:
        """Seconds for the task and so many items."""
        return self.task + self.per_item * items

    def importing(self, costs: Mapping[str, float]) -> float:
        """Seconds of processor time until a fresh worker has what it needs: what is loaded here, it may need.

        `costs` says what the heavy libraries take. Work made of our symbolic rooms alone needs none of them.
        """
        light = all(
            name.partition(".")[0] in sys.stdlib_module_names or name.startswith(PURE)
            for name in self.modules
        )
        return 0.0 if light else sum(cost for name, cost in costs.items() if name in sys.modules)


def estimate(task: Callable[..., object], item: object, result: object) -> Sending | None:
    """What sending `task`, and items and results like these, would cost; None if they cannot be sent."""
    try:
        brought = _packed(task)
        there, back = _packed(item), _packed(result)
    except Exception:  # noqa: BLE001 - whatever packing raises: it cannot be sent
        return None
    # Packed at one end and unpacked at the other.
    per_item = 2 * (there.seconds + back.seconds) + (there.bytes + back.bytes) / BYTES_A_SECOND
    modules = frozenset(brought.modules | there.modules | back.modules)
    return Sending(2 * brought.seconds + brought.bytes / BYTES_A_SECOND, per_item, modules)


class _OfTheScript(Exception):  # noqa: N818 - a signal within this module
    """Something of `__main__`."""


class _Sink:
    """A file that counts what is written, and keeps nothing."""

    def __init__(self) -> None:
        self.bytes = 0

    def write(self, chunk: bytes | memoryview) -> int:
        size = len(chunk)
        self.bytes += size
        return size


@dataclass(slots=True)
class _Packed:
    seconds: float
    bytes: int
    modules: set[str]


class _Buffer(Protocol):
    def raw(self) -> memoryview: ...


class _Scout(pickle.Pickler):
    """Notes which modules functions and classes come from."""

    def __init__(self, sink: _Sink, aside: Callable[[object], None], modules: set[str]) -> None:
        super().__init__(sink, protocol=5, buffer_callback=aside)
        self.modules = modules

    def reducer_override(self, obj: object) -> Any:  # noqa: ANN401 - the library's own signature
        if isinstance(obj, type | FunctionType):
            if obj.__module__ == "__main__":
                raise _OfTheScript
            self.modules.add(obj.__module__)
        return NotImplemented


def _packed(value: object) -> _Packed:
    sink, modules, large = _Sink(), set[str](), 0

    def aside(buffer: object) -> None:
        nonlocal large
        large += cast("_Buffer", buffer).raw().nbytes

    begun = time.perf_counter()
    _Scout(sink, aside, modules).dump(value)
    return _Packed(time.perf_counter() - begun, sink.bytes + large, modules)
