"""Independent items of work, done here, on several threads, processes or machines: always the same answer.

`executor("threads:4").map(task, items, stage="bootstrap")` gives the list of `task(item)` in the order of
the items. Small items travel in batches of some tens of milliseconds, progress is told to whoever
listens, the work stops when it is cancelled, and an exception says which item it came from (of several,
the first). A worker that dies is replaced, and what it had is done again. The bytes of the result depend on
neither backend nor number of workers, as long as a task depends on nothing but its item: chance comes from a
seed that belongs to the item (see `whence.runtime.seeds`).

| file | what is in it |
|---|---|
| `protocol` | what the rest of Whence sees (`Executor`), and what a backend has to offer |
| `mapping`, `batches`, `losses`, `streaming`, `lanes` | a task over its items, the same for every backend |
| `work`, `transport` | a batch done wherever it is, and how it gets there |
| `threads`, `processes`, `interpreters`, `given`, `cluster` | the backends |
| `parallel`, `serial`, `automatic` | executors: of a backend, of none, of whichever pays |

>>> executor("threads:2").map(abs, [-3, 4, -5], stage="example")
[3, 4, 5]
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor as Pool
from typing import cast

from whence.runtime.errors import InvalidOption
from whence.runtime.executor.cores import cores
from whence.runtime.executor.losses import TasksSetAside, WorkersLost
from whence.runtime.executor.parallel import Parallel
from whence.runtime.executor.processes.backend import Processes
from whence.runtime.executor.protocol import Executor, Kind
from whence.runtime.executor.serial import Serial
from whence.runtime.executor.threads import Threads

__all__ = [
    "Executor",
    "Kind",
    "TasksSetAside",
    "WorkersLost",
    "cores",
    "executor",
    "processes",
    "serial",
    "threads",
]

FORMS = (
    "auto, serial, threads, processes or interpreters (with a number of workers, as in threads:4), "
    "dask or ray (with an address, as in dask:tcp://10.0.0.1:8786), mpi, mpi:N"
)

OFFERED = ("map", "stream", "shares_memory", "workers")
MOST_DIGITS = 7
"""Of a number of workers."""


def serial() -> Executor:
    """One item after the other, in the calling thread."""
    return Serial()


def threads(n: int | None = None) -> Executor:
    """`n` threads of this process (not said: one for each core, and many for work that waits)."""
    return Parallel(Threads(), _checked(n))


def processes(n: int | None = None) -> Executor:
    """`n` fresh processes (as many as there are cores, if not said); they start at the first `map`."""
    workers = _checked(n) or cores()
    return Parallel(Processes(workers), workers)


def executor(spec: object = None) -> Executor:
    """The executor that `spec` means.

    A word (`"threads:4"`, see `FORMS`), None (`auto`), a pool of `concurrent.futures`, a Dask client or
    cluster, or an executor of ours. Raises `InvalidOption` for anything else.
    """
    if spec is None:
        return _auto()
    if isinstance(spec, str):
        return _named(spec)
    if isinstance(spec, Pool):
        return _given(spec)
    if not isinstance(spec, type) and all(hasattr(spec, name) for name in OFFERED):
        return cast("Executor", spec)
    if type(spec).__module__.partition(".")[0] == "distributed":
        return _dask(spec)
    raise InvalidOption("executor", spec, FORMS)


def _named(spec: str) -> Executor:
    name, colon, more = spec.partition(":")
    if name in PLAIN and not colon:
        return PLAIN[name]()
    if name in COUNTED and (not colon or (more.isdecimal() and len(more) < MOST_DIGITS)):
        return COUNTED[name](int(more) if colon else None)
    if name in ADDRESSED and (not colon or more):
        return ADDRESSED[name](more or None)
    raise InvalidOption("executor", spec, FORMS)


# The rest is loaded when it is asked for.


def _auto() -> Executor:
    from whence.runtime.executor.automatic.auto import Auto

    return Auto()


def _interpreters(n: int | None) -> Executor:
    from whence.runtime.executor.interpreters import Interpreters

    workers = _checked(n) or cores()
    return Parallel(Interpreters(workers), workers)


def _given(pool: Pool) -> Executor:
    from whence.runtime.executor.given import given

    return given(pool)


def _dask(cluster: object) -> Executor:
    from whence.runtime.executor.cluster.dask import dask

    return dask(cluster)


def _dask_at(address: str | None) -> Executor:
    from whence.runtime.executor.cluster.dask import dask_at

    return dask_at(address)


def _ray(address: str | None) -> Executor:
    from whence.runtime.executor.cluster.ray import ray

    return ray(address)


def _mpi(n: int | None) -> Executor:
    from whence.runtime.executor.cluster.mpi import mpi

    return mpi(n)


PLAIN: dict[str, Callable[[], Executor]] = {"auto": _auto, "serial": serial}
COUNTED: dict[str, Callable[[int | None], Executor]] = {
    "threads": threads,
    "processes": processes,
    "interpreters": _interpreters,
    "mpi": _mpi,
}
ADDRESSED: dict[str, Callable[[str | None], Executor]] = {"dask": _dask_at, "ray": _ray}


def _checked(n: int | None) -> int | None:
    if n is not None and n < 1:
        raise InvalidOption("workers", n, "a whole number, one or more")
    return n
