"""The bootstrap: right where theory or a book knows the answer, refused where it is wrong, the same anywhere.

The errors of many replicates are held to known ones give or take three of their own standard errors (for B
replicates of a normal estimate that is 1/√2B of the error; of incomes, which have long tails, twice that).
"""

from typing import Any, cast

import numpy as np
import pytest
from scipy import stats

from conftest import shared_file
from estimation.worlds import BACK_DOOR, estimand, front_door_table, linear_table
from whence.data.reading import table
from whence.estimation.api import columns_for, estimate, estimate_all, run
from whence.estimation.replicates import replicate_of
from whence.estimation.values import Estimate
from whence.language.refusals import TooFewRows
from whence.numerics.folds import fold_labels
from whence.runtime.errors import Cancelled, InvalidOption, UnsuitableLearner, UnsuitableMethod
from whence.runtime.events import Cancellation, Progress, cancellable, listening
from whence.runtime.seeds import Seed
from whence.testing.coverage import Trial, coverage

ONE = "z -> t; z -> y; t -> y"
EFFECT = "E[y | do(t=1)] - E[y | do(t=0)]"
MICE = (94, 197, 16, 38, 99, 141, 23)
"""Survival in days of seven treated mice: Efron and Tibshirani (1993), table 2.1."""


def codes(found):
    return {each.code for each in found.warnings}


def of_one_cause(seed, n=400):
    draws = np.random.default_rng(seed)
    z = draws.normal(size=n)
    t = (draws.random(n) < 1 / (1 + np.exp(-0.8 * z))).astype(int)
    return {"z": z, "t": t, "y": t + z + draws.normal(size=n)}


def test_the_error_of_a_mean_of_seven_mice_is_the_published_one_of_endless_replicates():
    mice = table({"y": MICE, "t": [1] * 7})
    found = estimate(estimand("E[y]", "t -> y"), mice, replicates=2000)
    assert found.value == pytest.approx(86.86, abs=5e-3)
    assert found.se == pytest.approx(23.36, rel=3 / np.sqrt(2 * 2000))


def test_the_job_training_experiment_has_the_robust_error_by_the_bootstrap_too():
    data = table(shared_file("data/nsw_dw.csv"))
    found = estimate(estimand("ATT(treat -> re78)", "treat -> re78"), data, replicates=1500)
    assert found.value == pytest.approx(1794.342, abs=5e-4)
    assert found.se == pytest.approx(670.8, rel=2 * 3 / np.sqrt(2 * 1500))


@pytest.mark.parametrize(("method", "most"), [("ols", 1.15), ("plr", 1.25), ("aipw", 1.3)])
def test_errors_of_regressions_and_cross_fits_agree_with_those_of_the_influence_function(method, most):
    data = linear_table(3, 400)
    usual = estimate(estimand(EFFECT, BACK_DOOR), data, method=method, learners="linear", repeats=3)
    found = estimate(
        estimand(EFFECT, BACK_DOOR), data, method=method, learners="linear", repeats=3, replicates=100
    )
    assert found.value == usual.value
    assert 0.85 < found.se / usual.se < most
    assert f"{usual.se:.4g}" in found.why


def test_intervals_of_a_plug_in_cover_the_truth_at_their_level():
    found = coverage(Trial("front door", 600, replicates=40), range(120), "serial")
    assert 0.90 <= found.share <= 0.985
    assert found.claimed == pytest.approx(found.spread, rel=0.2)


def test_intervals_of_a_regression_cover_the_truth_where_the_noise_is_uneven_even_from_few_replicates():
    def covers(seed):
        draws = np.random.default_rng(seed)
        t = draws.normal(size=150)
        data = table({"t": t, "y": t + (0.2 + np.abs(t)) * draws.normal(size=150)})
        low, high = estimate(
            estimand("ATE(t -> y)", "t -> y"), data, replicates=25, executor="serial"
        ).interval
        return low <= 1.0 <= high

    assert 107 <= sum(covers(seed) for seed in range(120)) <= 119


