"""The other side of `processes`: a fresh interpreter that runs errands until its standard input ends.

It is started as `python -c START lifeline sys.path…`, so it imports neither the user's script nor anything
else that the tasks do not need. Messages are pickles on its own two pipes, which only its parent holds; what
tasks read and print goes elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading

from whence.runtime.executor.processes.frames import receive, send
from whence.runtime.executor.transport.errands import forget, read, run

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

START = (
    "import sys; lifeline, *sys.path[:] = sys.argv[1:]; "
    "from whence.runtime.executor.processes.worker import main; main(lifeline)"
)
BEGUN = b"begun"
"""Said of every errand before it is looked into: if nothing more is heard, the worker died of it."""

SECONDS_OF_PATIENCE = 600.0
"""A worker that has had nothing to do for so long leaves: its memory may be wanted."""


def main(lifeline: str) -> None:
    """Run errands until the parent closes the pipe, or is gone, or has had none for long."""
    _hang_on(lifeline)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears Ctrl-C and ends us
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    incoming, outgoing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # what a task reads must not be our messages
    os.dup2(2, 1)  # nor must what it prints end up among them
    try:
        while _comes(incoming):
            errand = read(receive(incoming))
            if errand.items:
                send(outgoing, BEGUN)
                send(outgoing, run(errand))
            else:
                forget(errand.key)
    except (EOFError, BrokenPipeError):
        return


def _comes(incoming: int) -> bool:
    """Wait for a message; False if none comes for long."""
    if os.name != "posix":  # where one cannot wait for a pipe
        return True
    return bool(select.select([incoming], [], [], SECONDS_OF_PATIENCE)[0])


def _hang_on(lifeline: str) -> None:
    """End this process as soon as its parent is gone, even in the middle of a long computation.

    The kernel does it where it can (it signals whoever holds the reading end of a pipe when the last writer
    closes it); a thread does it elsewhere, as soon as the interpreter's lock lets it.
    """
    if not lifeline.isdecimal():
        return
    pipe = int(lifeline)
    os.set_inheritable(pipe, False)
    threading.Thread(target=_leave_with, args=(pipe,), name="whence-lifeline", daemon=True).start()
    if fcntl is not None and hasattr(fcntl, "F_SETSIG"):
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
            fcntl.fcntl(pipe, fcntl.F_SETSIG, signal.SIGKILL)
            fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)


def _leave_with(pipe: int) -> None:
    os.read(pipe, 1)
    os._exit(1)
