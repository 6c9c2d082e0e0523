"""Independent items of work, done here, on several threads or on several processes: always the same answer.

`executor("threads:4").map(task, items, stage="bootstrap")` gives the list of `task(item)` in the order of
the items. Small items travel in batches of some tens of milliseconds, progress is told to whoever
listens, the work stops when it is cancelled, and an exception says which item it came from (of several,
the first). The bytes of the result depend on neither backend nor number of workers, as long as a task
depends on nothing but its item: chance comes from a seed that belongs to the item (see
`whence.runtime.seeds`).

Threads serve numpy, DuckDB and scikit-learn, which release the interpreter's lock; processes serve work
that is pure Python. Processes are always started afresh and never forked: a fork of a process whose BLAS
or OpenMP threads have run can deadlock.

>>> executor("threads:2").map(abs, [-3, 4, -5], stage="example")
[3, 4, 5]
"""

from __future__ import annotations

from whence.runtime.errors import InvalidOption
from whence.runtime.executor.cores import cores
from whence.runtime.executor.processes import Processes
from whence.runtime.executor.protocol import Executor, Kind
from whence.runtime.executor.serial import Serial
from whence.runtime.executor.threads import Threads

__all__ = ["Executor", "Kind", "cores", "executor", "processes", "serial", "threads"]

FORMS = "serial, threads, processes, threads:N, processes:N"


def serial() -> Executor:
    """One item after the other, in the calling thread."""
    return Serial()


def threads(n: int | None = None) -> Executor:
    """`n` threads of this process (as many as there are cores, if not said)."""
    return Threads(_checked(n))


def processes(n: int | None = None) -> Executor:
    """`n` fresh processes (as many as there are cores, if not said); they start at the first `map`."""
    return Processes(_checked(n))


def executor(spec: Executor | str | None = None) -> Executor:
    """Return the executor that `spec` names (`"threads:4"`), `spec` itself, or threads on all cores."""
    if spec is None:
        return serial() if cores() == 1 else threads()
    if not isinstance(spec, str):
        return spec
    name, colon, count = spec.partition(":")
    if (colon and not count.isdecimal()) or (name == "serial" and colon):
        raise InvalidOption("executor", spec, FORMS)
    workers = int(count) if colon else None
    if name == "serial":
        return serial()
    if name == "threads":
        return threads(workers)
    if name == "processes":
        return processes(workers)
    raise InvalidOption("executor", spec, FORMS)


def _checked(n: int | None) -> int:
    if n is not None and n < 1:
        raise InvalidOption("workers", n, "a whole number, one or more")
    return cores() if n is None else n
