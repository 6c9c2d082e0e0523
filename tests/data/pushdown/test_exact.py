"""Sums as whole numbers: exact, in any order, on servers that keep long sums and on those that do not."""

import math
import sqlite3
from fractions import Fraction

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.data.pushdown.dialects import DUCKDB, SQLITE
from whence.data.pushdown.exact import ExactSum, read, written

TERMS = st.lists(st.floats(-1e9, 1e9, allow_subnormal=False), min_size=1, max_size=40)


def asked(values: list[float], total: ExactSum, engine: str) -> float:
    dialect = DUCKDB if engine == "duckdb" else SQLITE
    connection = duckdb.connect() if engine == "duckdb" else sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (x DOUBLE)")
    connection.executemany("INSERT INTO t VALUES (?)", [(value,) for value in values])
    items = ", ".join(f"SUM({term})" for term in written([total], dialect))
    row = connection.execute(f"SELECT {items} FROM t").fetchall()[0]
    connection.close()
    return read([total], row, dialect)[0]


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
@given(values=TERMS)
@settings(max_examples=25)
def test_a_fine_sum_is_the_exact_sum_rounded_once(engine: str, values: list[float]):
    # Of numbers whose last bits lie within 2^-90 of the bound nothing is lost: coarser ones are made here.
    coarse = [math.ldexp(round(math.ldexp(value, 20)), -20) for value in values]
    bound = 4.0 * max(abs(value) for value in coarse)
    assert asked(coarse, ExactSum("x", bound, finely=True), engine) == float(sum(map(Fraction, coarse)))


@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
@given(values=TERMS)
@settings(max_examples=25)
def test_a_sum_is_off_by_half_a_unit_of_its_last_place_a_row_at_most(engine: str, values: list[float]):
    bound = max(abs(value) for value in values)
    exact = sum(map(Fraction, values))
    found = asked(values, ExactSum("x", bound), engine)
    unit = Fraction(bound) * 2 / 2 ** (60 if engine == "duckdb" else 59)
    assert abs(Fraction(found) - exact) <= len(values) * unit + abs(exact) / 2**52


def test_the_order_of_the_rows_does_not_matter():
    values = np.random.default_rng(0).lognormal(0.0, 4.0, 3_000)
    total = ExactSum("x", float(values.max()))
    orders = [values, values[::-1], np.sort(values)]
    assert len({asked(order.tolist(), total, "duckdb") for order in orders}) == 1
    assert len({asked(order.tolist(), total, "sqlite") for order in orders}) == 1


@pytest.mark.parametrize("bound", [0.0, 1e-300, 5e-324, 1.0, 1e280])
def test_any_bound_has_a_scale_that_can_be_written(bound: float):
    total = ExactSum("x", bound, finely=True)
    for wide in (True, False):
        assert all(math.isfinite(math.ldexp(1.0, total.power(wide=wide))) for _ in (0,))
        assert "inf" not in " ".join(total.sql(wide=wide))
    assert asked([bound, -bound, bound], total, "duckdb") == pytest.approx(bound, rel=1e-12)


def test_a_sum_over_no_rows_is_zero():
    assert ExactSum("x", 1.0).value([None], wide=True) == 0.0
