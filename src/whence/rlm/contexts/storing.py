"""Putting documents where a sandbox can map them: into as few files as can be, which nobody can change.

What is small, or is no file yet, is written into one file without a name: memory (sealed) where that is small
and Linux has it, else an unlinked temporary file. What leaves here are read-only descriptors only.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from whence.rlm.errors import UnusableContext

PIECE = 1 << 20
SMALL = 1 << 20
IN_MEMORY = 64 << 20
MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class Document:
    """`length` bytes of UTF-8 from `offset` in the file of this index."""

    name: str
    file: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is no document here, and why."""

    name: str
    reason: str


class Store:
    """Documents as they come; in a `with` block, whose end closes what `finish` did not hand over."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.left_out: list[LeftOut] = []
        self.notes: list[str] = []
        self._files: list[int] = []
        self._pack: Pack | None = None
        self._packed = 0  # the pack's place among the files

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pack is not None:
            self._pack.close()
        for descriptor in self._files:
            if descriptor >= 0:
                os.close(descriptor)
        self._files, self._pack = [], None

    def leave_out(self, name: str, reason: str) -> None:
        """Say that a file is no document."""
        self.left_out.append(LeftOut(name, reason))

    def keep(self, name: str, descriptor: int, offset: int, length: int) -> bool:
        """Make a document of a large file as it is, and own its descriptor, if there is room for one more."""
        if length < SMALL or len(self._files) >= MOST_FILES - (self._pack is None):
            return False
        self.documents.append(Document(name, len(self._files), offset, length))
        self._files.append(descriptor)
        return True

    def add_text(self, name: str, text: str) -> None:
        """Make a document of a text, without a second copy of the whole."""
        size = len(text) if text.isascii() else 4 * len(text)
        steps = range(0, len(text), PIECE)
        self.add(name, (self.encoded(name, text[at : at + PIECE]) for at in steps), size)

    def encoded(self, name: str, text: str) -> bytes:
        """UTF-8; a lone surrogate, which has none, becomes U+FFFD, so that positions stay what they are."""
        try:
            return text.encode()
        except UnicodeEncodeError:
            self.note(f"{name}: lone surrogates in it are read as U+FFFD.")
            return re.sub("[\ud800-\udfff]", "\ufffd", text).encode()

    def note(self, note: str) -> None:
        """Say something once."""
        if note not in self.notes:
            self.notes.append(note)

    def add(self, name: str, pieces: Iterable[bytes], size: int | None = None) -> None:
        """Make a document of bytes as they come; of at most `size`, if that is known."""
        if self._pack is None:
            self._pack = Pack(in_memory=size is not None and size <= IN_MEMORY)
            self._packed = len(self._files)
            self._files.append(-1)
        elif size is None or self._pack.written + size > IN_MEMORY:
            self._pack.move_to_disk()
        offset = self._pack.written
        for piece in pieces:
            self._pack.write(piece)
        self.documents.append(Document(name, self._packed, offset, self._pack.written - offset))

    def finish(self) -> tuple[tuple[Document, ...], tuple[int, ...]]:
        """The documents and the descriptors, which are the caller's from now on."""
        if self._pack is not None:
            self._files[self._packed] = self._pack.finish()
            self._pack = None
        files, self._files = tuple(self._files), []
        return tuple(self.documents), files


class Pack:
    """A file without a name that is being written."""

    def __init__(self, *, in_memory: bool) -> None:
        self.written = 0
        memory = _memory_file() if in_memory else None
        self._memory = memory is not None
        self._write, self._read = _temporary_file() if memory is None else (memory, -1)

    def write(self, piece: bytes) -> None:
        """Append."""
        view = memoryview(piece)
        try:
            while view:
                done = os.write(self._write, view)
                self.written, view = self.written + done, view[done:]
        except OSError as error:  # no room; it must not pass for a document that cannot be read
            cure = "Make room in the temporary folder, or set TMPDIR to one that has more."
            raise UnusableContext("text", f"it cannot be written down: {error.strerror}", cure) from error

    def move_to_disk(self) -> None:
        """Go on in a temporary file: it becomes too large for memory."""
        if not self._memory:
            return
        memory, (self._write, self._read) = self._write, _temporary_file()
        self._memory, size, self.written = False, self.written, 0
        try:
            for piece in read_pieces(memory, 0, size):
                self.write(piece)
        finally:
            os.close(memory)

    def finish(self) -> int:
        """Let nobody write any more; a read-only descriptor."""
        if self._memory:
            try:
                self._read = os.open(f"/proc/self/fd/{self._write}", os.O_RDONLY | os.O_CLOEXEC)
            except OSError:  # no /proc here: there is no read-only descriptor of memory to be had
                self.move_to_disk()
            else:
                # Sealed, it cannot be changed even by who finds a way to open it for writing.
                seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
                fcntl.fcntl(self._write, fcntl.F_ADD_SEALS, seals)
        read, self._read = self._read, -1
        self.close()
        return read

    def close(self) -> None:
        """Close what is open."""
        for descriptor in (self._write, self._read):
            if descriptor >= 0:
                os.close(descriptor)
        self._write = self._read = -1


def read_pieces(descriptor: int, start: int, stop: int) -> Iterator[bytes]:
    """The bytes of a file from `start` to `stop`, or to its end."""
    while start < stop and (piece := os.pread(descriptor, min(PIECE, stop - start), start)):
        yield piece
        start += len(piece)


def _memory_file() -> int | None:
    create: Callable[[str, int], int] | None = getattr(os, "memfd_create", None)
    if create is None or not hasattr(fcntl, "F_ADD_SEALS"):
        return None
    with contextlib.suppress(OSError):
        return create("whence-context", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    return None


def _temporary_file() -> tuple[int, int]:
    write, path = tempfile.mkstemp(prefix="whence-context-")
    try:
        return write, os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        os.close(write)
        raise
    finally:
        Path(path).unlink()
