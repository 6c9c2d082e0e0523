"""A database server as far as we use one: it opens read-only views of one moment, in which SELECTs are run.

>>> import sqlite3
>>> from whence.data.pushdown.local import SqliteServer
>>> with SqliteServer(sqlite3.connect(":memory:")).session() as session:
...     session.rows("SELECT 1 + 1")
[(2,)]
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, cast

from whence.data.pushdown.dialects import Dialect, said
from whence.data.pushdown.sql import Kind
from whence.runtime.errors import WhenceError

Row: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """An open view: a cursor of PEP 249, how its driver marks values, and what its failures are.

    `told` turns a failure of the driver's into one of ours, which holds none of the driver's words.
    """

    cursor: Any
    dialect: Dialect
    style: str
    failures: tuple[type[Exception], ...]
    told: Callable[[Exception], WhenceError]

    def rows(
        self, sql: str, names: Collection[str] = (), values: Mapping[str, object] | None = None
    ) -> list[Row]:
        """All rows of one SELECT of ours, which says itself how many there can be at most."""
        return self._run(sql, names, values or {})

    def described(self, sql: str, names: Collection[str]) -> list[tuple[str, Any]]:
        """The names and the driver's type codes of a query's columns."""
        self._run(sql, names, {})
        found = cast("Sequence[Sequence[Any]]", self.cursor.description or ())
        return [(str(column[0]), column[1]) for column in found]

    def _run(self, sql: str, names: Collection[str], values: Mapping[str, object]) -> list[Row]:
        query = said(sql, self.dialect, names)
        text, beside = query.text(self.style), query.values(self.style, values)
        try:
            arguments = (text,) if beside is None else (text, beside)
            self.cursor.execute(*arguments)
            return [tuple(row) for row in self.cursor.fetchall()]
        except self.failures as error:
            failure = self.told(error)
        # Raised out here, so that the driver's error, with whatever it quotes, does not hang on to ours.
        raise failure


class Server(Protocol):
    """Where the table is. `label` names the database in words that may stand in a report."""

    @property
    def dialect(self) -> Dialect:
        """What its SQL is like."""
        ...

    @property
    def label(self) -> str:
        """Which database it is, without host or user."""
        ...

    def session(self) -> AbstractContextManager[Session]:
        """A read-only view of one moment, closed at the end of the `with` block."""
        ...

    def tables(self, session: Session) -> list[str]:
        """The tables and views that may be asked, for a hint; empty where there is no telling."""
        ...

    def kinds(self, session: Session, table: tuple[str, ...]) -> list[tuple[str, Kind | str]]:
        """Each column with its kind; in place of one that we cannot hold, the word type and the type."""
        ...
