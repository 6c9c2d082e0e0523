"""Messages through a pipe: eight bytes that say how long, then that many bytes.

Whoever reads knows a message is whole before anything in it is looked at; half of one is `EOFError`.

>>> there, here = os.pipe()
>>> send(here, b"a message")
>>> receive(there)
b'a message'
>>> os.close(here), os.close(there)
(None, None)
"""

from __future__ import annotations

import os
import struct

LENGTH = struct.Struct("<Q")
AT_ONCE = 1 << 20


def send(pipe: int, message: bytes) -> None:
    """Write a message whole. Raises OSError if nobody reads any more."""
    head = LENGTH.pack(len(message))
    if len(message) < AT_ONCE:
        _write(pipe, memoryview(head + message))
    else:
        _write(pipe, memoryview(head))
        _write(pipe, memoryview(message))


def receive(pipe: int) -> bytes:
    """Read a message whole. Raises EOFError if the other end is closed before that."""
    (length,) = LENGTH.unpack(_read(pipe, LENGTH.size))
    return _read(pipe, length)


def _write(pipe: int, left: memoryview) -> None:
    while left:
        left = left[os.write(pipe, left) :]


def _read(pipe: int, length: int) -> bytes:
    parts: list[bytes] = []
    while length:
        part = os.read(pipe, min(length, AT_ONCE))
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
