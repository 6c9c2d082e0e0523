"""The whole of what the doctor looks at, as values.

The interpreter and its lock, the machine, the libraries, the sandbox, what the backends cost and gain, and
what the policy makes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Final

from whence.cli.doctor.measuring import Clock, Measured, Overhead, busy, measured, overhead
from whence.cli.doctor.work import OF_THE_DOCTOR, WORK, arithmetic, identification
from whence.runtime.events import Started, emit
from whence.runtime.executor import cores, executor, processes, serial, threads
from whence.runtime.executor.automatic.calibration import Calibration
from whence.runtime.executor.automatic.policy import Place, Work, worth_from
from whence.runtime.machine.capacity import Capacity, capacity
from whence.runtime.machine.gil import Lock, gil_enabled, imported
from whence.runtime.machine.interpreter import Interpreter, interpreter, versions
from whence.runtime.plain import JSON, plain

if TYPE_CHECKING:
    from collections.abc import Generator

    from whence.numerics.blas import Library
    from whence.runtime.executor import Executor

SCHEMA: Final = "whence.doctor/1"

CORE: Final = (
    "numpy",
    "scipy.linalg",
    "threadpoolctl",
    "narwhals",
    "sklearn.ensemble",
    "whence.engine.asking",
)
"""What a question of data held in memory imports: these must leave the lock off."""

LATE: Final = ("duckdb", "numba", "aiohttp", "pydantic")
"""What is imported for some questions only: files, counting, language models."""

HEAVY: Final = ("scipy.linalg", "sklearn.ensemble", "duckdb", "numba")
"""Libraries that take a fresh worker long to load."""

MOST_WORKERS: Final = 16
"""More would take too long to measure, and would not be known any better."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How thorough the measuring is: rounds, and seconds of work in each."""

    rounds: int
    seconds: float


