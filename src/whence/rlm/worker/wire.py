"""Frames between the host and a worker: four bytes of length, then one JSON object as UTF-8.

Both sides use this module, and neither trusts the other's lengths: a frame longer than agreed, one that is
not JSON, or a number that JSON has no word for ends the conversation with `BrokenFrame`.

>>> list(Decoder().feed(encode({"type": "end"}) + encode({"type": "run", "id": 1})[:9]))
[{'type': 'end'}]
"""

from __future__ import annotations

import json
import math
import re
import socket
import struct
from collections.abc import Iterator, Mapping
from os import read, write  # by name: the model's code may replace what `os` holds
from typing import Final, NoReturn, TypeAlias, cast

from whence.runtime.errors import WhenceError
from whence.runtime.locks import lock
from whence.runtime.plain import JSON

Frame: TypeAlias = dict[str, JSON]

MOST: Final = 64 * 1024 * 1024
FILES_AT_ONCE: Final = 200
_HEADER: Final = struct.Struct(">I")
_BLOCK: Final = 64 * 1024
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


class BrokenFrame(WhenceError):
    """What came through the pipe is no frame, or may not leave as one."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"A frame between host and worker is broken: {reason.rstrip('.')}.")


def encode(frame: Mapping[str, JSON], most: int = MOST) -> bytes:
    """Give `frame` as bytes; what JSON cannot say raises `BrokenFrame`."""
    try:
        text = _ENCODER.encode(frame)
    except (ValueError, TypeError, RecursionError) as error:
        raise BrokenFrame(f"it cannot be written as JSON ({error})") from None
    try:
        body = text.encode()
    except UnicodeEncodeError:  # half a surrogate pair is not text; the reader would stumble over it
        body = _mended(text).encode()
    if len(body) > most:
        raise BrokenFrame(f"it has {len(body):,} bytes, more than {most:,}")
    return _HEADER.pack(len(body)) + body


class Decoder:
    """Takes bytes as they come and gives the frames in them; it holds no more than one of `most` bytes."""

    __slots__ = ("_buffer", "most")

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Give every frame that is complete now."""
        self._buffer += data
        place = 0
        try:
            while len(self._buffer) - place >= _HEADER.size:
                (length,) = cast("tuple[int]", _HEADER.unpack_from(self._buffer, place))
                if length > self.most:
                    raise BrokenFrame(f"it announces {length:,} bytes, more than {self.most:,}")
                end = place + _HEADER.size + length
                if len(self._buffer) < end:
                    break
                body = bytes(self._buffer[place + _HEADER.size : end])
                place = end
                yield decode(body)
        finally:
            del self._buffer[:place]


def decode(body: bytes) -> Frame:
    """Read the JSON object that one frame holds."""
    try:
        text = body.decode()
        value = cast("object", _DECODER.decode(text))
        if _SURROGATE.search(text):
            value = _whole(value)
    except (ValueError, RecursionError) as error:
        raise BrokenFrame(f"it is not JSON ({str(error)[:200]})") from None
    if not isinstance(value, dict):
        raise BrokenFrame("it is not an object")
    return cast("Frame", value)


class Wire:
    """The worker's end: blocking, safe to send on from many threads, to be received from by one.

    It writes with `write`, not `send`: the confinement refuses the calls that could open a connection.
    """

    def __init__(self, connection: socket.socket, most: int = 4 * MOST) -> None:
        connection.setblocking(True)
        self._connection = connection
        self._descriptor = connection.fileno()
        self._decoder = Decoder(most)
        self._frames: list[Frame] = []
        self._sending = lock()
        self.files: list[int] = []
        self.takes_files = True

    def send(self, frame: Mapping[str, JSON]) -> None:
        """Send a frame whole; nobody else's bytes come in between."""
        data = memoryview(encode(frame))
        with self._sending:
            while data:
                data = data[write(self._descriptor, data) :]

    def receive(self) -> Frame | None:
        """Wait for the next frame; None when the host is gone. Descriptors that came along are in `files`."""
        while not self._frames:
            data = self._read()
            if not data:
                return None
            self._frames = list(self._decoder.feed(data))[::-1]
        return self._frames.pop()

    def _read(self) -> bytes:
        try:
            if not self.takes_files:
                return read(self._descriptor, _BLOCK)
            data, files, _, _ = socket.recv_fds(self._connection, _BLOCK, FILES_AT_ONCE + 53)
        except ConnectionError:
            return b""
        self.files.extend(files)
        return data


def _mended(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _whole(value: object) -> object:
    """The value without halves of surrogate pairs, which `json` accepts and nothing else does."""
    if isinstance(value, str):
        return _mended(value)
    if isinstance(value, list):
        return [_whole(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {_mended(key): _whole(item) for key, item in cast("dict[str, object]", value).items()}
    return value


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _integer(word: str) -> int:
    # A function of ours, so that long ones, of which each takes its time, let other threads run in between.
    return int(word)


def _finite(word: str) -> float:
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(f"{word[:40]} is out of range")
    return number


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_DECODER: Final = json.JSONDecoder(parse_constant=_no_number, parse_float=_finite, parse_int=_integer)
