"""Intervals cover the truth as often as they say, in worlds whose truth is known.

`benchmarks/coverage.py` runs the same worlds 2,000, 2,000 and 300 times. The bounds here are the claimed 95 %
give or take two standard errors of so many runs.
"""

import pytest

from whence.testing import coverage as running
from whence.testing.coverage import Trial


def coverage(trial, runs):
    """The share of runs whose interval holds the truth."""
    return running.coverage(trial, range(runs), "serial").share


@pytest.mark.parametrize("method", ["auto", "plr", "ols"])
def test_in_a_linear_world_300_intervals_cover_the_truth_at_their_level(method):
    assert 0.925 <= coverage(Trial("linear", 400, method, repeats=2), 300) <= 0.975


def test_in_front_door_worlds_300_intervals_of_the_plug_in_cover_the_truth_at_their_level():
    assert 0.925 <= coverage(Trial("front door", 1000), 300) <= 0.975


def test_in_a_curved_world_40_boosted_intervals_cover_the_truth_where_linear_models_never_do():
    assert coverage(Trial("curved", 800, learners="boosted", folds=3, repeats=1), 40) >= 0.91
    assert coverage(Trial("curved", 800, learners="linear", repeats=1), 40) < 0.1