THOROUGH: Final = Pace(3, 0.45)
QUICK: Final = Pace(2, 0.15)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """How well untrusted code is held here: what confines it, and how many attempts got out."""

    layers: tuple[str, ...]
    tried: int
    escaped: tuple[str, ...]
    reason: str = ""

    @property
    def holds(self) -> bool:
        """Whether there is one, and nothing got out."""
        return self.tried > 0 and not self.escaped


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy chooses for a kind of work, and from how many seconds of it on."""

    backend: str
    why: str
    worth_from: float


@dataclass(frozen=True, slots=True)
class Checkup:
    """Everything that was found; `workers` is how many measured side by side."""

    at: str
    interpreter: Interpreter
    lock: Lock
    gil: bool
    capacity: Capacity
    workers: int
    clock: Clock
    versions: Mapping[str, str]
    libraries: tuple[Library, ...]
    sandbox: Sandbox
    overheads: Mapping[str, Overhead]
    work: tuple[Measured, ...]
    decisions: Mapping[str, Decision]

    @property
    def same(self) -> bool:
        """Whether every backend gave the same bytes for every kind of work."""
        return all(all(each.same.values()) for each in self.work)

    @property
    def calibration(self) -> Calibration:
        """What the policy reads."""
        return calibrated(self.overheads, self.work, self.lock, self.at)

    def to_dict(self) -> dict[str, JSON]:
        """As plain JSON (`whence.doctor/1`)."""
        return {
            "schema": SCHEMA,
            "at": self.at,
            "interpreter": _fields(self.interpreter),
            "gil": {
                "free_threaded_build": self.lock.free_threaded,
                "at_start": self.lock.at_start,
                "now": self.gil,
                "imports": [_fields(each) for each in self.lock.imports],
                "turned_on_by": [each.turned_on_by for each in self.lock.culprits],
            },
            "capacity": {**_fields(self.capacity), "busy": self.capacity.busy},
            "workers": self.workers,
            "clock": self.clock,
            "versions": dict(self.versions),
            "libraries": [_fields(each) for each in self.libraries],
            "sandbox": {**_fields(self.sandbox), "holds": self.sandbox.holds},
            "overheads": {
                name: {"start": _fields(cost.start), "per_task": cost.per_task}
                for name, cost in self.overheads.items()
            },
            "work": [self._work(each) for each in self.work],
            "identical_bytes": self.same,
        }

    def _work(self, each: Measured) -> dict[str, JSON]:
        kind = WORK[each.key]
        return {
            "name": each.key,
            "does": kind.does,
            "kind": kind.kind,
            "seconds": each.seconds,
            "holds_lock": each.holds,
            "gains": {name: _fields(gain) for name, gain in each.gains.items()},
            "identical_bytes": dict(each.same),
            "policy": _fields(self.decisions[each.key]),
        }


def checkup(pace: Pace = THOROUGH) -> Checkup:
    """Look at everything, and measure; tells its stages to whoever listens."""
    around = capacity()  # before our own work makes the machine look busy
    emit(Started(stage=f"{OF_THE_DOCTOR}looking at the interpreter"))
    lock = imported((*CORE, *LATE))
    emit(Started(stage=f"{OF_THE_DOCTOR}trying to break out of the sandbox"))
    sandbox = _sandbox()
    workers = min(max(2, cores()), MOST_WORKERS)
    overheads: dict[str, Overhead] = {}
    for name, make in makers(workers).items():
        emit(Started(stage=f"{OF_THE_DOCTOR}starting {name}"))
        # Numpy cannot be imported in an interpreter of its own: those do symbols only.
        overheads[name] = overhead(make, identification if name == "interpreters" else arithmetic)
    clock: Clock = "threads" if around.busy or busy(serial()) else "wall"
    work = tuple(_measured(workers, pace, clock))
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return Checkup(
        at,
        interpreter(),
        lock,
        gil_enabled(),
        around,
        workers,
        clock,
        versions(
            ("whence", "numpy", "scipy", "scikit-learn", "duckdb", "numba", "distributed", "ray", "mpi4py")
        ),
        _libraries(),
        sandbox,
        overheads,
        work,
        _decisions(work, calibrated(overheads, work, lock, at)),
    )


def calibrated(
    overheads: Mapping[str, Overhead], work: tuple[Measured, ...], lock: Lock, at: str
) -> Calibration:
    """What was measured, as the policy wants it: of the works of one kind, the one that gains least."""
    gains: dict[str, dict[str, float]] = {}
    for each in work:
        own = gains.setdefault(WORK[each.key].kind, {})
        for name, gain in each.gains.items():
            own[name] = min(own.get(name, gain.middle), gain.middle)
    return Calibration(
        {name: cost.start for name, cost in overheads.items()},
        {name: cost.per_task for name, cost in overheads.items()},
        gains,
        # A worker that has started has numpy.
        {each.module.partition(".")[0]: each.cpu for each in lock.imports if each.module in HEAVY},
        at,
    )


def _decisions(work: tuple[Measured, ...], calibration: Calibration) -> dict[str, Decision]:
    place = Place(cores(), gil_enabled(), interpreters="interpreters" in calibration.start_up)
    found: dict[str, Decision] = {}
    for each in work:
        kind = WORK[each.key]
        # On threads the policy watches what it started: it would find what was found here.
        seen = each.gains["threads"].middle if kind.kind == "gil_free" else None
        asked = Work(
            kind.kind, 0.0, 100, sending=0.0, threads_gain=seen, shut_out="interpreters" not in each.gains
        )
        choice, start = worth_from(asked, place, calibration)
        found[each.key] = Decision(choice.backend, choice.why, start)
    return found


def _measured(workers: int, pace: Pace, clock: Clock) -> Generator[Measured]:
    one = serial()
    backends = {name: make() for name, make in makers(workers).items()}
    try:
        for key, kind in WORK.items():
            if not kind.there:
                continue
            chosen = {
                name: backend
                for name, backend in backends.items()
                if name != "interpreters" or not kind.extensions
            }
            yield measured(key, one, chosen, rounds=pace.rounds, seconds=pace.seconds, clock=clock)
    finally:
        for backend in backends.values():
            backend.close()


def makers(workers: int) -> dict[str, Callable[[], Executor]]:
    """By name, how to make each backend that this interpreter has."""
    found: dict[str, Callable[[], Executor]] = {"threads": lambda: threads(workers)}
    if interpreter().subinterpreters:
        found["interpreters"] = lambda: executor(f"interpreters:{workers}")
    found["processes"] = lambda: processes(workers)
    return found


def _libraries() -> tuple[Library, ...]:
    from whence.numerics.blas import libraries

    for module in ("scipy.linalg", "sklearn.ensemble"):
        import_module(module)  # what is not loaded cannot be found
    return libraries()


def _sandbox() -> Sandbox:
    import asyncio  # noqa: TID251 - this is a door

    from whence.rlm.environments.opening import strength
    from whence.rlm.errors import ConfinementBroken, NotConfined

    try:
        found = asyncio.run(strength())
    except NotConfined as error:
        return Sandbox((), 0, (), "; ".join(error.reasons))
    except ConfinementBroken as error:
        return Sandbox((error.environment,), len(error.escaped), tuple(error.escaped))
    return Sandbox(found.layers, found.tried, found.escaped)


def _fields(value: object) -> dict[str, JSON]:
    names: tuple[str, ...] = getattr(value, "__slots__", ())
    return {name: plain(getattr(value, name)) for name in names}