def test_whole_clusters_are_drawn_where_clusters_are_named():
    draws = np.random.default_rng(0)
    size, many = 10, 60
    t = np.repeat(np.arange(many) % 2, size)
    y = t + np.repeat(draws.normal(size=many), size) + 0.1 * draws.normal(size=many * size)
    data = table({"t": t, "y": y, "village": np.repeat([f"v{i}" for i in range(many)], size)})
    question = estimand("ATE(t -> y)", "t -> y")
    rows = estimate(question, data, replicates=300)
    villages = estimate(question, data, replicates=300, clusters="village")
    usual = estimate(question, data, clusters="village")
    assert villages.se / rows.se == pytest.approx(np.sqrt(size), rel=0.15)
    assert villages.se == pytest.approx(usual.se, rel=0.15)
    assert "whole clusters (village)" in villages.why


def test_whole_clusters_are_drawn_for_a_plug_in_as_well():
    draws = np.random.default_rng(1)
    size, many = 8, 120
    x = np.repeat(draws.integers(2, size=many), size)
    m = (draws.random(many * size) < np.where(x, 0.8, 0.3)).astype(int)
    y = (np.repeat(draws.random(many), size) < np.where(m, 0.7, 0.4)).astype(int)
    data = table({"x": x, "m": m, "y": y, "school": np.repeat(np.arange(many), size)})
    question = estimand("E[y | do(x=1)] - E[y | do(x=0)]", "x -> m -> y; x <-> y")
    usual = estimate(question, data, clusters="school")
    found = estimate(question, data, clusters="school", replicates=300)
    assert (found.method, found.value) == ("plug-in", usual.value)
    assert found.se == pytest.approx(usual.se, rel=0.15)


class Recognising:
    """A learner that refuses to foretell a row that it has learnt from."""

    def fit(self, design, target):
        self.known = {row.tobytes() for row in np.ascontiguousarray(design)}
        self.mean = float(np.mean(target))
        return self

    def predict(self, design):
        if any(row.tobytes() in self.known for row in np.ascontiguousarray(design)):
            raise ValueError("this row was learnt from")
        return np.full(design.shape[0], self.mean)


def test_no_row_is_foretold_from_its_own_copy():
    found = estimate(
        estimand(EFFECT, ONE),
        table(of_one_cause(0, 120)),
        method="aipw",
        learners=Recognising(),
        replicates=25,
    )
    assert isinstance(found, Estimate)
    assert "bootstrap_learner" in codes(found)
    assert "copies of a row share a fold" in found.why


def test_the_recognising_learner_would_notice_copies_that_are_not_kept_together():
    data = table(of_one_cause(0, 120))
    found = estimate(estimand(EFFECT, ONE), data, method="aipw", learners=Recognising())
    columns = columns_for(found.plan, data)
    twice = np.repeat(np.arange(columns.rows), 2)
    with pytest.raises(UnsuitableLearner, match="learnt from"):
        run(found.plan, columns.selected(twice))
    assert isinstance(run(found.plan, columns.drawn(twice)), Estimate)


def test_copies_share_a_fold_and_folds_stay_even_within_strata():
    copies = np.repeat(np.arange(40), np.arange(40) % 4)
    strata = copies % 2
    labels = fold_labels(strata, 5, Seed(0), copies=copies)
    for row in np.unique(copies):
        assert np.unique(labels[copies == row]).size == 1
    _, first = np.unique(copies, return_index=True)
    for stratum in (0, 1):
        sizes = np.bincount(labels[first][strata[first] == stratum], minlength=5)
        assert sizes.max() - sizes.min() <= 1


def test_a_cluster_s_copies_share_a_fold():
    clusters = np.repeat(np.arange(12), 5)
    labels = fold_labels(np.zeros(60, dtype=np.int64), 5, Seed(1), clusters, np.arange(60))
    assert all(np.unique(labels[clusters == c]).size == 1 for c in range(12))


def test_every_sample_holds_as_many_units_as_there_are_each_as_likely_as_the_next():
    data = table({"t": [0, 1, 0, 1], "y": [1.0, 2.0, 3.0, 5.0]})
    plan = estimate(estimand("ATE(t -> y)", "t -> y"), data).plan
    task = replicate_of((plan,), columns_for(plan, data))
    drawn = [cast("Any", task)._drawn(np.random.default_rng(seed)) for seed in range(3000)]
    assert {each.size for each in drawn} == {4}
    times = np.array([np.bincount(each, minlength=4) for each in drawn])
    # Binomial(4, 1/4): a row is left out of a sample with chance (3/4)⁴ = 81/256.
    assert (times == 0).mean(axis=0) == pytest.approx([81 / 256] * 4, abs=3 * np.sqrt(0.22 / 3000))


