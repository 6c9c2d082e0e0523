"""How much is under way at once: work that computes is held to the cores, work that waits is not."""

import os
import threading
import time

import pytest

from runtime.executor import tasks
from whence.runtime.errors import InvalidOption
from whence.runtime.executor import cores, executor, processes, threads
from whence.runtime.executor.lanes import LANES_THAT_WAIT, lanes


class AtOnce:
    """Counts how many are inside at the same time."""

    def __init__(self, seconds=0.02):
        self.seconds = seconds
        self.inside = self.most = 0
        self.lock = threading.Lock()

    def __call__(self, item):
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        time.sleep(self.seconds)
        with self.lock:
            self.inside -= 1
        return item


@pytest.fixture
def two_cores(monkeypatch):
    monkeypatch.setenv("WHENCE_CORES", "2")


@pytest.mark.parametrize("kind", ["gil_free", "python"])
def test_seven_workers_on_two_cores_are_two_at_work(two_cores, kind):
    counting = AtOnce()
    assert threads(7).map(counting, range(20), stage="work", kind=kind) == list(range(20))
    assert counting.most == 2


def test_seven_processes_on_two_cores_are_two_that_start(two_cores):
    pool = processes(7)
    assert len(set(pool.map(tasks.process, range(30), stage="work"))) <= 2
    pool.close()


def test_work_that_waits_gets_all_its_workers(two_cores):
    counting = AtOnce(0.2)
    threads(7).map(counting, range(14), stage="work", kind="io")
    assert counting.most == 7
    counting = AtOnce(0.2)
    threads().map(counting, range(64), stage="work", kind="io")
    assert counting.most == LANES_THAT_WAIT


def test_a_stream_holds_to_the_cores_as_well(two_cores):
    counting = AtOnce()
    assert list(threads(7).stream(counting, iter(range(20)), stage="work", total=20)) == list(range(20))
    assert counting.most <= 2


def test_more_cores_can_be_said_than_there_are(monkeypatch):
    monkeypatch.setenv("WHENCE_CORES", "7")
    assert cores() == 7
    counting = AtOnce()
    threads(7).map(counting, range(70), stage="work")
    assert counting.most == 7


@pytest.mark.parametrize("said", ["0", "-1", "two", "1.5"])
def test_a_number_of_cores_that_is_none_is_told(monkeypatch, said):
    monkeypatch.setenv("WHENCE_CORES", said)
    with pytest.raises(InvalidOption, match="WHENCE_CORES"):
        cores()


@pytest.mark.parametrize(("quota", "allowed"), [(0.5, 1), (1.0, 1), (None, None)])
def test_a_container_quota_counts_as_cores(monkeypatch, quota, allowed):
    monkeypatch.delenv("WHENCE_CORES", raising=False)
    monkeypatch.setitem(cores.__globals__, "cpu_quota", lambda: quota)
    asked = cores.__globals__["_quota"]
    asked.cache_clear()
    try:
        assert cores() == (allowed or len(os.sched_getaffinity(0)))
    finally:
        asked.cache_clear()


def test_other_machines_have_cores_of_their_own(two_cores):
    assert lanes(7, "gil_free") == 2
    assert lanes(7, "gil_free", on_these_cores=False) == 7
    assert lanes(None, "python") == 2


def test_on_one_core_the_work_is_done_by_whoever_asks(monkeypatch):
    monkeypatch.setenv("WHENCE_CORES", "1")
    here = threading.get_ident()
    for spec in ("threads:2", "processes:2", "auto"):
        found = executor(spec).map(lambda _: threading.get_ident(), range(3), stage="work")
        assert set(found) == {here}


def test_work_inside_of_work_is_done_by_the_same_worker():
    assert all(threads(2).map(tasks.inner_threads, range(10), stage="outer"))
    pool = processes(2)
    assert all(pool.map(tasks.inner_threads, range(4), stage="outer"))
    assert all(pool.map(tasks.inner_processes, range(4), stage="outer"))
    pool.close()
