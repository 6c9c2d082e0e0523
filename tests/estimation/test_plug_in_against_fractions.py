"""The plug-in of any identified estimand against exact arithmetic with fractions, by other code.

`language.factor.evaluate` works on fractions and shares nothing with the engine's arrays and derivatives.
With fractions a difference quotient has no rounding error, so it tells the influence function to 1e-6.
"""

from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest

from estimation.worlds import estimand
from whence.data.reading import table
from whence.estimation.api import estimate, estimate_all
from whence.estimation.discrete import plug_in
from whence.language.factor import Factor, evaluate

QUESTIONS = {
    "back-door": ("E[y | do(x=1)] - E[y | do(x=0)]", "z -> x; z -> y; x -> y"),
    "front-door": ("E[y | do(x=1)] - E[y | do(x=0)]", "x -> m -> y; x <-> y"),
    "napkin": ("P(y=1 | do(x=1))", "w -> z -> x -> y; w <-> x; w <-> y"),
    "conditional": ("P(y=1 | do(x=1), w=1)", "x -> m -> y; x <-> y; w -> y"),
    "treated": ("ATT(x -> y)", "z -> x; z -> y; x -> y"),
    "ratio": ("P(y=1 | do(x=1)) / P(y=1 | do(x=0))", "z -> x; z -> y; x -> y"),
    "ratio through the front door": (
        "P(y=1 | do(x=1)) / P(y=1 | do(x=0))",
        "x -> m -> y; x <-> y",
    ),
    "group": ("E[y | do(x=1), w=1] - E[y | do(x=0), w=1]", "z -> x; z -> y; x -> y; w -> y; w -> x"),
}
TINY = Fraction(1, 10**5)


@lru_cache
def counted(name, seed):
    """A table of counts over the graph's variables, every cell seen, some with three levels."""
    found = estimand(*QUESTIONS[name])
    names = tuple(sorted(found.graph.observed))
    draws = np.random.default_rng(seed)
    sizes = [3 if variable == "z" and seed % 2 else 2 for variable in names]
    counts = draws.integers(3, 60, size=sizes)
    levels = tuple(tuple(range(size)) for size in sizes)
    return found, Factor(names, levels, tuple(int(c) for c in counts.ravel()))


def as_columns(joint, cells=None):
    grid = np.stack(np.meshgrid(*joint.levels, indexing="ij")).reshape(len(joint.levels), -1)
    columns = dict(zip(joint.variables, grid, strict=True))
    return {**columns, "k": np.array(joint.cells if cells is None else cells)}


def exactly(found, cells, joint):
    return evaluate(found.expression, Factor(joint.variables, joint.levels, tuple(cells))).cells[0]


