"""What a path stands for: a path, or a text that happens to be one, means what is in the file.

A task that is handed "shop.csv" depends on what is in that file now. If only the name went into a key, a
new file under an old name would bring back the results of the old one. So a text that names a file or a
pattern of files that is there counts together with their contents, and so does a folder; a text that names
nothing is a text. In a folder, journals of ours and what Python keeps of its code count for nothing.

>>> contents("no such file") is None
True
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import stat
import time
from itertools import islice
from pathlib import Path

from whence.runtime.results.errors import NoFingerprint
from whence.runtime.results.store import is_journal

MOST_FILES = 10_000
LONGEST_PATH = 4_096
SECONDS_UNTIL_SETTLED = 2.0
"""A file that changed less than this ago may change once more without a new time: it is read every time."""

# A server or a store of objects: what is there can change without our seeing it.
ELSEWHERE = re.compile(r"(?!https?:|file:)[a-z][a-z0-9+.-]*://", re.IGNORECASE)

_known: dict[tuple[object, ...], bytes] = {}


def contents(text: str, *, surely_path: bool = False) -> bytes | None:
    """A hash of all that is in the file, folder or pattern of files that `text` names; None if there is none.

    A folder is meant where `surely_path` is said or a separator is in the text. Raises `NoFingerprint` for
    what cannot be looked at: a device, a pipe, a folder of more than 10,000 files, a place on a server.
    """
    if not text or len(text) > LONGEST_PATH or "\0" in text or "\n" in text:
        return None
    if ELSEWHERE.match(text):
        raise NoFingerprint(f"{text.partition('://')[0]}://… is not on this machine and may change unseen")
    path = Path(text.removeprefix("file://"))
    try:
        if text.startswith("~"):
            path = path.expanduser()
        kind = path.stat().st_mode
    except (OSError, RuntimeError, ValueError):
        return _of_pattern(text)
    try:
        if stat.S_ISDIR(kind):
            return _of_files(path, _within(path)) if surely_path or os.sep in text else None
        if not stat.S_ISREG(kind):
            raise NoFingerprint(f'"{text}" is no file that can be read twice')
        return hash_of_file(path)
    except OSError as error:
        raise NoFingerprint(f'what is in "{text}" cannot be read ({error.strerror})') from error


def hash_of_file(path: str | os.PathLike[str]) -> bytes:
    """SHA-256 of a regular file; read once for as long as the system says that it was not touched."""
    with Path(path).open("rb") as file:
        seen = os.fstat(file.fileno())
        key = (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
        found = _known.get(key)
        if found is None:
            found = hashlib.file_digest(file, "sha256").digest()
            if time.time() - max(seen.st_mtime, seen.st_ctime) > SECONDS_UNTIL_SETTLED:
                _known[key] = found
    return found


def _of_pattern(text: str) -> bytes | None:
    if not glob.has_magic(text) or not {os.sep, "."} & set(text):
        return None
    found = islice(glob.iglob(text, recursive=True), MOST_FILES + 1)  # noqa: PTH207 - the text is one
    files = [path for path in map(Path, found) if path.is_file()]
    return _of_files(Path(), files) if files else None


def _within(folder: Path) -> list[Path]:
    found: list[Path] = []
    for place, _, names in os.walk(folder):
        found += [Path(place, name) for name in names]
        if len(found) > MOST_FILES:
            raise NoFingerprint(f'the folder "{folder}" holds more than {MOST_FILES:,} files')
    return found


def _of_files(base: Path, files: list[Path]) -> bytes:
    if len(files) > MOST_FILES:
        raise NoFingerprint(f"a pattern names more than {MOST_FILES:,} files")
    together = hashlib.sha256()
    for path in sorted(files):
        if not path.is_file():
            raise NoFingerprint(f'"{path}" is no file that can be read twice')
        if _is_a_trace(path):
            continue
        name = os.fsencode(os.path.relpath(path, base))
        together.update(len(name).to_bytes(8, "little") + name + hash_of_file(path))
    return together.digest()


def _is_a_trace(path: Path) -> bool:
    """Whether a file is what running leaves behind: a journal of ours, or what Python made of code."""
    if path.parent.name == "__pycache__":
        return True
    of = path.with_name(re.sub("-(wal|shm|journal)$", "", path.name))
    return of.is_file() and is_journal(of)
