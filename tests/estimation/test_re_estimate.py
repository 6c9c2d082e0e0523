"""Estimating again on altered data: what the refutations are made of."""

import numpy as np
import pytest

from estimation.worlds import BACK_DOOR, FRONT_DOOR, estimand, front_door_table, linear_table
from whence.data.reading import table
from whence.estimation.again import re_estimate
from whence.estimation.api import columns_for, estimate
from whence.runtime.errors import UnsuitableMethod

ATE = "E[y | do(t=1)] - E[y | do(t=0)]"


@pytest.fixture(params=["aipw", "plr", "ols"])
def made(request):
    data = linear_table(0)
    found = estimate(estimand(ATE, BACK_DOOR), data, method=request.param, repeats=1)
    return found, columns_for(found.plan, data)


def test_nothing_altered_is_the_same_estimate(made):
    found, columns = made
    assert re_estimate(found.plan, columns).value == found.value


def test_a_treatment_dealt_out_anew_has_no_effect(made):
    found, columns = made
    dealt = np.random.default_rng(1).permutation(columns["t"].numbers)
    again = re_estimate(found.plan, columns, treatment=dealt)
    assert abs(again.value) < 3 * again.se
    assert abs(found.value) > 10 * found.se


def test_another_outcome_is_another_effect(made):
    found, columns = made
    again = re_estimate(found.plan, columns, outcome=columns["y"].numbers - 2 * columns["t"].numbers)
    assert abs(again.value) < 3 * again.se
    named = re_estimate(found.plan, columns, outcome="a", without=("a",))
    assert named.value != pytest.approx(found.value)


def test_a_random_cause_more_hardly_matters_and_a_cause_less_does(made):
    found, columns = made
    noise = np.random.default_rng(2).normal(size=columns.rows)
    assert abs(re_estimate(found.plan, columns, extra={"noise": noise}).value - found.value) < found.se / 2
    assert abs(re_estimate(found.plan, columns, without=("a",)).value - found.value) > 2 * found.se


def test_a_part_of_the_rows_gives_a_wider_interval(made):
    found, columns = made
    again = re_estimate(found.plan, columns, rows=np.arange(200))
    assert again.n == 200
    assert again.se > 1.2 * found.se


def test_a_discrete_plug_in_takes_a_random_cause_as_halves():
    draws = np.random.default_rng(0)
    z, x = draws.integers(0, 2, (2, 2000))
    data = table({"z": z, "x": x, "y": (draws.random(2000) < 0.2 + 0.3 * x + 0.3 * z).astype(int)})
    found = estimate(estimand("ATE(x -> y)", "z -> x; z -> y; x -> y"), data)
    columns = columns_for(found.plan, data)
    assert found.method == "plug-in"
    again = re_estimate(found.plan, columns, extra={"noise": draws.normal(size=2000)})
    assert again.value != found.value
    assert abs(again.value - found.value) < found.se / 3
    crude = re_estimate(found.plan, columns, without=("z",))
    assert crude.value == pytest.approx(found.naive)


def test_a_plan_cut_to_one_arm_gives_the_mean_there():
    from dataclasses import replace

    for data, graph, method in (
        (linear_table(0), BACK_DOOR, "aipw"),
        (linear_table(0), "t -> y; a; b; c", "auto"),
    ):
        found = estimate(estimand(ATE, graph), data, method=method, repeats=1)
        columns = columns_for(found.plan, data)
        arms = found.plan.arms
        means = [re_estimate(replace(found.plan, arms=(arm,)), columns).value for arm in arms]
        assert means[0] - means[1] == pytest.approx(found.value, abs=found.se / 10)


def test_a_front_door_formula_is_re_evaluated_and_takes_no_further_causes():
    data = front_door_table(0)
    found = estimate(estimand("ATE(x -> y)", FRONT_DOOR), data)
    columns = columns_for(found.plan, data, ("m",))
    dealt = np.random.default_rng(0).permutation(columns["x"].numbers)
    assert abs(re_estimate(found.plan, columns, treatment=dealt).value) < found.se
    with pytest.raises(UnsuitableMethod, match="no adjustment"):
        re_estimate(found.plan, columns, extra={"noise": np.zeros(columns.rows)})