def slopes(found, joint):
    """The Gateaux derivative towards each cell, by a central difference of fractions: no rounding."""
    total = sum(joint.cells)
    p = [Fraction(c, total) for c in joint.cells]

    def moved(place, step):
        cells = [(1 - step) * q + (step if i == place else 0) for i, q in enumerate(p)]
        return exactly(found, cells, joint)

    def central(place, step):
        return (moved(place, step) - moved(place, -step)) / (2 * step)

    # Two steps, extrapolated: what is left is of the fourth order.
    return np.array([float((4 * central(i, TINY) - central(i, 2 * TINY)) / 3) for i in range(len(p))])


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", QUESTIONS)
def test_values_are_those_of_fractions_and_errors_those_of_exact_difference_quotients(name, seed):
    found, joint = counted(name, seed)
    got = estimate(found, table(as_columns(joint), weights="k"), method="plug-in")
    assert got.value == pytest.approx(float(exactly(found, joint.cells, joint)), rel=1e-12)
    n = sum(joint.cells)
    # An effect within a group counts the group.
    assert got.n < n if name == "group" else got.n == n
    influence = slopes(found, joint)
    share = np.array(joint.cells) / n
    assert share @ influence == pytest.approx(0.0, abs=1e-9)
    assert got.se == pytest.approx(np.sqrt(share @ influence**2 / n), rel=1e-6)
    rows = {k: np.repeat(v, joint.cells) for k, v in as_columns(joint).items() if k != "k"}
    by_row = estimate(found, table(rows), method="plug-in")
    assert by_row.value == pytest.approx(got.value, rel=1e-12)
    np.testing.assert_allclose(by_row.influence, np.repeat(influence, joint.cells), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", QUESTIONS)
def test_errors_agree_with_a_multinomial_bootstrap_of_the_exact_formula(name):
    found, joint = counted(name, 0)
    many = tuple(8 * c for c in joint.cells)
    got = estimate(found, table(as_columns(joint, many), weights="k"), method="plug-in")
    n = sum(many)
    draws = np.random.default_rng(1).multinomial(n, np.array(many) / n, size=300)
    values = [float(exactly(found, (draw / n).tolist(), joint)) for draw in draws]
    # The bootstrap's own relative error is 1/√600 = 4 %.
    assert np.std(values) == pytest.approx(got.se, rel=0.13)
    assert np.mean(values) == pytest.approx(got.value, abs=got.se / 4)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_table_of_probabilities_has_the_same_value_and_no_error(name):
    found, joint = counted(name, 1)
    shares = np.array(joint.cells) / sum(joint.cells)
    got = estimate(found, table(as_columns(joint, shares), weights="k"))
    assert got.value == pytest.approx(float(exactly(found, joint.cells, joint)), rel=1e-10)
    assert (got.se, got.interval, got.influence) == (None, None, None)
    assert plug_in(found, table(as_columns(joint, shares), weights="k")) == pytest.approx(
        got.value, rel=1e-12
    )


def test_the_napkin_of_a_true_napkin_world_is_the_truth_by_another_formula():
    """Bareinboim and Pearl (2016), figure 5: the ratio at any one z, all the same in such a world."""
    u1, u2 = np.array([0.3, 0.7]), np.array([0.6, 0.4])
    w = np.array([[0.1, 0.5], [0.6, 0.95]])  # w = 1 by u1, u2
    z = np.array([0.1, 0.9])  # by w
    x = np.array([[0.1, 0.6], [0.5, 0.95]])  # by z, u1
    y = np.array([[0.2, 0.6], [0.3, 0.9]])  # by x, u2

    def both(p):
        return np.stack([1 - p, p], axis=-1)

    joint = np.einsum("a,b,abw,wz,zax,xby->wxyz", u1, u2, both(w), both(z), both(x), both(y))
    truth = float(u2 @ y[1])
    found = estimand(*QUESTIONS["napkin"])
    factor = Factor(("w", "x", "y", "z"), ((0, 1),) * 4, tuple(joint.ravel().tolist()))
    got = estimate(found, table(as_columns(factor), weights="k"))
    assert got.value == pytest.approx(truth, abs=1e-12)
    for at in (0, 1):
        of_w = joint.sum(axis=(1, 2, 3))
        given = joint[..., at] / joint[..., at].sum(axis=(1, 2), keepdims=True)  # P(x, y | w, z)
        assert (of_w @ given[:, 1, 1]) / (of_w @ given[:, 1].sum(axis=1)) == pytest.approx(truth, abs=1e-12)
    seen = joint[:, 1, 1].sum() / joint[:, 1].sum()
    assert abs(seen - truth) > 0.005  # seeing is not doing here
    assert got.naive == pytest.approx(seen)


def test_adjustment_by_hand_is_the_average_of_differences_within_strata():
    draws = np.random.default_rng(4)
    n = 3000
    z = draws.integers(0, 4, n)
    x = (draws.random(n) < 0.2 + 0.15 * z).astype(int)
    y = x * z + z + draws.normal(size=n)  # an outcome of many values
    data = table({"z": z, "x": x, "y": y})
    gap = np.array([y[(x == 1) & (z == k)].mean() - y[(x == 0) & (z == k)].mean() for k in range(4)])
    shares, of_treated = np.bincount(z) / n, np.bincount(z[x == 1]) / x.sum()
    for question, weights, who in (("ATE(x -> y)", shares, z >= 0), ("ATT(x -> y)", of_treated, x == 1)):
        got = estimate(estimand(question, "z -> x; z -> y; x -> y"), data)
        assert got.method == "plug-in"
        assert got.value == pytest.approx(weights @ gap, rel=1e-10)
        # Variance: within the strata's arms, and of the strata's effects over those who count.
        within = sum(
            weights[k] ** 2 * np.var(y[(x == t) & (z == k)]) / np.sum((x == t) & (z == k))
            for k in range(4)
            for t in (0, 1)
        )
        between = weights @ (gap - got.value) ** 2 / who.sum()
        assert got.se == pytest.approx(np.sqrt(within + between), rel=1e-8)


def test_open_questions_give_the_whole_table_that_fractions_give():
    joint = counted("front-door", 0)[1]
    data = table(as_columns(joint), weights="k")
    found = estimand("P(y | do(x))", "x -> m -> y; x <-> y")
    exact = evaluate(found.expression, joint)
    numbers = estimate_all(found, data)
    assert len(numbers) == 4
    for each in numbers:
        at = dict(each.plan.entry)
        assert each.value == pytest.approx(float(exact.at(at)), rel=1e-12)
        assert each.se > 0
        assert 0 <= each.interval[0] <= each.value <= each.interval[1] <= 1
