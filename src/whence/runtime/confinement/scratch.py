"""Looking through and removing a folder in which untrusted code has had its way.

It may hold folders nested deeper than a path can be long or a recursion go, folders that deny entry, and a
great many files. Nothing here follows a link, and nothing here recurses.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = "whence-scratch-"
OLD = 3_600.0  # seconds
DEEPEST = 64
TOO_DEEP = 1 << 30
LEAST = 1_024  # what a file counts at least, since empty ones are not free either

SCARCE = 1 << 30  # bytes

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


def bytes_in(folder: Path) -> int:
    """Add up the space that the files beneath `folder` take.

    A folder deeper than any honest one counts as a gigabyte: what is in it cannot be told in good time.
    """
    total = 0
    open_folders = [(str(folder), 0)]
    while open_folders:
        path, depth = open_folders.pop()
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    with contextlib.suppress(OSError):
                        found = entry.stat(follow_symlinks=False)
                        total += max(found.st_blocks * 512, LEAST)
                        if stat.S_ISDIR(found.st_mode):
                            open_folders.append((entry.path, depth + 1))
        except PermissionError:
            total += TOO_DEEP  # it has shut us out
        except OSError:
            continue
        if depth >= DEEPEST:
            return total + TOO_DEEP
    return total


def space(folder: Path) -> tuple[int, int]:
    """Give how much space is left on the disk that holds `folder`, and from how little on it is scarce."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize, min(SCARCE, disk.f_blocks * disk.f_frsize // 20)


def own_folder() -> Path:
    """Make the folder for the scratch of this process, and clear away old empty ones that others left.

    A process that is killed cannot clear up behind itself; its workers do, all but the folder around theirs.
    That of a living process is never empty for long, since its workers have theirs in it.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # not empty, not ours, or gone meanwhile
            if time.time() - left.lstat().st_mtime > OLD:
                left.rmdir()
    return Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()


def remove(folder: Path) -> None:
    """Remove `folder` and everything in it; what cannot be removed is left."""
    empty(folder)
    with contextlib.suppress(OSError):
        folder.rmdir()


def empty(folder: Path) -> None:
    """Remove everything in `folder`; what cannot be removed is left."""
    try:
        top = os.open(folder, _FOLDER)
    except OSError:
        return
    names = (f".{secrets.token_hex(8)}.{number}" for number in itertools.count())
    try:
        # Folders within folders are moved to the top first, so that no path is ever long.
        while folders := _folders_left(top):
            for name in folders:
                _unfold(top, name, names)
    except OSError:
        return
    finally:
        os.close(top)


def _folders_left(top: int) -> list[str]:
    """Unlink the files in the open folder `top`, and name its folders that could be opened up."""
    folders: list[str] = []
    with os.scandir(top) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    os.chmod(entry.name, 0o700, dir_fd=top)
                    folders.append(entry.name)
                else:
                    os.unlink(entry.name, dir_fd=top)
    return folders


def _unfold(top: int, name: str, names: Iterator[str]) -> None:
    """Remove the folder `name` of `top`, moving the folders in it up into `top`."""
    inner = os.open(name, _FOLDER, dir_fd=top)
    try:
        for below in _folders_left(inner):
            os.rename(below, next(names), src_dir_fd=inner, dst_dir_fd=top)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=top)
