"""A copy of a text table as Parquet, on disk for as long as the scan lives, and never longer.

To read text over and over would cost a parse of every cell in every pass. The copy is private to this user
and, where the system allows (Linux), has no name at all once it is written: however the program ends, nothing
is left behind. It is written where temporary files go (`TMPDIR`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from whence.data.csv_file import cells_of, check_encoding, kinds_of, layout_of, unreadable
from whence.data.duck import EngineFailure, engine, literal
from whence.runtime.errors import UnreadableData

if TYPE_CHECKING:
    from whence.data.csv_file import Layout

OPEN_FILES = Path("/proc/self/fd")


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Copy:
    """Where the copy is read; who has made it gives it up when this value is gone."""

    path: Path


def copied(path: Path, label: str, memory: str, threads: int) -> tuple[Copy, Layout, tuple[str, ...]]:
    """A CSV file as Parquet, with its layout and the type of each column.

    Raises what `read_csv` raises, and `UnreadableData` where there is no room for the copy.
    """
    check_encoding(path, label)
    layout = layout_of(path, label)
    cells = cells_of(path, layout)
    folder = Path(tempfile.mkdtemp(prefix="whence-scan-"))
    target = folder / "copy.parquet"
    try:
        if shutil.disk_usage(folder).free < path.stat().st_size:
            raise _no_room(label)
        with engine((path, target), threads, memory) as db:
            kinds = tuple(kinds_of(db, cells, len(layout.names)))
            typed = ", ".join(f"CAST(c{place} AS {kind}) AS c{place}" for place, kind in enumerate(kinds))
            try:
                db.run(f"COPY (SELECT {typed} FROM {cells}) TO {literal(str(target))} (FORMAT parquet)")
            except EngineFailure as failure:
                if shutil.disk_usage(folder).free < path.stat().st_size // 64:
                    raise _no_room(label) from None
                raise unreadable(failure, label) from None
        return _kept(target), layout, kinds
    except EngineFailure as failure:
        raise unreadable(failure, label) from None
    finally:
        if OPEN_FILES.exists() or not target.exists():
            shutil.rmtree(folder, ignore_errors=True)


def _kept(target: Path) -> Copy:
    if OPEN_FILES.exists():
        held = os.open(target, os.O_RDONLY)
        # By the number of the process, so that processes of ours may read it too.
        copy = Copy(Path(f"/proc/{os.getpid()}/fd/{held}"))
        weakref.finalize(copy, _closed, held, os.getpid())
        return copy
    copy = Copy(target)
    weakref.finalize(copy, _removed, target.parent, os.getpid())
    return copy


def _closed(held: int, owner: int) -> None:
    if os.getpid() == owner:  # a forked child has its own
        os.close(held)


def _removed(folder: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _no_room(label: str) -> UnreadableData:
    return UnreadableData(
        label,
        "there is no room on the disk for the copy that a scan of text reads",
        "Name a roomier folder in TMPDIR, or save the table as Parquet.",
    )
