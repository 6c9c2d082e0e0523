"""The record of what was done: a file of lines that can only grow, in which a changed line shows.

Each line is JSON and holds the hash of the line before it, so that whoever edits, removes or swaps a line
breaks the chain from there on. What is cut off at the end cannot show in the file itself: note the last
hash elsewhere if that matters.

`append` adds one entry and makes it durable. A `Writer` keeps the file for as long as it is open, and what it
has written outlives its process: entries are handed to the system whole, one by one, and reach the disk with
`flush`. A crash in the middle of a write leaves half a line at the end, which the next writer cuts off.

Haber, S. & Stornetta, W. S. (1991). How to time-stamp a digital document. Journal of Cryptology 3, 99-111.

>>> import tempfile, pathlib
>>> path = pathlib.Path(tempfile.mkdtemp()) / "record.jsonl"
>>> _ = append(path, {"question": "effect of price on sales"})
>>> [entry["question"] for entry in read(path)]
['effect of price on sales']
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeAlias

from whence.runtime.errors import BrokenRecord, MissingFile, WhenceError
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from whence.runtime.plain import JSON

FIRST = "0" * 64
_here = threading.Lock()
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode

Torn: TypeAlias = Literal["refuse", "skip"]


class UnusableRecord(WhenceError):  # noqa: N818 - named as every error of ours is
    """A record that cannot be written to."""

    def __init__(
        self, path: object, reason: str, cure: str = "Give the path of a file in a folder of yours."
    ) -> None:
        self.path = str(path)
        self.reason = reason
        super().__init__(
            f"The record {quoted(self.path, 300)} cannot be written: {reason.rstrip('.')}.", cure
        )


class RecordInUse(UnusableRecord):
    """A record that another writer holds."""

    def __init__(self, path: object) -> None:
        super().__init__(path, "another run writes to it", "Wait for that run to end, or give another path.")


def append(path: str | Path, entry: Mapping[str, JSON]) -> str:
    """Add an entry, made durable before this returns; gives its hash. Raises `BrokenRecord`."""
    with _here, Path(path).open("ab+") as file, _alone(file):
        last = _last_line(file)
        previous = FIRST if last is None else _parsed(last, path, None)["hash"]
        line: dict[str, Any] = {
            "at": datetime.now(UTC).isoformat(),
            "previous": previous,
            "entry": dict(entry),
        }
        line["hash"] = _hash(line)
        file.write(_canonical(line) + b"\n")
        file.flush()
        os.fsync(file.fileno())
        return line["hash"]


def read(path: str | Path, torn: Torn = "refuse") -> tuple[dict[str, Any], ...]:
    """Give every entry, oldest first; raises `BrokenRecord` at the first line that does not follow.

    Half a line at the end, as a crash leaves it, breaks the record too, unless `torn` is "skip".
    """
    return tuple(entries(path, torn))


def entries(path: str | Path, torn: Torn = "refuse") -> Iterator[dict[str, Any]]:
    """As `read`, one by one: for a record that is large."""
    if not Path(path).exists():
        raise MissingFile(path)
    with Path(path).open("rb") as file:
        for line, _ in _lines(file, path, torn):
            yield line["entry"]


class Writer:
    """Holds a record open and adds to it, alone: a second writer raises `RecordInUse`. Safe in many threads.

    `torn` is how many bytes of half a line were cut off the end when it was opened, `count` how many entries
    there were.

    >>> import tempfile, pathlib
    >>> with Writer(pathlib.Path(tempfile.mkdtemp()) / "run.jsonl") as writer:
    ...     _ = writer.write({"event": "started"})
    ...     read(writer.path)
    ({'event': 'started'},)
    """

    __slots__ = ("_fd", "_last", "_lock", "_size", "count", "path", "torn")

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.torn = 0
        self.count = 0
        self._last = FIRST
        self._size = 0
        self._lock = threading.Lock()
        flags = (
            os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        )
        try:
            self._fd = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise UnusableRecord(path, error.strerror or str(error)) from error
        try:
            _hold(self._fd, path)
            self._go_to_the_end()
        except BaseException:
            self.close()
            raise

    def write(self, entry: Mapping[str, JSON]) -> str:
        """Add an entry and give its hash; it is there for every reader when this returns."""
        body = _encode(entry)
        with self._lock:
            if self._fd < 0:
                raise UnusableRecord(self.path, "it was closed", "Open it anew.")
            at = datetime.now(UTC).isoformat()
            # The same bytes as `_canonical` would give, without writing the entry as JSON twice.
            told = f'{{"at":"{at}","entry":{body},"previous":"{self._last}"}}'.encode()
            found = hashlib.sha256(told).hexdigest()
            line = f'{{"at":"{at}","entry":{body},"hash":"{found}","previous":"{self._last}"}}\n'.encode()
            self._put(line)
            self._last = found
            self.count += 1
            return found

    def flush(self) -> None:
        """Have everything written so far on the disk."""
        with self._lock:
            if self._fd >= 0:
                os.fsync(self._fd)

    def close(self) -> None:
        """Let go of the file; nothing happens the second time."""
        with self._lock:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _put(self, line: bytes) -> None:
        try:
            done = os.write(self._fd, line)
            while done < len(line):  # the system took a part only; whether there is room, the next try tells
                done += os.write(self._fd, line[done:])
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._size)
            raise UnusableRecord(self.path, error.strerror or str(error), "Make room on the disk.") from error
        self._size += len(line)

    def _go_to_the_end(self) -> None:
        """Check every line there is, and cut off half a line at the end."""
        ends_well = True
        with os.fdopen(os.dup(self._fd), "rb") as file:
            for line, raw in _lines(file, self.path, "skip"):
                self._last = line["hash"]
                self._size += len(raw)
                self.count += 1
                ends_well = raw.endswith(b"\n")
        self.torn = os.fstat(self._fd).st_size - self._size
        if self.torn:
            os.ftruncate(self._fd, self._size)
        if not ends_well:
            self._put(b"\n")


def _lines(file: BinaryIO, path: str | Path, torn: Torn) -> Iterator[tuple[dict[str, Any], bytes]]:
    """The lines of a record that follow one another, parsed, each with its bytes."""
    previous = FIRST
    for number, raw in enumerate(file, start=1):
        line: dict[str, Any] = {}
        try:
            line = _parsed(raw, path, number)
            follows = line["previous"] == previous and line["hash"] == _hash(line)
        except (BrokenRecord, ValueError, RecursionError):  # no JSON of ours: NaN, or nested without end
            follows = False
        if not follows:
            if torn == "skip" and not raw.endswith(b"\n"):
                return
            raise BrokenRecord(path, number)
        previous = line["hash"]
        yield line, raw


def _parsed(text: bytes, path: str | Path, number: int | None) -> dict[str, Any]:
    try:
        line = json.loads(text)
        if {"at", "previous", "entry", "hash"} <= line.keys():
            return line
    except (ValueError, AttributeError):
        pass
    raise BrokenRecord(path, number)


def _hash(line: Mapping[str, Any]) -> str:
    told = {key: value for key, value in line.items() if key != "hash"}
    return hashlib.sha256(_canonical(told)).hexdigest()


def _canonical(line: Mapping[str, Any]) -> bytes:
    return _encode(line).encode()


def _last_line(file: BinaryIO) -> bytes | None:
    """The last line of a file; half a line (a crash while it was written) is returned as it is."""
    end = file.seek(0, os.SEEK_END)
    tail = b""
    while end and tail.count(b"\n") < 2:
        start = max(0, end - 65_536)
        file.seek(start)
        tail = file.read(end - start) + tail
        end = start
    return tail.rstrip(b"\n").rpartition(b"\n")[2] or None


def _hold(fd: int, path: str | Path) -> None:
    """Keep other writers out until the file is closed, where the platform can."""
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise RecordInUse(path) from error


@contextlib.contextmanager
def _alone(file: BinaryIO) -> Generator[None]:
    """Keep other processes from appending meanwhile, where the platform can."""
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        yield
        return
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)
