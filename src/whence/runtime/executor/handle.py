"""A worker process as its parent holds it: start it, bring it a batch, end it."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from typing import IO, cast

from whence.runtime.executor.worker import START, Reply

THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
SECONDS_TO_LEAVE = 2.0

DEAD = (EOFError, OSError, ValueError, pickle.UnpicklingError)
"""What talking to a worker that is gone (or is being ended) raises."""


class Worker:
    """A fresh interpreter at the other end of two pipes, its BLAS held to `threads` threads."""

    def __init__(self, threads: int) -> None:
        # Set before the start: once numpy is loaded these are no longer read.
        environment = {**os.environ, **dict.fromkeys(THREAD_LIMITS, str(threads))}
        self._process = subprocess.Popen(  # noqa: S603 - this very interpreter
            [sys.executable, "-c", START, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        self._to = cast("IO[bytes]", self._process.stdin)
        self._from = cast("IO[bytes]", self._process.stdout)

    def send(self, message: bytes | list[bytes]) -> None:
        """Send a packed task, or the packed items of a batch."""
        pickle.dump(message, self._to, pickle.HIGHEST_PROTOCOL)
        self._to.flush()

    def done(self, items: list[bytes]) -> Reply:
        """Have a batch done; raises one of `DEAD` if the worker dies of it."""
        self.send(items)
        return cast("Reply", pickle.load(self._from))  # noqa: S301 - from our own child

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
        self._from.close()
        return code
