"""Questions asked in a Postgres server against fetching the rows: digits, rows fetched, seconds.

    python benchmarks/multicore/pushdown.py [rows]

A server of its own is made in a temporary folder and removed again, by the helper of the tests.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

import whence as wh
from data.pushdown.postgres_server import running
from whence.data import counts, table
from whence.data.moments import moments

GRAPH = "z -> x; z -> y; x -> y; w -> x; w -> y"
DISCRETE = "z -> x; z -> b; x -> b"
MAKE = """
CREATE TABLE t AS SELECT (random() < 0.2 + 0.2 * z)::INT AS x, z, w, z + w / 50 + random() AS y,
    (random() < 0.3 + 0.1 * z)::INT AS b
FROM (SELECT (random() * 3)::INT AS z, 1000000 + 100 * random() AS w FROM generate_series(1, {rows})) AS drawn
"""


class Counting(psycopg.Cursor[Any]):
    """Counts the rows that come through it."""

    fetched = 0

    def fetchall(self) -> list[Any]:
        """All rows, counted."""
        rows = super().fetchall()
        Counting.fetched += len(rows)
        return rows


def timed(task: Callable[[], Any]) -> tuple[float, int, Any]:
    """Seconds, rows fetched, result."""
    Counting.fetched, began = 0, time.perf_counter()
    found = task()
    return time.perf_counter() - began, Counting.fetched, found


def fetched(connection: psycopg.Connection[Any]) -> wh.Table:
    """The whole table, by the quickest way that psycopg has."""
    names = ["x", "z", "w", "y", "b"]
    with connection.cursor() as cursor, cursor.copy("COPY t TO STDOUT (FORMAT binary)") as copy:
        copy.set_types(["int4", "int4", "float8", "float8", "int4"])
        rows = list(copy.rows())
    return table(
        {name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    )


def main(rows: int) -> int:
    """Print what the push-down costs and how far its digits are from those of the rows."""
    with running() as server, psycopg.connect(server.url, autocommit=True) as owner:
        owner.execute("SELECT setseed(0.5)")
        owner.execute(MAKE.format(rows=rows))
        owner.execute("VACUUM ANALYZE t")
        with psycopg.connect(server.url, cursor_factory=Counting) as connection:
            seconds, _, here = timed(lambda: fetched(owner))
            print(f"{rows:,} rows; to fetch them all takes {seconds:.2f} s, and then:")
            there = wh.remote(connection, "t")
            timed(lambda: there.schema)
            names = ["x", "z", "w", "y"]
            told("counts", lambda: there.counts(["x", "z", "b"]), lambda: counts(here, ["x", "z", "b"]), same)
            told("moments", lambda: there.moments(names), lambda: moments(here, names), apart)
            graph = wh.graph(DISCRETE)
            plug = wh.identify(wh.ate("x", "b"), graph)
            told("plug-in", lambda: wh.estimate(plug, there), lambda: wh.estimate(plug, here), values)
            ols = wh.identify(wh.ate("x", "y"), wh.graph(GRAPH))
            told("ols", *(lambda d=d: wh.estimate(ols, d, method="ols") for d in (there, here)), values)
    return 0


def told(
    name: str, far: Callable[[], Any], near: Callable[[], Any], difference: Callable[[Any, Any], str]
) -> None:
    """One line: times, rows fetched, difference."""
    seconds, rows, one = timed(far)
    other_seconds, _, other = timed(near)
    print(
        f"{name:8} in the server {seconds:7.3f} s, {rows:3} rows fetched; from rows in memory "
        f"{other_seconds:7.3f} s; {difference(one, other)}"
    )


def same(one: Any, other: Any) -> str:
    """Whether the counts are equal."""
    return "the same counts" if np.array_equal(one.cells, other.cells) else "OTHER COUNTS"


def apart(one: Any, other: Any) -> str:
    """How far the moments are apart, against the size of their columns."""
    scale = np.sqrt(np.outer(np.diag(other.products), np.diag(other.products)))
    return f"apart by {np.max(np.abs(one.products - other.products) / scale):.1e} (bar: 1e-12)"


def values(one: Any, other: Any) -> str:
    """How far value and standard error are apart."""
    return f"value apart by {abs(one.value / other.value - 1):.1e}, error by {abs(one.se / other.se - 1):.1e}"


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
