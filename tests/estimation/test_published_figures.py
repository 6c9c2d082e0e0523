"""Figures that others published or that plain numpy gives from the same bytes."""

import csv

import numpy as np
import pytest

from conftest import shared_file
from estimation.worlds import estimand
from whence.data.reading import table
from whence.estimation.again import re_estimate
from whence.estimation.api import columns_for, estimate

COVARIATES = ("age", "education", "black", "hispanic", "married", "nodegree", "re74", "re75", "u74", "u75")
RANDOMISED = "treat -> re78"
ATT = "ATT(treat -> re78)"


def adjusting(names, treatment="treat", outcome="re78"):
    block = ", ".join(names)
    return f"{{{block}}} -> {treatment}; {{{block}}} -> {outcome}; {treatment} -> {outcome}"


def read(name):
    with shared_file(f"data/{name}").open() as file:
        rows = list(csv.DictReader(file))
    return {key: np.array([float(row[key]) for row in rows]) for key in rows[0]}


def stacked(controls):
    """The 185 trained men of the experiment and the survey's men in place of its controls."""
    trained, others = read("nsw_dw.csv"), read(controls)
    columns = {key: np.concatenate([trained[key][trained["treat"] == 1], others[key]]) for key in trained}
    return table({**columns, "u74": columns["re74"] == 0, "u75": columns["re75"] == 0})


def codes(found):
    return {each.code for each in found.warnings}


def test_the_job_training_experiment_gives_the_published_effect_and_robust_error():
    data = table(shared_file("data/nsw_dw.csv"))
    found = estimate(estimand(ATT, RANDOMISED), data)
    assert found.value == pytest.approx(1794.342, abs=5e-4)
    assert found.se == pytest.approx(670.82, abs=5e-3)
    assert (found.n, found.method) == (445, "ols")
    assert found.naive == pytest.approx(found.value)


def test_survey_controls_adjusted_come_within_a_standard_error_of_the_experiment_over_ten_seeds():
    data = stacked("cps1_controls.csv")
    found = [estimate(estimand(ATT, adjusting(COVARIATES)), data, seed=seed) for seed in range(10)]
    assert all(each.naive == pytest.approx(-8497.516, abs=5e-4) for each in found)
    assert all(abs(each.value - 1794.342) < each.se <= 800 for each in found)
    assert np.ptp([each.value for each in found]) <= 100
    first = found[0]
    assert "low_overlap" in codes(first)
    assert first.diagnostics.overlap is not None
    assert [arm.n for arm in first.diagnostics.overlap.arms] == [185, 15992]
    assert {each.name for each in first.diagnostics.balance} == set(COVARIATES)
    worst = max(abs(each.before) for each in first.diagnostics.balance)
    assert max(abs(each.after) for each in first.diagnostics.balance) < worst / 5
    assert "overlap is poor" in first.why


def test_earnings_before_the_training_betray_what_is_left_of_the_confounding():
    data = stacked("cps1_controls.csv")
    main = estimate(estimand(ATT, adjusting(COVARIATES)), data)
    placebo = re_estimate(main.plan, columns_for(main.plan, data), outcome="re75", without=("re75", "u75"))
    assert placebo.value == pytest.approx(-1240, abs=40)
    assert placebo.se == pytest.approx(280, abs=10)


def test_the_smaller_survey_warns_of_poor_overlap_and_of_few_effective_rows():
    found = estimate(estimand(ATT, adjusting(COVARIATES)), stacked("psid1_controls.csv"))
    assert found.naive == pytest.approx(-15204.777, abs=5e-4)
    assert {"low_overlap", "low_effective_sample_size"} <= codes(found)
    assert found.diagnostics.effective_sample_size["treat = 0"] < 50


def test_giving_up_smoking_adds_the_weight_that_hernan_and_robins_report():
    held = ("sex", "race", "age", "education", "smokeintensity", "smokeyrs", "exercise", "active", "wt71")
    arrows = adjusting(held, "qsmk", "wt82_71")
    found = estimate(estimand("ATE(qsmk -> wt82_71)", arrows), table(shared_file("data/nhefs.csv")))
    assert found.naive == pytest.approx(2.5406, abs=5e-5)
    assert 3.1 <= found.value <= 3.7
    assert found.interval[0] < 3.45 < found.interval[1]
    assert (found.n, found.diagnostics.rows_dropped) == (1566, 63)
    assert "rows_dropped" in codes(found)


def test_the_darfur_regression_with_village_dummies_gives_the_published_coefficient():
    held = ("age", "farmer_dar", "herder_dar", "pastvoted", "hhsize_darfur", "female", "village")
    found = estimate(
        estimand("ATE(directlyharmed -> peacefactor)", adjusting(held, "directlyharmed", "peacefactor")),
        table(shared_file("data/darfur.csv")),
        method="ols",
        errors="classical",
    )
    assert found.value == pytest.approx(0.0973158, abs=5e-8)
    assert found.se == pytest.approx(0.0232565, abs=5e-8)


def test_schooling_by_regression_is_the_recomputed_figure_of_card():
    held = ("exper", "black", "south", "married", "smsa")
    found = estimate(
        estimand("ATE(educ -> lwage)", adjusting(held, "educ", "lwage")),
        table(shared_file("data/close_college.csv")),
        method="ols",
    )
    assert found.value == pytest.approx(0.07117, abs=5e-6)


def test_pension_eligibility_by_partially_linear_regression_lies_among_published_runs():
    held = ("age", "inc", "educ", "fsize", "marr", "twoearn", "db", "pira", "hown")
    found = estimate(
        estimand("ATE(e401 -> net_tfa)", adjusting(held, "e401", "net_tfa")),
        table(shared_file("data/401k.csv")),
        method="plr",
        repeats=1,
    )
    assert found.naive == pytest.approx(19559.345, abs=5e-4)
    assert 7000 < found.value < 10000  # doubleml and four learners: 7,823 to 9,371
