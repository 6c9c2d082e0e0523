"""What the worker asks of the host: each question has a number, and waits for the answer of that number.

Several threads may ask at once. What is asked and not waited for (`llm_submit`) stays open over cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Protocol

from whence.rlm.worker.interrupts import CellTimedOut, Interrupts
from whence.rlm.worker.threads import Flag
from whence.runtime.locks import lock
from whence.runtime.plain import JSON


class Sender(Protocol):
    """Something that frames can be sent on."""

    def send(self, frame: Mapping[str, JSON]) -> None:
        """Send `frame` whole."""
        ...


class Awaited(Protocol):
    """An answer that will come."""

    def result(self, timeout: float | None = None) -> JSON:
        """Wait for it."""
        ...

    def done(self) -> bool:
        """Tell whether it is there."""
        ...


class Host(Protocol):
    """Whoever answers what the worker asks; see `whence.rlm.environments.environment` for the kinds."""

    def submit(self, kind: str, arguments: dict[str, JSON]) -> Awaited:
        """Ask, and do not wait."""
        ...


class HostGone(BaseException):
    """Nobody is left to answer."""


class Pending:
    """An answer of the host's that is on its way."""

    __slots__ = ("_link", "arrived", "ready", "value")

    def __init__(self, link: Link) -> None:
        self._link = link
        self.ready = Flag()
        self.arrived = False
        self.value: JSON = None

    def done(self) -> bool:
        """Tell whether the answer is there."""
        return self.arrived

    def result(self, timeout: float | None = None) -> JSON:
        """Wait for the answer; raises `TimeoutError` after `timeout` seconds."""
        if not self.arrived:
            self._link.wait(self, timeout)
        return self.value


class Link:
    """The open questions to the host, and how long the cell waited for answers."""

    def __init__(self, sender: Sender, interrupts: Interrupts) -> None:
        self._sender = sender
        self._interrupts = interrupts
        self._lock = lock()
        self._open: dict[int, Pending] = {}
        self._asked = 0
        self._waiters = 0
        self._since = 0.0
        self._waited = 0.0
        self._closed = False

    def submit(self, kind: str, arguments: dict[str, JSON]) -> Pending:
        """Ask the host something of `kind`, without waiting."""
        if not self._interrupts.running:
            raise RuntimeError(
                "a thread that outlived its cell asked the host for something: join threads in the cell"
            )
        if self._interrupts.stopping:
            raise CellTimedOut
        pending = Pending(self)
        with self._interrupts:
            with self._lock:
                self._asked += 1
                number = self._asked
                self._open[number] = pending
            try:
                self._sender.send({"type": "call", "id": number, "kind": kind, "arguments": arguments})
            except OSError:
                raise HostGone from None
            except BaseException:
                self._open.pop(number, None)
                raise
        return pending

    def wait(self, pending: Pending, timeout: float | None) -> None:
        """Wait until `pending` has arrived, or the cell is stopped."""
        until = None if timeout is None else monotonic() + timeout
        self._enter()
        try:
            while not pending.arrived:
                if self._closed:
                    raise HostGone
                if self._interrupts.stopping:
                    raise CellTimedOut
                left = None if until is None else max(0.0, until - monotonic())
                if not pending.ready.wait(left) and not pending.arrived:
                    raise TimeoutError(f"no answer within {timeout:g} s")
        finally:
            pending.ready.set()  # for another thread that waits for the same
            self._leave()

    def deliver(self, number: JSON, value: JSON) -> None:
        """Take the host's answer to question `number`; called by the reading thread."""
        pending = self._open.pop(number, None) if isinstance(number, int) else None
        if pending is not None:
            pending.value = value
            pending.arrived = True
            pending.ready.set()

    def interrupt(self) -> None:
        """Stop the running cell, with every thread of its that waits; called by the reading thread."""
        self._interrupts.ask()
        self._wake()

    def close(self) -> None:
        """The host is gone: nothing will be answered any more."""
        self._closed = True
        self._interrupts.closed = True
        self.interrupt()

    def take_waited(self) -> float:
        """Seconds in which some thread waited for the host since this was asked last."""
        with self._lock:
            now = monotonic()
            if self._waiters:
                self._waited += now - self._since
                self._since = now
            waited, self._waited = self._waited, 0.0
        return waited

    def _wake(self) -> None:
        with self._lock:
            waiting = list(self._open.values())
        for pending in waiting:
            pending.ready.set()

    def _enter(self) -> None:
        with self._lock:
            if not self._waiters:
                self._since = monotonic()
            self._waiters += 1

    def _leave(self) -> None:
        with self._lock:
            self._waiters -= 1
            if not self._waiters:
                self._waited += monotonic() - self._since
