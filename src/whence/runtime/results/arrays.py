"""Arrays of numpy as kind, shape, layout and bytes, for runs in which numpy is there at all.

This is the one file of the room that knows numpy, and it never loads it to look: where there is an array,
numpy is loaded. The layout counts, because a sum along rows and one along columns need not agree in the last
bit.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Literal, Protocol, TypeAlias, TypeGuard, cast

from whence.runtime.results.errors import NotStorable

Layout: TypeAlias = Literal["C", "F"]


class Kind(Protocol):
    """A dtype."""

    str: str
    names: tuple[str, ...] | None
    metadata: object
    hasobject: bool
    itemsize: int


class Array(Protocol):
    """An array, or a scalar of numpy's."""

    dtype: Kind
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    nbytes: int
    flags: Any
    T: Any

    def reshape(self, shape: int) -> Any: ...  # noqa: ANN401, D102 - numpy's own
    def tobytes(self) -> bytes: ...  # noqa: D102


def _numpy() -> Any:  # noqa: ANN401 - untyped here
    return sys.modules.get("numpy")


def is_array(value: object) -> TypeGuard[Array]:
    """Whether it is an array (one in a file included) and nothing beyond."""
    numpy = _numpy()
    return numpy is not None and type(value) in (numpy.ndarray, getattr(numpy, "memmap", None))


def is_scalar(value: object) -> TypeGuard[Array]:
    """Whether it is one of numpy's numbers, texts or times."""
    numpy = _numpy()
    return numpy is not None and isinstance(value, numpy.generic)


def is_plain(array: Array) -> bool:
    """Whether the bytes are all there is: no objects, no named fields, nothing noted on the kind."""
    kind = array.dtype
    simple = kind.names is None and kind.metadata is None and not kind.hasobject
    return simple and kind.str[1:2] in "biufcSUmM"


def layout(array: Array) -> Layout | None:
    """Rows first ("C"), columns first ("F"), or neither."""
    if array.flags.c_contiguous:
        return "C"
    return "F" if array.flags.f_contiguous else None


def content(array: Array) -> memoryview | bytes:
    """The bytes in the order of the layout (rows first, where it has none), not copied if possible."""
    held = layout(array)
    if array.nbytes == 0 or held is None:
        return array.tobytes()
    flat = (array if held == "C" else array.T).reshape(-1)
    return memoryview(flat.view(_numpy().uint8))


def packed(array: Array) -> tuple[str, tuple[int, ...], str, bytes]:
    """Kind, shape, layout and bytes; raises `NotStorable` where these are not everything."""
    if not is_plain(array):
        raise NotStorable(type(array))
    return array.dtype.str, array.shape, layout(array) or "C", bytes(content(array))


def unpacked(kind: str, shape: tuple[int, ...], held: str, data: bytes) -> object:
    """The array again, its own master; raises ValueError or TypeError if the parts do not fit together."""
    numpy = cast("Any", import_module("numpy"))
    found = numpy.dtype(kind)
    if found.str != kind or found.hasobject or found.names is not None or held not in ("C", "F"):
        raise ValueError(f"no plain kind of number: {kind}")
    return numpy.frombuffer(bytearray(data), dtype=found).reshape(shape, order=held)


def packed_scalar(value: Array) -> tuple[str, bytes]:
    """Kind and bytes of a scalar; raises `NotStorable` where these are not everything."""
    if not is_plain(value):
        raise NotStorable(type(value))
    return value.dtype.str, value.tobytes()


def unpacked_scalar(kind: str, data: bytes) -> object:
    """The scalar again."""
    return cast("Any", unpacked(kind, (1,), "C", data))[0]
