"""Tests of independence: against textbook formulas, and with the size they claim."""

import numpy as np
import pytest
from scipy import stats

from whence.numerics.independence import g_test, g_test_of_table, partial_correlation, partial_f
from whence.numerics.intervals import (
    chi2_tail,
    effective_size,
    median_of_splits,
    normal_interval,
    t_interval,
    t_tail,
)
from whence.numerics.multiplicity import holm


def test_partial_correlation_is_the_t_test_of_a_regression_coefficient():
    draws = np.random.default_rng(0)
    z = draws.normal(size=(80, 3))
    x = z[:, 0] + draws.normal(size=80)
    y = z.sum(axis=1) + 0.2 * x + draws.normal(size=80)
    columns = np.column_stack([np.ones(80), x, z])
    beta, rss = np.linalg.lstsq(columns, y, rcond=None)[:2]
    t = beta[1] / np.sqrt(rss[0] / 75 * np.linalg.inv(columns.T @ columns)[1, 1])
    found = partial_correlation(x, y, z)
    assert found.statistic == pytest.approx(t)
    assert found.degrees == 75
    assert found.p == pytest.approx(2 * stats.t.sf(abs(t), 75))
    nested = partial_f(y, x[:, None], z)
    assert nested.statistic == pytest.approx(t**2)
    assert nested.p == pytest.approx(found.p)
    assert nested.effect == pytest.approx(found.effect)


def test_without_anything_given_it_is_the_plain_correlation_test():
    draws = np.random.default_rng(1)
    x, y = draws.normal(size=(2, 50))
    expected = stats.pearsonr(x, y)
    found = partial_correlation(x, y, np.empty((50, 0)))
    assert found.effect == pytest.approx(abs(expected.statistic))
    assert found.p == pytest.approx(expected.pvalue)


def test_a_variable_that_the_given_ones_determine_is_independent_of_everything_given_them():
    draws = np.random.default_rng(2)
    z = draws.normal(size=(50, 2))
    y = draws.normal(size=50)
    assert partial_correlation(z[:, 0] - 3 * z[:, 1], y, z).p == 1.0
    assert partial_f(y, z, z).p == 1.0


@pytest.mark.parametrize("kind", ["G", "chi2"])
def test_the_table_test_without_strata_agrees_with_scipy(kind):
    draws = np.random.default_rng(3)
    x, y = draws.integers(0, 3, 300), draws.integers(0, 4, 300)
    table = np.zeros((3, 4))
    np.add.at(table, (x, y), 1)
    expected = stats.chi2_contingency(
        table, correction=False, lambda_="log-likelihood" if kind == "G" else "pearson"
    )
    found = g_test(x, y, (), kind)
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.degrees == expected.dof
    assert found.p == pytest.approx(expected.pvalue)


def test_strata_add_up_and_missing_levels_cost_no_degrees_of_freedom():
    draws = np.random.default_rng(4)
    x, y, z = draws.integers(0, 2, 400), draws.integers(0, 3, 400), draws.integers(0, 2, 400)
    y = np.where(z == 1, np.minimum(y, 1), y)
    parts = [g_test(x[z == k], y[z == k]) for k in (0, 1)]
    whole = g_test(x, y, (z,))
    assert whole.degrees == 3 == sum(part.degrees for part in parts)
    assert whole.statistic == pytest.approx(sum(part.statistic for part in parts))


def test_counts_in_a_table_test_like_the_rows_they_stand_for():
    draws = np.random.default_rng(5)
    x, y, z = draws.integers(0, 2, (3, 200))
    table = np.zeros((2, 2, 2))
    np.add.at(table, (z, x, y), 1)
    assert g_test_of_table(table) == g_test(x, y, (z,))


def test_under_independence_a_twentieth_of_the_tests_reject_and_under_dependence_most_do():
    false, right = 0, 0
    for seed in range(400):
        draws = np.random.default_rng(seed)
        z = draws.normal(size=(60, 1))
        x, y = z[:, 0] + draws.normal(size=(2, 60))
        false += partial_correlation(x, y, z).p < 0.05
        right += partial_correlation(x, y + 0.6 * x, z).p < 0.05
    assert 0.025 <= false / 400 <= 0.08
    assert right / 400 > 0.95


def test_holm_is_never_smaller_than_the_p_values_and_keeps_their_order():
    assert holm([0.01, 0.04, 0.03, 0.005]) == (0.03, 0.06, 0.06, 0.02)
    assert holm([]) == ()
    assert holm([0.9, 0.8]) == (1.0, 1.0)


def test_intervals_and_tails_agree_with_scipy_stats():
    assert normal_interval(1.0, 2.0, 0.9) == pytest.approx(stats.norm.interval(0.9, 1, 2))
    assert t_interval(1.0, 2.0, 0.9, 7) == pytest.approx(stats.t.interval(0.9, 7, 1, 2))
    assert t_tail(-2.0, 5) == pytest.approx(2 * stats.t.sf(2, 5))
    assert chi2_tail(3.0, 2) == pytest.approx(stats.chi2.sf(3, 2))
    assert chi2_tail(3.0, 0) == 1.0


def test_the_error_over_splits_holds_their_spread():
    assert median_of_splits([1.0, 2.0, 3.0], [1.0, 1.0, 1.0]) == (2.0, pytest.approx(2**0.5))
    assert median_of_splits([2.0], [0.5]) == (2.0, 0.5)


def test_the_effective_size_of_equal_weights_is_their_number():
    assert effective_size(np.full(7, 3.0)) == pytest.approx(7.0)
    assert effective_size(np.array([1.0, 0.0, 0.0])) == 1.0
    assert effective_size(np.zeros(3)) == 0.0
