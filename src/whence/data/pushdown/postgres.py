"""A Postgres server, by an address or by a connection of psycopg's: one snapshot, read-only, nothing kept.

By an address a connection is made for each view and closed after it: a `Remote` holds no session open. In a
connection of the user's a transaction is opened if there is none, and a savepoint otherwise, both rolled back
at the end, so that nothing of the connection has changed.

Sources: PostgreSQL 15 documentation, "SET TRANSACTION", "SQL Dialect: PostgreSQL error codes"; psycopg 3
documentation, "Transactions management".
"""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from whence.data.pushdown.dialects import POSTGRES, Dialect
from whence.data.pushdown.errors import QueryFailed, UnreachableServer
from whence.data.pushdown.server import Session
from whence.data.pushdown.sql import identifier
from whence.runtime.errors import MissingExtra, WhenceError, quoted
from whence.runtime.secrets import Secret

if TYPE_CHECKING:
    from whence.data.pushdown.sql import Kind

PATIENCE_S: Final = 10
"""Seconds to wait for a connection, if the address does not say."""

# Numbers come with all their digits, moments in one time zone, and a backslash in a text is a backslash.
_SETTINGS: Final = (
    "SET LOCAL standard_conforming_strings = on",
    "SET LOCAL extra_float_digits = 3",
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL datestyle = 'ISO'",
)
_IDLE: Final = 0

_BY_NUMBER: Final[dict[int, Kind]] = {
    **dict.fromkeys((20, 21, 23), "integer"),
    **dict.fromkeys((700, 701, 1700), "number"),
    **dict.fromkeys((18, 19, 25, 1042, 1043, 1083, 1266, 2950), "text"),
    **dict.fromkeys((1114, 1184), "moment"),
    16: "boolean",
    1082: "date",
}
"""Kinds by the numbers of Postgres' own types (`pg_type.dat`), which never change."""

_TEXTS: Final = frozenset({"E", "S"})
"""Categories of types (enumerations, strings) that are read as text."""

_REASONS: Final = {
    "42P01": ("there is no such table", "Check its name and schema."),
    "3F000": ("there is no such schema", "Check the name of the schema."),
    "42501": ("this user may not read that", "Ask for the right to SELECT."),
    "25006": ("it would write, and views are read-only", "Ask a table or a view that only reads."),
    "57014": ("it was cancelled, perhaps by a time limit of the server", "Ask for less, or raise the limit."),
    "22": ("a value cannot be computed with", "Ask a view in which such values are mended or left out."),
    "42": ("it does not understand the query", "Ask a view with columns of plain types."),
    "53": ("the server has run out of memory, disk or connections", "Try again later."),
    "08": ("the connection was lost", "Try again."),
    "57": ("the server is being stopped", "Try again later."),
    "40": ("another transaction was in the way", "Ask again."),
}
_NOT_REACHED: Final = (
    (r"password|authentication|pg_hba|role .* does not exist|no encryption", "it refuses the login"),
    (r"database .* does not exist", "it has no such database"),
    (r"translate host|not known|resolve|no address", "there is no such host"),
    (r"refused|no such file|is the server running", "nothing answers there"),
    (r"timeout|timed out", "it does not answer in time"),
    (r"ssl|tls|certificate", "an encrypted connection cannot be agreed on"),
    (r"too many|remaining connection slots", "it takes no more connections"),
    (r"invalid|missing|unexpected|not a valid|could not parse", "the address cannot be read"),
)


