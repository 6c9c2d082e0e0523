"""Whether a thread works, waits for a core, or is blocked: told apart even while others use the machine.

A clock on the wall says little on a busy machine: two threads that take twice as long may block one another,
or may merely share their cores with strangers. Linux counts for each thread the time it ran and the time it
could have run but no core was free. What is left of the wall is the time it was blocked, in most cases on the
interpreter's lock. So the share of its own time that a thread was at work,

    running / (wall - waiting for a core),

keeps its meaning under load: a thread that computes freely has 1, two threads that take turns at a lock have
1/2 each, and the sum over the threads is the gain that a quiet machine would show. Where the waiting is not
told (not Linux) it is taken for none, and a busy machine looks like a lock.

Source: the Linux kernel's documentation, "Scheduler Statistics" (`/proc/<pid>/schedstat`).

>>> before = pulse()
>>> _ = sum(range(100_000))
>>> after = pulse()
>>> after.ran > before.ran
True
>>> round(at_work(Pulse(0, 0, 0), Pulse(wall=2.0, ran=0.5, waited=1.0)), 6)
0.5
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SCHEDSTAT: Final = Path("/proc/thread-self/schedstat")


@dataclass(frozen=True, slots=True)
class Pulse:
    """Seconds of the calling thread: on the wall, at work on a core, waiting for a core that was taken."""

    wall: float
    ran: float
    waited: float


def pulse() -> Pulse:
    """The calling thread's counters now; only differences between two of one thread mean anything."""
    return Pulse(time.perf_counter(), time.thread_time(), _waited())


def at_work(before: Pulse, after: Pulse) -> float:
    """The share of its own time that a thread was at work between two pulses: from 0 (blocked) to 1."""
    ran = after.ran - before.ran
    own = after.wall - before.wall - (after.waited - before.waited)
    # The counters are read one after the other, so short spans may come out a little over one.
    return min(1.0, ran / own) if own > 0 else 1.0


def lane() -> str:
    """The process and the thread that ask: whose pulse it is."""
    return f"{os.getpid()}:{threading.get_native_id()}"


def tells_waiting() -> bool:
    """Whether the system counts the time that a thread waits for a core."""
    return SCHEDSTAT.exists()


def _waited() -> float:
    try:
        with SCHEDSTAT.open("rb", buffering=0) as file:
            return int(file.read(96).split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0
