"""A task brought to another machine by a cluster's own transport, and opened there once.

Clusters move objects from worker to worker as they see fit, and drop them when nobody needs them any more. So
a task travels as one object of theirs. Its large arrays lie beside its pickle, for the transport to move
without another copy; on arrival they are laid out as they lay at home (see `arrays`) and write-protected. It
is opened at most once in every process that holds it, so what the task remembers there (a table that it read)
serves all the items that come after; and when the cluster drops it, nothing of it is left.

>>> brought = bring(abs, "dask", pickle.dumps)
>>> brought = pickle.loads(pickle.dumps(brought))
>>> brought.opened()(-3)
3
"""

from __future__ import annotations

import mmap
import pickle
import threading
from typing import TYPE_CHECKING, Any, Protocol, cast

from whence.runtime.executor.transport.arrays import BYTES_TO_SHARE, LINE, address_of
from whence.runtime.executor.transport.errands import answered
from whence.runtime.executor.transport.parcels import PROTOCOL, Parcel, not_sendable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Dumps(Protocol):
    """`pickle.dumps`, or cloudpickle's, which packs what was defined in a notebook as well."""

    def __call__(
        self,
        obj: object,
        protocol: int,
        *,
        buffer_callback: Callable[[pickle.PickleBuffer], bool | None] | None = None,
    ) -> bytes:
        """Pack an object."""
        ...


class Brought:
    """A packed task; `place` is what the backend is called."""

    def __init__(self, place: str, head: bytes, arrays: Sequence[memoryview], starts: Sequence[int]) -> None:
        self._place = place
        self._head = head
        self._arrays = tuple(arrays)
        self._starts = tuple(starts)
        self._opening = threading.Lock()
        self._task: Callable[[Any], Any] | None = None

    def __reduce__(self) -> tuple[object, ...]:
        arrays = tuple(pickle.PickleBuffer(array) for array in self._arrays)
        return (_arrived, (self._place, self._head, self._starts, *arrays))

    def opened(self) -> Callable[[Any], Any]:
        """The task. Raises `UnsuitableMethod` if it cannot be made here."""
        with self._opening:
            if self._task is None:
                try:
                    task: object = pickle.loads(self._head, buffers=self._arrays)  # noqa: S301 - our own user's
                except Exception as error:
                    raise not_sendable(self._place, error) from error
                self._task = cast("Callable[[Any], Any]", task)
            return self._task

    def do(self, batch: bytes) -> bytes:
        """Do a packed batch of parcels, here; see `errands`."""
        items: Sequence[Parcel] = pickle.loads(batch)  # noqa: S301 - our own user's
        return answered(self.opened, self._place, items)


def bring(task: Callable[[Any], Any], place: str, dumps: Dumps) -> Brought:
    """Pack a task. Raises `UnsuitableMethod` if that cannot be done."""
    arrays: list[memoryview] = []
    starts: list[int] = []

    def within(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < BYTES_TO_SHARE:
            return True
        arrays.append(raw.toreadonly())
        starts.append(address_of(memoryview(buffer).obj) % LINE)
        return False

    try:
        head = dumps(task, PROTOCOL, buffer_callback=within)
    except Exception as error:
        raise not_sendable(place, error) from error
    return Brought(place, head, arrays, starts)


def do_there(brought: Brought, batch: bytes) -> bytes:
    """Do a batch in a worker: a function by its name, which is what clusters send best."""
    return brought.do(batch)


def _arrived(place: str, head: bytes, starts: Sequence[int], *frames: memoryview) -> Brought:
    arrays = [_laid_out(memoryview(frame), start) for frame, start in zip(frames, starts, strict=True)]
    return Brought(place, head, arrays, starts)


def _laid_out(frame: memoryview, start: int) -> memoryview:
    """The bytes in memory of their own, beginning at that place of a line: a frame may begin anywhere."""
    raw = frame.cast("B") if frame.ndim != 1 or frame.itemsize != 1 else frame
    own = memoryview(mmap.mmap(-1, start + raw.nbytes))
    own[start:] = raw
    return own[start:].toreadonly()
