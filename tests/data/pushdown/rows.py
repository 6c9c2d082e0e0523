"""Rows for the tests of tables in databases, and the same rows in memory."""

import math
import sqlite3
from typing import Any

import duckdb
import numpy as np
import psycopg
from psycopg import sql

from whence.data import table
from whence.data.tables import Table

TYPES = {"i": "BIGINT", "f": "DOUBLE PRECISION", "U": "TEXT", "b": "BOOLEAN"}


def made(n: int = 2_000, seed: int = 0) -> dict[str, np.ndarray]:
    """A treatment, covariates of each kind, outcomes; large means, holes, hostile values and names."""
    draw = np.random.default_rng(seed)
    z = draw.integers(0, 3, n)
    town = draw.choice(["a", "B", "ü'; DROP TABLE t; --"], n)
    wage = draw.normal(size=n) * 100 + 1e6
    x = (draw.random(n) < 0.2 + 0.2 * z).astype(np.int64)
    y = 2.0 * x + z + (town == "B") * 1.5 + (wage - 1e6) / 100 + draw.normal(size=n) * (1 + x)
    holes = wage.copy()
    holes[::11] = math.nan
    return {
        "x": x,
        "z": z.astype(np.int64),
        "town": town,
        'the "wage" %(v0)s': holes,
        "y": y,
        "high": (y > 2.0).astype(np.int64),
        "old": draw.random(n) < 0.5,
    }


def in_memory(columns: dict[str, np.ndarray]) -> Table:
    return table(columns)


def cells(columns: dict[str, np.ndarray], *, nan: object = None) -> list[tuple[Any, ...]]:
    """The rows as Python values; what is not a number as `nan`."""
    lists = [column.tolist() for column in columns.values()]
    clean = [[nan if isinstance(v, float) and math.isnan(v) else v for v in values] for values in lists]
    return list(zip(*clean, strict=True))


def in_postgres(connection: psycopg.Connection, columns: dict[str, np.ndarray], name: str = "t") -> None:
    """Made there; half of the cells that are not a number stay NaN, which Postgres has beside NULL."""
    fields = [sql.SQL("{} " + TYPES[v.dtype.kind]).format(sql.Identifier(k)) for k, v in columns.items()]
    connection.execute(
        sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(name), sql.SQL(", ").join(fields))
    )
    kept = cells(columns, nan=math.nan)
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))) as copy,
    ):
        for i, row in enumerate(kept):
            copy.write_row([None if isinstance(v, float) and math.isnan(v) and i % 2 else v for v in row])


def in_duckdb(columns: dict[str, np.ndarray], name: str = "t") -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    fields = ", ".join(
        '"' + k.replace('"', '""') + '" ' + TYPES[v.dtype.kind].replace(" PRECISION", "")
        for k, v in columns.items()
    )
    connection.execute(f'CREATE TABLE "{name}" ({fields})')
    connection.register(
        "given",
        {
            f"c{i}": v.astype(object if v.dtype.kind == "U" else v.dtype)
            for i, v in enumerate(columns.values())
        },
    )
    connection.execute(f'INSERT INTO "{name}" SELECT * FROM given')
    connection.unregister("given")
    return connection


def in_sqlite(columns: dict[str, np.ndarray], name: str = "t") -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    fields = ", ".join('"' + k.replace('"', '""') + '" ' + TYPES[v.dtype.kind] for k, v in columns.items())
    connection.execute(f'CREATE TABLE "{name}" ({fields})')
    marks = ", ".join("?" for _ in columns)
    connection.executemany(f'INSERT INTO "{name}" VALUES ({marks})', cells(columns))
    connection.commit()
    return connection
