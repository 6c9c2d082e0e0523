"""MPI: the same work on the ranks of an MPI job, through `mpi4py.futures`.

Started by `mpiexec -n N python -m mpi4py.futures script.py` the ranks of the job are the workers; started
plainly, the MPI library is asked to spawn them. MPI itself has no way to go on without a rank that died: the
whole job ends. With a journal the next run goes on where that one ended.

Source: mpi4py documentation, "mpi4py.futures".
"""

from __future__ import annotations

import os
import sys
import threading
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar, cast

from whence.runtime.errors import MissingExtra
from whence.runtime.executor.cores import cores
from whence.runtime.executor.given import Given
from whence.runtime.executor.parallel import Parallel
from whence.runtime.executor.processes.handle import THREAD_LIMITS
from whence.runtime.executor.protocol import Executor

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor as Pool

    from whence.runtime.executor.protocol import Carrier

T = TypeVar("T")
R = TypeVar("R")


def mpi(n: int | None = None) -> Executor:
    """`n` ranks of MPI (not said: those of the job, or one for each core).

    Raises `MissingExtra` where mpi4py is not installed.
    """
    if find_spec("mpi4py") is None:
        raise MissingExtra("mpi4py", "work on the ranks of MPI")
    return Parallel(Mpi(n), n or _ranks() or cores())


class Mpi:
    """The backend: a pool of ranks, asked for when it is first needed."""

    name = "mpi"
    shares_memory = False
    on_these_cores = False

    def __init__(self, workers: int | None) -> None:
        self._workers = workers
        self._pool: Pool | None = None
        self._lock = threading.Lock()

    def begin(self, task: Callable[[T], R]) -> Carrier[T, R]:
        """See `Backend.begin`."""
        with self._lock:
            if self._pool is None:
                self._pool = self._asked_for()
            return Given(self._pool).begin(task)

    def close(self) -> None:
        """Let the ranks go."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()

    def _asked_for(self) -> Pool:
        make = cast("Callable[..., Pool]", import_module("mpi4py.futures").MPIPoolExecutor)
        # Ranks need what we can import, not our script.
        return make(self._workers, main=False, path=list(sys.path), env=dict.fromkeys(THREAD_LIMITS, "1"))


def _ranks() -> int:
    """How many ranks the job has beside this one, as the usual launchers say it."""
    for name in ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS"):
        if os.environ.get(name, "").isdecimal():
            return int(os.environ[name]) - 1
    return 0
