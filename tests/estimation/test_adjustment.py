"""AIPW, partially linear and plain regression: against explicit formulas and known truth."""

import numpy as np
import pytest

from estimation.worlds import BACK_DOOR, CURVED, curved_table, estimand, linear_table, linear_world
from whence.data.reading import table
from whence.estimation.api import columns_for, estimate, estimate_all, run
from whence.estimation.crossfit import Nuisance, cross_fit
from whence.estimation.discrete import plug_in
from whence.estimation.scores import (
    arm_weights,
    augmented_mean,
    effect_on_treated,
    odds_weights,
    settled,
    slope,
)
from whence.language.refusals import NoOverlap, NoVariation, TooFewRows
from whence.numerics.folds import fold_labels
from whence.runtime.errors import (
    AmbiguousQuestion,
    InvalidOption,
    TextInNumericRole,
    UnsuitableLearner,
    UnsuitableMethod,
)
from whence.runtime.seeds import Seed

ATE = "E[y | do(t=1)] - E[y | do(t=0)]"
EFFECT = estimand(ATE, BACK_DOOR)


def with_ones(design):
    return np.column_stack([np.ones(len(design)), design])


def test_out_of_fold_predictions_equal_a_fit_on_each_fold_s_complement():
    world = linear_world(0)
    design = np.column_stack([world["a"], world["b"], world["c"]])
    labels = fold_labels(np.asarray(world["t"]), 4, 0)
    members = world["t"] == 1
    tasks = [
        Nuisance(world["y"], "linear", probability=False),
        Nuisance(world["y"], "linear", False, members),
    ]
    found = cross_fit(design, tasks, [labels], 4, seed=Seed(0))[0]
    for nuisance, predicted in zip(tasks, found, strict=True):
        for fold in range(4):
            learn = labels != fold
            if nuisance.members is not None:
                learn &= nuisance.members
            beta = np.linalg.lstsq(with_ones(design[learn]), world["y"][learn], rcond=None)[0]
            expected = with_ones(design[labels == fold]) @ beta
            np.testing.assert_allclose(predicted[labels == fold], expected, rtol=1e-9, atol=1e-9)


def test_the_scores_are_their_textbook_formulas():
    draws = np.random.default_rng(0)
    n = 300
    y, m, t = draws.normal(size=n), draws.normal(size=n), draws.random(n) < 0.4
    e = draws.uniform(0.2, 0.8, n)
    weights = t / e
    value, influence = settled(augmented_mean(y, arm_weights(t, e), m))
    assert value == pytest.approx(np.mean(m) + np.sum(weights * (y - m)) / np.sum(weights))
    assert influence.mean() == pytest.approx(0.0, abs=1e-12)
    odds = (1 - t) * e / (1 - e)
    value, influence = settled(effect_on_treated(y, t, odds_weights(~t, e), m))
    assert value == pytest.approx(np.mean((y - m)[t]) - np.sum(odds * (y - m)) / np.sum(odds))
    assert influence.mean() == pytest.approx(0.0, abs=1e-12)
    value, influence = settled(slope(y, m))
    assert value == pytest.approx(np.sum(m * y) / np.sum(m * m))
    assert np.sqrt(np.mean(influence**2) / n) == pytest.approx(
        np.sqrt(np.sum(m**2 * (y - value * m) ** 2)) / np.sum(m**2)
    )


@pytest.mark.parametrize("method", ["aipw", "plr", "ols"])
def test_every_method_finds_the_effect_of_a_linear_world_and_the_crude_difference_misses_it(method):
    found = estimate(EFFECT, linear_table(3, rows=4000), method=method, learners="linear", repeats=2)
    assert found.method == method
    assert abs(found.value - 2) < 3 * found.se < 0.3
    assert found.interval[0] < 2 < found.interval[1]
    assert abs(found.naive - 2) > 0.25


def test_effects_that_differ_are_averaged_over_those_the_question_is_about():
    draws = np.random.default_rng(0)
    n = 6000
    a = draws.normal(size=n)
    t = (draws.random(n) < 1 / (1 + np.exp(-a))).astype(int)
    y = a + t * (1 + a) + draws.normal(size=n)
    data = table({"a": a, "t": t, "y": y})
    arrows = "a -> t; a -> y; t -> y"
    everyone = estimate(estimand("ATE(t -> y)", arrows), data, learners="linear", repeats=1)
    treated = estimate(estimand("ATT(t -> y)", arrows), data, learners="linear", repeats=1)
    assert abs(everyone.value - 1) < 3 * everyone.se
    assert abs(treated.value - (1 + a[t == 1].mean())) < 3 * treated.se
    assert treated.value - everyone.value > 0.25


