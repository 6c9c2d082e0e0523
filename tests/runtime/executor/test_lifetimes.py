"""Nothing is left behind: no process and no file, however the program ends."""

import contextlib
import gc
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from runtime.executor import tasks
from runtime.executor.programs import (
    children,
    folders_of,
    interrupt,
    lives,
    program,
    running,
    until,
)
from whence.runtime.executor import processes, threads
from whence.runtime.executor.processes import worker
from whence.runtime.executor.transport.folder import OWNER, PREFIX, OwnedFolder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")

FOREVER = 10**13
HOLDS = """
import numpy
print("ready", flush=True)
executor("{spec}").map(tasks.Notes(sys.argv[1], numpy.zeros(100_000)), [{item}] * 4, stage="work")
"""


def at_work(folder, spec="processes:2", item=FOREVER):
    """A program whose two workers are in the middle of a computation that keeps the interpreter's lock."""
    started = program(HOLDS.format(spec=spec, item=item).replace("sys.argv[1]", repr(str(folder))))
    until(lambda: len(list(folder.iterdir())) == 2)
    workers = [int(note.name) for note in folder.iterdir()]
    assert all(lives(worker) for worker in workers)
    return started, workers, folders_of(started.pid)


def test_ctrl_c_leaves_no_process_and_no_file(tmp_path):
    started, workers, folders = at_work(tmp_path)
    assert len(folders) == 1
    interrupt(started)
    _, errors = started.communicate(timeout=60)
    assert errors.count("KeyboardInterrupt") == 1  # the workers have nothing to say to it
    assert not any(lives(worker) for worker in workers)
    assert not folders[0].exists()


def test_ctrl_c_in_the_middle_of_the_start_leaves_nothing(tmp_path):
    for wait in (0.02, 0.06, 0.1):
        started = program(HOLDS.format(spec="processes:2", item=FOREVER).replace("sys.argv[1]", "'.'"))
        assert started.stdout.readline() == "ready\n"
        time.sleep(wait)
        known = children(started.pid)
        folders = folders_of(started.pid)
        interrupt(started)
        _, errors = started.communicate(timeout=60)
        assert "KeyboardInterrupt" in errors
        assert not any(lives(worker) for worker in known)
        assert not any(folder.exists() for folder in folders)


def test_killed_midway_a_program_leaves_no_worker_and_the_next_one_sweeps_its_files(tmp_path):
    started, workers, (folder,) = at_work(tmp_path)
    started.kill()
    started.communicate()
    # They hold the interpreter's lock: no thread of theirs could have noticed.
    until(lambda: not any(lives(worker) for worker in workers))
    assert folder.exists()
    next_one = OwnedFolder(folder.parent)
    next_one.path()
    next_one.remove()
    assert not folder.exists()


def test_a_program_that_ends_by_itself_leaves_nothing(tmp_path):
    code = """
import numpy
pool = executor("processes:2")
fixed = numpy.zeros(100_000)
fixed.flags.writeable = False
pool.map(tasks.Adds(fixed), range(4), stage="add")
from runtime.executor.programs import children, folders_of
print(*children(), *folders_of(os.getpid()), flush=True)
"""
    started = program(code)
    out, errors = started.communicate(timeout=60)
    assert not errors
    *workers, folder = out.split()
    assert len(workers) == 2
    assert not any(lives(int(worker)) for worker in workers)
    assert not Path(folder).exists()


def test_a_pool_that_nobody_has_any_more_ends_its_workers():
    before = set(children())
    pool = processes(2)
    pool.map(tasks.process, range(8), stage="work")
    workers = set(children()) - before
    assert workers
    del pool
    gc.collect()
    assert not any(lives(worker) for worker in workers)


def test_closed_a_pool_starts_anew():
    pool = processes(2)
    first = set(pool.map(tasks.process, range(8), stage="work"))
    assert set(pool.map(tasks.process, range(8), stage="work")) <= first  # warm
    pool.close()
    assert not any(lives(worker) for worker in first)
    assert not first & set(pool.map(tasks.process, range(8), stage="work"))
    pool.close()


def test_a_fork_of_the_program_has_workers_of_its_own(tmp_path):
    code = """
pool = executor("processes:2")
mine = set(pool.map(tasks.process, range(8), stage="work"))
child = os.fork()
if child == 0:
    theirs = set(pool.map(tasks.process, range(8), stage="work"))
    sys.exit(3 if theirs & mine else 0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert set(pool.map(tasks.process, range(8), stage="work")) <= mine
child = os.fork()
if child == 0:
    time.sleep(60)
print(child, *mine, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    started = program(code)
    fork, *workers = (int(number) for number in started.stdout.readline().split())
    assert started.wait(60) == -signal.SIGKILL
    try:
        # The fork goes on, but it holds nothing of the workers: they end with the program that started them.
        until(lambda: not any(lives(worker) for worker in workers))
        assert lives(fork)
    finally:
        os.kill(fork, signal.SIGKILL)
    started.communicate()


def test_a_folder_is_swept_only_if_its_owner_is_gone(tmp_path):
    mine = OwnedFolder(tmp_path)
    (mine.path() / "array").write_bytes(b"x")
    abandoned = tmp_path / f"{PREFIX}abandoned"
    abandoned.mkdir()
    (abandoned / OWNER).touch()
    being_made = tmp_path / f"{PREFIX}being-made"
    being_made.mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / f"{PREFIX}link").symlink_to(elsewhere)
    other = OwnedFolder(tmp_path)
    other.path()
    assert (mine.path() / "array").exists()
    assert not abandoned.exists()
    assert being_made.exists()
    assert elsewhere.exists()
    for folder in (mine, other):
        path = folder.path()
        assert path.stat().st_mode & 0o777 == 0o700
        folder.remove()
        assert not path.exists()


@pytest.mark.parametrize("spec", ["threads:7", "processes:7"])
def test_never_more_threads_run_than_there_are_cores_and_two(tmp_path, spec):
    code = """
executor("{spec}").map(tasks.spins, [0.1] * 20, stage="spin")
print("done", flush=True)
"""
    started = program(code.format(spec=spec), WHENCE_CORES="2")
    counts = []
    while started.poll() is None:
        with contextlib.suppress(OSError):  # one has just ended
            counts.append(sum(running(pid) for pid in [started.pid, *children(started.pid)]))
        time.sleep(0.005)
    assert started.communicate()[0] == "done\n"
    # A worker that hands over and the thread that takes it may both be ready for a moment (long on a busy
    # machine); seven at work would be seen nearly always.
    assert 1 <= sorted(counts)[int(0.95 * len(counts))] <= 4


def test_threads_finish_what_is_under_way_when_they_are_interrupted():
    code = """
print("ready", flush=True)
executor("threads:2").map(tasks.sleeps, [0.2] * 1_000, stage="nap")
"""
    started = program(code)
    started.stdout.readline()
    time.sleep(0.1)
    interrupt(started)
    _, errors = started.communicate(timeout=30)
    assert errors.count("KeyboardInterrupt") == 1
    assert threads(2).map(abs, [-1, -2], stage="work") == [1, 2]


def test_a_worker_that_is_not_wanted_for_long_leaves_and_is_replaced(monkeypatch):
    here, there = os.pipe()
    monkeypatch.setattr(worker, "SECONDS_OF_PATIENCE", 0.01)
    assert not worker._comes(here)
    os.write(there, b"x")
    assert worker._comes(here)
    os.close(here)
    os.close(there)
