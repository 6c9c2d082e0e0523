"""Which backend pays, for work of which the first items have been timed.

A backend is worth its start-up only if that is small beside what is left: workers that cost half a second may
be started for half a minute of work, and not for a second of it. The rules, in their order:

| work                          | goes to                                                                |
|-------------------------------|------------------------------------------------------------------------|
| nothing worth a start-up left | stays where it is                                                      |
| `io`: it waits                | many threads                                                           |
| `gil_free`: it computes       | threads; processes if threads were found to block one another          |
| outside the interpreter       |                                                                        |
| `python`: it computes in      | threads if the lock is really off, else interpreters where there are   |
| the interpreter               | such, else processes, each if it can be brought there and is worth it  |

A choice changes how soon a result comes and never what it is.

>>> choose(Work("gil_free", left=2.0, items=10), Place(cores=2, gil=True)).backend
'threads'
>>> choose(Work("python", left=2.0, items=10), Place(cores=2, gil=True)).backend
'serial'
>>> choose(Work("python", left=200.0, items=10, sending=0.1), Place(cores=2, gil=True)).backend
'processes'
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from whence.runtime.executor.automatic.calibration import CAUTIOUS, Calibration

if TYPE_CHECKING:
    from whence.runtime.executor.protocol import Kind

Backend: TypeAlias = Literal["serial", "threads", "interpreters", "processes"]
Away: TypeAlias = Literal["interpreters", "processes"]
AWAY: Final[tuple[Backend, ...]] = ("interpreters", "processes")
"""The backends to which work has to be sent."""

WORTH_GOING: Final[dict[Away, str]] = {
    "interpreters": "each has a lock of its own, within this process",
    "processes": "it holds the lock, and what is left is worth their start",
}

WORTH_THREADS: Final = 0.004
"""Seconds of work below which no thread is started: starting two takes some tenths of a millisecond."""

SHARE: Final = 0.04
"""What starting and sending may cost of what is left: the promise is 5 % at most, and a guess may be off."""

ENDLESS: Final = 1e6
"""Seconds of work beside which every start-up is nothing."""

TOO_SMALL: Final = 50e-6
"""Seconds of an item below which threads hand the lock to and fro more than they work, whatever it does."""

LEAST_GAIN: Final = 1.15
"""Below this, several workers are not worth what they cost in processor time."""

POOR_GAIN: Final = 1.5
"""Below this, threads are left for processes where those are worth their start."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is left of a job.

    Attributes
    ----------
    kind: as the task declares it
    left: seconds that the rest would take one item after the other
    items: how many are left
    sending: seconds that it takes to send the task and the rest to other processes and to bring the results
        back; None if they cannot be sent
    threads_gain: how much faster threads were found to be for this very task, if they were tried
    shut_out: whether the task was found not to run in interpreters of their own
    """

    kind: Kind
    left: float
    items: int
    sending: float | None = None
    threads_gain: float | None = None
    shut_out: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where the work is done: cores, whether the lock is on, whether interpreters share a process, and which
    backends have workers that run already.
    """

    cores: int
    gil: bool
    interpreters: bool = False
    warm: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """A backend, and why, in words."""

    backend: Backend
    why: str


def choose(work: Work, place: Place, calibration: Calibration = CAUTIOUS) -> Choice:
    """Decide where the rest of the work goes."""
    if place.cores == 1 and work.kind != "io":
        return Choice("serial", "there is one core")
    if work.items < 2 or work.left < WORTH_THREADS:
        return Choice("serial", "what is left is too little to start anything")
    if work.kind == "io":
        return Choice("threads", "it waits, and threads wait side by side")
    gain = _threads_gain(work, place, calibration)
    if gain >= POOR_GAIN:
        off = "the lock is off" if not place.gil else "it releases the lock"
        return Choice("threads", f"{off}, and threads share what there is")
    elsewhere = _elsewhere(work, place, calibration)
    if elsewhere is not None:
        return elsewhere
    if gain >= LEAST_GAIN:
        return Choice("threads", f"threads gain {gain:.1f} times, and no more is to be had")
    return Choice("serial", _why_stay(work, place))


def worth_from(work: Work, place: Place, calibration: Calibration = CAUTIOUS) -> tuple[Choice, float]:
    """What is chosen when there is no end of such work, and from how many seconds of it on.

    The items of `work` are taken to be as many as they are, and longer.
    """
    final = choose(replace(work, left=ENDLESS), place, calibration)
    low, high = 0.0, ENDLESS
    while high - low > 0.01 * high and high > WORTH_THREADS / 2:
        middle = (low * high) ** 0.5 if low > 0 else high / 16
        if choose(replace(work, left=middle), place, calibration).backend == final.backend:
            high = middle
        else:
            low = middle
    return final, high


def affordable(backend: Away, work: Work, place: Place, calibration: Calibration) -> bool:
    """Whether starting `backend` and sending the work there is cheap beside what is left."""
    if work.sending is None:
        return False
    handing_over = calibration.per_task.get(backend, 0.0) * work.items
    cost = _begin(backend, work, place, calibration) + work.sending + handing_over
    return cost <= SHARE * work.left


def _threads_gain(work: Work, place: Place, calibration: Calibration) -> float:
    if work.threads_gain is not None:
        return work.threads_gain
    if place.gil and (work.kind == "python" or work.left < TOO_SMALL * work.items):
        return 1.0
    measured = calibration.gain(work.kind, "threads", place.cores)
    # A calibration speaks of kinds, and this task may be better than its kind: it gets its chance on threads,
    # which cost nothing to start, and where it is then watched.
    return max(measured, POOR_GAIN) if work.kind == "gil_free" else measured


def _elsewhere(work: Work, place: Place, calibration: Calibration) -> Choice | None:
    """Interpreters or processes, if they are worth it; of both, the sooner done."""
    found: list[tuple[float, Choice]] = []
    for backend, why in WORTH_GOING.items():
        gain = calibration.gain(work.kind, backend, place.cores)
        if backend == "interpreters" and (not place.interpreters or work.kind != "python" or work.shut_out):
            continue
        if gain >= LEAST_GAIN and affordable(backend, work, place, calibration):
            seconds = _begin(backend, work, place, calibration) + work.left / gain
            found.append((seconds, Choice(backend, why)))
    return min(found, key=lambda each: each[0])[1] if found else None


def _begin(backend: Away, work: Work, place: Place, calibration: Calibration) -> float:
    """Seconds until the workers of a backend are ready for this work."""
    start = calibration.start_up.get(backend, CAUTIOUS.start_up[backend])
    # Workers that run need the task, and what it imports, all the same: a tenth, as it comes out.
    return start.seconds(min(place.cores, work.items)) * (0.1 if backend in place.warm else 1.0)


def _why_stay(work: Work, place: Place) -> str:
    held = "it holds the lock" if place.gil else "threads block one another"
    if work.sending is None:
        return f"{held}, and it cannot be sent to another process"
    return f"{held}, and what is left is not worth starting processes"
