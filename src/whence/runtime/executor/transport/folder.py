"""A folder that is gone when its process is, and swept up by the next one where a process could not tidy up.

It is made when first asked for, readable by its owner alone. A file in it stays locked (flock) for as long as
the process lives, however it ends; whoever makes such a folder removes those beside it whose lock is free.

>>> owned = OwnedFolder(tempfile.mkdtemp())
>>> sorted(path.name for path in owned.path().iterdir())
['owner']
>>> owned.remove()
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import stat
import tempfile
import threading
import time
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where no array is shared by a file
    fcntl = None

PREFIX = "whence-arrays-"
OWNER = "owner"
SECONDS_TO_MAKE = 3600.0
"""A folder without a lock this old was left by a process that died while it made it."""


class OwnedFolder:
    """One folder of this process under `place`."""

    def __init__(self, place: str | Path) -> None:
        self.place = Path(place)
        self._made: tuple[Path, int] | None = None
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self._forget)
        atexit.register(self.remove)

    def path(self) -> Path:
        """The folder, made now if it is not there yet. Raises OSError where none can be made."""
        with self._lock:
            if self._made is None:
                _sweep(self.place)
                path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self.place))
                self._made = path, _owned(path)
            return self._made[0]

    def remove(self) -> None:
        """Remove it and all that is in it; what is mapped somewhere stays readable there."""
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            shutil.rmtree(made[0], ignore_errors=True)
            os.close(made[1])

    def _forget(self) -> None:
        # A fork is another process: the folder is its parent's, and so is the lock.
        self._lock = threading.Lock()
        made, self._made = self._made, None
        if made is not None:
            os.close(made[1])


def _owned(folder: Path) -> int:
    """Lock the folder for as long as this process lives: locked first, and then put under its name."""
    unnamed = folder / f"{OWNER}.new"
    lock = os.open(unnamed, os.O_CREAT | os.O_RDWR | os.O_EXCL | os.O_CLOEXEC, 0o600)
    if fcntl is not None:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    unnamed.rename(folder / OWNER)
    return lock


def _sweep(place: Path) -> None:
    """Remove folders of this user whose process is gone."""
    for folder in place.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            status = folder.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and _abandoned(folder, status):
                shutil.rmtree(folder, ignore_errors=True)


def _abandoned(folder: Path, status: os.stat_result) -> bool:
    try:
        lock = os.open(folder / OWNER, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return time.time() - status.st_mtime > SECONDS_TO_MAKE
    try:
        if fcntl is None:
            return False
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True