def test_groups_have_estimates_of_their_own():
    draws = np.random.default_rng(1)
    n = 4000
    a, g = draws.normal(size=n), draws.choice(["north", "south"], n)
    t = (draws.random(n) < 1 / (1 + np.exp(-a))).astype(int)
    y = a + t * np.where(g == "north", 3, 1) + draws.normal(size=n)
    found = estimate_all(
        estimand("CATE(t -> y by g)", "a -> t; a -> y; g -> y; t -> y"),
        table({"a": a, "g": g, "t": t, "y": y}),
        learners="linear",
        repeats=1,
    )
    assert [each.plan.within for each in found] == [(("g", "north"),), (("g", "south"),)]
    for each, truth in zip(found, (3, 1), strict=True):
        assert abs(each.value - truth) < 3 * each.se
        assert each.n == int(np.sum(g == dict(each.plan.within)["g"]))


def test_a_treatment_of_many_values_gets_the_slope_of_a_partially_linear_model():
    draws = np.random.default_rng(2)
    n = 3000
    a = draws.normal(size=n)
    price = 10 + a + draws.normal(size=n)
    sales = 100 - 4 * price + 3 * a + draws.normal(size=n)
    data = table({"a": a, "price": price, "sales": sales})
    arrows = "a -> price; a -> sales; price -> sales"
    unit = estimate(estimand("ATE(price -> sales)", arrows), data, learners="linear", repeats=1)
    assert unit.method == "plr"
    assert abs(unit.value + 4) < 3 * unit.se
    assert "one unit more" in unit.label
    two = estimate(
        estimand("E[sales | do(price=12)] - E[sales | do(price=10)]", arrows),
        data,
        learners="linear",
        repeats=1,
    )
    assert two.value == pytest.approx(2 * unit.value)
    assert two.se == pytest.approx(2 * unit.se)
    assert two.naive == pytest.approx(2 * unit.naive)


def test_a_level_that_was_never_seen_is_warned_of():
    draws = np.random.default_rng(2)
    a = draws.normal(size=300)
    data = table({"a": a, "price": 10 + a + draws.normal(size=300), "sales": a})
    far = estimand(
        "E[sales | do(price=40)] - E[sales | do(price=10)]", "a -> price; a -> sales; price -> sales"
    )
    for method in ("auto", "ols"):
        found = estimate(far, data, method=method, repeats=1)
        assert "outside_support" in [each.code for each in found.warnings]
        assert "not at 40" in found.warnings[0].message


def test_a_column_that_others_determine_is_left_out_and_named():
    world = linear_world(0)
    data = table({**world, "d": world["a"] + world["b"]})
    found = estimate(estimand(ATE, BACK_DOOR.replace("c}", "c, d}")), data, repeats=1)
    assert "dropped_columns" in [each.code for each in found.warnings]
    assert found.value == pytest.approx(estimate(EFFECT, data, repeats=1).value, abs=1e-4)


def test_two_of_three_labels_are_compared_as_arms():
    draws = np.random.default_rng(3)
    n = 6000
    a = draws.normal(size=n)
    drug = np.where(
        draws.random(n) < 0.3, "none", np.where(draws.random(n) < 1 / (1 + np.exp(-a)), "new", "old")
    )
    y = a + np.select([drug == "new", drug == "old"], [2.0, 0.5]) + draws.normal(size=n)
    data = table({"a": a, "drug": drug, "y": y})
    arrows = "a -> drug; a -> y; drug -> y"
    found = estimate(
        estimand("E[y | do(drug=new)] - E[y | do(drug=old)]", arrows), data, learners="linear", repeats=1
    )
    assert found.method == "aipw"
    assert abs(found.value - 1.5) < 3 * found.se
    treated = estimate(estimand("ATT(drug=new vs drug=old -> y)", arrows), data, learners="linear", repeats=1)
    assert abs(treated.value - 1.5) < 3 * treated.se
    for asked in (estimate, plug_in):
        with pytest.raises(AmbiguousQuestion, match="which one against which"):
            asked(estimand("ATE(drug -> y)", arrows), data)


