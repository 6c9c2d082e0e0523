"""The journals of a folder: which there are, what they are about, and whether their runs go on.

A journal is named in an address by an id that is made of its file's name; whoever asks for one is shown a
file that was found by listing the folder, never one that a path was joined to.
"""

from __future__ import annotations

import hashlib
import json
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from whence.rlm.journal.record import SCHEMA
from whence.rlm.views.showing import fitted
from whence.studio.view import JournalCard

MOST_LISTED = 200
MOST_CARDS = 24
LONGEST_HEAD = 1 << 20
TAIL = 256 << 10


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the folder that begins as a journal of ours does."""

    journal: str
    path: Path
    changed: float


def journal_id(name: str) -> str:
    """The id of a file's name.

    >>> journal_id("run.jsonl")
    'je08a89dcafb6'
    """
    return "j" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def found(folder: Path | None) -> tuple[Found, ...]:
    """The files of the folder that may be journals, the newest first."""
    if folder is None:
        return ()
    listed: list[Found] = []
    try:
        for path in folder.iterdir():
            told = path.lstat()
            # A link may lead out of the folder that was named.
            if path.suffix == ".jsonl" and stat.S_ISREG(told.st_mode):
                listed.append(Found(journal_id(path.name), path, told.st_mtime))
    except OSError:
        return ()
    listed.sort(key=lambda each: (-each.changed, each.path.name))
    return tuple(listed[:MOST_LISTED])


def cards(folder: Path | None) -> tuple[JournalCard, ...]:
    """The journals as the home page lists them; other files are passed over."""
    made: list[JournalCard] = []
    for each in found(folder):
        header = header_of(each.path)
        if header is None:
            continue
        question = header.get("question")
        shown = question if isinstance(question, str) and question.strip() else each.path.name
        when = datetime.fromtimestamp(each.changed, UTC).isoformat(timespec="seconds")
        made.append(JournalCard(each.journal, fitted(shown, 400), _state(each.path), when))
        if len(made) == MOST_CARDS:
            break
    return tuple(made)


def header_of(path: Path) -> dict[str, Any] | None:
    """The header with which a journal of ours begins; None for any other file."""
    try:
        with path.open("rb") as file:
            entry = _entry(file.readline(LONGEST_HEAD))
    except OSError:
        return None
    return entry if entry.get("kind") == "header" and entry.get("schema") == SCHEMA else None


def _state(path: Path) -> str:
    """How the run stands, from the end of its journal."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL))
            lines = file.read(TAIL).split(b"\n")
    except OSError:
        return "open"
    for line in reversed(lines):
        entry = _entry(line)
        if entry.get("kind") == "event":
            if entry.get("event") == "runended" and "." not in str(entry.get("run", "0")):
                return "answered" if entry.get("error") is None else "failed"
            return "open"
    return "open"


def _entry(line: bytes) -> dict[str, Any]:
    try:
        told: object = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    entry = cast("dict[str, Any]", told).get("entry") if isinstance(told, dict) else None
    return cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
