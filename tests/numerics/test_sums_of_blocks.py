"""What a block adds can be added to that of another: moments by fold, ratios, the steps of logistic fits."""

import numpy as np
import pytest

from whence.estimation.crossfit import Nuisance, cross_fit
from whence.numerics.ascent import View, nearby, newton, together
from whence.numerics.blocks import BLOCK, blocks, summed, tree_sum
from whence.numerics.fold_moments import coefficients_outside, fold_moments, informative, standard
from whence.numerics.folds import fold_labels
from whence.numerics.logistic import fit_logistic
from whence.numerics.moments import central
from whence.numerics.ratios import mean_errors, ratios_of
from whence.runtime.executor import threads
from whence.runtime.seeds import Seed


def by_levels(parts):
    """The sum of neighbours, of neighbouring pairs, and so on."""
    level = list(parts)
    while len(level) > 1:
        pairs = [left + right for left, right in zip(level[0::2], level[1::2], strict=False)]
        level = pairs if len(level) % 2 == 0 else [*pairs, level[-1]]
    return level[0]


def test_the_tree_of_parts_that_come_one_by_one_is_the_tree_of_parts_at_hand():
    parts = np.random.default_rng(0).normal(size=40) * 10.0 ** np.arange(-20, 20)
    for count in range(1, 41):
        assert tree_sum(iter(parts[:count])).tobytes() == by_levels(parts[:count]).tobytes()


def test_a_tree_of_many_parts_holds_few_of_them():
    class Part:
        held = most = 0

        def __init__(self):
            Part.held += 1
            Part.most = max(Part.most, Part.held)

        def __add__(self, other):
            Part.held -= 2
            return Part()

    tree_sum(Part() for _ in range(1_000))
    assert Part.most <= 12


def test_sums_on_threads_are_those_of_one_after_the_other():
    parts = np.random.default_rng(1).normal(size=100)
    found = {
        summed(lambda x: x * np.float64(1.1), parts, workers, total=total).tobytes()
        for workers in (None, threads(2), threads(7))
        for total in (None, 100)
    }
    assert len(found) == 1


