"""A task at the workers of a Dask cluster: scattered to all of them once, and given batches after that."""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import CancelledError
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

from whence.runtime.errors import UnsuitableMethod, WhenceError
from whence.runtime.executor.protocol import Reply, WorkerDied
from whence.runtime.executor.transport.brought import Brought, do_there
from whence.runtime.executor.transport.errands import received, sent
from whence.runtime.executor.transport.parcels import PROTOCOL, Packer, Parcel

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
R = TypeVar("R")

Foreign: TypeAlias = Any
"""What `distributed` gives us; it has no types of its own."""

PLACE = "dask"

LARGE = 1 << 20
"""Items of more bytes than this are scattered to a worker; smaller ones travel with the call."""


class ClusterLost(WhenceError):  # noqa: N818 - named as every error of ours is
    """The connection to a cluster broke off in the midst of the work."""

    def __init__(self, how: str) -> None:
        super().__init__(
            f"The connection to the cluster broke off: {how}",
            "See that its scheduler lives; with a journal the next run goes on where this one ended.",
        )


class Scattered(Generic[T, R]):
    """A task at the workers of a cluster."""

    def __init__(self, client: Foreign, brought: Brought) -> None:
        self._client = client
        self._brought = brought
        self._packer = Packer(PLACE)
        self._there: Foreign = None
        self._running: set[Foreign] = set()
        self._stopped = False
        self._lock = threading.Lock()
        self._scattering = threading.Lock()

    def do(self, items: Sequence[T]) -> Reply[R]:
        """See `Carrier.do`."""
        packed, unsent = sent(self._packer, items)
        if not packed:
            return Reply((), 0.0, error=unsent)
        answer = self._done(packed)
        return Reply((), 0.0) if answer is None else received(answer, PLACE, unsent, len(packed))

    def stop(self) -> None:
        """Cancel what is under way; a worker that computes cannot be interrupted, and finishes its batch."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        if running and self._client.status == "running":
            self._client.cancel(running, force=True)

    def end(self) -> None:
        """Let the cluster forget the task."""
        self._there = None

    def _done(self, items: list[Parcel]) -> bytes | None:
        """The packed reply; None if the work was broken off."""
        future = self._submitted(items)
        if future is None:
            return None
        try:
            return cast("bytes", future.result())
        except _class("distributed.scheduler", "KilledWorker") as death:
            raise WorkerDied(_how(death)) from death
        except CancelledError as error:
            if self._stopped:
                return None
            if getattr(error, "reason", "") == "scheduler-connection-lost":
                raise ClusterLost(str(error)) from error
            # The last worker that held the task is gone, and the task with it; it is scattered again.
            raise WorkerDied("the workers that held the task were lost", started=False) from error
        except Exception as error:  # what a task raises comes back in a reply: this is the cluster's
            raise refused(error) from error
        finally:
            with self._lock:
                self._running.discard(future)

    def _submitted(self, items: list[Parcel]) -> Foreign:
        try:
            there = self._at_the_workers()
            batch = pickle.dumps(items, PROTOCOL)
            if len(batch) > LARGE:
                batch = self._client.scatter(batch, hash=False)
        except (OSError, TimeoutError) as error:
            raise WorkerDied(f"no worker took the task ({type(error).__name__})", started=False) from error
        except Exception as error:
            raise refused(error) from error
        with self._lock:
            if self._stopped:
                return None
            future = self._client.submit(do_there, there, batch, pure=False)
            self._running.add(future)
            return future

    def _at_the_workers(self) -> Foreign:
        with self._scattering:
            if self._there is None or self._there.status != "finished":
                self._there = self._client.scatter(self._brought, broadcast=True, hash=False)
            return self._there


def refused(error: Exception) -> UnsuitableMethod:
    """The error for workers that cannot do our work at all."""
    return UnsuitableMethod(
        PLACE,
        f"its workers cannot take the work ({error})",
        "Every worker needs the same Whence as this process, and whatever modules the work is made of.",
    )


def _how(death: BaseException) -> str:
    _, worker, allowed = death.args
    many = f"{allowed + 1} Dask workers were lost with it, the last at" if allowed else "the Dask worker at"
    return f"{many} {getattr(worker, 'address', worker)}" + ("" if allowed else " was lost")


def _class(module: str, name: str) -> type[Exception]:
    return cast("type[Exception]", getattr(import_module(module), name))
