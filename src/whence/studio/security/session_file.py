"""The file of sessions: hashes and times as JSON, for its owner's eyes only, there whole or not at all.

A file that somebody else could have written (another owner, open to others, a symbolic link, not ours in
form) is not believed: there are no sessions then, and everybody comes in by a new launch link.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import os
import re
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias, cast

Row: TypeAlias = tuple[str, float, float]

LOG = logging.getLogger("whence.studio")
SCHEMA = "whence.sessions/1"
_LARGEST = 64 << 10
_HASH = re.compile("[0-9a-f]{64}")


def read_sessions(path: Path) -> tuple[Row, ...]:
    """The rows of the file: hash, created, last seen; none if it is not there or not to be believed."""
    try:
        text = _trusted_text(path)
        return _rows(json.loads(text)) if text is not None else ()
    except (OSError, ValueError, OverflowError, RecursionError):
        LOG.warning("The file of sessions cannot be read; everybody has to come in by a new link.")
        return ()


def write_sessions(path: Path, rows: Sequence[Row]) -> None:
    """Replace the file in one move; a disk that is full costs the restart its sessions, not the server."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    text = json.dumps({"schema": SCHEMA, "sessions": rows})
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
        draft.replace(path)
    except OSError:
        LOG.warning("The file of sessions cannot be written; a restart will ask for a new link.")
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _trusted_text(path: Path) -> str | None:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        handle = os.open(path, flags)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as file:
        known = os.fstat(handle)
        if not stat.S_ISREG(known.st_mode) or known.st_size > _LARGEST:
            raise ValueError("not a file of sessions")
        owner = getattr(os, "geteuid", None)
        if owner is not None and (known.st_uid != owner() or known.st_mode & 0o077):
            raise ValueError("open to others")
        return file.read(_LARGEST).decode("ascii")


def _rows(known: object) -> tuple[Row, ...]:
    if not isinstance(known, dict) or cast("dict[str, object]", known).get("schema") != SCHEMA:
        raise ValueError("another schema")
    rows = cast("dict[str, object]", known).get("sessions")
    if not isinstance(rows, list):
        raise ValueError("no rows")  # noqa: TRY004 - what is wrong is a file, not an argument
    return tuple(_row(row) for row in cast("list[object]", rows))


def _row(row: object) -> Row:
    match row:
        case [str(name), int() | float() as created, int() | float() as seen] if _HASH.fullmatch(name):
            if math.isfinite(created) and math.isfinite(seen):
                return name, float(created), float(seen)
        case _:
            pass
    raise ValueError("no row of a session")
