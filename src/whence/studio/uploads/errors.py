"""What can be wrong with a file from outside, beside what any reader of data may say.

>>> print(TooMuchData('the file "a.csv"', "rows", 30, 20))
The file "a.csv" has 30 rows; at most 20 are read. Keep the rows and columns that the question needs.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from whence.runtime.errors import DataError
from whence.runtime.plain import quoted
from whence.studio.settings import MB

Counted: TypeAlias = Literal["rows", "columns", "cells", "bytes", "unpacked bytes", "bytes of columns"]
"""What a file can have too many of."""

KEEP = "Keep the rows and columns that the question needs."


class TooMuchData(DataError):
    """A file holds more than is taken: `count` of `what`, where `limit` are allowed."""

    def __init__(self, where: str, what: Counted, count: int, limit: int) -> None:
        self.where = where
        self.what = what
        self.count = count
        self.limit = limit
        start = where[:1].upper() + where[1:]
        super().__init__(f"{start} has {count:,} {what}; at most {limit:,} are read.", KEEP)


class TooCostly(DataError):
    """Reading a file took more memory, time or disk than it may."""

    def __init__(self, where: str, cost: str) -> None:
        self.where = where
        self.cost = cost
        start = where[:1].upper() + where[1:]
        super().__init__(f"{start} was not read: {cost}.", KEEP)


class NoRoom(DataError):
    """The studio's own space for data is full."""

    def __init__(self, needed: int, left: int) -> None:
        self.needed = needed
        self.left = left
        there = f"{max(left, 0) / MB:,.1f} MB are left"
        super().__init__(
            f"There is no room for it: it takes {needed / MB:,.1f} MB, and {there}.",
            "Delete projects whose data are no longer needed, or start the studio with more room.",
        )


class UnknownDataset(DataError):
    """Data that a project names are not in the studio's store."""

    def __init__(self, label: str) -> None:
        self.label = label
        super().__init__(f"The data {quoted(label, 120)} are not here any more.", "Load the file again.")


class BrokenStore(DataError):
    """Stored columns do not hang together: `reason` says where."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The stored columns cannot be used: {reason}.", "Load the file again.")
