"""Rows that arrive as an Arrow C stream, seen as numpy arrays without a copy.

The Arrow C interface is a frozen agreement on four C structures, made so that a library can read another's
columns without linking to it. Here they are read with nothing but the standard library's ctypes, for the few
flat types that our own queries ask for; a batch is seen only until the next one is asked for.

Source: Apache Arrow, "The Arrow C data interface" and "The Arrow C stream interface".
"""

from __future__ import annotations

import ctypes
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whence.data.columns import Array
    from whence.numerics.arrays import Booleans


class BrokenStream(Exception):  # noqa: N818  (translated by every caller; never seen by the user)
    """The other side could not go on; `text` is what it says of that, and may hold paths."""

    def __init__(self, text: str) -> None:
        super().__init__("the stream broke off")
        self.text = text


@dataclass(frozen=True, slots=True)
class Cells:
    """One column of a batch: its values (n,), and which are missing, or None where none is."""

    values: Array
    missing: Booleans | None


Batch: TypeAlias = tuple[Cells, ...]


class _Schema(ctypes.Structure):
    pass


class _Rows(ctypes.Structure):
    pass


class _Stream(ctypes.Structure):
    pass


_Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.POINTER(_Schema)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))),
    ("private_data", ctypes.c_void_p),
]
_Rows._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Rows))),
    ("dictionary", ctypes.POINTER(_Rows)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Rows))),
    ("private_data", ctypes.c_void_p),
]
_Stream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Schema))),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Rows))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(_Stream))),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Stream))),
    ("private_data", ctypes.c_void_p),
]

_BITS, _DAYS = "bits", "days"
_FORMATS: dict[str, str] = {
    "b": _BITS,
    "tdD": _DAYS,
    "c": "i1",
    "s": "i2",
    "i": "i4",
    "l": "i8",
    "C": "u1",
    "S": "u2",
    "I": "u4",
    "L": "u8",
    "f": "f4",
    "g": "f8",
    "tss": "M8[s]",
    "tsm": "M8[ms]",
    "tsu": "M8[us]",
    "tsn": "M8[ns]",
}


@contextmanager
def batches(capsule: object) -> Generator[Iterator[Batch]]:
    """The batches of a stream, which is released at the end whatever happens.

    Raises `BrokenStream` where the other side fails, and for a type that is not among those known here.
    """
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    stream = _Stream.from_address(cast("int", pointer(capsule, b"arrow_array_stream")))
    try:
        yield _batches(stream, _formats(stream))
    finally:
        if stream.release:
            stream.release(ctypes.byref(stream))
        del capsule


def _formats(stream: ctypes.Structure) -> tuple[str, ...]:
    schema = _Schema()
    _hold(stream, stream.get_schema(ctypes.byref(stream), ctypes.byref(schema)))
    try:
        texts = [schema.children[place].contents.format.decode() for place in range(schema.n_children)]
    finally:
        schema.release(ctypes.byref(schema))
    unknown = [text for text in texts if _dtype(text) is None]
    if unknown:
        raise BrokenStream(f"columns of the Arrow type {unknown[0]}")
    return tuple(cast("str", _dtype(text)) for text in texts)


def _dtype(text: str) -> str | None:
    return _FORMATS.get(text.partition(":")[0])


def _batches(stream: ctypes.Structure, dtypes: tuple[str, ...]) -> Iterator[Batch]:
    while True:
        rows = _Rows()
        _hold(stream, stream.get_next(ctypes.byref(stream), ctypes.byref(rows)))
        if not rows.release:
            return
        try:
            yield tuple(_cells(rows.children[place].contents, rows, d) for place, d in enumerate(dtypes))
        finally:
            rows.release(ctypes.byref(rows))


def _hold(stream: ctypes.Structure, code: int) -> None:
    if code:
        told = stream.get_last_error(ctypes.byref(stream))
        raise BrokenStream((told or b"").decode("utf-8", "replace"))


def _cells(column: ctypes.Structure, rows: ctypes.Structure, dtype: str) -> Cells:
    # The rows of a batch may be a window on its columns: both have an offset of their own.
    start, length = column.offset + rows.offset, rows.length
    if dtype == _BITS:
        values = _bits(column.buffers[1], start, length)
    elif dtype == _DAYS:
        values = _plain(column.buffers[1], start, length, "i4").astype("M8[D]")
    else:
        values = _plain(column.buffers[1], start, length, dtype)
    missing = None
    if column.null_count != 0 and column.buffers[0]:
        missing = ~_bits(column.buffers[0], start, length)
    return Cells(values, missing)


def _plain(address: int | None, start: int, length: int, dtype: str) -> Array:
    kind = np.dtype(dtype)
    return _seen(address, (start + length) * kind.itemsize).view(kind)[start:]


def _bits(address: int | None, start: int, length: int) -> Booleans:
    stored = _seen(address, (start + length + 7) // 8)
    return np.unpackbits(stored, count=start + length, bitorder="little")[start:].view(np.bool_)


def _seen(address: int | None, size: int) -> Array:
    if not address or not size:
        return np.zeros(size, dtype=np.uint8)
    memory = cast("memoryview", (ctypes.c_uint8 * size).from_address(address))
    return np.frombuffer(memory, dtype=np.uint8)