def test_folds_of_a_rare_stratum_are_even_though_each_block_holds_few_of_its_rows():
    strata = np.ones(6 * BLOCK, dtype=np.int64)
    strata[:: BLOCK // 2] = 0
    labels = fold_labels(strata, 4, 0)
    assert np.bincount(labels[strata == 0]).tolist() == [3, 3, 3, 3]
    assert np.ptp(np.bincount(labels[strata == 1])) <= 1
    first = fold_labels(strata[:BLOCK], 4, 0)
    assert labels[:BLOCK].tolist() == first.tolist()
    assert labels[BLOCK : 2 * BLOCK].tolist() != first.tolist()


@pytest.fixture(scope="module")
def drifting():
    """Columns whose first rows are nothing like the others."""
    draws = np.random.default_rng(2)
    step = np.repeat([0.0, 1e7, -3e7, 5e6, 2e7], 100)
    return np.column_stack(
        [draws.normal(size=500) + step, draws.normal(size=500) * 1e-3 + 1e3, np.full(500, 0.1)]
    )


def test_moments_by_fold_keep_their_digits_however_the_blocks_drift(drifting):
    labels = np.random.default_rng(3).integers(0, 3, (500, 2))
    members = np.where(np.arange(500)[:, None] % 4 == 0, -1, labels)
    parts = [
        fold_moments(drifting[part], central(drifting[part]), [labels[part], members[part]], 3)
        for part in (slice(0, 100), slice(100, 101), slice(101, 500))
    ]
    found = tree_sum(parts)
    exact = drifting.astype(np.longdouble)
    np.testing.assert_allclose(found.whole.means, exact.mean(axis=0).astype(float), rtol=1e-14)
    columns = np.column_stack([np.ones(500), exact - found.whole.means])
    scale = np.sqrt(np.diag(columns.T @ columns))
    for group, own in enumerate((labels, members)):
        for split in range(2):
            for fold in range(3):
                rows = columns[(own[:, split] != fold) & (own[:, split] >= 0)]
                error = np.abs(found.outside()[group, split, fold] - rows.T @ rows)
                assert np.max(error[:3, :3] / np.outer(scale, scale)[:3, :3]) < 1e-13
    assert informative(found.whole, 3).tolist() == [True, True, False]
    assert standard(found.whole, 3).factors[2] == 0.0


def test_least_squares_outside_a_fold_from_moments_is_that_on_the_rows(drifting):
    labels = np.random.default_rng(4).integers(0, 3, 500)
    y = drifting[:, 0] * 1e-6 + 50.0 * (drifting[:, 1] - 1e3) + np.random.default_rng(5).normal(size=500)
    columns = np.column_stack([drifting, y])
    found = tree_sum(
        [fold_moments(columns[rows], central(columns[rows]), [labels[rows, None]], 3) for rows in blocks(500)]
    )
    form = standard(found.whole, 3)
    coefficients = coefficients_outside(found.outside()[0], form, 3, 0.0)[0]
    design = form.apply(drifting)
    for fold in range(3):
        outside = labels != fold
        expected = design @ np.linalg.lstsq(design[outside], y[outside] - y.mean(), rcond=None)[0]
        np.testing.assert_allclose(design @ coefficients[fold], expected, atol=1e-9)


def test_ratios_of_blocks_are_the_ratios_of_all_rows_and_so_is_their_error():
    draws = np.random.default_rng(6)
    bottoms = np.stack([draws.random(300), (np.arange(300) > 250).astype(float)])
    tops = bottoms * (1e6 + draws.normal(size=(2, 300)))
    parts = [
        ratios_of([(tops[:, part], bottoms[:, part])]) for part in (slice(0, 7), slice(7, 90), slice(90, 300))
    ]
    found, signs = tree_sum(parts), np.array([1.0, -1.0])
    values = tops.sum(axis=1) / bottoms.sum(axis=1)
    np.testing.assert_allclose(found.values[0], values, rtol=1e-14)
    influence = signs / bottoms.mean(axis=1) @ (tops - values[:, None] * bottoms)
    assert found.squares(signs)[0] == pytest.approx(np.sum(influence**2), rel=1e-8)
    assert mean_errors(found.squares(signs), 300)[0] == pytest.approx(
        influence.std(ddof=1) / 300**0.5, rel=1e-8
    )


def test_out_of_fold_predictions_over_several_blocks_are_those_of_fits_outside_each_fold():
    draws = np.random.default_rng(7)
    rows = BLOCK + 3_000
    x = draws.normal(size=(rows, 2)) * [1.0, 1e3] + [0.0, 1e6]
    t = (draws.random(rows) < 1 / (1 + np.exp(4.0 - x[:, 0]))).astype(float)
    y = x[:, 0] + t + draws.normal(size=rows)
    splits = [fold_labels(t, 3, seed) for seed in range(2)]
    learnt = [
        Nuisance(t, "linear", probability=True),
        Nuisance(y, "linear", probability=False, members=t > 0.5),
    ]
    found = cross_fit(x, learnt, splits, 3, seed=Seed(0), executor=threads(2))
    for labels, (chance, outcome) in zip(splits, found, strict=True):
        for fold in range(3):
            new, learn = labels == fold, labels != fold
            fit = fit_logistic(x[learn], t[learn])
            np.testing.assert_allclose(chance[new], fit.predict(x[new]), rtol=1e-6)
            treated = learn & (t > 0.5)
            ones = np.column_stack([np.ones(rows), x[:, 0], (x[:, 1] - 1e6) / 1e3])
            beta = np.linalg.lstsq(ones[treated], y[treated], rcond=None)[0]
            np.testing.assert_allclose(outcome[new], ones[new] @ beta, atol=1e-9)


def quartic(asked):
    """A steep hill with its top at 2."""
    views = []
    for _, look in asked:
        z = look.at - 2.0
        views.append(View(-float(np.sum(z**2 + z**4)), -2 * z - 4 * z**3, np.diag(2 + 12 * z**2)))
    return views


def test_climbs_that_know_nothing_of_one_another_end_at_the_top_together():
    starts = [np.array([-30.0]), np.array([2.0]), np.array([7.5])]
    for top in together([newton(start) for start in starts], quartic):
        assert top.at == pytest.approx([2.0], abs=1e-7)
        assert top.converged


def test_a_kept_curvature_that_leads_astray_is_given_up():
    start = np.array([9.0])
    view = quartic([(0, type("Look", (), {"at": start}))])[0]
    for curve in (view.curve, np.array([[0.1]]), np.array([[1e5]])):
        top = together([nearby(start, view.slope, curve)], quartic)[0]
        assert top.at == pytest.approx([2.0], abs=1e-6)
