"""A program that is killed again and again repeats at most what was under way, and comes to the same end."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import whence
from runtime.results.counting import noted

HOME = os.pathsep.join([str(Path(whence.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
WORKERS = 2
KILLS = 20
ITEMS = 130
SECONDS = 0.06  # longer than a batch, so that one item is under way for each worker

PROGRAM = """
import os, sys
from the_users_tasks import Rooted
from whence.runtime.executor import executor
from whence.runtime.results import journaled
backend, journal, log, items, seconds = sys.argv[1:]
workers = executor(backend)
if journal != "-":
    workers = journaled(workers, journal)
found = workers.map(Rooted(os.fsencode(log), float(seconds)), range(int(items)), stage="roots", kind="io")
print(",".join(each.hex() for each in found))
"""

TASKS = """
import math, os, time
from dataclasses import dataclass

@dataclass(frozen=True)
class Rooted:
    log: bytes
    seconds: float

    def __call__(self, item):
        file = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, b"%d\\n" % item)
        os.close(file)
        time.sleep(self.seconds)
        return math.sqrt(item)
"""


@pytest.fixture
def program(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "the_users_tasks.py").write_text(TASKS)

    def start(backend, journal, seconds=SECONDS):
        log = tmp_path / "log"
        arguments = [backend, journal, log, ITEMS, seconds]
        return subprocess.Popen(
            [sys.executable, tmp_path / "program.py", *map(str, arguments)],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": HOME},
        )  # fmt: skip

    return start


def wait_for_a_further_item(running, log, before):
    until = time.monotonic() + 60
    while len(noted(log)) == before:
        assert running.poll() is None, "it ended before it was killed"
        assert time.monotonic() < until, "it does nothing"
        time.sleep(0.005)


@pytest.mark.parametrize("backend", [f"threads:{WORKERS}", f"processes:{WORKERS}"])
def test_twenty_kills_in_a_row_cost_no_more_than_the_items_under_way(program, tmp_path, backend):
    log, journal, chance = bytes(tmp_path / "log"), tmp_path / "run.sqlite", random.Random(7)
    for _ in range(KILLS):
        running = program(backend, journal)
        wait_for_a_further_item(running, log, len(noted(log)))
        time.sleep(chance.uniform(0, 2.5 * SECONDS))
        assert running.poll() is None
        running.send_signal(signal.SIGKILL)
        running.communicate()
        time.sleep(0.01)  # an item that a worker had just taken up is noted
    last = program(backend, journal)
    told, _ = last.communicate()
    assert last.returncode == 0
    done = noted(log)
    assert set(done) == {str(item) for item in range(ITEMS)}
    repeated = len(done) - ITEMS
    assert 0 < repeated <= KILLS * WORKERS
    undisturbed, _ = program("serial", "-", seconds=0).communicate()
    assert told == undisturbed


def test_a_program_that_is_run_again_when_it_was_done_does_nothing(program, tmp_path):
    log, journal = bytes(tmp_path / "log"), tmp_path / "run.sqlite"
    first, _ = program("threads:2", journal, seconds=0).communicate()
    again, _ = program("serial", journal, seconds=0).communicate()
    assert first == again
    assert len(noted(log)) == ITEMS
