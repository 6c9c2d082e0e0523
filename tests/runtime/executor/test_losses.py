"""A worker that dies costs nothing but time; an item that kills its workers is named, and costs no other."""

import os
import random
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.executor import tasks
from runtime.executor.programs import lives, until
from whence.runtime.errors import TaskFailed, UnsuitableMethod
from whence.runtime.events import Warned, listening
from whence.runtime.executor import TasksSetAside, WorkersLost, processes
from whence.runtime.executor.parallel import Parallel
from whence.runtime.executor.processes import handle
from whence.runtime.executor.protocol import WorkerDied
from whence.runtime.executor.work import done


@pytest.fixture
def pool():
    made = processes(2)
    yield made
    made.close()


def kill_a_worker_after(count, notes):
    """Kill -9 one of those that noted their items, once so many items were begun."""
    until(lambda: len(list(notes.iterdir())) >= count)
    at_work = {int(note.name.split("-")[1]) for note in notes.iterdir()}
    os.kill(next(child for child in at_work if lives(child)), signal.SIGKILL)


def test_one_worker_of_two_is_killed_midway_and_thirty_of_thirty_items_are_done(pool, tmp_path):
    killer = threading.Thread(target=kill_a_worker_after, args=(10, tmp_path))
    killer.start()
    told = []
    found = pool.map(
        tasks.killed_midway,
        [(i, str(tmp_path)) for i in range(30)],
        stage="work",
        each=lambda *one: told.append(one),
    )
    killer.join()
    assert found == [i * i for i in range(30)]
    assert sorted(told) == [(i, i * i) for i in range(30)]  # each result is told once
    assert 30 <= len(list(tmp_path.iterdir())) <= 32  # what was in flight was begun again, and nothing else


def test_workers_killed_one_after_the_other_cost_no_item(pool, tmp_path):
    def kill_some():
        for count in (10, 20, 30, 40):
            kill_a_worker_after(count, tmp_path)

    killer = threading.Thread(target=kill_some)
    killer.start()
    found = pool.map(tasks.killed_midway, [(i, str(tmp_path)) for i in range(60)], stage="work")
    killer.join()
    assert found == [i * i for i in range(60)]


def test_a_worker_that_dies_is_replaced_and_its_batch_done_again(pool, tmp_path):
    paths = [str(tmp_path / str(i)) for i in range(6)]
    for path in paths[::2]:
        (tmp_path / path).touch()
    heard = []
    with listening(heard.append):
        assert pool.map(tasks.dies_once, paths, stage="work") == paths
    told = [event for event in heard if isinstance(event, Warned)]
    assert [event.code for event in told] == ["worker_lost"] * 3
    assert "A worker was lost with item 0: exit code 9." in {event.message for event in told}


def test_a_worker_that_died_while_it_was_idle_costs_nothing(pool):
    first = set(pool.map(tasks.process, range(8), stage="work"))
    for child in first:
        os.kill(child, signal.SIGKILL)
    until(lambda: not any(lives(child) for child in first))
    heard = []
    with listening(heard.append):
        second = set(pool.map(tasks.process, range(8), stage="work"))
    assert not first & second
    assert not [event for event in heard if isinstance(event, Warned)]


def test_an_item_that_kills_every_worker_is_set_aside_and_the_rest_is_finished(pool):
    told = {}
    with pytest.raises(TasksSetAside, match="Item 2 of work was set aside: 3 workers died of it") as caught:
        pool.map(tasks.dies_of_two, range(40), stage="work", each=told.__setitem__)
    assert caught.value.indices == (2,)
    assert caught.value.ends == {2: ("exit code 9",) * 3}
    assert told == {i: i for i in range(40) if i != 2}


def test_when_every_item_kills_its_worker_the_work_is_given_up(pool):
    with pytest.raises(WorkersLost, match="each of whatever it took up; the last: killed by signal 9"):
        pool.map(tasks.dies, range(1_000), stage="work")


def test_workers_that_cannot_start_are_an_error_at_once(pool, monkeypatch, capfd):
    monkeypatch.setattr(handle, "START", "import sys; sys.exit('no such thing')")
    with pytest.raises(WorkersLost, match="before it took up any work; the last: exit code 1"):
        pool.map(tasks.process, range(1_000), stage="work")
    assert "no such thing" in capfd.readouterr().err


def test_a_program_without_an_interpreter_is_told_so(pool, monkeypatch):
    monkeypatch.setattr(handle.sys, "executable", "")
    with pytest.raises(UnsuitableMethod, match="does not know its own interpreter"):
        pool.map(tasks.process, range(4), stage="work")


def test_a_failure_does_not_wait_for_items_after_it(pool):
    start = time.monotonic()
    with pytest.raises(TaskFailed) as caught:
        pool.map(tasks.fails_or_sleeps, [0, 600], stage="work")
    assert caught.value.index == 0
    assert time.monotonic() - start < 60
    assert pool.map(tasks.process, range(3), stage="work")


class Perilous:
    """A backend whose workers die by chance, and of items that are `poisonous`; batches are broken off."""

    name = "perilous"
    shares_memory = True
    on_these_cores = False

    def __init__(self, seed, poisonous=()):
        self.chance = random.Random(seed)
        self.poisonous = poisonous

    def begin(self, task):
        self.task = task
        return self

    def do(self, items):
        if self.chance.random() < 0.05:
            raise WorkerDied("it never began", started=False)
        if self.poisonous and set(self.poisonous) & set(items):
            raise WorkerDied("of poison")
        if len(items) > 1 and self.chance.random() < 0.3:
            raise WorkerDied("by chance")
        return replace(done(self.task, items[: self.chance.randint(1, len(items))]), seconds=1e-4)

    def stop(self):
        pass

    def end(self):
        pass

    def close(self):
        pass


@pytest.mark.parametrize("seed", range(20))
def test_whatever_dies_the_results_are_the_same(seed):
    told = {}
    backend = Parallel(Perilous(seed), 5)
    assert backend.map(tasks.draws, range(150), stage="draw", each=told.__setitem__) == [
        tasks.draws(i) for i in range(150)
    ]
    assert len(told) == 150
    with pytest.raises(TasksSetAside) as caught:
        Parallel(Perilous(seed, (13, 57)), 5).map(abs, range(150), stage="work", each=told.__setitem__)
    assert caught.value.indices == (13, 57)
    assert {i: told[i] for i in told if i not in (13, 57)} == {i: i for i in range(150) if i not in (13, 57)}


@pytest.mark.parametrize("seed", range(20))
def test_whatever_dies_the_first_failure_is_the_same(seed):
    with pytest.raises(TaskFailed) as caught:
        Parallel(Perilous(seed), 5).map(tasks.fails_from_seven, range(150), stage="work")
    assert caught.value.index == 7


def test_where_no_process_can_be_started_the_error_says_why(pool, monkeypatch):
    def refused(*arguments, **named):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    before = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr(handle.subprocess, "Popen", refused)
    with pytest.raises(WorkersLost, match="it could not be started"):
        pool.map(tasks.process, range(4), stage="work")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
