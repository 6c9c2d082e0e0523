"""The record of what was done: a file of lines that can only grow, in which a changed line shows.

Each line is JSON and holds the hash of the line before it, so that whoever edits, removes or swaps a line
breaks the chain from there on. What is cut off at the end cannot show in the file itself: note the last
hash elsewhere if that matters.

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
from typing import TYPE_CHECKING, Any, BinaryIO

from whence.runtime.errors import BrokenRecord, MissingFile

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from whence.runtime.plain import JSON

FIRST = "0" * 64
_here = threading.Lock()


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


def read(path: str | Path) -> tuple[dict[str, Any], ...]:
    """Give every entry, oldest first; raises `BrokenRecord` at the first line that does not follow."""
    if not Path(path).exists():
        raise MissingFile(path)
    entries: list[dict[str, Any]] = []
    previous = FIRST
    for number, text in enumerate(Path(path).read_bytes().splitlines(), start=1):
        line = _parsed(text, path, number)
        if line["previous"] != previous or line["hash"] != _hash(line):
            raise BrokenRecord(path, number)
        previous = line["hash"]
        entries.append(line["entry"])
    return tuple(entries)


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
    return json.dumps(
        line, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    ).encode()


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