def test_the_mean_and_the_chance_under_one_treatment_have_estimates():
    world = linear_world(5, rows=4000)
    data = table({**world, "high": (world["y"] > 1).astype(int)})
    mean = estimate(estimand("E[y | do(t=1)]", BACK_DOOR), data, learners="linear", repeats=1)
    assert abs(mean.value - 2) < 3 * mean.se
    arrows = BACK_DOOR.replace("y", "high")
    chance = estimate(estimand("P(high=1 | do(t=0))", arrows), data, learners="linear", repeats=1)
    potential = world["y"] - 2 * world["t"] > 1
    assert abs(chance.value - potential.mean()) < 4 * chance.se + 0.02


@pytest.mark.parametrize(
    ("learners", "executors"),
    [("linear", ("serial", "threads:2", "threads:5", "processes:2")), ("boosted", ("serial", "threads:2"))],
)
def test_results_have_the_same_bytes_on_any_executor(learners, executors):
    found = [
        estimate(EFFECT, linear_table(1), learners=learners, executor=name, seed=7, folds=2, repeats=2)
        for name in executors
    ]
    assert len({(each.value, each.se) for each in found}) == 1
    assert len({each.influence.tobytes() for each in found}) == 1


def test_the_plan_of_an_estimate_gives_it_again():
    data = linear_table(1, rows=700)
    found = estimate(EFFECT, data)
    again = run(found.plan, columns_for(found.plan, data))
    assert (again.value, again.se) == (found.value, found.se)
    assert found.plan.learners.outcome != "auto"


def test_another_seed_is_another_split_and_hardly_another_answer():
    first, second = (estimate(EFFECT, linear_table(1), seed=seed) for seed in (0, 1))
    assert 0 < abs(first.value - second.value) < first.se / 5
    assert first.diagnostics.spread > 0


def test_the_influence_values_carry_the_standard_error():
    found = estimate(EFFECT, linear_table(1), repeats=1)
    assert found.influence.mean() == pytest.approx(0.0, abs=1e-12)
    assert np.sqrt(np.sum(found.influence**2) / 399 / 400) == pytest.approx(found.se, rel=1e-9)


def test_clustered_errors_grow_when_rows_are_copies_of_one_another():
    world = linear_world(2, rows=300)
    copies = {name: np.repeat(values, 5) for name, values in world.items()}
    data = table({**copies, "family": np.repeat(np.arange(300), 5)})
    for method in ("aipw", "plr", "ols"):
        loose = estimate(EFFECT, data, method=method, learners="linear", repeats=1)
        tight = estimate(EFFECT, data, method=method, learners="linear", repeats=1, clusters="family")
        assert tight.se == pytest.approx(loose.se * 5**0.5, rel=0.1)
        assert tight.plan.options.errors == "cluster"


def test_few_clusters_are_warned_of():
    data = table({**linear_world(2), "town": np.arange(400) % 12})
    found = estimate(EFFECT, data, clusters="town", method="ols")
    assert "few_clusters" in [each.code for each in found.warnings]


class Means:
    """A learner that predicts the mean, and counts how often this very object was fitted."""

    def __init__(self):
        self.fits = 0

    def fit(self, X, y):
        self.fits += 1
        self.mean = float(np.mean(y))

    def predict(self, X):
        return np.full(len(X), self.mean)


def test_any_learner_that_fits_and_predicts_will_do_and_is_copied_before_it_is_fitted():
    learner = Means()
    found = estimate(EFFECT, linear_table(0), learners={"outcome": learner}, repeats=1)
    assert learner.fits == 0
    assert "Means" in found.why
    assert abs(found.value - 2) < 4 * found.se  # the logistic propensity alone carries it
    with pytest.raises(UnsuitableLearner, match="fit and predict"):
        estimate(EFFECT, linear_table(0), learners=object())
    with pytest.raises(InvalidOption, match="learners"):
        estimate(EFFECT, linear_table(0), learners="forest")


def test_a_treatment_that_never_varies_is_refused():
    world = linear_world(0)
    for constant in (0, 1):
        found = estimate(EFFECT, table({**world, "t": np.full(400, constant)}))
        assert isinstance(found, NoVariation)


