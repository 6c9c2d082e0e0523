"""The other side of `processes`: a fresh interpreter that does batches until its standard input ends.

It is started as `python -c START sys.path…`, so it imports neither the user's script nor anything else
that the tasks do not need. Messages are pickles on its own two pipes, which only its parent holds.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from whence.runtime.errors import UnsuitableMethod
from whence.runtime.events import Event, listening

if TYPE_CHECKING:
    from collections.abc import Callable

START = "import sys; sys.path[:] = sys.argv[1:]; from whence.runtime.executor.worker import main; main()"


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a batch: the results up to the first failure, and the events told meanwhile."""

    results: list[Any]
    seconds: float
    events: list[Event]
    error: Exception | None = None


def main() -> None:
    """Do batches until the parent closes the pipe (or is gone)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears Ctrl-C and ends us
    incoming = sys.stdin.buffer
    outgoing = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a task prints must not end up among the messages
    try:
        serve(incoming, outgoing)
    except (EOFError, BrokenPipeError):
        return


def serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Answer each message: a task (bytes) is kept for what follows, a list of items is done with it."""
    task: Callable[[Any], Any] | Exception = RuntimeError("no task yet")
    while True:
        message: bytes | list[bytes] = pickle.load(incoming)  # noqa: S301 - from our own parent
        if isinstance(message, bytes):
            task = _loaded_task(message)
            continue
        outgoing.write(_packed(_done(task, message)))
        outgoing.flush()


def _loaded_task(message: bytes) -> Callable[[Any], Any] | Exception:
    try:
        return pickle.loads(message)  # noqa: S301 - from our own parent
    except Exception as error:  # noqa: BLE001 - told to the parent
        return not_sendable(error)


def not_sendable(error: Exception) -> UnsuitableMethod:
    """The error for work that cannot be taken to another process."""
    return UnsuitableMethod(
        "processes",
        f"the work cannot be sent to another process ({error})",
        'Define functions and classes at the top of an importable module, or use executor="threads".',
    )


def _done(task: Callable[[Any], Any] | Exception, items: list[bytes]) -> Reply:
    results: list[Any] = []
    events: list[Event] = []
    start = time.perf_counter()
    failure: Exception | None = task if isinstance(task, Exception) else None
    if not isinstance(task, Exception):
        try:
            with listening(events.append):
                for item in items:  # no comprehension: the results before a failure are kept
                    results.append(task(pickle.loads(item)))  # noqa: S301, PERF401
        except Exception as error:  # noqa: BLE001 - told to the parent
            error.add_note("".join(traceback.format_exception(error)))
            failure = error
    return Reply(results, time.perf_counter() - start, events, failure)


def _packed(reply: Reply) -> bytes:
    try:
        packed = pickle.dumps(reply, pickle.HIGHEST_PROTOCOL)
        if reply.error is not None:
            pickle.loads(packed)  # noqa: S301 - many foreign exceptions can be packed but not unpacked
    except Exception as problem:  # noqa: BLE001 - told to the parent
        text = f"{type(reply.error).__name__}: {reply.error}"
        error = RuntimeError(text) if reply.error is not None else not_sendable(problem)
        kept = reply.results if reply.error is not None else []
        return pickle.dumps(Reply(kept, reply.seconds, [], error), pickle.HIGHEST_PROTOCOL)
    return packed
