"""How much a file from outside may hold, and how much reading it may take.

A compressed file of a few kilobytes can unpack to terabytes, so sizes are checked three times: as the file
says of itself before it is read, by the kernel while a confined worker reads it, and by the host before it
takes the columns over.

>>> limits_of(Settings(rows=100)).rows
100
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from whence.studio.settings import MB, Settings

NAME_LENGTH = 1_000
"""Characters that a column's name may have; the page's own fields take no more."""

FOOTER_BYTES = 32 * MB
"""What a Parquet file's description of itself may take: far more than thousands of columns need."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may have, and what the worker that reads it may use.

    Attributes
    ----------
    file_bytes: the file itself
    table_bytes: its columns, as they are held in memory and stored
    rows, columns: of the table
    memory_mb: what the worker may write to in memory
    seconds: how long reading may take
    """

    file_bytes: int = 512 * MB
    table_bytes: int = 1024 * MB
    rows: int = 20_000_000
    columns: int = 2_000
    memory_mb: int = 4_096
    seconds: float = 120.0

    @property
    def cells(self) -> int:
        """How many cells fit: most take eight bytes."""
        return self.table_bytes // 8

    @property
    def unpacked_bytes(self) -> int:
        """What a compressed file may say that it unpacks to."""
        return 2 * self.table_bytes

    @property
    def disk_mb(self) -> int:
        """The largest file that the worker may write: a copy of what it was handed, or its columns."""
        return max(self.file_bytes, self.table_bytes) // MB + 1


def limits_of(settings: Settings) -> Limits:
    """The limits that follow from a studio's settings."""
    return Limits(
        file_bytes=settings.upload_bytes,
        table_bytes=min(settings.stored_bytes, 1024 * MB),
        rows=settings.rows,
        columns=settings.columns,
    )


def limits_from(told: Mapping[str, int | float]) -> Limits:
    """The limits as the host told them to a worker."""
    whole = {name: int(told[name]) for name in ("file_bytes", "table_bytes", "rows", "columns", "memory_mb")}
    return Limits(**whole, seconds=float(told["seconds"]))
