"""Fingerprints of values: equal where two runs would compute the same from them, different otherwise.

A value is told as a text without ambiguity (every part carries its type and its length), and the hash of that
text is its fingerprint. Numbers are told by their bits, arrays by kind, shape, layout and bytes, sets in an
order of their own, dicts in theirs (a task may go through them), data classes by class and fields, functions
and classes as `definitions` says, paths and texts that name files with what is in the files. Anything else is
told by what Python would send to another process to make it again there, which by that contract is all there
is to it. Nothing depends on where things lie in memory or on how this run hashes strings.

What cannot be told (a lock, a connection, an iterator, `eval`) raises `NoFingerprint`, with the reason.

>>> fingerprint({"seed": 1}) == fingerprint({"seed": 1}), fingerprint(1) == fingerprint(True)
(True, False)
>>> fingerprint(iter([1]))
Traceback (most recent call last):
...
whence.runtime.results.errors.NoFingerprint: No fingerprint can be taken: a list_iterator is used up ...
"""

from __future__ import annotations

import hashlib
import struct
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import is_dataclass
from enum import Enum
from pathlib import PurePath
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any, cast

from whence.runtime.results.arrays import content, is_array, is_plain, is_scalar, layout
from whence.runtime.results.definitions import Definitions, Told, qualified
from whence.runtime.results.errors import NoFingerprint
from whence.runtime.results.files import contents
from whence.runtime.results.framing import framed
from whence.runtime.results.objects import (
    in_order_of_names,
    is_executor,
    is_sent_as_fields,
    of_code,
    sent_parts,
    state,
)

LARGE = 4096
"""Bytes from which on an array is remembered for the other items of a map."""


def fingerprint(value: object) -> str:
    """The fingerprint of a value, as 64 hexadecimal digits; raises `NoFingerprint`."""
    return Fingerprints().of(value).hex()


def _whole(value: object) -> bytes:
    number = cast("int", value)
    return b"i" + framed(number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True))


PLAIN: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"N",
    bool: lambda value: b"T" if value else b"F",
    int: _whole,
    float: lambda value: b"f" + struct.pack("<d", value),
    complex: lambda value: b"c" + struct.pack("<dd", value.real, value.imag),
    type(Ellipsis): lambda _: b"E",
    type(NotImplemented): lambda _: b"I",
}


