"""Worlds in Parquet files of more rows than a block holds."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from estimation.worlds import estimand
from whence.numerics.blocks import BLOCK

ROWS = 2 * BLOCK + 1_234

BINARY = "{a, b, g} -> t; {a, b, g} -> y; t -> y"
AMOUNT = "{a, b, g} -> d; {a, b, g} -> y; d -> y"
LEVELS = "{a, b} -> c; {a, b} -> y; c -> y"


def world(rows=ROWS, seed=0):
    """Columns: covariates a, b (numbers) and g (text), a treatment of each kind (t, d, c), an outcome y."""
    draws = np.random.default_rng(seed)
    a, b = draws.normal(size=(2, rows))
    g = draws.integers(0, 3, rows)
    t = (draws.random(rows) < 1 / (1 + np.exp(-0.7 * a - 0.4 * (g == 1)))).astype(int)
    c = draws.integers(0, 3, rows)
    d = a + (g == 2) + draws.normal(size=rows)
    y = 2 * t + d + a + b + 0.5 * g + draws.normal(size=rows) * (1 + t)
    return {"a": a, "b": b, "g": np.array(["n", "s", "w"])[g], "t": t, "c": c, "d": d, "y": y}


def written(columns, path):
    """The path of a Parquet file that holds the columns, NaN standing for holes."""
    pq.write_table(pa.table(columns), path, row_group_size=50_000)
    return path


def of(question, arrows):
    """The estimand of a question."""
    return estimand(question, arrows)
