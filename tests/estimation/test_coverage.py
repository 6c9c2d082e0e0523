"""Intervals cover the truth as often as they say, in worlds whose truth is known.

`benchmarks/coverage.py` runs the same worlds 2,000, 2,000 and 300 times. The bounds here are the claimed 95
% give or take two standard errors of so many runs.
"""

import pytest

from estimation.worlds import estimand
from whence.data.reading import table
from whence.estimation.api import estimate
from whence.testing.worlds import curved, front_door, linear


def coverage(world, runs, rows, **options):
    """The share of runs whose interval holds the truth."""
    found = estimand(world.question, world.graph)
    hits = 0
    for seed in range(runs):
        low, high = estimate(found, table(world.draw(seed, rows)), executor="serial", **options).interval
        hits += low <= world.truth <= high
    return hits / runs


@pytest.mark.parametrize("method", ["auto", "plr", "ols"])
def test_in_a_linear_world_300_intervals_cover_the_truth_at_their_level(method):
    assert 0.925 <= coverage(linear(), 300, 400, method=method, repeats=2) <= 0.975


def test_in_front_door_worlds_300_intervals_of_the_plug_in_cover_the_truth_at_their_level():
    assert 0.925 <= coverage(front_door(), 300, 1000) <= 0.975


def test_in_a_curved_world_40_boosted_intervals_cover_the_truth_where_linear_models_never_do():
    assert coverage(curved(), 40, 800, learners="boosted", folds=3, repeats=1) >= 0.91
    assert coverage(curved(), 40, 800, learners="linear", repeats=1) < 0.1
