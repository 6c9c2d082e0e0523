"""The executor that other tests use to shuffle the order of completion does so, and changes nothing else."""

import pytest

from runtime.executor import tasks
from runtime.executor.shuffled import shuffled
from whence.runtime.errors import TaskFailed


@pytest.mark.parametrize("workers", [2, 3, 7])
def test_items_are_completed_out_of_order_and_given_in_order(workers):
    backend = shuffled(1, workers)
    told = []
    found = backend.map(tasks.draws, range(60), stage="draw", each=lambda i, _: told.append(i))
    assert found == [tasks.draws(i) for i in range(60)]
    assert sorted(told) == list(range(60))
    assert told != sorted(told)
    assert backend.backend.order != sorted(backend.backend.order)


def test_the_first_failure_is_the_same_in_any_order():
    for seed in range(5):
        with pytest.raises(TaskFailed) as caught:
            shuffled(seed, 5).map(tasks.fails_from_seven, range(40), stage="work")
        assert caught.value.index == 7
