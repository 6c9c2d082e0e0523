"""`remote`: a table in a database server, by an address or by an open connection.

>>> import sqlite3
>>> db = sqlite3.connect(":memory:")
>>> _ = db.execute("CREATE TABLE sales (price REAL, sold INT)")
>>> _ = db.execute("INSERT INTO sales VALUES (9.5, 3), (10.5, 1)")
>>> shop = remote(db, "sales")
>>> shop.columns, shop.rows
(('price', 'sold'), 2)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from whence.data.names import usable
from whence.data.pushdown.address import server_of
from whence.data.pushdown.errors import QueryFailed
from whence.data.pushdown.remote import Remote
from whence.data.pushdown.sql import Origin
from whence.runtime.errors import EmptyData, UnreadableData, listed, near_miss
from whence.runtime.plain import quoted

if TYPE_CHECKING:
    from whence.data.pushdown.server import Server
    from whence.data.pushdown.sql import Kind
    from whence.runtime.secrets import Secret


def remote(
    connection: str | Secret | object,
    table: str | Sequence[str],
    *,
    dialect: str | None = None,
    where: str | None = None,
) -> Remote:
    """A table, or a view, in a database server: asked where it is, never fetched.

    Parameters
    ----------
    connection: an address such as "postgresql://reader@db.example.org/shop", or an open connection of psycopg
        3, DuckDB or SQLite, or of any other driver that follows PEP 249, with its `dialect`; a password may
        stand in the address, or where libpq looks for it (PGPASSWORD, ~/.pgpass), and is never shown
    table: its name, after a dot that of its schema ("public.sales"); names that hold dots as a list of parts
    dialect: what the server speaks, by SQLGlot's name for it. Postgres, DuckDB and SQLite are tried in our
        tests; of others only the text of the queries is
    where: count only the rows in which this SQL expression is true: comparisons, AND, OR, NOT, IN, BETWEEN,
        IS NULL, plus, minus and times

    Needs SQLGlot, and for an address psycopg: the extra "postgres". Reads in read-only transactions, of one
    snapshot each where the server has them. Raises `UnreachableServer`, `QueryFailed`, `UnreadableData` (no
    such table), `InvalidOption`, `MissingExtra`, `InvalidFilter`, and of names what `whence.table` raises.
    """
    server = server_of(connection, dialect)
    parts = tuple(table.split(".")) if isinstance(table, str) else tuple(str(part) for part in table)
    if not parts or not all(part.strip() and part.isprintable() for part in parts):
        raise UnreadableData("the table", "its name is empty, or holds control characters")
    columns = _columns(server, parts)
    kept: list[tuple[str, Kind]] = [(name, cast("Kind", kind)) for name, kind in columns if " " not in kind]
    label = f"the table {quoted('.'.join(parts), 60)} of {server.label}"
    usable([name for name, _ in columns], label)
    notes = [
        f"Left out the column {quoted(name)}: it holds values of {kind}."
        for name, kind in columns
        if " " in kind
    ]
    if not kept:
        raise EmptyData(label, "Give a table with columns of numbers, text, truth values or dates.")
    if not server.dialect.tried:
        notes.append(
            f"Asked in the SQL of {server.dialect.title}: its text is tested, but not by such a server."
        )
    origin = Origin(parts, tuple(kept), collation=server.dialect.collation)
    names = tuple(name for name, _ in kept)
    found = Remote(names, label, label, tuple(notes), None, server, origin, {})
    return found if where is None else found.filtered(where)


def _columns(server: Server, table: tuple[str, ...]) -> list[tuple[str, Kind | str]]:
    """The columns of a table. Raises `UnreadableData` with the near miss if there is none of that name."""
    try:
        with server.session() as session:
            return server.kinds(session, table)
    except QueryFailed as failed:
        failure = failed
    with server.session() as session:
        tables = server.tables(session)
    asked = ".".join(table)
    if not tables or asked in tables:
        raise failure
    close = near_miss(asked, tables)
    cure = f"Did you mean {quoted(close)}?" if close else f"There are: {listed(tables)}."
    raise UnreadableData(server.label, f"it has no table {quoted(asked, 80)} that may be read", cure)
