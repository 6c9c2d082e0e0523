"""The host's line to a zygote: starts it, asks it one thing at a time, ends it.

>>> Answer({"id": "a"}).message["id"]
'a'
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, cast

from whence.runtime.confinement.policy import NurseryFailed
from whence.runtime.plain import harmless

LARGEST = 1 << 18
PATIENCE = 60.0  # seconds for one answer; a warm zygote takes one thousandth of one
LOWEST = 100  # the control socket's number, away from 0 to 2
ANOTHER = "Try again: the next worker comes from a new one."


@dataclass(frozen=True, slots=True)
class Answer:
    """What the zygote answered, with the descriptors that came along."""

    message: Mapping[str, object]
    descriptors: tuple[int, ...] = ()


class Line:
    """A running zygote and the control socket to it. Safe to use from several threads."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], setup: Mapping[str, object]
    ) -> None:
        self._lock = threading.Lock()
        # What it says before it is ready (why bubblewrap failed, say); a file, since a pipe could fill up.
        self._said = cast("IO[bytes]", tempfile.TemporaryFile())  # noqa: SIM115 - closed by `end`
        host, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = host
        _LINES.add(self)
        import fcntl  # noqa: PLC0415 - there is none on Windows, where this module can be imported all the same

        try:
            high = fcntl.fcntl(theirs.fileno(), fcntl.F_DUPFD_CLOEXEC, LOWEST)
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, by its full path
                    [part.replace("{control}", str(high)) for part in command],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._said,
                    env=dict(environment),
                    cwd="/",
                    pass_fds=(high,),
                    start_new_session=True,  # Ctrl-C at the terminal is for the host
                )
            finally:
                os.close(high)
        except OSError as error:
            host.close()
            self._said.close()
            raise NurseryFailed(f"The zygote could not be started: {error}.") from error
        finally:
            theirs.close()
        host.settimeout(PATIENCE)
        self.hello = self._first_word(setup)

    @property
    def alive(self) -> bool:
        """Whether the zygote still runs."""
        return self._process.poll() is None

    def ask(self, message: Mapping[str, object]) -> Answer:
        """Send a request and wait for its answer; raises NurseryFailed if the zygote is gone or stuck."""
        with self._lock:
            return self._ask(message)

    def _ask(self, message: Mapping[str, object]) -> Answer:
        try:
            self._control.send(json.dumps(message).encode())
            told, descriptors, _, _ = socket.recv_fds(self._control, LARGEST, 2)
        except TimeoutError as error:
            # A late answer must not be taken for that to the next question.
            self._process.kill()
            raise NurseryFailed(f"The zygote gave no answer for {PATIENCE:g} seconds.", ANOTHER) from error
        except OSError as error:
            raise NurseryFailed(f"The zygote is gone ({error}).", ANOTHER) from error
        if not told:
            raise NurseryFailed("The zygote ended.", ANOTHER)
        return Answer(cast("dict[str, object]", json.loads(told)), tuple(descriptors))

    def _first_word(self, setup: Mapping[str, object]) -> Mapping[str, object]:
        try:
            return self.ask(setup).message
        except NurseryFailed as failure:
            self._process.kill()
            self._process.wait()
            self._said.seek(0)
            said = self._said.read(4_000).decode(errors="replace").strip()
            self.end()
            last = said.splitlines()[-1] if said else failure.message
            raise NurseryFailed(f"The zygote did not start: {harmless(last)}") from failure

    def end(self) -> None:
        """Close the control socket, upon which the zygote kills its children and ends; wait for that."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()

    def let_go(self) -> None:
        """In a fork of the host: close the copy of the control socket, lest the host's end go unseen."""
        self._control.close()


_LINES: weakref.WeakSet[Line] = weakref.WeakSet()


def _let_go_of_all() -> None:
    for line in list(_LINES):
        line.let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_of_all)
