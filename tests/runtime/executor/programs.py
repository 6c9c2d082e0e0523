"""Other programs, as the tests of the executor start, watch and kill them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ARRAYS = "whence-arrays-"

PRELUDE = """
import signal, sys, os, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are deaf to it
from runtime.executor import tasks
from whence.runtime.executor import executor
"""


def program(code, **environment):
    """Start `code` as a program of its own, which finds Whence and the tasks of the tests."""
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def children(parent=None):
    """The processes that a process (this one) has started and that live."""
    wanted = os.getpid() if parent is None else parent
    return [pid for pid in _numbers() if _status(pid)[1:] == (wanted,) and _status(pid)[0] != "Z"]


def lives(pid):
    """Whether a process goes on (one that has ended and was not seen off does not)."""
    return _status(pid)[:1] not in ((), ("Z",), ("X",))


def running(pid):
    """How many threads of a process are running or ready to run."""
    return sum(_status(pid, task.name)[:1] == ("R",) for task in Path(f"/proc/{pid}/task").iterdir())


def folders_of(pid):
    """The folders of arrays that a process holds locked."""
    links = Path(f"/proc/{pid}/fd").iterdir()
    targets = [link.readlink() for link in links if link.exists()]
    return [target.parent for target in targets if ARRAYS in str(target) and target.name == "owner"]


def until(condition, seconds=20.0):
    """Wait until the condition holds; gives what it gave."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.01)
    return found


def interrupt(process):
    """Ctrl-C, as a terminal sends it: to the program and to all that it has started."""
    os.killpg(process.pid, signal.SIGINT)


def _numbers():
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _status(pid, task=None):
    """State and parent of a process (or of a thread of it); nothing if there is none."""
    place = Path(f"/proc/{pid}/stat" if task is None else f"/proc/{pid}/task/{task}/stat")
    try:
        state, parent = place.read_text().rsplit(")", 1)[1].split()[:2]
    except OSError:
        return ()
    return state, int(parent)
