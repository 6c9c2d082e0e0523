"""Items are handed out in batches that fit, and what is not done comes back until the outcome is certain."""

import threading

import pytest

from whence.runtime.executor.batches import Batches
from whence.runtime.executor.losses import LIVES, TasksSetAside, WorkersLost, how_it_ended
from whence.runtime.executor.protocol import Reply, WorkerDied


def ready(batches, size):
    """Let it hand out batches of `size` items."""
    batches._size = size
    return batches


def test_batches_grow_with_quick_items_and_stay_single_with_slow_ones():
    quick = Batches(10_000, 2)
    sizes = []
    while (batch := quick.take()) is not None:
        sizes.append(len(batch))
        quick.give(batch, Reply(list(batch), len(batch) * 1e-4))
    assert sizes[0] == 1
    assert max(sizes) >= 200  # 20 to 50 ms at a tenth of a millisecond an item
    assert max(sizes) <= 500
    assert sum(sizes) == 10_000
    slow = Batches(10, 2)
    while (batch := slow.take()) is not None:
        assert len(batch) == 1
        slow.give(batch, Reply(list(batch), 1.0))


def test_what_a_batch_did_not_get_to_is_handed_out_first():
    batches = ready(Batches(20, 1), 8)
    first = batches.take()
    assert first == range(8)
    batches.give(first, Reply([0, 1, 2], 0.1))
    assert batches.take() == range(3, 4)  # a thirtieth of a second an item: one is enough
    assert batches.done == 3


def test_no_lane_leaves_while_another_may_bring_something_back():
    batches = Batches(2, 2)
    mine, theirs = batches.take(), batches.take()
    taken = []
    waiting = threading.Thread(target=lambda: taken.append(batches.take()))
    waiting.start()
    batches.give(theirs, Reply([1], 0.01))
    waiting.join(0.05)
    assert waiting.is_alive()
    batches.give(mine, Reply([], 0.01))
    waiting.join()
    assert taken == [mine]


def test_after_a_failure_only_items_before_it_are_still_done():
    batches = ready(Batches(100, 2), 4)
    first, second = batches.take(), batches.take()
    batches.give(second, Reply([4, 5], 0.01, error=ValueError("six")))
    assert not batches.wait(0)  # item 0 is still under way
    batches.give(first, Reply([0], 0.01))
    assert batches.take() == range(1, 4)
    batches.give(range(1, 4), Reply([1, 2, 3], 0.01))
    assert batches.take() is None
    assert batches.wait(0)
    assert min(batches.failures) == 6


def test_items_of_a_dead_worker_are_done_one_by_one_after_all_others():
    batches = ready(Batches(10, 2), 4)
    assert batches.lose(batches.take(), WorkerDied("gone"))
    order = []
    while (batch := batches.take()) is not None:
        order.append(batch)
        batches.give(batch, Reply(list(batch), 1.0))
    assert order[-4:] == [range(i, i + 1) for i in range(4)]
    assert sorted(batches.results) == list(range(10))


def test_an_item_is_set_aside_after_three_deaths_and_all_others_are_done():
    batches = Batches(5, 2)
    died = 0
    while (batch := batches.take()) is not None:
        if 2 in batch:
            died += 1
            batches.lose(batch, WorkerDied("gone"))
        else:
            batches.give(batch, Reply(list(batch), 1.0))
    assert died == LIVES
    assert batches.losses.set_aside == {2: ["gone"] * LIVES}
    assert sorted(batches.results) == [0, 1, 3, 4]


def test_workers_that_cannot_start_are_given_up_soon():
    batches = Batches(1_000, 2)
    while (batch := batches.take()) is not None:
        batches.lose(batch, WorkerDied("exit code 1", started=False))
    assert isinstance(batches.broken, WorkersLost)
    assert batches.broken.deaths == LIVES * 4 + 1
    assert "before it took up any work; the last: exit code 1" in str(batches.broken)
    assert batches.wait(0)


def test_when_nothing_ever_comes_back_the_work_is_given_up():
    batches = Batches(1_000, 2)
    while (batch := batches.take()) is not None:
        batches.lose(batch, WorkerDied("killed"))
    assert isinstance(batches.broken, WorkersLost)
    assert batches.broken.deaths == LIVES * 4 + 1


def test_a_result_that_cannot_be_kept_ends_the_work():
    def full(index, result):
        raise OSError("disk full")

    batches = Batches(10, 1, each=full)
    batch = batches.take()
    with pytest.raises(OSError, match="disk full"):
        batches.give(batch, Reply([0], 0.01))


def test_set_aside_says_which_items_how_and_what_to_do():
    error = TasksSetAside("bootstrap", 30, {7: ["killed by signal 9, SIGKILL"] * 3, 5: ["exit code 3"] * 3})
    assert error.indices == (5, 7)
    assert str(error).startswith(
        "Items 5, 7 of bootstrap were set aside: 3 workers died of each (exit code 3; killed by signal 9, "
        "SIGKILL). The other 28 of 30 are done."
    )
    assert error.to_dict()["details"]["ends"] == {
        "5": ["exit code 3"] * 3,
        "7": ["killed by signal 9, SIGKILL"] * 3,
    }
    assert how_it_ended(-200) == "killed by signal 200"
