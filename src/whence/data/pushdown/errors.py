"""What can go wrong between here and a database server.

A server's or a driver's own words are never passed on: they may hold the address with its password, or values
from the table. What went wrong is told by the class of the failure, and by the server's five-letter code.
"""

from __future__ import annotations

from whence.runtime.errors import DataError, UnsuitableMethod, quoted


class UnreachableServer(DataError):  # noqa: N818  (the names are the field's)
    """No connection to a database server: `reason` says why, in words of ours."""

    def __init__(self, reason: str, cure: str = "Check host, port, database and user.") -> None:
        self.reason = reason
        super().__init__(f"Cannot connect to the database server: {reason}.", cure)


class QueryFailed(DataError):  # noqa: N818
    """A server took a query of ours and did not answer it; `state` is its code for that, if it gave one."""

    def __init__(self, where: str, reason: str, cure: str = "", state: str = "") -> None:
        self.where = where
        self.reason = reason
        self.state = state
        code = f" (SQLSTATE {state})" if state else ""
        super().__init__(f"Cannot ask {where}: {reason}{code}.", cure)


class UnquotableName(DataError):  # noqa: N818
    """A name that cannot be written in a server's dialect with certainty, and so is not written at all."""

    def __init__(self, name: str, dialect: str) -> None:
        self.name = name
        which = f"the name {quoted(name)}" if name else "a name"
        super().__init__(
            f"Cannot write {which} in the dialect of {dialect} with certainty.",
            "Make a view in which the columns have plain names, and ask that.",
        )


class TableChanged(DataError):  # noqa: N818
    """The table was written to between two questions that belong together."""

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(
            f"{where} was changed while it was asked.",
            "Ask again; or give a connection that is in no transaction, so that one snapshot can be taken.",
        )


COPY = (
    "Copy what the question needs to a Parquet file (COPY … TO) and ask that by wh.scan, which never holds "
    "all of it in memory."
)
"""The cure wherever rows are needed."""


class NeedsRows(UnsuitableMethod):
    """What is asked for cannot be had from counts and sums."""

    def __init__(self, method: str, reason: str, cure: str = "") -> None:
        super().__init__(method, reason, f"{cure} {COPY}".strip())
