"""Files and folders as documents: opened read-only, regular files only, in sorted order.

What is found in a folder is opened relative to it and without following symbolic links, so that nothing
outside it is read, however the folder changes meanwhile. What is left out is said, with the reason.
"""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from whence.rlm.contexts.kinds import HEAD, kind_of
from whence.rlm.contexts.storing import Store, read_pieces
from whence.rlm.errors import UnusableContext

DEEPEST = 100
READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY  # a FIFO does not make it wait
SPECIAL = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFLNK: "a symbolic link: not followed",
}


def add_path(store: Store, path: Path, name: str) -> bool:
    """Add a file or what is in a folder (then True); that a path cannot be read is an error: it was named."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                _add_folder(store, descriptor, f"{name}/" if name else "", 0)
            finally:
                os.close(descriptor)
            return True
        if not stat.S_ISREG(mode):
            kind = SPECIAL.get(stat.S_IFMT(mode), "no regular file")
            cure = "Give a regular file, or open it and give that."
            raise UnusableContext(shown(str(path)), f"it is {kind}", cure)
        _add_file(store, os.open(path, READ), name or shown(path.name))
    except FileNotFoundError:
        raise UnusableContext(
            shown(str(path)), "there is no such file or folder", "Check the path."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        cure = "Check that you may read it, and the path."
        raise UnusableContext(shown(str(path)), reason, cure) from error
    return False


def shown(name: str) -> str:
    """A file's name as text, whatever bytes it is made of."""
    return os.fsencode(name).decode("utf-8", "replace")


def _add_folder(store: Store, folder: int, prefix: str, depth: int) -> None:
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries)
    for name in names:
        full = prefix + shown(name)
        if name.startswith("."):
            store.leave_out(full, "hidden")
            continue
        try:
            _add_entry(store, folder, name, full, depth)
        except OSError as error:
            store.leave_out(full, f"not readable: {error.strerror}")


def _add_entry(store: Store, folder: int, name: str, full: str, depth: int) -> None:
    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    if stat.S_ISDIR(mode):
        if depth >= DEEPEST:
            store.leave_out(full, f"nested deeper than {DEEPEST} folders")
            return
        below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=folder)
        try:
            _add_folder(store, below, full + "/", depth + 1)
        finally:
            os.close(below)
    elif stat.S_ISREG(mode):
        _add_file(store, os.open(name, READ | os.O_NOFOLLOW, dir_fd=folder), full)
    else:
        store.leave_out(full, SPECIAL.get(stat.S_IFMT(mode), "no regular file"))


def _add_file(store: Store, descriptor: int, name: str) -> None:
    """Add an open file, and close it unless it becomes a document as it is."""
    kept = False
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):  # it has become another since it was looked at
            store.leave_out(name, "no regular file")
            return
        kind = kind_of(name, os.pread(descriptor, HEAD, 0))
        if kind.unusable:
            store.leave_out(name, kind.unusable)
            return
        if kind.encoding:
            store.note(f"{name}: converted from {kind.encoding.upper()}.")
            store.add(name, _converted(descriptor, status.st_size, kind.encoding))
            return
        if kind.foreign:
            store.note(f"{name}: not UTF-8 throughout; other bytes are read as U+FFFD.")
        length = status.st_size - kind.skip
        kept = store.keep(name, descriptor, kind.skip, length)
        if not kept:
            store.add(name, read_pieces(descriptor, kind.skip, status.st_size), length)
    finally:
        if not kept:
            os.close(descriptor)


def _converted(descriptor: int, size: int, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for piece in read_pieces(descriptor, 0, size):
        yield decoder.decode(piece).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")
