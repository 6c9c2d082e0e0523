"""One confined worker, as the host holds it: its socket, its scratch folder, and a sure way to end it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

from whence.runtime.confinement.scratch import bytes_in, remove, space

DYING = 5_000  # milliseconds that a killed process may take to be gone


class Nursling:
    """A confined process, handed out once.

    `socket` is the host's end of a stream socket pair, blocking. `scratch` is the worker's folder as the host
    sees it. Everything that comes from either is untrusted. Safe to use from several threads.
    """

    def __init__(
        self, connection: socket.socket, scratch: Path, handle: int, ending: Callable[[], str]
    ) -> None:
        self.socket = connection
        self.scratch = scratch
        self._handle = handle
        self._ending = ending
        self._ended: str | None = None
        self._lock = threading.Lock()
        self._left, _ = space(scratch)
        self._finalizer = weakref.finalize(self, _end, connection, scratch, handle, os.getpid())

    def __enter__(self) -> Nursling:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def kill(self) -> None:
        """Kill the worker and wait until it is gone; nothing happens if it already is."""
        with self._lock:
            if self._finalizer.alive:
                _kill(self._handle)

    def ended(self) -> str | None:
        """None while it lives, else how it ended: "exit 0", "killed by signal 9 (SIGKILL)"."""
        with self._lock:
            if self._ended is None and _gone(self._handle, 0):
                self._ended = self._ending()
            return self._ended

    def scratch_bytes(self) -> int:
        """How much space its scratch folder takes.

        A file that was deleted while it is open or mapped takes space and shows nowhere. So where the disk
        has become nearly full since the worker was handed out, all that has gone since then counts as its.
        """
        shown = bytes_in(self.scratch)
        left, scarce = space(self.scratch)
        return max(shown, self._left - left) if left < scarce <= self._left else shown

    def close(self) -> None:
        """Kill it, and remove its scratch folder."""
        self.kill()
        self.ended()
        with self._lock:
            self._finalizer()


def _gone(handle: int, milliseconds: int) -> bool:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(milliseconds))


def _kill(handle: int) -> None:
    # A handle means this one process for ever, also from outside of its namespace; a number might be reused.
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    _gone(handle, DYING)


def _end(connection: socket.socket, scratch: Path, handle: int, owner: int) -> None:
    connection.close()
    if os.getpid() == owner:  # not in a fork of the host
        _kill(handle)
        remove(scratch)
    os.close(handle)
