"""The processes and interpreters that the policy shares among all maps of this program, once it wants any.

They stay warm until `close`, or the end of the program: what took half a second to start is not thrown away
after each map.
"""

from __future__ import annotations

import threading
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from whence.runtime.executor.cores import cores

if TYPE_CHECKING:
    from collections.abc import Callable

    from whence.runtime.executor.automatic.policy import Away
    from whence.runtime.executor.protocol import Backend

_MADE_BY = {
    "processes": ("whence.runtime.executor.processes.backend", "Processes"),
    "interpreters": ("whence.runtime.executor.interpreters", "Interpreters"),
}
_open: dict[str, Backend] = {}
_lock = threading.Lock()


def backend(name: Away) -> Backend:
    """The shared backend of this name, made when it is first wanted; raises what its making raises."""
    with _lock:
        if name not in _open:
            module, made_by = _MADE_BY[name]
            make = cast("Callable[[int], Backend]", getattr(import_module(module), made_by))
            _open[name] = make(cores())
        return _open[name]


def warm() -> frozenset[str]:
    """The backends whose workers run already."""
    with _lock:
        return frozenset(_open)


def interpreters_to_be_had() -> bool:
    """Whether this Python has interpreters that run side by side within one process (3.14 and later)."""
    return find_spec("concurrent.interpreters") is not None


def close() -> None:
    """End them all."""
    with _lock:
        ending = list(_open.values())
        _open.clear()
    for each in ending:
        each.close()