class Fingerprints:
    """Takes the fingerprints of the values of one map, and remembers what many of them share.

    Values must not change between the first and the last. `modules` are those of the user's whose code the
    fingerprints stand for.
    """

    def __init__(self) -> None:
        self._definitions = Definitions(self._apart)
        # By weak reference: items may be made as they are asked for, and need not be held together.
        self._lasting: dict[int, tuple[weakref.ref[object], bytes]] = {}
        self._texts: dict[str, bytes] = {}
        self._begin()

    @property
    def modules(self) -> frozenset[str]:
        """The user's own modules that were looked into."""
        return frozenset(self._definitions.modules)

    def of(self, value: object) -> bytes:
        """The fingerprint of a value; raises `NoFingerprint`."""
        self._begin()
        try:
            told = self.told(value)
            reached = self._definitions.closure(frozenset(self._names))
        except NoFingerprint:
            raise
        except RecursionError as error:
            raise NoFingerprint("the value is nested too deeply") from error
        except Exception as error:  # a foreign object may do anything when it is looked at
            raise NoFingerprint(f"looking at the value failed ({type(error).__name__}: {error})") from error
        return hashlib.sha256(framed(told) + reached).digest()

    def told(self, value: object) -> bytes:
        """A value as a text without ambiguity; what is composed of parts by the hash of its text."""
        kind = type(value)
        plainly = PLAIN.get(kind)
        if plainly is not None:
            return plainly(value)
        if kind is str:
            return self._text(cast("str", value))
        known = self._passing.get(id(value))
        if known is not None:
            return known[1]
        large = self._lasting.get(id(value))
        if large is not None and large[0]() is value:
            return large[1]
        depth = self._under_way.get(id(value))
        if depth is not None:  # a part of itself: told by how many steps up
            self._reaches_up_to = min(self._reaches_up_to, depth)
            return b"^" + (len(self._under_way) - depth).to_bytes(8, "little")
        return self._remembered(value)

    # ── what is remembered ──────────────────────────────────────────────────────────────────────────────────

    def _begin(self) -> None:
        self._passing: dict[int, tuple[object, bytes]] = {}
        self._under_way: dict[int, int] = {}
        self._reaches_up_to = 1 << 62
        self._names: set[str] = set()

    def _apart(self, tell: Callable[[Told], bytes]) -> tuple[bytes, frozenset[str]]:
        """Tell a definition as if nothing else were being told, and the names that came up in it."""
        before = self._passing, self._under_way, self._reaches_up_to, self._names
        self._begin()
        try:
            return tell(self.told), frozenset(self._names)
        finally:
            self._passing, self._under_way, self._reaches_up_to, self._names = before

    def _remembered(self, value: object) -> bytes:
        depth = len(self._under_way)
        outside, self._reaches_up_to = self._reaches_up_to, 1 << 62
        self._under_way[id(value)] = depth
        try:
            told = b"#" + hashlib.sha256(self._composed(value)).digest()
        finally:
            del self._under_way[id(value)]
            reaches, self._reaches_up_to = self._reaches_up_to, min(outside, self._reaches_up_to)
        if (
            reaches > depth
        ):  # it means the same anywhere else; an own part that points at it alone is no matter
            self._passing[id(value)] = (value, told)
            if is_array(value) and value.nbytes >= LARGE and not value.dtype.hasobject:
                self._lasting[id(value)] = (weakref.ref(value), told)
        return told

    def _text(self, text: str) -> bytes:
        told = self._texts.get(text)
        if told is None:
            within = contents(text)
            told = b"s" + framed(text.encode("utf-8", "surrogatepass")) + (within or b"")
            told = b"S" + framed(told) if within is not None else told
            self._texts[text] = told
        return told

    # ── composed values ─────────────────────────────────────────────────────────────────────────────────────

    def _composed(self, value: object) -> bytes:
        """The text of a value that has parts; what it is decides how it is told."""
        kind = type(value)
        if is_array(value):
            return self._array(value)
        if is_scalar(value) and is_plain(value):
            texts = [str(value)] if isinstance(value, str) else []
            return self._several("scalar", (value.dtype.str, value.tobytes(), *texts))
        if kind in (bytes, bytearray):
            return framed(kind.__name__.encode()) + bytes(cast("bytes", value))
        if isinstance(value, memoryview):
            return self._several("view", (value.format, value.shape, value.strides, value.tobytes()))
        if kind in (tuple, list):
            return self._several(kind.__name__, cast("Iterable[object]", value))
        if kind in (dict, MappingProxyType):
            pairs = cast("dict[object, object]", value).items()
            return self._several("dict", [part for pair in pairs for part in pair])
        if kind in (set, frozenset):
            parts = sorted(self.told(part) for part in cast("frozenset[object]", value))
            return kind.__name__.encode() + b"".join(map(framed, parts))
        if isinstance(value, type) or qualified(value) is not None or kind is FunctionType:
            text, name = self._definitions.reference(value, self.told)
            self._names |= {name} if name is not None else set()
            return text
        if isinstance(value, ModuleType):
            text, name = self._definitions.module(value)
            self._names |= {name} if name is not None else set()
            return text
        return self._object(value)

    def _object(self, value: object) -> bytes:
        own = getattr(type(value), "__fingerprint__", None)
        if own is not None:
            return self._several("own", (type(value), own(value)))
        if hasattr(type(value), "__fingerprint__"):
            raise NoFingerprint(f"a {type(value).__name__} says of itself that it may change unseen")
        if isinstance(value, Enum):
            return self._several("member", (type(value), value.name, cast("object", value.value)))
        if isinstance(value, PurePath):
            return self._path(value)
        if is_executor(value):
            return b"executor"  # which never changes a result
        part = of_code(value)
        if part is not None:
            return self._several(*part)
        if isinstance(value, Iterator) or hasattr(value, "fileno"):
            raise NoFingerprint(f"a {type(cast('object', value)).__name__} is used up by being read")
        if is_dataclass(value) and is_sent_as_fields(type(value)):
            return self._several("fields", (type(value), *state(value)))
        return self._sent(value)

    def _several(self, title: str, parts: Iterable[object]) -> bytes:
        told = [framed(title.encode())]
        for part in parts:  # no comprehension, which would be one step deeper: values may be nested
            told.append(framed(self.told(part)))  # noqa: PERF401
        return b"".join(told)

    def _array(self, array: Any) -> bytes:  # noqa: ANN401 - numpy is not known here
        if array.dtype.hasobject:
            return self._several("objects", (array.dtype.str, array.shape, layout(array), array.tolist()))
        kind = array.dtype.str if is_plain(array) else array.dtype
        held = layout(array)
        found = hashlib.sha256(content(array)).digest()
        texts = sorted(set(array.reshape(-1).tolist())) if array.dtype.str[1:2] == "U" else []
        named = [
            self._text(text) for text in texts if contents(text) is not None
        ]  # files, by what is in them
        return self._several("array", (kind, array.shape, held or array.strides, found, *named))

    def _path(self, path: PurePath) -> bytes:
        within = contents(str(path), surely_path=True)
        return b"path" + framed(str(path).encode("utf-8", "surrogatepass")) + (within or b"")

    def _sent(self, value: object) -> bytes:
        """Told by what Python would send to another process to make it again."""
        kind, sent = type(value), sent_parts(value)
        make, arguments, attributes, listed, mapped, *rest = (*sent, *(None,) * (6 - len(sent)))
        pairs = cast("Iterable[tuple[object, object]]", mapped or ())
        parts = (
            kind,
            make,
            arguments,
            in_order_of_names(attributes),
            list(cast("Iterable[object]", listed or ())),
            [part for pair in pairs for part in pair],
            *rest,
        )
        return self._several("sent", parts)
