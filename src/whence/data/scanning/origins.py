"""Where the rows of a scan are, and how they are come by: locked engines that see those files and no others.

The files are opened anew for every pass. That they are still the same ones is looked at each time, because a
result put together from two versions of a file would be wrong without a sign.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from whence.data.duck import EngineFailure, engine, opened
from whence.data.scanning.arrow import BrokenStream
from whence.data.scanning.memory import for_engine
from whence.runtime.errors import UnreadableData
from whence.runtime.executor.cores import cores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whence.data.duck import Engine
    from whence.data.scanning.copies import Copy

Stamp: TypeAlias = tuple[int, int]
"""A file's size and the time of its last change, in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Files and the SQL table expression that reads them.

    `database` says that the one file is a DuckDB database; `copy` is the copy on disk that is read in the
    place of a text table. `label` is how messages call it all.
    """

    sql: str
    files: tuple[Path, ...]
    stamps: tuple[Stamp, ...]
    label: str
    database: bool = False
    copy: Copy | None = None

    @contextmanager
    def engine(self, threads: int | None = None) -> Generator[Engine]:
        """A locked engine for one pass, on so many threads (all cores, if not said).

        Raises `UnreadableData` where the files have changed, are damaged, or need too much memory.
        """
        try:
            with self.opened(threads) as db:
                yield db
        except (EngineFailure, BrokenStream) as failure:
            if isinstance(failure, EngineFailure):
                short = failure.kind == "memory"
            else:
                short = "Out of Memory" in failure.text
            raise UnreadableData(self.label, *(_TOO_LARGE if short else _DAMAGED)) from None

    @contextmanager
    def opened(self, threads: int | None = None) -> Generator[Engine]:
        """The same, with failures of the engine left as they are, for who knows better what they mean."""
        if stamps_of(self.files) != self.stamps:
            reason = "it has changed since it was opened"
            raise UnreadableData(self.label, reason, "Scan it again when it is finished.")
        if self.database:
            with opened(self.files[0], for_engine()) as db:
                yield db
        else:
            files = self.files if self.copy is None else (self.copy.path,)
            with engine(files, threads or cores(), for_engine()) as db:
                yield db


_DAMAGED = ("it is damaged, or has been taken away", "Write the file anew.")
_TOO_LARGE = (
    "it needs too much memory",
    "Write it anew in row groups of about 100,000 rows, or ask for fewer columns.",
)


def stamps_of(files: Sequence[Path]) -> tuple[Stamp, ...]:
    """The stamps of files; (−1, −1) of one that is gone."""
    return tuple(map(_stamp, files))


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return (-1, -1)
    return found.st_size, found.st_mtime_ns
