"""Whether a file would fit into memory as a table, so that only what must be is read in blocks.

The estimate errs on the side of blocks, which give the same digits: a number is held about three times at the
height of an analysis (as read, in canonical form, as an estimator's floats), a text is an object while it is
read.

>>> needed({"x": "DOUBLE", "town": "VARCHAR"}, rows=1_000)
114000
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from whence.data.duck import EngineFailure, engine, literal, pattern
from whence.data.files import first_bytes, kind_of, labelled
from whence.data.scanning.forms import family_of
from whence.runtime.machine.groups import memory_limit

if TYPE_CHECKING:
    from whence.data.duck import Engine

MEMINFO = Path("/proc/meminfo")
SHARE = 0.5
"""Of the memory that is free, a table may take so much: others need some, and so do estimators."""

NUMBER_BYTES, TEXT_BYTES = 24, 90
BYTES_PER_TEXT_BYTE = 8
"""A text table's cells are all read as texts first."""

LEAST_FOR_ENGINE = 512 << 20

CERTAINLY_FITS = 4 << 20
"""A file of so few bytes is not looked into."""


def fits(path: Path) -> bool:
    """Whether a Parquet or CSV file can be read into memory with room to spare; True for other files."""
    try:
        size = path.stat().st_size if path.is_file() else 0
    except (OSError, ValueError):  # whoever reads it will say what is wrong with it
        return True
    if size <= CERTAINLY_FITS:
        return True
    kind = kind_of(first_bytes(path, labelled(path)))
    if kind == "text":
        return size * BYTES_PER_TEXT_BYTE <= SHARE * available()
    if kind != "parquet":
        return True
    try:
        with engine([path.resolve()], threads=1) as db:
            return _parquet(db, path.resolve()) <= SHARE * available()
    except EngineFailure:
        return True


def _parquet(db: Engine, path: Path) -> int:
    table = f"read_parquet({literal(pattern(path))})"
    rows = int(db.rows(f"SELECT count(*) FROM {table}")[0][0])
    return needed(dict(db.described(f"SELECT * FROM {table}")), rows)


def needed(kinds: Mapping[str, str], rows: int) -> int:
    """The bytes that a table of so many rows needs, at most; `kinds` are the engine's types."""
    texts = sum(family_of(kind) == "text" for kind in kinds.values())
    return rows * (texts * TEXT_BYTES + (len(kinds) - texts) * NUMBER_BYTES)


def for_engine() -> str:
    """What the engine may hold beside the blocks, in its words: its buffers, and the groups of a count.

    It holds a whole row group of a Parquet file, which some writers make large.
    """
    return f"{max(LEAST_FOR_ENGINE, available() // 4) >> 20}MiB"


def available() -> int:
    """The bytes of memory that are free for this process: what the system says, within the group's limit."""
    return min(_found(), default=1 << 62)


def _found() -> Iterator[int]:
    limit = memory_limit()
    if limit is not None:
        yield limit
    with suppress(OSError, ValueError, IndexError):
        for line in MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                yield int(line.split()[1]) * 1024
    with suppress(OSError, ValueError, AttributeError):
        yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
