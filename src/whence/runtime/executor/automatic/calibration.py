"""What several cores are worth on this machine, as `whence doctor` measured it; cautious guesses until then.

How long a process takes to start, what it costs to hand over a task, how much two threads gain: these differ
between a laptop and a container by a factor of ten, and a policy that guesses them is wrong somewhere. The
figures are kept as JSON in the user's cache folder, under a key of the machine, the interpreter and the
versions, because a new interpreter is a new machine. They decide how fast a result comes, never what it is.

>>> CAUTIOUS.start_up["processes"].seconds(2) > CAUTIOUS.start_up["threads"].seconds(2)
True
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import platform
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from whence.runtime.events import Warned, emit
from whence.runtime.executor.cores import cores

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whence.runtime.plain import JSON

SCHEMA: Final = "whence.calibration/1"
FILE: Final = "calibration.json"
MOST_MACHINES: Final = 16
"""A home folder may be shared by a cluster; the file is small all the same."""

THAT_MATTER: Final = ("whence", "numpy", "scikit-learn")
"""Distributions whose version changes what starting and handing over cost."""

UNREADABLE: Final = (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What reading may raise where the file holds something else."""


@dataclass(frozen=True, slots=True)
class StartUp:
    """What it takes until `workers` are at work: seconds on the wall, and of processor time for each."""

    wall: float
    cpu_each: float

    def seconds(self, workers: int) -> float:
        """The dearer of the two: on the wall, or of processor time in all."""
        return max(self.wall, self.cpu_each * workers)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured: by backend, or by kind of work and backend.

    Attributes
    ----------
    start_up: backend -> what its workers take to start, with numpy loaded
    per_task: backend -> seconds that handing over one tiny task costs, in batches
    gains: kind of work -> backend -> how many times faster than one after the other, on all cores
    imports: heavy library -> seconds of processor time until a fresh worker has loaded it
    measured: when, as an ISO date and time; None for guesses
    """

    start_up: Mapping[str, StartUp]
    per_task: Mapping[str, float]
    gains: Mapping[str, Mapping[str, float]]
    imports: Mapping[str, float]
    measured: str | None = None

    def gain(self, kind: str, backend: str, workers: int) -> float:
        """The gain that was measured, or what the backend promises for `workers`."""
        return self.gains.get(kind, {}).get(backend, float(workers))

    def to_dict(self) -> dict[str, JSON]:
        """As plain JSON; `from_dict` reads it back."""
        return {
            "start_up": {name: asdict(cost) for name, cost in self.start_up.items()},
            "per_task": dict(self.per_task),
            "gains": {kind: dict(by) for kind, by in self.gains.items()},
            "imports": dict(self.imports),
            "measured": self.measured,
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Calibration:
        """Read what `to_dict` gave; raises ValueError, TypeError or KeyError for anything else."""
        return cls(
            {
                str(name): StartUp(_seconds(cost["wall"]), _seconds(cost["cpu_each"]))
                for name, cost in told["start_up"].items()
            },
            {str(name): _seconds(cost) for name, cost in told["per_task"].items()},
            {
                str(kind): {str(name): _seconds(gain) for name, gain in by.items()}
                for kind, by in told["gains"].items()
            },
            {str(name): _seconds(cost) for name, cost in told["imports"].items()},
            None if told["measured"] is None else str(told["measured"]),
        )


CAUTIOUS: Final = Calibration(
    start_up={
        "threads": StartUp(0.001, 0.000_2),
        "interpreters": StartUp(0.8, 0.4),
        "processes": StartUp(1.0, 0.5),
    },
    per_task={"threads": 20e-6, "interpreters": 50e-6, "processes": 50e-6},
    gains={},
    imports={"scipy": 0.5, "sklearn": 1.5, "duckdb": 0.3, "pandas": 0.8, "numba": 0.8},
)
"""What is assumed where nothing was measured: rather too dear, so that the policy rather stays put."""


def known() -> Calibration:
    """What was measured on this machine with this interpreter and these versions, or `CAUTIOUS`.

    A file that cannot be read is passed over, with a `Warned` event.
    """
    where = calibration_file()
    try:
        stamp = where.stat().st_mtime_ns if where is not None else None
    except OSError:
        stamp = None
    return CAUTIOUS if where is None or stamp is None else _read(where, stamp)


def save(measured: Calibration) -> Path | None:
    """Keep what was measured, for this machine; gives the file, or None where there is no place for it."""
    where = calibration_file()
    if where is None:
        return None
    machine = this_machine()
    kept = _entries(where)
    kept.pop(_key(machine), None)
    while len(kept) >= MOST_MACHINES:
        del kept[next(iter(kept))]  # the one that was measured first
    kept[_key(machine)] = {"machine": machine, "calibration": measured.to_dict()}
    draft = where.with_name(f".{where.name}.{os.getpid()}.part")
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps({"schema": SCHEMA, "machines": kept}, indent=1) + "\n", "utf-8")
        draft.replace(where)
    except OSError:
        return None  # a cache that cannot be written is no fault of the measurement
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return where


def calibration_file() -> Path | None:
    """Where the figures are kept: in the user's cache folder, if there is one."""
    given = os.environ.get("XDG_CACHE_HOME")
    try:
        folder = Path(given) if given else Path.home() / ".cache"
    except RuntimeError:  # a user without a home
        return None
    return folder / "whence" / FILE


def this_machine() -> dict[str, JSON]:
    """What the figures depend on: another value of any of these, and they are not ours."""
    # Costs some milliseconds, and is needed for long work only.
    from whence.runtime.machine.capacity import processor  # noqa: PLC0415
    from whence.runtime.machine.gil import gil_enabled  # noqa: PLC0415
    from whence.runtime.machine.interpreter import free_threaded_build, versions  # noqa: PLC0415

    return {
        "cores": cores(),
        "processor": processor(),
        "platform": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "free_threaded": free_threaded_build(),
        "gil": gil_enabled(),
        "versions": dict(versions(THAT_MATTER)),
    }


@lru_cache(maxsize=1)
def _read(where: Path, _stamp: int) -> Calibration:
    try:
        found = _machines(where).get(_key(this_machine()))
        return CAUTIOUS if found is None else Calibration.from_dict(found["calibration"])
    except UNREADABLE:
        emit(
            Warned(
                stage="calibration",
                code="calibration_unreadable",
                message=f"{where} holds no figures of ours; `whence doctor` measures them anew.",
            )
        )
        return CAUTIOUS


def _entries(where: Path) -> dict[str, Any]:
    """The machines of the file, or none if it is not there or not ours."""
    try:
        return _machines(where)
    except UNREADABLE:
        return {}


def _machines(where: Path) -> dict[str, Any]:
    if where.exists() and not where.is_file():
        raise ValueError(where)  # who reads a pipe waits for whoever writes to it
    told = json.loads(where.read_text("utf-8"))
    if told["schema"] != SCHEMA or not isinstance(told["machines"], dict):
        raise ValueError(told["schema"])
    return dict(cast("dict[str, Any]", told["machines"]))


def _key(machine: Mapping[str, JSON]) -> str:
    return hashlib.sha256(json.dumps(machine, sort_keys=True).encode()).hexdigest()[:16]


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(value)
    return float(value)
