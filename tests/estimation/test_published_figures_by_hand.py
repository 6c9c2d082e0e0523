"""The published figures again, this time against estimators written out by hand from the same bytes.

`test_published_figures` holds the engine to the figures; here its choices (folds, classes, weights) are made
once more in plain numpy, so that a right figure cannot come from a wrong formula.
"""

import csv

import numpy as np
import pytest

from conftest import shared_file
from estimation import by_hand
from estimation.test_published_figures import ATT, COVARIATES, RANDOMISED, adjusting, codes, read, stacked
from estimation.worlds import estimand
from whence.data.reading import table
from whence.estimation.api import estimate
from whence.numerics.folds import fold_labels


def folds_of(found, treated):
    options = found.plan.options
    return fold_labels(1 - treated.astype(int), options.folds, options.seed.child("folds").child(0))


def test_the_experiment_s_effect_and_error_are_those_of_the_matrix_formula():
    men = read("nsw_dw.csv")
    beta, covariance = by_hand.sandwich(men["treat"][:, None], men["re78"], "HC1")
    assert beta[1] == pytest.approx(1794.34, abs=5e-3)
    assert np.sqrt(covariance[1, 1]) == pytest.approx(670.82, abs=5e-3)
    found = estimate(estimand(ATT, RANDOMISED), table(men))
    assert found.value == pytest.approx(beta[1], rel=1e-10)
    assert found.se == pytest.approx(np.sqrt(covariance[1, 1]), rel=1e-10)
    assert codes(found) == set()


@pytest.mark.parametrize(
    ("controls", "naive"), [("cps1_controls.csv", -8497.516), ("psid1_controls.csv", -15204.777)]
)
def test_the_effect_on_the_trained_is_the_doubly_robust_one_of_the_same_folds(controls, naive):
    data = stacked(controls)
    trained, others = read("nsw_dw.csv"), read(controls)
    own = {k: np.concatenate([trained[k][trained["treat"] == 1], others[k]]) for k in others}
    own |= {"u74": (own["re74"] == 0) * 1.0, "u75": (own["re75"] == 0) * 1.0}
    t, y = own["treat"], own["re78"]
    found = estimate(estimand(ATT, adjusting(COVARIATES)), data, repeats=1, seed=3)
    assert found.plan.learners.outcome == found.plan.learners.treatment == "linear"
    assert found.naive == pytest.approx(np.mean(y[t == 1]) - np.mean(y[t == 0]), rel=1e-10)
    assert found.naive == pytest.approx(naive, abs=5e-4)
    design = np.column_stack([own[k] for k in COVARIATES])
    folds = folds_of(found, t)
    e = by_hand.out_of_fold(by_hand.logistic_regression, design, t, folds)
    m0 = by_hand.out_of_fold(by_hand.least_squares, design, y, folds, t == 0)
    value, _ = by_hand.aipw_att(y, t, e, m0)
    assert found.value == pytest.approx(value, rel=1e-4)
    assert found.se == pytest.approx(by_hand.error_of_normalised_att(y, t, e, m0), rel=1e-4)
    assert {"low_overlap", "low_effective_sample_size"} & codes(found)


def test_giving_up_smoking_is_the_average_of_hand_made_scores_with_codes_as_classes():
    held = ("sex", "race", "age", "education", "smokeintensity", "smokeyrs", "exercise", "active", "wt71")
    people = _complete(("qsmk", "wt82_71", *held))
    found = estimate(
        estimand("ATE(qsmk -> wt82_71)", adjusting(held, "qsmk", "wt82_71")),
        table(people),
        learners="linear",
        repeats=1,
    )
    blocks = []
    for name in held:
        levels = np.unique(people[name])
        classes = 2 < len(levels) <= 5
        blocks += [people[name] == each for each in levels[1:]] if classes else [people[name]]
    design = np.column_stack(blocks).astype(float)
    t, y = people["qsmk"], people["wt82_71"]
    folds = folds_of(found, t)
    e = by_hand.out_of_fold(by_hand.logistic_regression, design, t, folds)
    m1, m0 = (by_hand.out_of_fold(by_hand.least_squares, design, y, folds, t == arm) for arm in (1, 0))
    value, influence = by_hand.aipw_ate(y, t, e, m1, m0)
    assert found.value == pytest.approx(value, rel=1e-5)
    assert found.se == pytest.approx(by_hand.error_of_normalised_ate(y, t, e, m1, m0), rel=1e-5)
    assert found.se == pytest.approx(np.sqrt(np.mean(influence**2) / len(y)), rel=0.05)
    assert 3.1 <= value <= 3.7


def _complete(names):
    with shared_file("data/nhefs.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if all(row[name] not in ("", "NA") for name in names)]
    return {name: np.array([float(row[name]) for row in rows]) for name in names}
