"""Large arrays on their way to other processes: written once into a file, mapped by whoever reads them.

An array of 64 KiB or more does not travel through a pipe. Its bytes are written into a file in memory (or in
the folder for temporary files, where there is no such place or no room), and every worker maps that file,
write-protected: all of them read the same memory. An array that cannot change (numpy's `writeable` is false
for it and for what it is a view of) is written once in its life; another is written once for each map. A file
goes when its array does, at the end of the map or of the process, whichever comes first.

An array begins at the same place of its 64-byte line as at home: loops that first work up to such a boundary
would otherwise add up in another order, and end in another last digit. (A view with gaps, such as every
second row, is packed without them by numpy itself: a task whose last digit matters takes arrays without.)
"""

from __future__ import annotations

import contextlib
import mmap
import os
import shutil
import tempfile
import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from whence.runtime.executor.transport.folder import OwnedFolder

if TYPE_CHECKING:
    import pickle

BYTES_TO_SHARE = 1 << 16
LINE = 64
IN_MEMORY = "/dev/shm"  # noqa: S108 - a folder of our own is made in it

_folders = [OwnedFolder(place) for place in (IN_MEMORY, tempfile.gettempdir())] if os.name == "posix" else []


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bytes of an array lie."""

    path: str
    start: int
    length: int


class Shelf:
    """Arrays in files, each written once for as long as it lives and the shelf is not cleared.

    What can change goes on this shelf; what cannot goes on the `lasting` one, if there is one.
    """

    def __init__(self, lasting: Shelf | None = None) -> None:
        self._lasting = lasting
        self._kept: dict[tuple[int, int], _Kept] = {}
        self._loose: list[Place] = []
        self._many = 64
        self._lock = threading.Lock()

    def put(self, buffer: pickle.PickleBuffer) -> Place | None:
        """Where the bytes of the buffer lie from now on; None if there is no room for them.

        Hold the buffer until the bytes were read: the file goes when the array does.
        """
        array = memoryview(buffer).obj
        if self._lasting is not None and _unchanging(array):
            return self._lasting.put(buffer)
        raw, address, owner = buffer.raw(), address_of(array), _views(array)[-1]
        with self._lock:
            kept = self._kept.get((address, raw.nbytes)) if address else None
            if kept is not None and kept.owner() is owner:
                return kept.place
            place = _written(raw, address % LINE)
            if place is not None:
                self._keep(place, address, owner)
            return place

    def clear(self) -> None:
        """Remove every file; who has mapped one can read on."""
        with self._lock:
            places = [*(kept.place for kept in self._kept.values()), *self._loose]
            self._kept, self._loose = {}, []
        for place in places:
            _remove(place.path)

    def _keep(self, place: Place, address: int, owner: object) -> None:
        path = place.path
        try:
            entry = _Kept(place, weakref.ref(owner, lambda _: _remove(path)))
        except TypeError:  # an owner whose end nobody can watch
            entry = None
        if entry is None or not address:
            self._loose.append(place)
            return
        if len(self._kept) > self._many:
            self._kept = {key: kept for key, kept in self._kept.items() if kept.owner() is not None}
            self._many = 64 + 2 * len(self._kept)
        before = self._kept.get((address, place.length))
        if before is not None:
            self._loose.append(before.place)
        self._kept[address, place.length] = entry


@dataclass(frozen=True, slots=True)
class _Kept:
    place: Place
    owner: weakref.ref[object]


def opened(place: Place) -> memoryview:
    """The bytes of an array, mapped and write-protected; mapped once, however often they are asked for."""
    mapped = _mapped.get(place.path)
    if mapped is None:
        file = os.open(place.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            mapped = mmap.mmap(file, place.start + place.length, access=mmap.ACCESS_READ)
        finally:
            os.close(file)
        _mapped[place.path] = mapped
    return memoryview(mapped)[place.start :]


_mapped: weakref.WeakValueDictionary[str, mmap.mmap] = weakref.WeakValueDictionary()


def _views(array: object) -> list[object]:
    """The array, what it is a view of, and so on to the one that owns the memory."""
    chain = [array]
    while (base := getattr(chain[-1], "base", None)) is not None:
        chain.append(base)
    return chain


def _unchanging(array: object) -> bool:
    """Whether nobody can write into this memory, as far as numpy knows."""
    return not any(getattr(getattr(view, "flags", None), "writeable", True) for view in _views(array))


def address_of(array: object) -> int:
    """Where the array begins in memory, by numpy's array interface; 0 if that is not known."""
    interface = cast("dict[str, Any]", getattr(array, "__array_interface__", None) or {})
    return int(interface.get("data", (0, False))[0])


def _written(raw: memoryview, start: int) -> Place | None:
    for folder in _folders:
        with contextlib.suppress(OSError):
            # Memory is not filled to the brim: half of what is free stays free.
            if shutil.disk_usage(folder.place).free < 2 * raw.nbytes:
                continue
            handle, path = tempfile.mkstemp(dir=folder.path())
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(bytes(start))
                    file.write(raw)
            except OSError:
                _remove(path)
                continue
            return Place(path, start, raw.nbytes)
    return None


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)  # noqa: PTH108 - called while the interpreter takes things apart
