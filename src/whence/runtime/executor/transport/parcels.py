"""Values on their way between our own processes: a pickle each, its large arrays apart from it.

Pickles cross pipes and the memory of our own processes (and a cluster's transport), and are stored nowhere.
Each item and each result is a parcel of its own, so that one that cannot travel is named, and spoils nothing
beside it.

>>> parcel = Packer("processes").packed({"price": 10})
>>> unpacked(parcel, "processes")
{'price': 10}
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whence.runtime.errors import UnsuitableMethod
from whence.runtime.executor.transport.arrays import BYTES_TO_SHARE, Place, opened

if TYPE_CHECKING:
    from whence.runtime.executor.transport.arrays import Shelf

PROTOCOL = 5


@dataclass(frozen=True, slots=True)
class Parcel:
    """A packed value: its pickle, and where its large arrays lie."""

    head: bytes
    arrays: tuple[Place, ...] = ()


class Packer:
    """Packs values for `place`; large arrays go on the shelf, and stay for as long as the packer does."""

    def __init__(self, place: str, shelf: Shelf | None = None) -> None:
        self._place = place
        self._shelf = shelf
        self._held: list[pickle.PickleBuffer] = []

    def packed(self, value: object) -> Parcel:
        """Pack a value. Raises `UnsuitableMethod` if it cannot be taken to another process."""
        arrays: list[Place] = []

        def within(buffer: pickle.PickleBuffer) -> bool:
            place = None
            if self._shelf is not None and buffer.raw().nbytes >= BYTES_TO_SHARE:
                place = self._shelf.put(buffer)
            if place is not None:
                arrays.append(place)
                self._held.append(buffer)
            return place is None

        try:
            head = pickle.dumps(value, PROTOCOL, buffer_callback=within)
        except Exception as error:
            raise not_sendable(self._place, error) from error
        return Parcel(head, tuple(arrays))


def unpacked(parcel: Parcel, place: str) -> Any:  # noqa: ANN401 - whatever was packed
    """The value of a parcel. Raises `UnsuitableMethod` if it cannot be made here."""
    try:
        return pickle.loads(parcel.head, buffers=map(opened, parcel.arrays))  # noqa: S301 - from ourselves
    except Exception as error:
        raise not_sendable(place, error) from error


def not_sendable(place: str, error: Exception) -> UnsuitableMethod:
    """The error for work that cannot be taken to another process (or to another interpreter)."""
    there = "interpreter" if place == "interpreters" else "process"
    return UnsuitableMethod(
        place,
        f"the work cannot be sent to another {there} ({type(error).__name__}: {error})",
        'Define functions and classes at the top of an importable module, or use executor="threads".',
    )
