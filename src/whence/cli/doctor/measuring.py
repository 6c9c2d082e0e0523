"""How much several workers gain, measured so that it holds on a busy machine too.

The same items are done one after the other and on every backend, in turns, so that a neighbour who comes and
goes meets all of them alike. On a quiet machine the gain is a ratio of times on the wall. On a busy one such
a ratio measures the neighbours; there the gain is estimated from what each worker did with the time it had
(`whence.runtime.machine.pulse`), times the processor time of an item alone over that of an item in company.

>>> gain = Gain.of([1.9, 2.0, 1.8])
>>> gain.middle, gain.least, gain.most
(1.9, 1.8, 2.0)
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from whence.cli.doctor.work import OF_THE_DOCTOR, WORK, Trace, Traced, arithmetic, nothing
from whence.runtime.executor.automatic.calibration import StartUp
from whence.runtime.machine.knocking import knocking

if TYPE_CHECKING:
    from whence.runtime.executor import Executor

Clock: TypeAlias = Literal["wall", "threads"]
"""What gains are measured with: the wall, or each thread's own time."""

WAITED_TOO_MUCH: Final = 0.1
"""The share of its time that serial work may wait for a core before clocks on the wall are given up."""

HELD_ALWAYS: Final = 0.8
"""Work that holds the lock for a larger share of the time can do nothing on threads but take turns."""

TINY_TASKS: Final = 5_000
LEAST_ITEMS: Final = 4


@dataclass(frozen=True, slots=True)
class Gain:
    """How many times faster several workers are: the median of some rounds, the least and the most."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, rounds: Sequence[float]) -> Gain:
        """Sum up the rounds."""
        return cls(median(rounds), min(rounds), max(rounds))


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found of a kind of work: `seconds` an item takes alone, the share of the time in which it
    `holds` the interpreter's lock, and by backend the gain, and whether the results were the same to the last
    bit.
    """

    key: str
    seconds: float
    holds: float
    gains: Mapping[str, Gain]
    same: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Overhead:
    """What a backend costs before it works: its start, and handing over a task (seconds)."""

    start: StartUp
    per_task: float


@dataclass(frozen=True, slots=True)
class Run:
    """One go over the items: its time on the wall, and the trace of each item."""

    wall: float
    traces: Sequence[Trace]

    @property
    def cpu(self) -> float:
        """Seconds of processor time that an item took, on average."""
        return sum(trace.after.ran - trace.before.ran for trace in self.traces) / len(self.traces)

    @property
    def lanes_at_work(self) -> float:
        """How many workers were at work at once, had there been a core for each whenever it wanted one."""
        return sum(_share(own) for own in _by_lane(self.traces).values())

    @property
    def waited(self) -> float:
        """The share of the items' time in which their worker waited for a core."""
        wall = sum(trace.after.wall - trace.before.wall for trace in self.traces)
        return sum(trace.after.waited - trace.before.waited for trace in self.traces) / max(wall, 1e-9)


def measured(
    key: str,
    serial: Executor,
    others: Mapping[str, Executor],
    *,
    rounds: int,
    seconds: float,
    clock: Clock,
) -> Measured:
    """Measure one kind of work: about `seconds` of it, `rounds` times, on each backend in turn."""
    workers = max((each.workers for each in others.values()), default=1)
    count = _warmed(key, serial, others, workers, seconds)
    alone: list[Run] = []
    company: dict[str, list[Run]] = {name: [] for name in others}
    for _ in range(rounds):
        alone.append(_run(key, serial, count))
        for name, backend in others.items():
            company[name].append(_run(key, backend, count))
    expected = [trace.digest for trace in alone[0].traces]
    # Waiting is done as well on a busy machine as on a quiet one.
    of_wall = clock == "wall" or WORK[key].kind == "io"
    holds = _holds(key, serial, count)
    gains = {
        name: [_gain(one, run, of_wall=of_wall) for one, run in zip(alone, runs, strict=True)]
        for name, runs in company.items()
    }
    if not of_wall and holds >= HELD_ALWAYS and "threads" in gains:
        # On a busy machine threads that take turns seldom meet, and look as if they did not.
        gains["threads"] = [min(gain, 1 / holds) for gain in gains["threads"]]
    return Measured(
        key,
        _alone(alone, of_wall=of_wall) / count,
        holds,
        {name: Gain.of(found) for name, found in gains.items()},
        {
            name: all([trace.digest for trace in run.traces] == expected for run in runs)
            for name, runs in company.items()
        },
    )