@dataclass(frozen=True, slots=True, repr=False)
class PostgresServer:
    """A server by its address, or by a connection of the user's, which stays the user's to close."""

    address: Secret | None
    connection: Any = None
    label: str = "a Postgres database"

    @property
    def dialect(self) -> Dialect:
        """Postgres."""
        return POSTGRES

    def __repr__(self) -> str:
        return f"<{self.label}>"

    @contextmanager
    def session(self) -> Generator[Session]:
        """One snapshot: REPEATABLE READ where the transaction is ours, and READ ONLY in any case."""
        if self.address is None:
            with _view(self.connection, self.label) as session:
                yield session
            return
        own = connected(self.address)
        try:
            with _view(own, self.label) as session:
                yield session
        finally:
            own.close()

    def tables(self, session: Session) -> list[str]:
        """Tables and views outside of Postgres' own schemas."""
        listing = (
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_schema <> 'information_schema' AND table_schema <> 'pg_catalog' LIMIT 1000"
        )
        found = sorted((str(schema), str(name)) for schema, name in session.rows(listing))
        return [name if schema == "public" else f"{schema}.{name}" for schema, name in found]

    def kinds(self, session: Session, table: tuple[str, ...]) -> list[tuple[str, Kind | str]]:
        """By the types that the server names for an empty result; a domain goes as what it is made of."""
        named = ".".join(identifier(part) for part in table)
        columns = session.described(f"SELECT * FROM {named} LIMIT 0", table)
        strange = sorted({int(code) for _, code in columns} - _BY_NUMBER.keys())
        names: dict[int, str] = {}
        kinds: dict[int, Kind] = dict(_BY_NUMBER)
        if strange:
            which = ", ".join(f"{code:d}" for code in strange)
            listing = f"SELECT oid, typname, typcategory FROM pg_catalog.pg_type WHERE oid IN ({which})"
            for code, name, category in session.rows(listing):
                names[int(code)] = str(name)
                if str(category) in _TEXTS:
                    kinds[int(code)] = "text"
        return [
            (name, kinds.get(int(code)) or f"type {names.get(int(code), 'unknown')}")
            for name, code in columns
        ]


def connected(address: Secret) -> Any:  # noqa: ANN401  (psycopg is optional)
    """A connection to that address. Raises `UnreachableServer`, `MissingExtra`."""
    library = psycopg()
    try:
        parts: dict[str, Any] = library.conninfo.conninfo_to_dict(address.reveal())
        patience = {} if "connect_timeout" in parts else {"connect_timeout": PATIENCE_S}
        return library.connect(
            address.reveal(), autocommit=True, fallback_application_name="whence", **patience
        )
    except (library.Error, ValueError, OSError) as error:
        failure = UnreachableServer(_not_reached(str(error)))
    # Raised out here: the driver's error may hold the address.
    raise failure


@contextmanager
def _view(connection: Any, label: str) -> Generator[Session]:  # noqa: ANN401  (psycopg is optional)
    library = psycopg()

    def told(error: Exception) -> WhenceError:
        return _failed(error, label)

    failure: WhenceError | None = None
    try:
        idle = int(connection.info.transaction_status) == _IDLE
        with connection.transaction(force_rollback=True):
            row_factory = library.rows.tuple_row
            with connection.cursor(row_factory=row_factory) as cursor:
                level = "ISOLATION LEVEL REPEATABLE READ, " if idle else ""
                cursor.execute(f"SET TRANSACTION {level}READ ONLY")
                for setting in _SETTINGS:
                    cursor.execute(setting)
                yield Session(cursor, POSTGRES, "pyformat", (library.Error,), told)
    except library.Error as error:
        failure = told(error)
    if failure is not None:
        raise failure


def _failed(error: Exception, label: str) -> QueryFailed:
    state = str(getattr(error, "sqlstate", None) or "")
    state = state if re.fullmatch(r"[0-9A-Z]{5}", state) else ""
    lost = ("the connection was lost", "Try again.")
    reason, cure = _REASONS.get(state) or _REASONS.get(state[:2]) or ("the query fails", "")
    return QueryFailed(label, *((reason, cure) if state else lost), state=state)


def _not_reached(text: str) -> str:
    """Why, by the driver's words, of which none are passed on."""
    found = (reason for pattern, reason in _NOT_REACHED if re.search(pattern, text, re.IGNORECASE))
    return next(found, "it cannot be reached")


def database_of(connection: Any) -> str:  # noqa: ANN401  (psycopg is optional)
    """How a report calls the database of an open connection: by its name alone."""
    return f"the Postgres database {quoted(str(connection.info.dbname), 60)}"


def psycopg() -> Any:  # noqa: ANN401  (psycopg is optional)
    """The driver. Raises `MissingExtra` where it is not installed."""
    try:
        return import_module("psycopg")
    except ImportError:
        raise MissingExtra("psycopg", "Asking a Postgres server") from None
