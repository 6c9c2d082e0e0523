"""Whatever the backend and the number of workers: the same results, order, failures and events."""

import math
import os
import threading
import time

import pytest

from runtime.executor import tasks
from whence.runtime.errors import Cancelled, TaskFailed, UnknownVariable, UnsuitableMethod
from whence.runtime.events import Cancellation, Event, Progress, Warned, cancellable, listening
from whence.runtime.executor import cores, executor, processes


@pytest.fixture(scope="module")
def pair():
    pool = processes(2)
    yield pool
    pool.close()


@pytest.fixture(params=["serial", "threads:1", "threads:2", "threads:7", "processes:2", "auto"])
def backend(request, pair):
    return pair if request.param == "processes:2" else executor(request.param)


def test_results_and_their_order_are_the_same_for_every_backend(backend):
    assert backend.map(tasks.draws, range(500), stage="draw") == [tasks.draws(item) for item in range(500)]


def test_results_are_the_same_for_three_processes_and_for_odd_numbers_of_items():
    pool = processes(3)
    for count in (2, 3, 4, 101):
        assert pool.map(tasks.draws, range(count), stage="draw") == [tasks.draws(i) for i in range(count)]
    pool.close()


@pytest.mark.parametrize("count", [0, 1])
def test_no_items_and_one_item_are_no_special_case(backend, count):
    assert backend.map(math.sqrt, [4.0] * count, stage="root") == [2.0] * count


def test_the_first_failing_item_is_named_by_every_backend(backend):
    with pytest.raises(TaskFailed) as caught:
        backend.map(tasks.fails_from_seven, range(200), stage="work")
    assert caught.value.index == 7
    assert caught.value.cause == "ValueError: cannot do 7"
    assert isinstance(caught.value.__cause__, ValueError)
    assert backend.map(tasks.draws, range(3), stage="draw")[2] == tasks.draws(2)


def test_an_error_of_ours_stays_itself_and_gets_a_note_of_its_item(backend):
    with pytest.raises(UnknownVariable) as caught:
        backend.map(tasks.unknown, range(9), stage="work")
    assert caught.value.suggestion == "sales"
    assert "in item 3 of work" in caught.value.__notes__


def test_progress_starts_at_nothing_never_falls_and_ends_at_everything(backend):
    heard: list[Event] = []
    with listening(heard.append):
        backend.map(tasks.sleeps, [0.02] * 12, stage="nap")
    counts = [event.done for event in heard if isinstance(event, Progress)]
    assert counts[0] == 0
    assert counts[-1] == 12
    assert counts == sorted(counts)
    assert {event.stage for event in heard} == {"nap"}


def test_what_a_task_tells_is_heard_around_the_map(backend):
    heard: list[Event] = []
    with listening(heard.append):
        backend.map(tasks.warns, range(20), stage="work")
    assert sorted(int(event.message) for event in heard if isinstance(event, Warned)) == list(range(20))


def test_cancelling_from_another_thread_stops_the_work(backend):
    token = Cancellation()

    def cancel_when_under_way(event):
        if isinstance(event, Progress) and event.done:
            token.cancel()

    canceller = threading.Timer(0.2, token.cancel)
    canceller.start()
    start = time.monotonic()
    with pytest.raises(Cancelled), cancellable(token), listening(cancel_when_under_way):
        backend.map(tasks.sleeps, [0.05] * 2_000, stage="nap")
    canceller.join()
    assert time.monotonic() - start < 30  # all of them together take a hundred seconds on one worker
    assert backend.map(tasks.draws, [1, 2], stage="draw") == [tasks.draws(1), tasks.draws(2)]


def test_processes_do_not_wait_for_a_long_task_when_cancelled():
    token = Cancellation()
    canceller = threading.Timer(0.3, token.cancel)
    canceller.start()
    start = time.monotonic()
    with pytest.raises(Cancelled), cancellable(token):
        processes(2).map(tasks.sleeps, [600, 600], stage="nap")
    canceller.join()
    assert time.monotonic() - start < 60


