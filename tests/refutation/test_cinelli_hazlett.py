"""Sensitivity to a hidden confounder, against published figures and against the confounder itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from whence.refutation.cinelli_hazlett import Regression, benchmark_strength, contour
from whence.refutation.e_value import e_value, e_value_of_limit, risk_ratio_of_difference
from whence.refutation.power import power_of_chi2, power_of_t, power_of_tests, power_of_z
from whence.refutation.result import Refutation, verdict_of

DARFUR = Regression(estimate=0.0973158, se=0.0232565, df=783)


def test_darfur_robustness_values_are_the_published_ones() -> None:
    assert DARFUR.robustness_value() == pytest.approx(0.138776, abs=2e-6)
    assert DARFUR.robustness_value(alpha=0.05) == pytest.approx(0.07626, abs=5e-6)
    assert DARFUR.partial_r2 == pytest.approx(0.02187, abs=5e-6)


def test_a_confounder_at_the_robustness_value_brings_the_estimate_to_zero() -> None:
    strength = DARFUR.robustness_value()
    assert DARFUR.adjusted(strength, strength).estimate == pytest.approx(0, abs=1e-12)
    below = DARFUR.adjusted(strength * 0.99, strength * 0.99).estimate
    assert below > 0


def test_a_confounder_at_the_significance_value_puts_zero_on_the_edge_of_the_interval() -> None:
    strength = DARFUR.robustness_value(alpha=0.05)
    low, _ = DARFUR.adjusted(strength, strength).interval(0.95)
    assert low == pytest.approx(0, abs=1e-4)


def _fit(y: np.ndarray, columns: list[np.ndarray]) -> Regression:
    x = np.column_stack([*columns, np.ones(len(y))])
    beta, *_ = np.linalg.lstsq(x, y, rcond=None)
    residual = y - x @ beta
    df = len(y) - x.shape[1]
    se = np.sqrt(np.linalg.inv(x.T @ x)[0, 0] * (residual @ residual) / df)
    return Regression(float(beta[0]), float(se), df)


def _partial_r2(y: np.ndarray, z: np.ndarray, others: list[np.ndarray]) -> float:
    return _fit(y, [z, *others]).partial_r2


@pytest.mark.parametrize("seed", range(5))
def test_the_bias_formula_is_exact_when_the_confounder_is_then_measured(seed: int) -> None:
    draws = np.random.default_rng(seed)
    n = 400
    x, z = draws.normal(size=(2, n))
    d = 0.5 * x + 0.7 * z + draws.normal(size=n)
    y = 1.0 * d + 0.3 * x + 0.9 * z + draws.normal(size=n)
    short, long = _fit(y, [d, x]), _fit(y, [d, x, z])
    adjusted = short.adjusted(_partial_r2(d, z, [x]), _partial_r2(y, z, [d, x]))
    assert adjusted.estimate == pytest.approx(long.estimate, rel=1e-9)
    assert adjusted.se == pytest.approx(long.se, rel=1e-9)
    assert adjusted.df == long.df


def test_a_benchmark_equal_to_a_covariate_bounds_a_confounder_that_matches_it() -> None:
    draws = np.random.default_rng(3)
    n = 200_000
    x, z = draws.normal(size=(2, n))
    d = 0.4 * x + 0.4 * z + draws.normal(size=n)
    y = d + 0.5 * x + 0.5 * z + draws.normal(size=n)
    # z plays exactly the part of x, but is hidden; the bound made from x must reach z's true strength.
    bound = benchmark_strength(_partial_r2(d, x, []), _partial_r2(y, x, [d]))
    assert bound is not None
    assert bound.with_treatment == pytest.approx(_partial_r2(d, z, [x]), rel=0.05)
    assert bound.with_outcome >= _partial_r2(y, z, [d, x]) * 0.98


def test_a_benchmark_too_strong_to_exist_is_none() -> None:
    assert benchmark_strength(0.6, 0.2, times=3) is None


def test_contours_start_at_the_estimate_and_fall_towards_strong_confounders() -> None:
    grid = contour(DARFUR, largest=0.4, points=5)
    assert grid[0][0] == pytest.approx(DARFUR.estimate)
    assert grid[4][4] < 0 < grid[1][1] < grid[0][0]


@pytest.mark.parametrize(
    ("ratio", "interval", "point", "limit"),
    [(10.73, (8.02, 14.36), 20.95, 15.52), (3.9, (1.8, 8.7), 7.26, 3.0)],
)
def test_e_values_are_the_published_ones(
    ratio: float, interval: tuple[float, float], point: float, limit: float
) -> None:
    assert e_value(ratio) == pytest.approx(point, abs=0.01)
    assert e_value(1 / ratio) == pytest.approx(point, abs=0.01)
    assert e_value_of_limit(interval) == pytest.approx(limit, abs=0.01)


def test_an_interval_that_holds_one_needs_no_confounder() -> None:
    assert e_value_of_limit((0.8, 1.4)) == 1.0


def test_a_standardised_difference_becomes_a_risk_ratio_on_the_right_side_of_one() -> None:
    ratio, (low, high) = risk_ratio_of_difference(-0.5, 0.1, 1.0)
    assert low < ratio < high < 1


def test_power_is_the_level_at_no_bias_and_grows_with_it() -> None:
    assert power_of_z(0.0) == pytest.approx(0.05)
    assert 0.05 < power_of_z(1.0) < power_of_z(3.0) < 1


def test_a_check_that_cannot_see_does_not_reassure() -> None:
    assert verdict_of(p=0.6, power=0.49) == "inconclusive"
    assert verdict_of(p=0.6, power=0.51) == "survived"
    assert verdict_of(p=0.01, power=0.1) == "failed"


def test_a_refutation_survives_its_own_json() -> None:
    found = Refutation("placebo", "survived", "no effect", 0.4, 0.69, 0.85, "hidden confounding", "It held.")
    assert Refutation.from_dict(found.to_dict()) == found


def test_power_agrees_with_scipys_noncentral_distributions() -> None:
    for shift in (0.5, 2.0, 4.0):
        critical = stats.t.isf(0.025, 9)
        expected = stats.nct.sf(critical, 9, shift) + stats.nct.cdf(-critical, 9, shift)
        assert power_of_t(shift, 9) == pytest.approx(expected, abs=1e-4)
        of_chi2 = stats.ncx2.sf(stats.chi2.isf(0.05, 5), 5, shift**2)
        assert power_of_chi2(shift**2, 5) == pytest.approx(of_chi2)
    assert power_of_t(1e9, 9) == pytest.approx(1.0)


def test_a_table_of_many_degrees_sees_a_bias_less_than_a_correlation_does() -> None:
    assert power_of_tests([1], 3.0) == pytest.approx(power_of_z(3.0), abs=1e-9)
    expected = stats.ncx2.sf(stats.chi2.isf(0.05, 8), 8, 9)
    assert power_of_tests([8], 3.0) == pytest.approx(expected, rel=1e-6)
    assert expected < 0.55
    assert power_of_tests([1, 8], 3.0) < power_of_tests([8], 3.0)
    assert power_of_tests([0, 1], 3.0) == power_of_tests([1], 3.0)
    assert power_of_tests([0], 3.0) == power_of_tests([], 3.0) == 0.0
