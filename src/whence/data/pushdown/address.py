"""From what `remote` is given to a server: an address, or a connection of psycopg's or another driver's.

An address may hold a password. It is put in a `Secret` before anything is done with it, and so is the
password itself, so that neither can show in an error, a representation, a log or a report.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from whence.data.pushdown.dialects import dialect as dialect_of
from whence.data.pushdown.local import DuckServer, OtherServer, SqliteServer
from whence.data.pushdown.postgres import PostgresServer, connected, database_of
from whence.data.pushdown.server import Server
from whence.runtime.errors import InvalidOption
from whence.runtime.secrets import Secret

_POSTGRES = re.compile(r"postgres(ql)?://", re.IGNORECASE)
_PASSWORD = re.compile(r"//[^/?#]*?:([^@/?#]+)@|[?&]password=([^&#]+)", re.IGNORECASE)


def server_of(source: object, dialect: str | None) -> Server:
    """The server behind an address or a connection.

    Raises `InvalidOption` for what is neither, `UnreachableServer`, and `MissingExtra`.
    """
    if source == "":
        raise InvalidOption("connection", "", "an address postgresql://…, or a database connection")
    if isinstance(source, str | Secret):
        return _by_address(source if isinstance(source, Secret) else Secret(source), dialect)
    driver = _driver(source)
    if driver == "psycopg":
        _only(dialect, "postgres")
        if type(source).__name__.startswith("Async"):
            raise InvalidOption("connection", "an asynchronous one", "a connection made by psycopg.connect")
        return PostgresServer(None, source, database_of(source))
    if driver == "duckdb":
        _only(dialect, "duckdb")
        return DuckServer(source)
    if isinstance(source, sqlite3.Connection):
        _only(dialect, "sqlite")
        return SqliteServer(source)
    if not hasattr(source, "cursor"):
        raise InvalidOption(
            "connection", type(source).__name__, "an address postgresql://…, or a database connection"
        )
    if dialect is None:
        raise InvalidOption("dialect", "None", 'the SQL that the server speaks, such as "snowflake"')
    return OtherServer(source, dialect_of(dialect))


def _by_address(address: Secret, dialect: str | None) -> Server:
    for found in _PASSWORD.finditer(address.reveal()):
        Secret(found[1] or found[2])  # known from here on to whatever masks secrets in texts
    if not _POSTGRES.match(address.reveal()):
        raise InvalidOption(
            "connection",
            "an address that is not Postgres'",
            "an address postgresql://user@host/database; for other databases an open connection, for files "
            "whence.table or whence.scan",
        )
    _only(dialect, "postgres")
    first = connected(address)
    try:
        label = database_of(first)
        if _in_the_clear(first):
            label += " (by a connection that is not encrypted)"
    finally:
        first.close()
    return PostgresServer(address, None, label)


def _in_the_clear(connection: Any) -> bool:  # noqa: ANN401  (psycopg is optional)
    """Whether what is asked and answered can be read on its way through a network."""
    host = str(connection.info.host or "")
    local = host.startswith("/") or host in ("", "localhost", "127.0.0.1", "::1")
    return not local and not bool(getattr(connection.pgconn, "ssl_in_use", True))


def _driver(source: object) -> str:
    """The package that a connection, or what it is derived from, comes from."""
    known = {"psycopg": "psycopg", "duckdb": "duckdb", "_duckdb": "duckdb"}
    for base in type(source).__mro__:
        package = base.__module__.partition(".")[0]
        if package in known:
            return known[package]
    return ""


def _only(asked: str | None, name: str) -> None:
    if asked not in (None, name):
        raise InvalidOption("dialect", str(asked), f"{name}, which is what this connection speaks")
