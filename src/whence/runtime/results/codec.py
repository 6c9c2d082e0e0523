"""Results as bytes and back, exactly, without any code being run by what is read.

Every value begins with a letter for its kind; what varies in length says its length. Numbers keep all their
bits (nan, infinities, minus nought), whole numbers have any size, texts any character, arrays and scalars of
numpy their kind, shape and layout. Of objects, only the data classes and enumerations of Whence itself and
kinds that were declared `storable` come back: bytes name a class, but never a function to be called.

>>> unpack(pack((1, [-0.0, "é"], {"n": None})).data)
(1, [-0.0, 'é'], {'n': None})
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from fractions import Fraction
from importlib import import_module
from typing import Any, NoReturn, cast

from whence.runtime.results.arrays import (
    is_array,
    is_scalar,
    layout,
    packed,
    packed_scalar,
    unpacked,
    unpacked_scalar,
)
from whence.runtime.results.definitions import qualified
from whence.runtime.results.errors import NotStorable
from whence.runtime.results.kinds import storing, storing_named

MOST_BYTES = 900_000_000
"""SQLite holds no larger value."""


class Garbled(Exception):  # noqa: N818 - seen by the journal alone, which then has the result made again
    """Bytes that are no value."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A value as bytes; `faithful` unless what comes back lies differently in memory (an array with gaps)."""

    data: bytes
    faithful: bool


def pack(value: object) -> Packed:
    """A value as bytes; raises `NotStorable` for a kind that would not come back as it is."""
    writer = _Writer()
    try:
        writer.write(value)
    except RecursionError as error:
        raise NotStorable(type(value)) from error
    if writer.size > MOST_BYTES:
        raise NotStorable(type(value))
    return Packed(b"".join(writer.parts), writer.faithful)


def unpack(data: bytes) -> object:
    """The value again; raises `Garbled`."""
    reader = _Reader(data)
    try:
        found = reader.read()
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError, MemoryError) as error:
        raise Garbled(str(error)) from error
    except (AttributeError, ImportError, NotStorable, ArithmeticError) as error:
        raise Garbled(str(error)) from error
    if reader.place != len(data):
        raise Garbled("more bytes than the value has")
    return found


class _Writer:
    """Collects the bytes of one value."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0
        self.faithful = True

    def put(self, part: bytes) -> None:
        self.parts.append(part)
        self.size += len(part)

    def framed(self, part: bytes) -> None:
        self.put(len(part).to_bytes(8, "little"))
        self.put(part)

    def write(self, value: object) -> None:
        kind = type(value)
        writes = WRITERS.get(kind)
        if writes is not None:
            writes(self, value)
        elif is_array(value):
            self.faithful &= layout(value) is not None and kind.__name__ == "ndarray"
            self.several(b"A", packed(value))
        elif is_scalar(value):
            self.several(b"G", packed_scalar(value))
        else:
            self.object(value, kind)

    def several(self, tag: bytes, parts: Any) -> None:  # noqa: ANN401 - any collection
        self.put(tag + len(parts).to_bytes(8, "little"))
        for part in parts:
            self.write(part)

    def object(self, value: object, kind: type) -> None:
        how = storing(kind)
        if how is not None:
            self.several(b"K", (how.name, how.to_plain(value)))
            return
        name = _own_class(kind)
        if name is None:
            raise NotStorable(kind)
        if isinstance(value, Enum):
            if value.name not in kind.__members__:  # pyright: ignore - several flags at once
                raise NotStorable(kind)
            self.several(b"M", (name, value.name))
            return
        names = [each.name for each in fields(cast("Any", value))]
        beside = cast("dict[str, object]", getattr(value, "__dict__", {})).keys() - set(names)
        if beside or not all(hasattr(value, each) for each in names):
            raise NotStorable(kind)
        self.several(b"O", (name, [(each, getattr(value, each)) for each in names]))


def _whole(writer: _Writer, value: int) -> None:
    writer.put(b"i")
    writer.framed(value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True))


def _text(writer: _Writer, value: str) -> None:
    writer.put(b"s")
    writer.framed(value.encode("utf-8", "surrogatepass"))


def _bytes(writer: _Writer, value: bytes) -> None:
    writer.put(b"b")
    writer.framed(value)


def _pairs(writer: _Writer, value: dict[object, object]) -> None:
    writer.several(b"d", [part for pair in value.items() for part in pair])


WRITERS: dict[type, Callable[[_Writer, Any], None]] = {
    type(None): lambda writer, _: writer.put(b"N"),
    bool: lambda writer, value: writer.put(b"T" if value else b"F"),
    int: _whole,
    float: lambda writer, value: writer.put(b"f" + struct.pack("<d", value)),
    complex: lambda writer, value: writer.put(b"c" + struct.pack("<dd", value.real, value.imag)),
    str: _text,
    bytes: _bytes,
    list: lambda writer, value: writer.several(b"l", value),
    tuple: lambda writer, value: writer.several(b"t", value),
    dict: _pairs,
    set: lambda writer, value: writer.several(b"z", value),
    frozenset: lambda writer, value: writer.several(b"Z", value),
    Fraction: lambda writer, value: writer.several(b"Q", (value.numerator, value.denominator)),
}


class _Reader:
    """Reads one value after the other, and never past the end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def take(self, count: int) -> bytes:
        if count > len(self.data) - self.place:
            raise Garbled("fewer bytes than the value has")
        found = self.data[self.place : self.place + count]
        self.place += count
        return found

    def count(self) -> int:
        return int.from_bytes(self.take(8), "little")

    def several(self) -> list[object]:
        count = self.count()
        if count > len(self.data) - self.place:  # every part has a byte at least
            raise Garbled("fewer parts than the value has")
        return [self.read() for _ in range(count)]

    def read(self) -> object:
        tag = self.take(1)
        reads = READERS.get(tag)
        if reads is None:
            raise Garbled(f"no kind of value begins with {tag!r}")
        return reads(self)


