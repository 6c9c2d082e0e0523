"""Whatever the backend and the number of workers: the same results, order, failures and events."""

import math
import os
import threading
import time

import pytest

from runtime.executor import tasks
from whence.runtime.errors import Cancelled, InvalidOption, TaskFailed, UnknownVariable, UnsuitableMethod
from whence.runtime.events import Cancellation, Event, Progress, Warned, cancellable, listening
from whence.runtime.executor import cores, executor, processes, serial, threads


@pytest.fixture(scope="module")
def pair():
    pool = processes(2)
    yield pool
    pool.close()


@pytest.fixture(params=["serial", "threads:1", "threads:2", "threads:7", "processes:2"])
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


def test_work_inside_of_work_is_done_by_the_same_worker():
    outer = threads(2)

    def inside(item):
        here = threading.get_ident()
        return set(threads(4).map(lambda _: threading.get_ident(), range(5), stage="inner")) == {here}

    assert all(outer.map(inside, range(10), stage="outer"))


def test_an_executor_is_named_by_a_word():
    assert (executor("serial").name, executor("serial").workers) == ("serial", 1)
    assert (executor("threads:4").name, executor("threads:4").workers) == ("threads", 4)
    assert executor("processes").workers == cores()
    mine = serial()
    assert executor(mine) is mine
    assert executor(None).workers == cores()


@pytest.mark.parametrize(
    "spec", ["thread", "threads:", "threads:0", "threads:-1", "threads:x", "serial:2", ""]
)
def test_a_word_that_names_no_executor_is_an_error_with_the_choices(spec):
    with pytest.raises(InvalidOption):
        executor(spec)
