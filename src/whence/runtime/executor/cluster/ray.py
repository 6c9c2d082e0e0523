"""Ray: the same work on the nodes of a Ray cluster, or on workers that Ray starts on this machine.

Each lane of a map has an actor, a process that keeps the task it was brought last and stays warm between
maps; batches go to it one at a time. An actor that dies is replaced, and what it had is done again.

A cluster that is started here listens on the loopback only, wants a token that none but its children know,
and sends nobody statistics of its use.

Source: Ray documentation, "Actors", "Fault tolerance", "Token authentication".
"""

from __future__ import annotations

import logging
import os
import pickle
import secrets
import socket
import sys
import threading
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

from whence.runtime.errors import MissingExtra, UnsuitableMethod
from whence.runtime.executor.cores import cores
from whence.runtime.executor.parallel import Parallel
from whence.runtime.executor.processes.handle import THREAD_LIMITS
from whence.runtime.executor.protocol import Executor, Reply, WorkerDied
from whence.runtime.executor.transport.brought import Brought, bring
from whence.runtime.executor.transport.errands import received, sent
from whence.runtime.executor.transport.parcels import PROTOCOL, Packer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


T = TypeVar("T")
R = TypeVar("R")

Foreign: TypeAlias = Any
"""What `ray` gives us, behind one name."""

PLACE = "ray"
CLOSED_TO_OTHERS = {"RAY_AUTH_MODE": "token", "RAY_USAGE_STATS_ENABLED": "0"}


@lru_cache(maxsize=8)
def ray(address: str | None = None) -> Executor:
    """The Ray cluster at an address, the one that is connected already, or one started here for None.

    Raises `MissingExtra` where Ray is not installed, `UnsuitableMethod` where nobody answers.
    """
    if find_spec("ray") is None:
        raise MissingExtra("ray", "work on a Ray cluster")
    if address is None and "ray" not in sys.modules:
        # Read when Ray is loaded. A program that loaded it before has settled these for itself.
        os.environ.update({name: os.environ.get(name, value) for name, value in CLOSED_TO_OTHERS.items()})
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    backend = Ray(address)
    return Parallel(backend, backend.processors())


def _loaded() -> Foreign:
    return import_module("ray")


class Ray:
    """The backend: actors that are free, on whatever cluster Ray is connected to."""

    name = PLACE
    shares_memory = False

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._ours = False
        self._idle: list[Foreign] = []
        self._lock = threading.Lock()
        if address is not None:
            self.library()

    def library(self) -> Foreign:
        """Ray, connected."""
        found = _loaded()
        with self._lock:
            if not found.is_initialized():
                self._idle.clear()
                self._connect(found)
        return found

    def processors(self) -> int:
        """How many items may be under way at once: the processors of the cluster, or of this machine."""
        if self._address is None and not _loaded().is_initialized():
            return cores()
        return max(1, int(self.library().cluster_resources().get("CPU", 1)))

    @property
    def on_these_cores(self) -> bool:
        """Whether all nodes are this machine."""
        library = _loaded()
        if not library.is_initialized():
            return self._address is None
        here = socket.gethostname()
        return all(node["NodeManagerHostname"] == here for node in library.nodes() if node["Alive"])

    def begin(self, task: Callable[[T], R]) -> AtActors[T, R]:
        """See `Backend.begin`; what was defined in a notebook or a script is sent along."""
        library = self.library()
        return AtActors(self, library, bring(task, PLACE, library.cloudpickle.dumps))

    def lend(self) -> Foreign:
        """An actor that is free, or a new one."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        environment = {"env_vars": dict.fromkeys(THREAD_LIMITS, "1")}
        made = _loaded().remote(Hand)
        return made.options(num_cpus=1, max_restarts=0, runtime_env=environment).remote()

    def take_back(self, actor: Foreign) -> None:
        """Keep an actor for the next batch."""
        with self._lock:
            self._idle.append(actor)

    def forget(self, key: str) -> None:
        """Have the actors keep nothing of a task."""
        with self._lock:
            for actor in self._idle:
                actor.forget.remote(key)

    def close(self) -> None:
        """End the actors, and the cluster if it was started here."""
        library = _loaded()
        with self._lock:
            ending, self._idle = self._idle, []
            if not library.is_initialized():
                return
            for actor in ending:
                library.kill(actor)
            if self._ours:
                library.shutdown()
                self._ours = False

    def _connect(self, library: Foreign) -> None:
        quiet = {"log_to_driver": False, "logging_level": logging.CRITICAL}
        if self._address is None:
            local = {"num_cpus": cores(), "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
            library.init(**local, **quiet)
            self._ours = True
            return
        try:
            library.init(address=self._address, **quiet)
        except (OSError, RuntimeError, ValueError) as error:
            cure = 'Give the address of its head ("ray:10.0.0.1:6379"), or call ray.init yourself before.'
            reason = f"nobody answers at {self._address} ({type(error).__name__})"
            raise UnsuitableMethod(PLACE, reason, cure) from error


class Hand:
    """What an actor is: it keeps the task that it was brought last."""

    def __init__(self) -> None:
        self._key = ""
        self._task: Brought | None = None

    def do(self, key: str, where: list[Foreign], batch: bytes) -> bytes:
        """Do a batch; the task is fetched if it is another one than before."""
        if self._task is None or key != self._key:
            self._task = cast("Brought", _loaded().get(where[0]))
            self._key = key
        return self._task.do(batch)

    def forget(self, key: str) -> None:
        """Keep nothing of a task."""
        if key == self._key:
            self._task = None


class AtActors(Generic[T, R]):
    """A task in the cluster's store, and the actors that fetch it from there."""

    def __init__(self, pool: Ray, library: Foreign, brought: Brought) -> None:
        self._pool = pool
        self._library = library
        self._packer = Packer(PLACE)
        self._key = os.urandom(16).hex()
        self._there = library.put(brought)
        self._at_work: set[Foreign] = set()
        self._stopped = False
        self._lock = threading.Lock()

    def do(self, items: Sequence[T]) -> Reply[R]:
        """See `Carrier.do`."""
        parcels, unsent = sent(self._packer, items)
        if not parcels:
            return Reply((), 0.0, error=unsent)
        answer = self._done(pickle.dumps(parcels, PROTOCOL))
        return Reply((), 0.0) if answer is None else received(answer, PLACE, unsent, len(parcels))

    def stop(self) -> None:
        """End the actors that are at work."""
        with self._lock:
            self._stopped = True
            for actor in self._at_work:
                self._library.kill(actor)

    def end(self) -> None:
        """Let the cluster forget the task."""
        self._pool.forget(self._key)
        self._there = None

    def _done(self, batch: bytes) -> bytes | None:
        """The packed reply; None if the work was broken off."""
        with self._lock:
            if self._stopped:
                return None
            actor = self._pool.lend()
            self._at_work.add(actor)
        failures = self._library.exceptions
        try:
            answer = cast("bytes", self._library.get(actor.do.remote(self._key, [self._there], batch)))
        except (failures.RayActorError, failures.WorkerCrashedError, failures.ObjectLostError) as death:
            if self._stopped:
                return None
            why = str(death).strip().splitlines()
            raise WorkerDied(f"the Ray actor was lost ({why[0] if why else type(death).__name__})") from death
        except failures.RayError as error:
            cure = (
                "Every node needs the same Whence as this process, and whatever modules the work is made of."
            )
            raise UnsuitableMethod(PLACE, f"its workers cannot take the work ({error})", cure) from error
        finally:
            with self._lock:
                self._at_work.discard(actor)
        self._pool.take_back(actor)
        return answer