def _read_pairs(reader: _Reader) -> dict[object, object]:
    parts = reader.several()
    return dict(zip(parts[0::2], parts[1::2], strict=True))


def _read_array(reader: _Reader) -> object:
    kind, shape, held, data = cast("tuple[str, tuple[int, ...], str, bytes]", tuple(reader.several()))
    return unpacked(kind, shape, held, data)


def _read_scalar(reader: _Reader) -> object:
    kind, data = cast("tuple[str, bytes]", tuple(reader.several()))
    return unpacked_scalar(kind, data)


def _read_declared(reader: _Reader) -> object:
    name, plain = reader.several()
    how = storing_named(str(name))
    if how is None:
        raise Garbled(f"nobody says how a {name} is stored")
    return how.from_plain(plain)


def _read_member(reader: _Reader) -> object:
    name, member = reader.several()
    return cast("Any", _own_class_named(str(name)))[member]


def _read_object(reader: _Reader) -> object:
    name, parts = cast("tuple[str, list[tuple[str, object]]]", tuple(reader.several()))
    kind = _own_class_named(name)
    if [part for part, _ in parts] != [each.name for each in fields(cast("Any", kind))]:
        raise Garbled(f"{name} has other fields")
    made = object.__new__(cast("type[object]", kind))
    for part, value in parts:
        object.__setattr__(made, part, value)  # frozen: as `dataclass` itself does it
    return made


def _read_fraction(reader: _Reader) -> Fraction:
    above, below = cast("tuple[int, int]", tuple(reader.several()))
    return Fraction(above, below)


READERS: dict[bytes, Callable[[_Reader], object]] = {
    b"N": lambda _: None,
    b"T": lambda _: True,
    b"F": lambda _: False,
    b"i": lambda reader: int.from_bytes(reader.take(reader.count()), "little", signed=True),
    b"f": lambda reader: struct.unpack("<d", reader.take(8))[0],
    b"c": lambda reader: complex(*struct.unpack("<dd", reader.take(16))),
    b"s": lambda reader: reader.take(reader.count()).decode("utf-8", "surrogatepass"),
    b"b": lambda reader: reader.take(reader.count()),
    b"l": lambda reader: reader.several(),
    b"t": lambda reader: tuple(reader.several()),
    b"d": _read_pairs,
    b"z": lambda reader: set(reader.several()),
    b"Z": lambda reader: frozenset(reader.several()),
    b"Q": _read_fraction,
    b"A": _read_array,
    b"G": _read_scalar,
    b"K": _read_declared,
    b"M": _read_member,
    b"O": _read_object,
}


def _own_class(kind: type) -> str | None:
    """The name of a data class or enumeration of Whence's."""
    place = qualified(kind)
    if place is None or not place[0].startswith("whence."):
        return None
    return ":".join(place) if is_dataclass(kind) or issubclass(kind, Enum) else None


def _own_class_named(name: str) -> type:
    module, _, path = name.partition(":")
    if not module.startswith("whence.") or "__" in module:  # never one that acts when it is imported
        _refuse(name)
    found: object = sys.modules.get(module) or import_module(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, type) or _own_class(found) != name:
        _refuse(name)
    return found


def _refuse(name: str) -> NoReturn:
    raise Garbled(f"{name} is no kind of value of Whence's")
