"""A stream holds a few items at a time, keeps their order, and ends cleanly wherever it is left."""

import threading

import pytest

from runtime.executor import tasks
from whence.runtime.errors import Cancelled, TaskFailed
from whence.runtime.events import Cancellation, Progress, cancellable, listening
from whence.runtime.executor import executor

SPECS = ["serial", "threads:2", "threads:7", "processes:2", "auto"]


@pytest.fixture(params=SPECS)
def backend(request):
    return executor(request.param)


def test_results_come_in_order(backend):
    assert list(backend.stream(tasks.draws, range(50), stage="draw")) == [tasks.draws(i) for i in range(50)]
    assert list(backend.stream(tasks.draws, iter(()), stage="draw", total=0)) == []


def test_few_items_are_held_at_once(backend):
    made, taken, most = 0, 0, 0

    def items():
        nonlocal made, most
        for item in range(100):
            made += 1
            most = max(most, made - taken)
            yield item

    for _ in backend.stream(abs, items(), stage="work"):
        taken += 1
    assert made == taken == 100
    assert most <= 2 + max(2, backend.workers)


def test_the_first_failure_is_named_and_the_items_before_it_are_given(backend):
    given = []
    with pytest.raises(TaskFailed) as caught:
        given.extend(backend.stream(tasks.fails_from_seven, range(50), stage="work"))
    assert caught.value.index == 7
    assert caught.value.cause == "ValueError: cannot do 7"


def test_a_failure_of_the_items_themselves_is_theirs(backend):
    def items():
        yield 1
        raise OSError("the file is gone")

    with pytest.raises(OSError, match="the file is gone"):
        list(backend.stream(abs, items(), stage="work"))


def test_progress_is_told_when_the_total_is_known(backend):
    heard = []
    with listening(heard.append):
        assert len(list(backend.stream(abs, range(9), stage="work", total=9))) == 9
    counts = [event.done for event in heard if isinstance(event, Progress)]
    assert counts[-1] == 9
    assert counts == sorted(counts)


def test_a_cancelled_stream_stops(backend):
    token = Cancellation()
    given = []

    def take_three():
        for result in backend.stream(abs, range(1_000), stage="work"):
            given.append(result)
            if len(given) == 3:
                token.cancel()

    with pytest.raises(Cancelled), cancellable(token):
        take_three()
    assert len(given) < 20


def test_a_stream_that_is_left_leaves_no_thread(backend):
    before = threading.active_count()
    stream = backend.stream(abs, iter(range(1_000)), stage="work")
    assert next(stream) == 0
    stream.close()
    assert threading.active_count() <= before
