"""Seeds belong to items and are the same on every machine."""

import pytest

from whence.runtime.errors import InvalidOption
from whence.runtime.seeds import Seed, as_seed


def test_children_differ_by_item_and_by_path_and_never_by_run():
    seed = as_seed(7)
    children = [seed.child(i) for i in range(100)] + [seed.child("folds"), seed.child("folds").child(0)]
    assert len(set(children)) == len(children)
    assert seed.child("folds") == Seed(7, (977612484,))


def test_a_seed_passes_through_and_a_negative_one_is_an_error():
    assert as_seed(Seed(3, (1,))) == Seed(3, (1,))
    with pytest.raises(InvalidOption, match="seed cannot be"):
        as_seed(-1)


@pytest.mark.parametrize("seed", ["a", None, 1.5])
def test_what_is_no_whole_number_is_no_seed(seed):
    with pytest.raises(InvalidOption, match="a whole number, zero or more"):
        as_seed(seed)
