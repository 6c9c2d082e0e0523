"""A worker process as its parent holds it: start it, send it on an errand, end it.

The worker lives no longer than its parent, however that ends: it holds the other end of a pipe (the
lifeline) that nobody ever writes to, and is gone as soon as that is closed. See `worker`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING, cast

from whence.runtime.errors import UnsuitableMethod
from whence.runtime.executor.losses import how_it_ended
from whence.runtime.executor.processes.frames import receive, send
from whence.runtime.executor.processes.worker import BEGUN, START
from whence.runtime.executor.protocol import WorkerDied
from whence.runtime.executor.transport.errands import Errand, written

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import IO

THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
SECONDS_TO_LEAVE = 2.0


class Worker:
    """A fresh interpreter at the other end of two pipes, its BLAS held to `threads` threads.

    Raises `WorkerDied` if the system does not let it start.
    """

    def __init__(self, threads: int) -> None:
        # Set before the start: once numpy is loaded these are no longer read.
        environment = {**os.environ, **dict.fromkeys(THREAD_LIMITS, str(threads))}
        theirs, self._lifeline = os.pipe() if os.name == "posix" else (None, None)
        inherited = () if theirs is None else (theirs,)
        try:
            with _deaf_to_interrupts():
                self._process = subprocess.Popen(  # noqa: S603 - this very interpreter
                    [_interpreter(), "-c", START, str(theirs), *sys.path],
                    bufsize=0,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env=environment,
                    pass_fds=inherited,
                )
        except OSError as error:  # no memory for another process, or no number
            if self._lifeline is not None:
                os.close(self._lifeline)
            raise WorkerDied(f"it could not be started ({error})", started=False) from error
        finally:
            if theirs is not None:
                os.close(theirs)
        self._to = cast("IO[bytes]", self._process.stdin)
        self._from = cast("IO[bytes]", self._process.stdout)
        _workers.add(self)
        self.holds: str | None = None
        """The key of the task that it was brought last."""

    def do(self, errand: Errand) -> bytes:
        """Send it on an errand, and wait for the answer. Raises `WorkerDied`."""
        begun = False
        try:
            send(self._to.fileno(), written(errand))
            self.holds = errand.key
            begun = receive(self._from.fileno()) == BEGUN
            return receive(self._from.fileno())
        except (EOFError, OSError, ValueError) as error:
            raise WorkerDied(how_it_ended(self.end()), started=begun) from error

    def forget(self, errand: Errand) -> None:
        """Send an errand that has no answer."""
        self.holds = None
        with contextlib.suppress(OSError, ValueError):  # it died while it was idle
            send(self._to.fileno(), written(errand))

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it at once; whoever waits for its answer finds it dead."""
        self._process.kill()

    def dismiss(self) -> None:
        """Tell it that no more work comes."""
        with contextlib.suppress(OSError):
            self._to.close()

    def end(self) -> int:
        """See it off, and return its exit code (minus the signal that killed it)."""
        self.dismiss()
        try:
            self._process.wait(SECONDS_TO_LEAVE)
        except subprocess.TimeoutExpired:
            self._process.kill()
        code = self._process.wait()
        self._close()
        return code

    def disown(self) -> None:
        """Let go of it in a fork of its parent, whom it goes on to serve (and with whom it must end)."""
        self._process.returncode = 0
        self.dismiss()
        self._close()

    def _close(self) -> None:
        self._from.close()
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None


_workers: weakref.WeakSet[Worker] = weakref.WeakSet()


def _disown_all() -> None:
    for worker in list(_workers):
        worker.disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown_all)


def _interpreter() -> str:
    if not sys.executable:
        raise UnsuitableMethod(
            "processes", "this program does not know its own interpreter", 'Use executor="threads".'
        )
    return sys.executable


@contextlib.contextmanager
def _deaf_to_interrupts() -> Generator[None]:
    """A process started in this block begins deaf to Ctrl-C: its parent hears it, and ends it.

    A terminal sends Ctrl-C to all of them, and one that has just begun would die of it with a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
