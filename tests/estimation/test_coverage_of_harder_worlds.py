"""Coverage where it is easily lost: effects that differ, binary outcomes, the treated, clusters, few rows.

Each world is drawn 200 times. The share of intervals that hold the truth has to lie in the band that a true
95 % leaves once in 500 times on either side, and the mean standard error within 16 % of the spread of the
estimates. An error too small by a quarter (coverage 86 %) falls out of the band four times in five.
"""

import numpy as np
import pytest
from scipy import stats

from estimation.worlds import estimand
from whence.data.reading import table
from whence.estimation.api import estimate

RUNS = 200
LEAST, MOST = (int(stats.binom.ppf(p, RUNS, 0.95)) for p in (0.002, 0.998))
ONE = "z -> t; z -> y; t -> y"


def logistic(x):
    return 1.0 / (1.0 + np.exp(-x))


def trials(world, truth, question, graph=ONE, runs=RUNS, **options):
    """Covered, the estimates and their errors, over draws of a world."""
    found = [
        estimate(estimand(question, graph), table(world(np.random.default_rng(seed))), **options)
        for seed in range(runs)
    ]
    covered = sum(each.interval[0] <= truth <= each.interval[1] for each in found)
    return covered, np.array([each.value for each in found]), np.array([each.se for each in found])


def check(world, truth, question, graph=ONE, **options):
    covered, values, errors = trials(world, truth, question, graph, **options)
    assert LEAST <= covered <= MOST, (covered, values.mean(), values.std(), errors.mean())
    assert errors.mean() == pytest.approx(values.std(), rel=0.16)
    assert abs(values.mean() - truth) < 4 * values.std() / np.sqrt(RUNS) + 0.03 * values.std()


def differing(draws, n=300):
    """Effects 1 + z, noise that grows with |z|, treatment likelier at high z. ATE 1."""
    z = draws.normal(size=n)
    t = (draws.random(n) < logistic(0.7 * z)).astype(int)
    return {"z": z, "t": t, "y": t * (1 + z) + 2 * z + (0.5 + np.abs(z)) * draws.normal(size=n)}


