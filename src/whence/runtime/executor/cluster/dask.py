"""Dask: the same work on the machines of a cluster, or on fresh processes of this one that are born again.

A task is scattered to the workers once for a map, as a parcel that each of them opens once; batches follow,
for each thread of the cluster one at a time. Dask moves bytes and knows which workers live, nothing more:
order, errors, progress, and doing again what a lost worker had, are those of every backend.

A cluster that is started here (none was given) is this user's alone: see `credentials`. Its workers are
started as `multiprocessing` starts processes, so a script that uses it keeps its work under
`if __name__ == "__main__":`.

Source: distributed documentation, "Client", "Local cluster", "TLS/SSL".
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import weakref
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import current_process
from typing import TYPE_CHECKING, TypeVar, cast

from whence.runtime.errors import InvalidOption, MissingExtra, UnsuitableMethod
from whence.runtime.executor.cluster.credentials import credentials
from whence.runtime.executor.cluster.scattered import Foreign, Scattered
from whence.runtime.executor.cores import cores
from whence.runtime.executor.parallel import Parallel
from whence.runtime.executor.processes.handle import THREAD_LIMITS
from whence.runtime.executor.protocol import Executor
from whence.runtime.executor.transport.brought import bring

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from whence.runtime.executor.protocol import Kind

T = TypeVar("T")
R = TypeVar("R")

SECONDS_TO_CONNECT = 10.0


def dask(cluster: object = None, workers: int | None = None) -> Executor:
    """The workers of a Dask cluster.

    Parameters
    ----------
    cluster: a `distributed.Client`, a cluster object, or the address of a scheduler; None starts `workers`
        processes on this machine (as many as there are cores, if not said) when they are first needed
    workers: how many batches are under way at once (not said: one for each thread of the cluster)

    Raises
    ------
    MissingExtra: `distributed` is not installed
    UnsuitableMethod: nobody answers at the address, or the client is an asynchronous one
    """
    if find_spec("distributed") is None:
        raise MissingExtra("distributed", "work on a Dask cluster")
    if workers is not None and workers < 1:
        raise InvalidOption("workers", workers, "a whole number, one or more")
    return OnCluster(Dask(cluster, workers or cores()), workers)


@lru_cache(maxsize=8)
def dask_at(address: str | None) -> Executor:
    """The executor that `"dask"` or `"dask:ADDRESS"` names: the same one each time it is asked for.

    So its connection is made once, and a cluster that it started is there for whoever asks next.
    """
    return dask(address)


class OnCluster(Parallel):
    """An executor that has as many workers as the cluster has threads when a map begins."""

    def __init__(self, backend: Dask, workers: int | None) -> None:
        super().__init__(backend, workers or backend.threads())
        self._cluster = backend
        self._asked = workers

    def map(
        self,
        task: Callable[[T], R],
        items: Sequence[T],
        *,
        stage: str,
        kind: Kind = "gil_free",
        each: Callable[[int, R], None] | None = None,
    ) -> list[R]:
        """See `Executor.map`."""
        self._workers = self._asked or self._cluster.threads()
        return super().map(task, items, stage=stage, kind=kind, each=each)


class Dask:
    """The backend: a client of a cluster, and the cluster too if it was started here."""

    name = "dask"
    shares_memory = False

    def __init__(self, cluster: object, workers: int) -> None:
        self._given = cluster
        self._wanted = workers
        self._client: Foreign = None
        self._started = contextlib.ExitStack()
        self._hosts: dict[str, str] = {}
        self._lock = threading.RLock()
        weakref.finalize(self, self._started.close)
        if cluster is not None:
            self.client()

    def client(self) -> Foreign:
        """The client, connected; a cluster is started if none was given."""
        with self._lock:
            if self._client is None or self._client.status in {"closed", "closing"}:
                self._client = self._connected()
            return self._client

    def threads(self) -> int:
        """How many threads the cluster has now (at least one: a cluster may grow when it gets work)."""
        if self._given is None:
            return self._wanted
        return max(1, sum(self._workers().values()))

    @property
    def on_these_cores(self) -> bool:
        """Whether all workers are on this machine."""
        if self._given is None:
            return True
        here, now = socket.gethostname(), self._workers()
        new = [address for address in now if address not in self._hosts]
        if new:
            # A worker that dies while it is asked counts as elsewhere.
            found = self.client().run(socket.gethostname, workers=new, on_error="ignore")
            self._hosts.update(cast("dict[str, str]", found))
        return bool(now) and all(self._hosts.get(address) == here for address in now)

    def begin(self, task: Callable[[T], R]) -> Scattered[T, R]:
        """See `Backend.begin`; what was defined in a notebook or a script is sent along."""
        brought = bring(task, self.name, import_module("cloudpickle").dumps)
        return Scattered(self.client(), brought)

    def close(self) -> None:
        """End the cluster and the connection that were made here; leave those that were given alone."""
        with self._lock:
            self._client = None
            self._started.close()

    def _workers(self) -> dict[str, int]:
        try:
            return cast("dict[str, int]", self.client().nthreads())
        except (
            AttributeError,
            OSError,
            RuntimeError,
        ) as error:  # what a client says after its cluster is gone
            raise _gone() from error

    def _connected(self) -> Foreign:
        distributed = cast("Foreign", import_module("distributed"))
        if isinstance(self._given, distributed.Client):
            return _synchronous(self._given)
        cluster = self._given if self._given is not None else self._local(distributed)
        try:
            client = distributed.Client(cluster, set_as_default=False, timeout=SECONDS_TO_CONNECT)
        except RuntimeError as error:  # a cluster that was closed
            raise _gone() from error
        except (OSError, ValueError, TypeError) as error:
            raise UnsuitableMethod(
                self.name,
                f"nobody answers at {cluster} ({type(error).__name__})",
                'Give the address of a scheduler ("dask:tcp://…:8786"), or a connected `distributed.Client`.',
            ) from error
        self._started.callback(client.close)
        return client

    def _local(self, distributed: Foreign) -> Foreign:
        settings = cast("Foreign", import_module("dask")).config.set(
            {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
        )
        if getattr(current_process(), "_inheriting", False):
            raise _unguarded()  # this is a worker that is about to be, and runs the script that starts it
        with settings, _guarded():
            cluster = distributed.LocalCluster(
                n_workers=self._wanted,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
                security=_security(distributed),
                # The whole machine's memory is there for every worker, as it is for our own processes.
                memory_limit=0,
                # A death is told at once: what to do about it is for the mapping to say.
                scheduler_kwargs={"allowed_failures": 0, "dashboard": False},
                silence_logs=logging.CRITICAL,
                env=dict.fromkeys(THREAD_LIMITS, "1"),
                preload="whence.runtime.executor.cluster.undisturbed",
            )
        self._started.callback(cluster.close)
        return cluster


def _gone() -> UnsuitableMethod:
    return UnsuitableMethod(
        Dask.name,
        "the client that was given, or its cluster, is closed",
        'Connect a new `distributed.Client`, or use executor="dask", which starts its own workers.',
    )


def _unguarded() -> UnsuitableMethod:
    return UnsuitableMethod(
        Dask.name,
        "its workers do not start, most likely because each of them runs the script that starts them",
        'Put what the script does under `if __name__ == "__main__":`, or give a cluster that runs already.',
    )


@contextlib.contextmanager
def _guarded() -> Generator[None]:
    try:
        yield
    except (RuntimeError, TimeoutError, OSError) as error:
        raise _unguarded() from error


def _synchronous(client: Foreign) -> Foreign:
    if client.asynchronous:
        raise UnsuitableMethod(
            Dask.name, "the client is an asynchronous one", "Give a client made with asynchronous=False."
        )
    return client


def _security(distributed: Foreign) -> Foreign:
    if find_spec("cryptography") is not None:
        return distributed.security.Security.temporary()
    made = credentials()
    roles = ("client", "worker", "scheduler")
    keys = {f"tls_{role}_key": made.key for role in roles}
    certificates = {f"tls_{role}_cert": made.certificate for role in roles}
    return distributed.security.Security(
        require_encryption=True, tls_ca_file=made.certificate, **keys, **certificates
    )