def test_groups_that_can_be_told_apart_perfectly_are_refused():
    world = linear_world(0)
    found = estimate(EFFECT, table({**world, "t": (world["a"] > 0).astype(int)}))
    assert isinstance(found, NoOverlap)
    strata = table({"z": [0, 1] * 50, "t": [0, 1] * 50, "y": np.arange(100.0)})
    found = estimate(estimand("ATE(t -> y)", "z -> t; z -> y; t -> y"), strata)
    assert isinstance(found, NoOverlap)
    assert "z" in found.message


def test_a_treatment_that_the_covariates_determine_has_no_coefficient():
    draws = np.random.default_rng(0)
    a = draws.normal(size=100)
    data = table({"a": a, "t": 2 * a + 1, "y": a + draws.normal(size=100)})
    found = estimand("ATE(t -> y)", "a -> t; a -> y; t -> y")
    for method in ("ols", "plr"):
        refusal = estimate(found, data, method=method)
        assert isinstance(refusal, NoVariation)
        assert "determined" in refusal.message


def test_too_few_rows_are_refused():
    world = {name: values[:12] for name, values in linear_world(0).items()}
    assert isinstance(estimate(EFFECT, table(world), method="aipw"), TooFewRows)
    tiny = {name: values[:4] for name, values in linear_world(0).items()}
    assert isinstance(estimate(EFFECT, table({**tiny, "t": [0, 1, 0, 1]}), method="ols"), TooFewRows)


def test_methods_and_options_that_do_not_fit_say_why():
    data = linear_table(0)
    with pytest.raises(InvalidOption, match="method"):
        estimate(EFFECT, data, method="magic")
    with pytest.raises(InvalidOption, match="folds"):
        estimate(EFFECT, data, folds=1)
    with pytest.raises(InvalidOption, match="clusters"):
        estimate(EFFECT, data, errors="cluster")
    with pytest.raises(UnsuitableMethod, match="classical"):
        estimate(EFFECT, data, errors="classical")
    with pytest.raises(UnsuitableMethod, match="front-door"):
        estimate(estimand("ATE(t -> y)", "t -> a -> y; t <-> y"), data, method="aipw")
    with pytest.raises(TextInNumericRole):
        estimate(EFFECT, table({**linear_world(0), "y": ["low", "high"] * 200}))


def town_world():
    draws = np.random.default_rng(0)
    n = 600
    town = draws.integers(0, 120, n)
    pull = draws.normal(size=120)[town]
    t = (draws.random(n) < 1 / (1 + np.exp(-pull))).astype(int)
    y = t + pull + draws.normal(size=n)
    return table({"town": [f"town {i}" for i in town], "t": t, "y": y})


def test_a_wide_design_of_labels_is_absorbed_by_regression_rather_than_shrunk():
    effect = estimand("ATE(t -> y)", "town -> t; town -> y; t -> y")
    found = estimate(effect, town_world())
    assert found.method == "ols"
    assert "shrink" in found.why
    assert abs(found.value - 1) < 3 * found.se < 0.4
    shrunk = estimate(effect, town_world(), method="aipw", repeats=1)
    assert "shrunk" in shrunk.why
    assert abs(found.value - 1) < abs(shrunk.value - 1) < abs(shrunk.naive - 1)


def test_learners_are_chosen_by_out_of_fold_risk_where_overlap_allows():
    bent = estimate(estimand(ATE, CURVED), curved_table(0), repeats=1)
    assert bent.plan.learners.outcome in ("splines", "boosted")
    risks = [each for each in bent.diagnostics.learners if each.nuisance == "outcome"]
    assert [each.chosen for each in risks].count(True) == 1
    assert min(risks, key=lambda each: each.risk).chosen
    straight = estimate(EFFECT, linear_table(0), repeats=1)
    assert straight.plan.learners.outcome == "linear"
    assert "too few" in straight.why


def test_flexible_learners_stay_away_where_overlap_is_poor():
    draws = np.random.default_rng(0)
    a = draws.normal(size=2000)
    t = (draws.random(2000) < 1 / (1 + np.exp(-5 * a))).astype(int)
    data = table({"a": a, "t": t, "y": np.abs(a) + t + draws.normal(size=2000)})
    found = estimate(estimand("ATE(t -> y)", "a -> t; a -> y; t -> y"), data, repeats=1)
    assert "overlap is poor" in found.why
    assert found.plan.learners.outcome == "linear"
    assert "low_overlap" in [each.code for each in found.warnings]