def among_treated():
    """E[1 + z | t = 1] of that world, by Gauss–Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    chance = logistic(0.7 * nodes) * weights
    return float(chance @ (1 + nodes) / chance.sum())


@pytest.mark.parametrize(("question", "truth"), [("ATE(t -> y)", 1.0), ("ATT(t -> y)", among_treated())])
def test_effects_that_differ_from_unit_to_unit(question, truth):
    check(differing, truth, question, learners="linear", repeats=1)


def test_a_mean_under_one_treatment():
    check(differing, 1.0, "E[y | do(t=1)]", learners="linear", repeats=1)


def test_repeated_splits_do_not_spoil_the_coverage():
    check(differing, 1.0, "ATE(t -> y)", learners="linear", repeats=3)


def unequal(draws, n=200):
    """A constant effect of 1 with errors that grow with the treatment, in a randomised experiment."""
    z = draws.normal(size=n)
    t = (draws.random(n) < 0.3).astype(int)
    return {"z": z, "t": t, "y": t + z + (1 + 2 * t) * draws.normal(size=n)}


def test_regression_with_errors_that_are_larger_among_the_treated():
    check(unequal, 1.0, "ATE(t -> y)", method="ols")
    covered, *_ = trials(unequal, 1.0, "ATE(t -> y)", method="ols", errors="classical")
    assert covered < LEAST  # what the robust error is for


def priced(draws, n=300):
    """A treatment of many values, a slope of 2, errors that grow with it."""
    z, w = draws.normal(size=(2, n))
    t = z - w + draws.normal(size=n)
    return {"z": z, "w": w, "t": t, "y": 2 * t + z + w + (0.5 + np.abs(t)) * draws.normal(size=n)}


@pytest.mark.parametrize("method", ["plr", "ols"])
def test_slopes_with_errors_that_grow(method):
    check(
        priced,
        2.0,
        "ATE(t -> y)",
        "{z, w} -> t; {z, w} -> y; t -> y",
        method=method,
        learners="linear",
        repeats=1,
    )


def yes_or_no(draws, n=400):
    """A binary outcome; the effect on its chance is 0.15 for everyone."""
    z = draws.uniform(-1, 1, n)
    t = (draws.random(n) < logistic(z)).astype(int)
    return {"z": z, "t": t, "y": (draws.random(n) < 0.4 + 0.25 * z + 0.15 * t).astype(int)}


def test_a_binary_outcome():
    check(yes_or_no, 0.15, "ATE(t -> y)", learners="linear", repeats=1)


def villages(draws, count=60, size=8):
    """Whole villages are treated, by something of theirs; a common shock to each village. Effect 1."""
    village = np.repeat(np.arange(count), size)
    of_village, shock = draws.normal(size=(2, count))
    t = (draws.random(count) < logistic(0.7 * of_village)).astype(int)[village]
    z = of_village[village] + draws.normal(size=count * size) / 2
    y = t + z + shock[village] + draws.normal(size=count * size)
    return {"v": village, "c": of_village[village], "z": z, "t": t, "y": y}


@pytest.mark.parametrize("method", ["aipw", "plr", "ols"])
def test_treatment_by_clusters(method):
    graph = "c -> z; c -> t; c -> y; z -> y; t -> y"
    options = {"method": method, "learners": "linear", "repeats": 1}
    check(villages, 1.0, "ATE(t -> y)", graph, clusters="v", **options)
    covered, *_ = trials(villages, 1.0, "ATE(t -> y)", graph, runs=60, **options)
    assert covered < 0.75 * 60  # without clusters the interval is an invention


def front_door(draws, n=600):
    """x and y have a hidden cause; m carries the effect."""
    u = draws.random(n) < 0.4
    x = draws.random(n) < np.where(u, 0.7, 0.2)
    m = draws.random(n) < np.where(x, 0.8, 0.25)
    y = draws.random(n) < 0.15 + 0.3 * m + 0.4 * u
    return {"x": x.astype(int), "m": m.astype(int), "y": y.astype(int)}


def test_the_front_door():
    check(front_door, 0.55 * 0.3, "ATE(x -> y)", "x -> m -> y; x <-> y")


def napkin(draws, n=1500):
    """The napkin graph, all binary: its estimand is a ratio of sums."""
    u, v = draws.random((2, n)) < 0.5
    w = draws.random(n) < 0.2 + 0.3 * u + 0.3 * v
    z = draws.random(n) < np.where(w, 0.7, 0.3)
    x = draws.random(n) < 0.2 + 0.4 * z + 0.2 * u
    y = draws.random(n) < 0.2 + 0.3 * x + 0.3 * v
    return {name: column.astype(int) for name, column in zip("wzxy", (w, z, x, y), strict=True)}


def test_the_napkin():
    check(napkin, 0.65, "P(y=1 | do(x=1))", "w -> z -> x -> y; w <-> x; w <-> y")


def strata(draws, n=300):
    """Three strata, effects 0, 1, 2 in them: the plug-in. ATE 1; the ATT weighs by the treated."""
    z = draws.integers(0, 3, n)
    t = (draws.random(n) < np.array([0.3, 0.5, 0.6])[z]).astype(int)
    return {"z": z, "t": t, "y": t * z + 2 * z + draws.normal(size=n)}


@pytest.mark.parametrize(("question", "truth"), [("ATE(t -> y)", 1.0), ("ATT(t -> y)", (0.5 + 1.2) / 1.4)])
def test_strata_by_the_plug_in(question, truth):
    check(strata, truth, question)


def few(draws, n=30):
    """Thirty rows, half of them treated."""
    z = draws.normal(size=n)
    t = draws.permutation(np.arange(n) % 2)
    return {"z": z, "t": t, "y": t + z + draws.normal(size=n)}


@pytest.mark.parametrize("method", ["auto", "ols"])
def test_thirty_rows(method):
    covered, values, errors = trials(few, 1.0, "ATE(t -> y)", method=method, repeats=2)
    # Few rows are warned of, and may fall a little short; not by more than this.
    assert 0.895 * RUNS <= covered <= MOST
    assert errors.mean() > 0.85 * values.std()


def test_the_band_has_teeth():
    assert stats.binom.cdf(LEAST - 1, RUNS, 0.86) > 0.8
    assert stats.binom.sf(MOST, RUNS, 0.999) > 0.95
    assert stats.binom.cdf(LEAST - 1, RUNS, 0.95) + stats.binom.sf(MOST, RUNS, 0.95) < 0.005