def _holds(key: str, serial: Executor, count: int) -> float:
    """The share of the time in which the work, done one item after the other, holds the lock."""
    with knocking() as knocker:
        _run(key, serial, count)
    return knocker.knocks.held


def busy(serial: Executor) -> bool:
    """Whether others use the cores now: whether work done one after the other has to wait for one."""
    return _run("numpy", serial, 30).waited > WAITED_TOO_MUCH


def overhead(make: Callable[[], Executor], ready: Callable[[int], object] = arithmetic) -> Overhead:
    """Start workers, have each do what makes it `ready`, hand over many tiny tasks, and end them."""
    cpu, began = _cpu_of_all(), time.perf_counter()
    backend = make()
    try:
        backend.map(ready, range(2 * backend.workers), stage=f"{OF_THE_DOCTOR}starting workers")
        wall = time.perf_counter() - began
        per_task = min(_tiny(backend) for _ in range(3))
    finally:
        backend.close()
    if backend.shares_memory:
        return Overhead(StartUp(*_start_of_threads(make)), per_task)
    spent = _cpu_of_all() - cpu - 3 * TINY_TASKS * per_task
    return Overhead(StartUp(wall, max(0.0, spent) / backend.workers), per_task)


def _start_of_threads(make: Callable[[], Executor]) -> tuple[float, float]:
    """Threads start with every map: the difference to a map that needs none."""
    walls: list[float] = []
    cpu = time.process_time()
    backend = make()
    for _ in range(20):
        began = time.perf_counter()
        backend.map(nothing, range(2 * backend.workers), stage=f"{OF_THE_DOCTOR}starting threads")
        walls.append(time.perf_counter() - began)
    return min(walls), (time.process_time() - cpu) / len(walls) / backend.workers


def _tiny(backend: Executor) -> float:
    began = time.perf_counter()
    backend.map(nothing, range(TINY_TASKS), stage=f"{OF_THE_DOCTOR}handing over tasks", kind="python")
    return (time.perf_counter() - began) / TINY_TASKS


def _cpu_of_all() -> float:
    """Processor time of this process and of the children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _warmed(key: str, serial: Executor, others: Mapping[str, Executor], workers: int, seconds: float) -> int:
    """Have everybody load what the work needs; gives how many items make up `seconds`."""
    _run(key, serial, 2)
    first = _run(key, serial, LEAST_ITEMS)
    for backend in others.values():
        _run(key, backend, 2 * workers)
    fitting = round(seconds / max(first.wall / LEAST_ITEMS, 1e-6))
    # As many for each worker, or the last to finish would count against all.
    return workers * max(2, fitting // workers)


def _run(key: str, backend: Executor, count: int) -> Run:
    work = WORK[key]
    began = time.perf_counter()
    traces = backend.map(
        Traced(key), range(count), stage=f"{OF_THE_DOCTOR}measuring {work.name}", kind=work.kind
    )
    return Run(time.perf_counter() - began, traces)


def _gain(alone: Run, company: Run, *, of_wall: bool) -> float:
    if of_wall:
        return alone.wall / company.wall
    dearer = company.cpu / alone.cpu
    # An estimate above the number of workers is noise.
    return min(company.lanes_at_work / dearer, float(len(_by_lane(company.traces))))


def _alone(runs: Sequence[Run], *, of_wall: bool) -> float:
    return median(run.wall if of_wall else run.cpu * len(run.traces) for run in runs)


def _by_lane(traces: Sequence[Trace]) -> dict[str, list[Trace]]:
    lanes: dict[str, list[Trace]] = {}
    for trace in sorted(traces, key=lambda trace: trace.before.wall):
        lanes.setdefault(trace.lane, []).append(trace)
    return lanes


def _share(own: Sequence[Trace]) -> float:
    """The share of its time that a worker spent on its items, from its first to its last."""
    ran = sum(trace.after.ran - trace.before.ran for trace in own)
    first, last = own[0].before, own[-1].after
    had = last.wall - first.wall - (last.waited - first.waited)
    return min(1.0, ran / had) if had > 0 else 1.0