def test_rows_with_counts_and_the_same_rows_written_out_have_the_same_error():
    x, m, y = (column.ravel() for column in np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij"))
    count = np.array([40, 25, 12, 31, 9, 17, 44, 60])
    short = table({"x": x, "m": m, "y": y, "count": count}, weights="count")
    long = table({name: np.repeat(column, count) for name, column in (("x", x), ("m", m), ("y", y))})
    question = estimand("E[y | do(x=1)] - E[y | do(x=0)]", "x -> m -> y; x <-> y")
    first, second = (estimate(question, data, replicates=50) for data in (short, long))
    assert (first.value, first.se, first.interval) == (second.value, second.se, second.interval)
    simple = estimand("ATE(x -> y)", "x -> y")
    first, second = (estimate(simple, data, replicates=50, method="ols") for data in (short, long))
    assert (first.value, first.se, first.interval) == (second.value, second.se, second.interval)


def test_a_thousand_replicates_give_percentiles_and_fewer_the_usual_multiple():
    question, data = (
        estimand("E[y]", "t -> y"),
        table({"y": [0, 1, 10, 100, 0, 5, 7, 3, 2, 50], "t": [1] * 10}),
    )
    few, many = (estimate(question, data, replicates=each) for each in (999, 1000))
    assert few.value - few.interval[0] == pytest.approx(few.interval[1] - few.value)
    assert few.interval[1] - few.value == pytest.approx(stats.t.ppf(0.975, 998) * few.se)
    assert many.interval[1] - many.value > 1.3 * (many.value - many.interval[0])
    assert "± 1.96" in few.why
    assert "2.5 and 97.5 % points" in many.why
    wide = estimate(question, data, replicates=1000, level=0.99)
    assert "± 2.58" in wide.why


def test_the_interval_of_a_chance_ends_at_nought_and_one():
    found = estimate(
        estimand("P(y=1)", "t -> y"), table({"y": [0] * 29 + [1], "t": [1] * 30}), replicates=100
    )
    assert found.interval[0] == 0.0


def test_groups_have_their_errors_from_the_same_samples():
    draws = np.random.default_rng(2)
    z = draws.integers(3, size=900)
    t = (draws.random(900) < 0.3 + 0.1 * z).astype(int)
    data = table({"z": z, "t": t, "y": t * (1 + z) + draws.normal(size=900)})
    question = estimand("CATE(t -> y by z)", ONE)
    usual = estimate_all(question, data)
    found = estimate_all(question, data, replicates=100)
    assert [each.value for each in found] == [each.value for each in usual]
    for one, other in zip(found, usual, strict=True):
        assert one.se == pytest.approx(other.se, rel=0.3)


def test_to_name_replicates_is_to_ask_for_the_bootstrap_and_two_hundred_is_the_default():
    data, question = (
        front_door_table(0, 300),
        estimand("E[y | do(x=1)] - E[y | do(x=0)]", "x -> m -> y; x <-> y"),
    )
    assert estimate(question, data, replicates=200) == estimate(question, data, errors="bootstrap")
    assert estimate(question, data, replicates=200) != estimate(question, data, replicates=201)


@pytest.mark.parametrize(
    "options",
    [
        {"replicates": 24},
        {"replicates": 100, "errors": "classical", "method": "ols"},
        {"replicates": 100, "errors": "cluster", "clusters": "z"},
        *({"replicates": number} for number in ("many", 30.5, float("nan"), True, [30], 10**9)),
    ],
)
def test_replicates_that_make_no_sense_are_refused(options):
    with pytest.raises(InvalidOption, match="replicates"):
        estimate(estimand(EFFECT, ONE), table(of_one_cause(0)), **options)


@pytest.mark.parametrize("option", [{"level": "0.9"}, {"folds": "5"}, {"folds": 2.5}, {"repeats": None}])
def test_options_that_are_no_numbers_are_refused(option):
    with pytest.raises(InvalidOption, match=next(iter(option))):
        estimate(estimand(EFFECT, ONE), table(of_one_cause(0)), **option)


def test_a_table_of_probabilities_has_no_rows_to_draw():
    data = table({"x": [0, 0, 1, 1], "y": [0, 1, 0, 1], "p": [0.1, 0.2, 0.3, 0.4]}, weights="p")
    with pytest.raises(UnsuitableMethod, match="no rows to draw"):
        estimate(estimand("P(y=1 | do(x=1))", "x -> y"), data, errors="bootstrap")


def test_boosted_trees_are_refused_and_not_chosen():
    data = linear_table(0, 800)
    with pytest.raises(UnsuitableLearner, match="copies"):
        estimate(estimand(EFFECT, BACK_DOOR), data, learners="boosted", replicates=25)
    found = estimate(estimand(EFFECT, BACK_DOOR), data, repeats=1, replicates=25)
    assert {each.learner for each in found.diagnostics.learners}
    assert not any("boosted" in each.learner for each in found.diagnostics.learners)


def test_more_columns_than_a_fifth_of_the_rows_are_refused():
    draws = np.random.default_rng(0)
    data = {f"c{i}": draws.normal(size=90) for i in range(20)}
    data |= {"t": draws.normal(size=90), "y": draws.normal(size=90)}
    block = ", ".join(f"c{i}" for i in range(20))
    question = estimand("ATE(t -> y)", f"{{{block}}} -> t; {{{block}}} -> y; t -> y")
    found = estimate(question, table(data), method="ols", replicates=25)
    assert isinstance(found, TooFewRows)
    assert "22 coefficients and 90 rows" in found.message
    assert isinstance(estimate(question, table(data), method="ols"), Estimate)


def cells(rarest):
    """Two strata with both arms; one arm of the second has so few rows."""
    z = [0] * 80 + [1] * 60
    t = [0, 1] * 40 + [0] * (60 - rarest) + [1] * rarest
    y = list(range(140))
    return table({"z": z, "t": t, "y": [value % 7 for value in y]})


def test_a_plug_in_whose_cells_run_empty_in_too_many_samples_is_refused():
    found = estimate(estimand(EFFECT, ONE), cells(2), method="plug-in", replicates=200)
    # Nobody of the two is drawn with chance about e⁻² = 0.135.
    assert isinstance(found, TooFewRows)
    assert "of 200 bootstrap samples" in found.message


def test_samples_without_an_answer_are_counted_and_told():
    found = estimate(estimand(EFFECT, ONE), cells(5), method="plug-in", replicates=1000)
    # e⁻⁵ of a thousand: seven, give or take eight.
    assert isinstance(found, Estimate)
    assert "bootstrap_failures" in codes(found)


def test_refutations_of_a_bootstrapped_answer_do_not_bootstrap():
    from whence.engine.asking import ask

    heard = []
    answer = ask(
        "effect of t on y", of_one_cause(1, 300), ONE, method="ols", replicates=25, on_event=heard.append
    )
    assert len(answer.refutations) >= 4
    done = [each for each in heard if isinstance(each, Progress) and each.stage == "bootstrap"]
    assert {each.total for each in done} == {25}
    assert sum(each.done == 25 for each in done) == 1


def test_the_bootstrap_stops_when_it_is_cancelled():
    token = Cancellation()

    def hear(event):
        if isinstance(event, Progress) and event.stage == "bootstrap":
            token.cancel()

    with listening(hear), cancellable(token), pytest.raises(Cancelled):
        estimate(estimand(EFFECT, ONE), table(of_one_cause(1)), replicates=1000)


def test_the_command_line_and_the_script_of_an_answer_name_the_replicates():
    from whence.engine.asking import ask

    answer = ask("effect of t on y", of_one_cause(1, 100), "t -> y", replicates=30)
    assert "--replicates 30" in answer.provenance["command"]
    assert "replicates=30" in answer.provenance["script"]
    assert "30 samples of rows" in answer.estimate.why


@pytest.mark.parametrize("method", ["plr", "aipw"])
def test_rows_that_all_stand_twice_give_the_estimate_of_rows_that_stand_once(method):
    data = linear_table(5, 300)
    found = estimate(estimand(EFFECT, BACK_DOOR), data, method=method, learners="linear")
    columns = columns_for(found.plan, data)
    twice = np.repeat(np.arange(columns.rows), 2)
    again = run(found.plan, columns.drawn(twice))
    assert again.value == pytest.approx(found.value, rel=1e-6)
    assert again.diagnostics.splits == pytest.approx(found.diagnostics.splits, rel=1e-6)
    # Not known as copies they leak into the folds that foretell them, and another number comes out.
    apart = run(found.plan, columns.selected(twice))
    assert abs(apart.value - found.value) > 1e-3 * found.se
