r"""What a worker may say to its host, and the reading of it, in which nothing is taken on trust.

The worker runs a model's code, and code can find the worker's end of the socket and write what it likes
there. So a frame is one of three known things with every field of its type and size, or it is a
`ProtocolViolation`, upon which the host ends the worker. What is left is plain JSON that is safe to keep,
print and write: no numbers that JSON has no word for, no halves of characters.

>>> read_frame(b'{"type": "ran", "id": 1, "output": "half \\ud83d"}').output
'half �'
>>> read_frame(b'{"type": "reply"}')
Traceback (most recent call last):
    ...
whence.rlm.environments.frames.ProtocolViolation: an unknown type of frame, "reply"
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar, cast

from whence.rlm.environments.environment import CellError
from whence.rlm.worker.wire import BrokenFrame, decode
from whence.runtime.plain import JSON, quoted

MOST_NAMES = 1_000
MOST_OUTPUT = 1_000_000
MOST_VALUES = 1_000_000  # in one frame
_VALUE = 64  # bytes: what an empty list is to the host, and to its sender three
_MANY = 100_000
DEEPEST = 100  # an honest worker sends nothing deeper than 60; what is ten times as deep, Python cannot walk
_MOST_ID = 1 << 53
_ID = re.compile(rb'"id": ?\d+')
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_T = TypeVar("_T")


class ProtocolViolation(Exception):
    """The worker sent what it may not send; never seen outside this package."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker is there."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The worker cannot begin."""

    message: str


@dataclass(frozen=True, slots=True)
class Ran:
    """A cell ended by itself, as the worker tells it."""

    id: int
    output: str = ""
    printed: int = 0
    error: CellError | None = None
    names: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Called:
    """Code asks the host for something.

    `size` is about what it weighs in the host's memory; calls that ask the same have the same `key`.
    """

    id: int
    kind: str
    arguments: dict[str, JSON]
    size: int
    key: bytes


Frame: TypeAlias = Ready | Failed | Ran | Called


def read_frame(raw: bytes | bytearray) -> Frame:
    """Read one frame, or raise `ProtocolViolation`."""
    values = _values(raw)
    told = _decoded(raw)
    match told.get("type"):
        case "ready":
            return Ready()
        case "failed":
            return Failed(_cut(_typed(told.get("message", ""), str, "a message"), 2_000))
        case "ran":
            return Ran(
                id=_identity(told.get("id")),
                output=_cut(_typed(told.get("output", ""), str, "output"), MOST_OUTPUT),
                printed=max(0, _number(told.get("printed", 0), "printed")),
                error=_error(told.get("error")),
                names=_names(told.get("names", {})),
            )
        case "call":
            kind = _cut(_typed(told.get("kind"), str, "kind"), 40)
            arguments = _mapping(told.get("arguments"), "the arguments of a call")
            size = max(len(raw), _VALUE * values)
            key = hashlib.sha256(_ID.sub(b"", raw, count=1)).digest()
            return Called(_identity(told.get("id")), kind, arguments, size, key)
        case other:
            raise ProtocolViolation(f"an unknown type of frame, {quoted(str(other), 40)}")


def _decoded(raw: bytes | bytearray) -> dict[str, JSON]:
    try:
        told = decode(bytes(raw))
    except BrokenFrame as why:
        raise ProtocolViolation(why.reason) from None
    if raw.count(b"[") + raw.count(b"{") > DEEPEST:
        _check_depth(told)
    return told


def _check_depth(told: JSON) -> None:
    level = [told]
    for _ in range(DEEPEST):
        below: list[JSON] = []
        for part in level:
            if isinstance(part, dict):
                below += part.values()
            elif isinstance(part, list):
                below += part
        level = [part for part in below if isinstance(part, dict | list)]
        if not level:
            return
    raise ProtocolViolation(f"a frame nested deeper than {DEEPEST}")


def _values(raw: bytes | bytearray) -> int:
    """About how many values a frame holds, without reading it; raises `ProtocolViolation` if too many."""
    values = _marks(raw)
    if values > _MANY:  # commas in texts are no values, and it is dear to leave out very many texts
        texts = (raw.count(b'"') - raw.count(b'\\"')) // 2
        values = _marks(_STRING.sub(b"", raw)) if texts <= 2 * MOST_VALUES else texts
    if values > MOST_VALUES:
        raise ProtocolViolation(f"a frame of more than {MOST_VALUES:,} values")
    return values


def _marks(raw: bytes | bytearray) -> int:
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{")


def _typed(value: object, kind: type[_T], what: str) -> _T:
    if not isinstance(value, kind):
        raise ProtocolViolation(f"{what} is not of type {kind.__name__}")
    return value


def _mapping(value: object, what: str) -> dict[str, JSON]:
    return cast("dict[str, JSON]", _typed(value, dict, what))


def _number(value: object, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _MOST_ID:
        raise ProtocolViolation(f"{what} is no whole number")
    return value


def _identity(value: object) -> int:
    number = _number(value, "an id")
    if number < 0:
        raise ProtocolViolation("an id is negative")
    return number


def _error(value: object) -> CellError | None:
    if value is None:
        return None
    told = _mapping(value, "the error of a cell")
    kind, message, traceback = (
        _typed(told.get(part, ""), str, f"the {part} of an error")
        for part in ("kind", "message", "traceback")
    )
    return CellError(
        kind=_cut(kind, 200) or "Error", message=_cut(message, 20_000), traceback=_cut(traceback, 50_000)
    )


def _names(value: object) -> dict[str, str]:
    told = _mapping(value, "the names")
    kept = list(told.items())[:MOST_NAMES]
    return {_cut(name, 200): _cut(_typed(shown, str, "a name's description"), 500) for name, shown in kept}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
