"""Tests of conditional independence: partial correlation for numbers, G, chi-squared and CMH for tables.

Each returns a `Test`: the statistic, its degrees of freedom, the p-value under independence, the number of
rows, and an effect size between 0 and 1 that does not grow with the rows (the partial correlation's size;
for tables the bias-uncorrected contingency V of Cramér).

Source: R. A. Fisher (1924) for partial correlation; A. Agresti, *Categorical Data Analysis* (2013), 3.2 and
8.3; J. Landis, E. Heyman and G. Koch, Int. Statist. Rev. 46 (1978), for tables of sparse strata.

>>> import numpy as np
>>> z = np.arange(40) % 2
>>> g_test(z, np.arange(40) // 2 % 2).p
1.0
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import special

from whence.numerics.arrays import floats, integers
from whence.numerics.blas import kernel
from whence.numerics.blocks import gram
from whence.numerics.counts import cell_index
from whence.numerics.intervals import chi2_tail, t_tail
from whence.numerics.linear import TOLERANCE, regress, scaling, solve_gram

if TYPE_CHECKING:
    from whence.numerics.arrays import Floats, Integers


@dataclass(frozen=True, slots=True)
class Test:
    """The outcome of a test whose null is independence.

    `ways` is in how many directions the null can fail: one for a correlation, the (numerator) degrees of
    freedom for tables and blocks, none where the data leave nothing to test.
    """

    __test__ = False  # pytest would take the name for a suite

    statistic: float
    degrees: int
    p: float
    n: int
    effect: float
    ways: int = 1


@kernel
def partial_correlation(x: Floats, y: Floats, given: Floats) -> Test:
    """Test of x ⊥ y given the columns of `given` (n, k; k may be 0) by their partial correlation.

    Exact when x is normal and linear in the rest; x and y (n,) enter alike. A variable that `given`
    determines is independent of everything given it: statistic 0, p 1.
    """
    rows = x.size
    both = np.column_stack([x, y])
    left = both - both.mean(axis=0)
    rank = 0
    if given.shape[1]:
        fits = [regress(given, both[:, i]) for i in (0, 1)]
        left = np.column_stack([both[:, i] - fits[i].predict(given) for i in (0, 1)])
        rank = fits[0].rank - 1
    squares = (left**2).sum(axis=0)
    whole = ((both - both.mean(axis=0)) ** 2).sum(axis=0)
    degrees = rows - 2 - rank
    if degrees < 1 or bool(np.any(squares <= TOLERANCE * whole)):
        return Test(0.0, max(degrees, 0), 1.0, rows, 0.0, 0)
    r = float(np.clip(left[:, 0] @ left[:, 1] / np.sqrt(squares[0] * squares[1]), -1.0, 1.0))
    t = r * float(np.sqrt(degrees / max(1.0 - r * r, 1e-300)))
    return Test(t, degrees, t_tail(t, degrees), rows, abs(r))


@kernel
def partial_f(x: Floats, block: Floats, given: Floats) -> Test:
    """Test of x (n,) ⊥ a block of columns (n, q) given `given` (n, k), by the F test of nested regressions.

    For a categorical variable in the block: its indicator columns. The effect is the multiple partial
    correlation, √(partial R²).
    """
    rows = x.size
    columns = np.column_stack([given, block])
    scaled = scaling(columns).apply(columns)
    centred = x - x.mean()
    grams = gram(np.column_stack([scaled, centred]))
    k, last = given.shape[1], columns.shape[1]
    small = solve_gram(grams[:k, :k], grams[:k, last])
    large = solve_gram(grams[:last, :last], grams[:last, last])
    whole = float(grams[last, last])
    without = whole - float(grams[:k, last] @ small.coefficients)
    rest = whole - float(grams[:last, last] @ large.coefficients)
    added = int(np.count_nonzero(large.kept)) - int(np.count_nonzero(small.kept))
    degrees = rows - 1 - int(np.count_nonzero(large.kept))
    if added < 1 or degrees < 1 or without <= TOLERANCE * whole or rest <= 0.0:
        return Test(0.0, max(added, 0), 1.0, rows, 0.0, 0)
    f = max(without - rest, 0.0) / added / (rest / degrees)
    p = float(special.fdtrc(added, degrees, f))
    return Test(f, added, p, rows, float(np.sqrt(max(1.0 - rest / without, 0.0))), added)


def g_test(
    x: Integers, y: Integers, given: tuple[Integers, ...] = (), kind: Literal["G", "chi2"] = "G"
) -> Test:
    """Test of x ⊥ y within every stratum of `given`, all as integer codes (n,).

    Degrees of freedom count only the rows and columns that a stratum has, so sparse strata do not pad them.
    """
    sizes = [int(code.max()) + 1 if code.size else 1 for code in given]
    strata = np.unique(cell_index(given, sizes), return_inverse=True)[1].ravel() if given else x * 0
    shape = (int(strata.max()) + 1, int(x.max()) + 1, int(y.max()) + 1)
    cells = np.bincount(cell_index((strata, x, y), shape), minlength=int(np.prod(shape)))
    return g_test_of_table(floats(cells.reshape(shape)), kind)


def g_test_of_table(table: Floats, kind: Literal["G", "chi2"] = "G") -> Test:
    """The test of `g_test` from counts (strata, levels of x, levels of y)."""
    of_x, of_y = table.sum(axis=2, keepdims=True), table.sum(axis=1, keepdims=True)
    totals = table.sum(axis=(1, 2), keepdims=True)
    expected = of_x * of_y / np.maximum(totals, 1.0)
    some = expected > 0.0
    seen, fair = table[some], expected[some]
    if kind == "G":
        found = 2.0 * seen * np.log(np.where(seen > 0.0, seen, fair) / fair)
    else:
        found = (seen - fair) ** 2 / fair
    ways_x = integers(np.maximum(np.count_nonzero(of_x[:, :, 0], axis=1) - 1, 0))
    ways_y = integers(np.maximum(np.count_nonzero(of_y[:, 0, :], axis=1) - 1, 0))
    degrees = int(ways_x @ ways_y)
    statistic = max(float(np.sum(found)), 0.0) if degrees else 0.0
    room = float(totals[:, 0, 0] @ np.minimum(ways_x, ways_y))
    effect = float(np.sqrt(statistic / room)) if room else 0.0
    p = chi2_tail(statistic, degrees)
    return Test(statistic, degrees, p, int(totals.sum()), effect, degrees)


@kernel
def cmh_test_of_table(table: Floats) -> Test:
    """The generalised Cochran–Mantel–Haenszel test from counts (strata, levels of x, levels of y).

    Right however sparse the strata are, since it adds them up before it squares, where G and chi-squared
    reject far too often; blind to associations that cancel between strata.
    """
    totals = table.sum(axis=(1, 2))
    table = table[totals > 1.0]
    n, of_x, of_y = table.sum(axis=(1, 2)), table.sum(axis=2), table.sum(axis=1)
    ways = (table.shape[1] - 1, table.shape[2] - 1)
    expected = of_x[:, :, None] * of_y[:, None, :] / n[:, None, None]
    excess = (table - expected).sum(axis=0)[: ways[0], : ways[1]].ravel()
    by_x, by_y = (
        (n[:, None, None] * np.eye(of.shape[1]) - of[:, None, :]) * of[:, :, None] for of in (of_x, of_y)
    )
    scaled = by_x[:, : ways[0], : ways[0]] / (n**2 * (n - 1.0))[:, None, None]
    covariance = np.einsum("hab,hcd->acbd", scaled, by_y[:, : ways[1], : ways[1]])
    covariance = covariance.reshape(excess.size, excess.size)
    solution = solve_gram(covariance, excess)
    degrees = int(np.count_nonzero(solution.kept))
    statistic = max(float(excess @ solution.coefficients), 0.0)
    room = float(totals.sum()) * max(min(ways), 1)
    effect = min(float(np.sqrt(statistic / room)), 1.0) if room else 0.0
    p = chi2_tail(statistic, degrees)
    return Test(statistic, degrees, p, int(totals.sum()), effect, degrees)
