"""The permutation test: exact where all deals can be gone through, at its level where tails are long."""

from itertools import permutations

import numpy as np
import pytest

from whence.numerics.independence import partial_correlation, partial_f
from whence.numerics.permutation import permutation_p
from whence.runtime.seeds import Seed

NOTHING = np.empty((6, 0))


def test_with_nothing_given_the_p_value_is_the_share_of_all_orders_as_strong():
    x, y = np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.6]), np.array([2.0, 1.0, 3.0, 3.5, 5.0, 0.5])
    seen = abs(np.corrcoef(x, y)[0, 1])
    every = [abs(np.corrcoef(x[list(order)], y)[0, 1]) >= seen - 1e-12 for order in permutations(range(6))]
    # About 25 strong deals end it, whose share is off by a fifth of itself at one standard error.
    found = [permutation_p(x, y[:, None], NOTHING, draws=20_000, seed=Seed(s)) for s in range(20)]
    assert np.mean(found) == pytest.approx(np.mean(every), rel=0.15)


def test_normal_numbers_have_about_the_p_value_of_the_t_test():
    draws = np.random.default_rng(0)
    for shift in (0.2, 0.3):
        z = draws.normal(size=(100, 2))
        x = z[:, 0] + draws.normal(size=100)
        y = z[:, 1] + shift * x + draws.normal(size=100)
        usual = partial_correlation(x, y, z).p
        found = permutation_p(x, y[:, None], z, draws=20_000, seed=Seed(1))
        assert found == pytest.approx(usual, rel=0.6, abs=2e-4)


def test_a_block_has_about_the_p_value_of_the_f_test_and_which_is_the_block_matters_not_to_singles():
    draws = np.random.default_rng(3)
    group = draws.integers(4, size=120)
    block = (group[:, None] == np.arange(1, 4)).astype(float)
    z = draws.normal(size=(120, 1))
    x = 0.45 * (group == 2) + z[:, 0] + draws.normal(size=120)
    usual = partial_f(x, block, z).p
    assert permutation_p(x, block, z, draws=20_000, seed=Seed(0)) == pytest.approx(usual, rel=0.6)


def test_far_out_the_level_holds_for_long_tails_where_the_t_test_alarms_five_times_as_often():
    draws = np.random.default_rng(5)
    usual, dealt = [], []
    for seed in range(600):
        z, x, y = np.exp(1.5 * draws.normal(size=(3, 30)))
        usual.append(partial_correlation(z + x, z + y, z[:, None]).p)
        p = usual[-1]
        if p < 0.01:
            p = permutation_p(z + x, (z + y)[:, None], z[:, None], draws=1999, seed=Seed(seed))
        dealt.append(p)
    assert np.mean(np.array(usual) < 0.005) > 0.015
    assert np.mean(np.array(dealt) < 0.005) < 0.0125


def test_what_is_given_may_settle_the_matter():
    draws = np.random.default_rng(1)
    z = draws.normal(size=(50, 1))
    y = draws.normal(size=50)
    assert permutation_p(2 * z[:, 0] + 1, y[:, None], z, draws=99, seed=Seed(0)) == 1.0
    assert permutation_p(y, 2 * z + 1, z, draws=99, seed=Seed(0)) == 1.0
    assert permutation_p(y, np.ones((50, 1)), z, draws=99, seed=Seed(0)) == 1.0


def test_repeated_and_constant_columns_change_nothing():
    draws = np.random.default_rng(2)
    z, y = draws.normal(size=(80, 1)), draws.normal(size=80)
    x = z[:, 0] + 0.4 * y + draws.normal(size=80)
    plain = permutation_p(x, y[:, None], z, draws=999, seed=Seed(0))
    padded = permutation_p(
        x, np.column_stack([y, y]), np.column_stack([z, z, np.ones(80)]), draws=999, seed=Seed(0)
    )
    assert padded == plain < 0.02


def test_the_p_value_belongs_to_the_seed():
    draws = np.random.default_rng(4)
    x, y = draws.normal(size=(2, 40))
    found = {permutation_p(x, y[:, None], np.empty((40, 0)), draws=499, seed=Seed(0)) for _ in range(3)}
    assert len(found) == 1


def test_far_from_nought_a_strong_association_is_as_strong():
    draws = np.random.default_rng(1)
    x, z = draws.normal(size=50), draws.normal(size=(50, 1))
    y = 0.5 * x + draws.normal(size=50)
    near = permutation_p(x, y[:, None], z, draws=999, seed=Seed(3))
    for offset in (1e6, 1.7e9):
        far = permutation_p(x + offset, (y + offset)[:, None], z + offset, draws=999, seed=Seed(3))
        assert far == near < 0.05


def test_a_constant_column_says_nothing_whatever_its_value():
    draws = np.random.default_rng(1)
    x, y, third = draws.normal(size=30), draws.normal(size=30), np.full((30, 1), 1 / 3)
    alone = permutation_p(x, y[:, None], third[:, :0], draws=99, seed=Seed(3))
    assert permutation_p(x, y[:, None], third, draws=99, seed=Seed(3)) == alone
    assert permutation_p(x, third, y[:, None], draws=99, seed=Seed(3)) == 1.0
    assert permutation_p(third[:, 0], x[:, None], y[:, None], draws=99, seed=Seed(3)) == 1.0
