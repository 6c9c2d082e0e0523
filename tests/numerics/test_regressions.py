"""Linear and logistic regression, and their sandwiches, against explicit formulas and numpy's lstsq."""

import numpy as np
import pytest

from whence.numerics.arrays import with_intercept
from whence.numerics.linear import regress, scaling, solve_gram
from whence.numerics.logistic import fit_logistic, logistic
from whence.numerics.sandwich import cluster_sums, mean_error


def world(rows=400, columns=5, seed=0):
    draws = np.random.default_rng(seed)
    design = draws.normal(size=(rows, columns)) * 10.0 ** np.arange(-2, columns - 2) + 7.0
    return design, design @ draws.normal(size=columns) + draws.normal(size=rows) * 3 + 1


@pytest.mark.parametrize("seed", range(5))
def test_least_squares_agrees_with_a_qr_decomposition(seed):
    design, y = world(seed=seed)
    expected = np.linalg.lstsq(with_intercept(design), y, rcond=None)[0]
    np.testing.assert_allclose(regress(design, y).coefficients, expected, rtol=1e-8)
    np.testing.assert_allclose(
        regress(design, y).predict(design), with_intercept(design) @ expected, rtol=1e-10
    )


def test_least_squares_keeps_its_digits_where_a_column_varies_little_around_a_large_mean():
    year = 2000.0 + np.tile(np.arange(5.0), 40)
    y = 3.0 + 0.25 * year
    fit = regress(np.column_stack([year]), y)
    assert fit.coefficients == pytest.approx([3.0, 0.25], rel=1e-10)


def test_a_column_that_earlier_ones_determine_is_dropped_and_the_fit_is_unharmed():
    design, y = world()
    doubled = np.column_stack([design, design[:, 0] - 2 * design[:, 1], np.full(len(y), 4.0)])
    fit = regress(doubled, y)
    assert fit.kept.tolist() == [True] * 6 + [False, False]
    np.testing.assert_allclose(fit.predict(doubled), regress(design, y).predict(design), rtol=1e-9)
    assert fit.coefficients[6:].tolist() == [0.0, 0.0]


def test_the_bread_of_a_regression_is_the_inverse_of_the_gram_matrix():
    design, y = world()
    columns = with_intercept(design)
    np.testing.assert_allclose(regress(design, y).bread @ (columns.T @ columns), np.eye(6), atol=1e-6)


def test_a_ridge_shrinks_the_scaled_slopes_as_the_formula_says():
    design, y = world()
    scale = scaling(design)
    z = scale.apply(design)
    expected = np.linalg.solve(z.T @ z + 50 * np.eye(5), z.T @ (y - y.mean())) / scale.scales
    np.testing.assert_allclose(regress(design, y, ridge=50.0).coefficients[1:], expected, rtol=1e-8)


def test_solving_a_gram_matrix_leaves_out_columns_without_any_square():
    found = solve_gram(np.diag([4.0, 0.0, 2.0]), np.array([4.0, 0.0, 6.0]))
    assert found.coefficients == pytest.approx([1.0, 0.0, 3.0])
    assert found.kept.tolist() == [True, False, True]


def test_logistic_regression_sets_the_score_to_zero():
    design, _y = world()
    draws = np.random.default_rng(4)
    ones = (draws.random(400) < logistic((design[:, 1] - 7) * 4 - 0.5)).astype(float)
    fit = fit_logistic(design, ones, ridge=0.0)
    assert fit.converged
    score = with_intercept(scaling(design).apply(design)).T @ (ones - fit.predict(design))
    np.testing.assert_allclose(score, 0.0, atol=1e-7)


def test_logistic_regression_ends_in_the_same_place_from_any_start():
    design, y = world()
    ones = (y > np.median(y)).astype(float)
    flipped = np.where(np.arange(400) % 7 == 0, 1 - ones, ones)
    cold = fit_logistic(design, flipped)
    warm = fit_logistic(design, flipped, start=np.array([5.0, -3, 1, 0, 0, 0]))
    np.testing.assert_allclose(cold.predict(design), warm.predict(design), atol=1e-7)


def test_logistic_regression_stays_finite_where_the_groups_can_be_told_apart_perfectly():
    x = np.linspace(-1, 1, 50)[:, None]
    fit = fit_logistic(x, (x[:, 0] > 0).astype(float))
    assert np.all(np.isfinite(fit.coefficients))
    assert fit.predict(x)[0] < 1e-3
    assert fit.predict(x)[-1] > 1 - 1e-3


def test_clusters_of_one_row_give_the_robust_error_of_a_mean():
    influence = np.random.default_rng(0).normal(size=50)
    influence -= influence.mean()
    alone = mean_error(influence, np.arange(50))
    assert alone == pytest.approx(mean_error(influence))
    assert mean_error(np.repeat(influence, 4), np.repeat(np.arange(50), 4)) == pytest.approx(alone)
    assert cluster_sums(np.ones((6, 1)), np.array([2, 2, 0, 0, 0, 9])).ravel().tolist() == [3, 2, 1]
