r"""The one file of a form, written to disk as it comes: never in memory as a whole, never under a name of
somebody else's, and gone again if anything about it is not as it should be.

RFC 7578, Returning Values from Forms: multipart/form-data (2015).

>>> plain_name("../../etc/\u202epasswd.csv"), plain_name("C:\\data\\")
('passwd.csv', 'file')
"""

from __future__ import annotations

import os
import secrets
import unicodedata
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from whence.runtime.aside import aside
from whence.studio.security.refusals import InvalidUpload

FIELD = "file"
LONGEST_NAME = 120
_AT_ONCE = 1 << 20  # bytes that are gathered before a write
_AROUND = 64 << 10  # bytes of the form beside the file
_HEADERS = frozenset({b"content-disposition", b"content-type"})


@dataclass(frozen=True, slots=True)
class Received:
    """A file that came in: the name that it had, for people; where it lies; its size in bytes."""

    name: str
    path: Path
    size: int


async def received_file(
    content_type: str, chunks: AsyncIterator[bytes], folder: Path, limit: int
) -> Received:
    """Take the file of a form into `folder`, or raise `InvalidUpload` and leave nothing behind."""
    form = _Form(_boundary(content_type), limit)
    await aside(lambda: folder.mkdir(mode=0o700, parents=True, exist_ok=True))
    path = folder / f"{secrets.token_hex(16)}.upload"
    kept = False
    file = await aside(lambda: _created(path))
    try:
        came = 0
        async for chunk in chunks:
            came += len(chunk)
            if came > limit + _AROUND:
                raise _too_large(limit)
            form.take(chunk)
            if len(form.waiting) >= _AT_ONCE:
                await _written(file, form)
        form.check_whole()
        await _written(file, form)
        kept = True
    except OSError as error:
        raise InvalidUpload("it cannot be stored", "See whether the disk is full.", status=507) from error
    finally:
        with suppress(OSError):
            file.close()
        if not kept:
            with suppress(OSError):
                path.unlink(missing_ok=True)
    return Received(form.name, path, form.size)


def plain_name(written: str) -> str:
    """The name of a file for people to read: its last part, without what cannot be seen, not too long."""
    last = written.replace("\\", "/").rpartition("/")[2]
    seen = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C")
    name = " ".join(seen.split()).lstrip(".")
    if len(name) > LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: LONGEST_NAME - 20]}…{dot}{ending[:12]}" if dot else name[:LONGEST_NAME]
    return name or "file"


class _Form:
    """The parts of one form as the parser finds them; `waiting` are bytes of the file to be written."""

    def __init__(self, boundary: bytes, limit: int) -> None:
        self.name = ""
        self.size = 0
        self.waiting = bytearray()
        self._limit = limit
        self._parts = 0
        self._ended = False
        self._field = bytearray()
        self._value = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": lambda data, start, end: self._field.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_end": self._ends,
            },
            max_header_count=4,
            max_header_size=4_096,
        )

    def take(self, chunk: bytes) -> None:
        """Read on."""
        if self._ended and chunk.strip():
            raise InvalidUpload("something follows the form")
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise InvalidUpload("the form cannot be read") from None

    def check_whole(self) -> None:
        """Raise if the form broke off, or had no file."""
        if not self._parts:
            raise InvalidUpload("there is none")
        if not self._ended:
            raise InvalidUpload("it broke off", "Try it again.")
        if not self.size:
            raise InvalidUpload("it is empty")

    def _part_begins(self) -> None:
        self._parts += 1
        if self._parts > 1:
            raise InvalidUpload("there is more than one")

    def _header_ends(self) -> None:
        name = bytes(self._field).lower()
        if name in self._headers or name not in _HEADERS:
            raise InvalidUpload("the form says something of it that is not understood")
        self._headers[name] = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def _headers_end(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition"))
        if kind != b"form-data" or options.get(b"name") != FIELD.encode() or b"filename" not in options:
            raise InvalidUpload("the form has something else in its place")
        written = options[b"filename"]
        if not written:
            raise InvalidUpload("none was chosen")
        self.name = plain_name(written.decode("utf-8", "replace"))

    def _data(self, data: bytes, start: int, end: int) -> None:
        self.size += end - start
        if self.size > self._limit:
            raise _too_large(self._limit)
        self.waiting += data[start:end]

    def _ends(self) -> None:
        self._ended = True


def _boundary(content_type: str) -> bytes:
    try:
        kind, options = parse_options_header(content_type.encode("latin-1"))
    except UnicodeEncodeError:
        kind, options = b"", {}
    boundary = options.get(b"boundary", b"")
    fits = 0 < len(boundary) <= 70 and boundary.isascii() and boundary.decode("ascii").isprintable()
    if kind != b"multipart/form-data" or not fits:
        raise InvalidUpload("it did not come as a form", status=415)
    return boundary


def _created(path: Path) -> BufferedWriter:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


async def _written(file: BufferedWriter, form: _Form) -> None:
    data, form.waiting = form.waiting, bytearray()

    def write() -> None:
        file.write(data)
        file.flush()

    await aside(write)


def _too_large(limit: int) -> InvalidUpload:
    return InvalidUpload("it is too large", f"At most {limit / (1 << 20):,.0f} MB are taken.", status=413)