def test_processes_are_fresh_interpreters_and_never_forks(pair, monkeypatch):
    def forbidden():
        raise AssertionError("forked")

    monkeypatch.setattr(os, "fork", forbidden)
    monkeypatch.setattr(tasks, "MARK", "changed in the parent")
    found = processes(2).map(tasks.where, range(20), stage="where")
    assert os.getpid() not in {pid for pid, *_ in found}
    assert {mark for _, mark, *_ in found} == {"as imported"}


def test_workers_hold_blas_to_the_cores_divided_by_the_workers():
    found = processes(2).map(tasks.where, range(4), stage="where")
    share = str(max(1, cores() // 2))
    assert {limit for _, _, *limits in found for limit in limits} == {share}


def test_what_a_task_prints_does_not_end_up_among_the_messages(pair, capfd):
    assert pair.map(tasks.prints, range(8), stage="print") == list(range(8))
    assert capfd.readouterr().out == ""


def test_work_that_cannot_be_sent_to_a_process_is_refused_with_the_cure(pair):
    with pytest.raises(UnsuitableMethod, match='use executor="threads"'):
        pair.map(lambda item: item, [1, 2], stage="work")
    with pytest.raises(UnsuitableMethod, match="cannot be sent"):
        pair.map(tasks.draws, [1, threading.Lock()], stage="work")
    with pytest.raises(UnsuitableMethod, match="cannot be sent"):
        pair.map(tasks.unpicklable, [1, 2], stage="work")


def test_an_exception_that_cannot_travel_is_told_in_words(pair):
    with pytest.raises(TaskFailed, match="Odd: odd") as caught:
        pair.map(tasks.odd, [1, 2], stage="work")
    assert caught.value.index == 0


def test_a_task_that_leaves_has_failed_and_takes_nobody_along(backend):
    with pytest.raises(TaskFailed) as caught:
        backend.map(tasks.leaves, range(5), stage="work")
    assert caught.value.index == 1
    assert caught.value.cause == "SystemExit: enough"


def test_each_hears_every_result_once_and_one_at_a_time(backend):
    told, inside = [], threading.Lock()

    def each(index, result):
        assert inside.acquire(blocking=False)
        told.append((index, result))
        inside.release()

    found = backend.map(tasks.draws, range(200), stage="draw", each=each)
    assert sorted(told) == list(enumerate(found))


def test_each_has_heard_what_came_before_a_failure(backend):
    told = {}
    with pytest.raises(TaskFailed):
        backend.map(tasks.fails_from_seven, range(50), stage="work", each=told.__setitem__)
    assert {i: told[i] for i in range(7)} == {i: i for i in range(7)}


def test_an_error_in_each_ends_the_work_and_is_raised_as_it_is(backend):
    def full(index, result):
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        backend.map(tasks.draws, range(50), stage="draw", each=full)
    assert backend.map(tasks.draws, [1, 2], stage="draw") == [tasks.draws(1), tasks.draws(2)]


class Broken:
    """Items of which one cannot be had."""

    def __len__(self):
        return 20

    def __getitem__(self, index):
        if index == 5:
            raise OSError("the fifth is gone")
        return index


def test_an_item_that_cannot_be_had_is_named(backend):
    with pytest.raises(TaskFailed) as caught:
        backend.map(tasks.process, Broken(), stage="work")
    assert caught.value.index == 5
    assert caught.value.cause == "OSError: the fifth is gone"


def test_a_result_that_cannot_be_read_here_is_named(pair):
    told = {}
    with pytest.raises(UnsuitableMethod, match="cannot be sent to another process") as caught:
        pair.map(tasks.cannot_be_read, range(9), stage="work", each=told.__setitem__)
    assert "in item 2 of work" in caught.value.__notes__
    assert {0: 0, 1: 1}.items() <= told.items()


def test_what_a_task_reads_is_not_among_the_messages(pair):
    assert pair.map(tasks.reads, range(4), stage="read") == [("", b"")] * 4


def test_two_maps_at_once_share_the_workers(pair):
    found = {}

    def map_draws(start):
        found[start] = pair.map(tasks.draws, range(start, start + 300), stage="draw")

    both = [threading.Thread(target=map_draws, args=(start,)) for start in (0, 1_000)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert found == {start: [tasks.draws(i) for i in range(start, start + 300)] for start in (0, 1_000)}
