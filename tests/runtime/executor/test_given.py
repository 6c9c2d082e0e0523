"""A pool of the user's own is used as every backend is, never shut down, and told apart when it is broken."""

import os
import signal
import threading
import time
from concurrent.futures import Executor as Pool
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from runtime.executor import tasks
from whence.runtime.errors import Cancelled, TaskFailed, UnsuitableMethod
from whence.runtime.events import Cancellation, Warned, cancellable, listening
from whence.runtime.executor import executor
from whence.runtime.executor.given import UnusablePool, given


@pytest.fixture(scope="module")
def threads_of_mine():
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture(scope="module")
def processes_of_mine():
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        yield pool


@pytest.fixture(params=["threads_of_mine", "processes_of_mine"])
def mine(request):
    return executor(request.getfixturevalue(request.param))


class Plain(Pool):
    """The least that a pool can be: it does everything at once, in another thread, and tells no number."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        thread = threading.Thread(target=lambda: future.set_result(fn(*args, **kwargs)))
        thread.start()
        thread.join()
        return future


def test_a_given_pool_gives_the_same_results_failures_and_events(mine):
    assert mine.name == "given"
    assert mine.workers == 2
    assert mine.map(tasks.draws, range(300), stage="draw") == [tasks.draws(i) for i in range(300)]
    with pytest.raises(TaskFailed) as caught:
        mine.map(tasks.fails_from_seven, range(50), stage="work")
    assert caught.value.index == 7
    heard = []
    with listening(heard.append):
        mine.map(tasks.warns, range(20), stage="work")
    assert sorted(int(e.message) for e in heard if isinstance(e, Warned)) == list(range(20))
    assert all(mine.map(tasks.inner_threads, range(4), stage="outer"))


def test_threads_that_are_given_share_memory_and_processes_map_arrays(threads_of_mine, processes_of_mine):
    array = np.zeros(100_000)
    executor(threads_of_mine).map(lambda item: array.__setitem__(item, item), range(10), stage="write")
    assert array[9] == 9
    assert executor(threads_of_mine).shares_memory
    assert not executor(processes_of_mine).shares_memory
    shown = executor(processes_of_mine).map(tasks.Shows(array), range(6), stage="look")
    assert {writeable for _, writeable, *_ in shown} == {False}
    assert all("whence-arrays-" in line for *_, line in shown)


def test_a_pool_of_an_unknown_kind_is_sent_parcels():
    mine = executor(Plain())
    assert not mine.shares_memory
    assert mine.map(tasks.Adds(np.zeros(100_000)), range(20), stage="add") == [float(i) for i in range(20)]
    with pytest.raises(UnsuitableMethod, match="cannot be sent"):
        mine.map(lambda item: item, range(4), stage="work")


def test_a_pool_whose_worker_dies_is_told_to_be_broken_and_what_came_back_was_heard():
    told = {}
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        with pytest.raises(UnusablePool, match='Give a new one, or use executor="processes"'):
            executor(pool).map(tasks.dies_late, range(40), stage="work", each=told.__setitem__)
        assert told
        assert all(index == result for index, result in told.items())
        with pytest.raises(UnusablePool):
            executor(pool).map(tasks.process, range(4), stage="work")


def test_a_pool_that_was_shut_down_is_told_so():
    pool = ThreadPoolExecutor(2)
    pool.shutdown()
    with pytest.raises(UnusablePool, match="cannot schedule new futures after shutdown"):
        executor(pool).map(abs, range(4), stage="work")


def test_cancelled_work_leaves_a_pool_that_can_go_on(mine):
    token = Cancellation()
    canceller = threading.Timer(0.2, token.cancel)
    canceller.start()
    with pytest.raises(Cancelled), cancellable(token):
        mine.map(tasks.sleeps, [0.05] * 2_000, stage="nap")
    canceller.join()
    assert mine.map(tasks.draws, [1, 2], stage="draw") == [tasks.draws(1), tasks.draws(2)]


def test_nobody_waits_for_a_long_task_in_a_process_that_was_given():
    pool = ProcessPoolExecutor(2, get_context("spawn"))
    token = Cancellation()
    canceller = threading.Timer(0.5, token.cancel)
    canceller.start()
    start = time.monotonic()
    with pytest.raises(Cancelled), cancellable(token):
        given(pool).map(tasks.sleeps, [600, 600], stage="nap")
    assert time.monotonic() - start < 60
    workers = list(pool._processes)
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        os.kill(worker, signal.SIGKILL)


def test_more_items_at_once_can_be_asked_of_a_pool_elsewhere():
    assert given(Plain(), 5).workers == 5
    assert given(ThreadPoolExecutor(3)).workers == 3
