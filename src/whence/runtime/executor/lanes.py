"""How many items are under way at once, and that work inside of work starts nothing of its own.

A lane is a thread of this process that leads one item after the other through its backend. Work that
computes gets no more lanes than there are cores, whatever number of workers was asked for: more would take
turns, and pay for it. Work that waits gets as many as were asked for.

>>> lanes(1, "python"), lanes(None, "io")
(1, 32)
>>> inside_worker()
False
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from whence.runtime.executor.cores import cores

if TYPE_CHECKING:
    from collections.abc import Generator

    from whence.runtime.executor.protocol import Kind

LANES_THAT_WAIT = 32
"""So many items that wait for something are under way at once, if no number of workers was asked for."""

_inside: ContextVar[bool] = ContextVar("whence_inside_worker", default=False)


def lanes(workers: int | None, kind: Kind, *, on_these_cores: bool = True) -> int:
    """How many lanes `workers` (None: not said) make for work of this kind."""
    if kind == "io":
        return workers or LANES_THAT_WAIT
    if workers is None:
        return cores()
    return min(workers, cores()) if on_these_cores else workers


def inside_worker() -> bool:
    """Whether this is a worker: work inside of work is done serially, the cores are busy already."""
    return _inside.get()


@contextmanager
def as_worker() -> Generator[None]:
    """What is mapped in this block is mapped inside of work."""
    before = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(before)
