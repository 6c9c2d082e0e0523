"""The file in which results are kept: one SQLite database, one row for each result, sealed by a hash.

A row is written and committed before anything else is done, so what was done outlives the program, however
it ends (`kill -9` included; when the whole machine loses its power, the last rows may be missing, and the
file is sound all the same). Several programs may write to one journal at once: the row that comes first
stays, for the same key means the same result. Files that are no journal of ours are never opened for
writing.

Beside the file SQLite keeps two more while it is open (-wal and -shm); they belong to it. Keep the journal on
a disk of this machine, for file systems of a network do not lock well enough.

>>> with tempfile.TemporaryDirectory() as folder:
...     store = Store(f"{folder}/run.sqlite")
...     store.put(b"key", "work", b"value")
...     store.found([b"key", b"another"])
...     store.close()
{b'key': b'value'}
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import stat
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from whence.runtime.results.errors import DamagedJournal, JournalFull, UnusableJournal

R = TypeVar("R")

OURS = 0x57686E63  # "Whnc"
FORM = 1
FIRST_BYTES = b"SQLite format 3\0"
SECONDS_TO_WAIT = 60.0
KEYS_AT_ONCE = 500

TABLE = """
CREATE TABLE results (
    key BLOB NOT NULL UNIQUE,
    stage TEXT NOT NULL,
    at REAL NOT NULL,
    value BLOB NOT NULL,
    seal BLOB NOT NULL
)
"""


class Store:
    """An open journal; safe in many threads.

    `added` counts the rows that were written, `damaged` those that were found changed, and thrown away.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = _place(path)
        self.added = 0
        self.damaged = 0
        self._lock = threading.Lock()
        if not os.path.lexists(self.path):
            _create(self.path)
        _check_ours(self.path)
        self._file: sqlite3.Connection | None = None
        self._done(self._checked)

    def found(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """The values of those keys that are there, whole and unchanged."""
        wanted = list(dict.fromkeys(keys))
        found: dict[bytes, bytes] = {}
        broken: list[bytes] = []
        for start in range(0, len(wanted), KEYS_AT_ONCE):
            some = wanted[start : start + KEYS_AT_ONCE]
            for key, value, seal in self._done(partial(_rows, keys=some)):
                if type(value) is bytes and seal == sealed(key, value):
                    found[key] = value
                else:
                    broken.append(key)
        for key in broken:
            self.drop(key)
        return found

    def put(self, key: bytes, stage: str, value: bytes) -> None:
        """Keep a result, for good when this returns; a key that is there already keeps what it has.

        Raises `JournalFull` where there is no room, and `DamagedJournal`.
        """
        row = (key, stage, time.time(), value, sealed(key, value))
        self._done(partial(self._insert, row=row))

    def drop(self, key: bytes) -> None:
        """Throw away a row that is not what was written."""
        self.damaged += 1
        self._done(lambda file: file.execute("DELETE FROM results WHERE key = ?", (key,)))

    def __len__(self) -> int:
        return self._done(lambda file: file.execute("SELECT count(*) FROM results").fetchone()[0])

    # ── the database ────────────────────────────────────────────────────────────────────────────────────────

    def close(self) -> None:
        """Let go of the file; whatever is asked next opens it again."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _open(self) -> sqlite3.Connection:
        if self._file is None:
            _check_ours(self.path)
            address = f"{self.path.as_uri()}?mode=rw"
            self._file = sqlite3.connect(
                address, timeout=SECONDS_TO_WAIT, isolation_level=None, check_same_thread=False, uri=True
            )
            weakref.finalize(self, self._file.close)
            self._file.execute("PRAGMA synchronous = NORMAL")
            self._file.execute("PRAGMA trusted_schema = OFF")
        return self._file

    def _insert(self, file: sqlite3.Connection, row: tuple[object, ...]) -> None:
        self.added += file.execute("INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?, ?)", row).rowcount

    def _checked(self, file: sqlite3.Connection) -> None:
        (form,) = file.execute("PRAGMA user_version").fetchone()
        if form != FORM:
            raise UnusableJournal(self.path, f"it has form {form}, which this version does not know")
        found = file.execute("SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
        if found != [("table", "results")]:
            raise DamagedJournal(self.path, "its table is not there")
        file.execute("SELECT key, stage, at, value, seal FROM results LIMIT 1").fetchone()
        # Fails here rather than after the first hour of work, if nothing can be written.
        file.execute("BEGIN IMMEDIATE")
        file.execute("ROLLBACK")

    def _done(self, work: Callable[[sqlite3.Connection], R]) -> R:
        try:
            with self._lock:
                return work(self._open())
        except sqlite3.Error as error:
            raise _told(error, self.path) from error


def _rows(file: sqlite3.Connection, keys: Sequence[bytes]) -> list[tuple[bytes, bytes, bytes]]:
    places = ", ".join("?" * len(keys))
    query = f"SELECT key, value, seal FROM results WHERE key IN ({places})"  # noqa: S608 - places only
    return file.execute(query, list(keys)).fetchall()


def sealed(key: bytes, value: bytes) -> bytes:
    """The hash that binds a value to its key."""
    return hashlib.sha256(key + value).digest()


def _told(error: sqlite3.Error, path: Path) -> UnusableJournal:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT):
        return DamagedJournal(path, str(error))
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_TOOBIG):
        return JournalFull(path, str(error))
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return UnusableJournal(path, f"it cannot be written to ({error})")
    if code == sqlite3.SQLITE_BUSY:
        return UnusableJournal(path, "another program holds it", "Wait for that program, or end it.")
    if isinstance(error, sqlite3.OperationalError) and code == sqlite3.SQLITE_ERROR:
        return DamagedJournal(path, str(error))
    return UnusableJournal(path, str(error))


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────


def _place(path: str | os.PathLike[str]) -> Path:
    """Where a file is now, wherever the program goes."""
    try:
        text = os.fsdecode(path)
    except TypeError as error:
        raise UnusableJournal(path, "that is no path") from error
    if "\0" in text:
        raise UnusableJournal(text, "no file has a name with a null character")
    return Path(os.path.abspath(text))  # noqa: PTH100 - as it is written, links and all


def _create(path: Path) -> None:
    """Put an empty journal there, whole or not at all, readable by its owner alone."""
    for ending in ("-wal", "-journal"):
        if os.path.lexists(f"{path}{ending}"):
            raise UnusableJournal(
                path,
                f'"{path.name}{ending}" is left of a journal that is not there any more',
                "Bring that journal back, or remove what is left of it.",
            )
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        with _private(draft) as file:
            file.write(_empty())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(
                draft, path
            )  # unlike a renaming, it never replaces what another program put there meanwhile
        except FileExistsError:
            return
        except OSError:  # a file system without links
            with contextlib.suppress(FileExistsError), _private(path) as file:
                file.write(_empty())
    except OSError as error:
        raise UnusableJournal(path, error.strerror or str(error)) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _private(path: Path):  # noqa: ANN202 - a binary file
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def _empty() -> bytes:
    """The bytes of a journal without results."""
    with tempfile.TemporaryDirectory(prefix="whence-") as folder:
        path = Path(folder) / "empty.sqlite"
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
            file.execute(f"PRAGMA application_id = {OURS}")
            file.execute(f"PRAGMA user_version = {FORM}")
            file.execute(TABLE)
        found = bytearray(path.read_bytes())
    # Bytes 18 and 19 of an SQLite file say how it is written: 2 is the write-ahead log. Said here, no program
    # ever has to change it while another one reads.
    found[18] = found[19] = 2
    return bytes(found)


def _check_ours(path: Path) -> None:
    """Look at the first bytes, without SQLite: what is not ours is left as it is."""
    try:
        ours = is_journal(path)
    except OSError as error:
        raise UnusableJournal(path, error.strerror or str(error)) from error
    if not ours:
        raise UnusableJournal(path, "it is no journal of results, and was left as it is")


def is_journal(path: Path) -> bool:
    """Whether a file begins as a journal of ours does."""
    kind = path.stat().st_mode
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        return False  # who opens a pipe waits for whoever writes to it
    with path.open("rb") as file:
        head = file.read(72)
    return head.startswith(FIRST_BYTES) and int.from_bytes(head[68:], "big") == OURS
