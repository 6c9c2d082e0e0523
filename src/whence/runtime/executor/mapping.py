"""A task over all its items, through any backend: order, progress, cancellation, failures, lost workers.

The calling thread starts a thread for each lane and then only waits: it tells progress, sees that the work
was cancelled, and is where Ctrl-C arrives. A lane takes a batch, has it done, gives it back, until there is
nothing more to do. When the calling thread leaves, every lane is gone and the backend keeps nothing of the
task, however the work ended.

>>> from whence.runtime.executor.threads import Threads
>>> sorted(mapped(Threads(), abs, [-3, 4, -5], lanes=2, stage="example").items())
[(0, 3), (1, 4), (2, 5)]
"""

from __future__ import annotations

import threading
from contextvars import copy_context
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from whence.runtime.errors import Cancelled, TaskFailed, WhenceError
from whence.runtime.events import Progress, Warned, check_cancelled, emit
from whence.runtime.executor.batches import Batches
from whence.runtime.executor.lanes import as_worker
from whence.runtime.executor.losses import TasksSetAside
from whence.runtime.executor.protocol import Reply, ToldInWords, WorkerDied

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from whence.runtime.executor.protocol import Backend, Carrier, Failure

T = TypeVar("T")
R = TypeVar("R")

SECONDS_BETWEEN_REPORTS = 0.05
SECONDS_OF_GRACE = 0.2
"""So long may a lane still take when its outcome does not matter any more, before its worker is ended."""


def mapped(
    backend: Backend,
    task: Callable[[T], R],
    items: Sequence[T],
    *,
    lanes: int,
    stage: str,
    each: Callable[[int, R], None] | None = None,
    enough: Callable[[Batches[R]], bool] | None = None,
    had: Mapping[int, R] | None = None,
) -> dict[int, R]:
    """The result of every item by its index; raises as `Executor.map` does.

    `enough` is asked every twentieth of a second and at the end, in the calling thread; once it says so, no
    further batch is handed out, what is under way is finished, and the results are those that are there.
    Items in `had` are done already.
    """
    known = dict(had or {})
    batches: Batches[R] = Batches(len(items), min(lanes, len(items) - len(known)), stage, each, results=known)
    emit(Progress(stage=stage, done=batches.done, total=batches.total))
    carrier = backend.begin(task)
    # A context can be entered by one thread only, so each lane gets its own copy.
    running = [
        threading.Thread(
            target=copy_context().run,
            args=(_lane, carrier, items, batches),
            name=f"whence-{stage}",
            daemon=True,
        )
        for _ in range(batches.lanes)
    ]
    well = False
    try:
        for lane in running:
            lane.start()
        _watch(batches, enough)
        well = batches.broken is None
    finally:
        _leave(running, batches, carrier, at_once=not well)
    _raise_what_failed(batches)
    if batches.done == batches.total:
        emit(Progress(stage=stage, done=batches.done, total=batches.total))
    return batches.results


def _lane(carrier: Carrier[T, R], items: Sequence[T], batches: Batches[R]) -> None:
    """Lead one batch after the other through the backend."""
    with as_worker():
        try:
            while (batch := batches.take()) is not None:
                try:
                    reply = _done(carrier, items, batch)
                except WorkerDied as death:
                    if batches.lose(batch, death) and death.started:
                        _tell(death, batch, batches.stage)
                else:
                    for event in reply.events:
                        emit(event)
                    batches.give(batch, reply)
        except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
            batches.break_off(error)
        finally:
            batches.leave()


def _done(carrier: Carrier[T, R], items: Sequence[T], batch: range) -> Reply[R]:
    handed: list[T] = []
    for index in batch:
        try:
            handed.append(items[index])
        except Exception as error:  # noqa: BLE001 - items may be made as they are asked for
            reply: Reply[R] = carrier.do(handed) if handed else Reply((), 0.0)
            whole = reply.error is None and len(reply.results) == len(handed)
            return replace(reply, error=error) if whole else reply
    return carrier.do(handed)


def _tell(death: WorkerDied, batch: range, stage: str) -> None:
    had = f"item {batch.start}" if len(batch) == 1 else f"items {batch.start} to {batch.stop - 1}"
    emit(Warned(stage=stage, code="worker_lost", message=f"A worker was lost with {had}: {death.how}."))


def _watch(batches: Batches[R], enough: Callable[[Batches[R]], bool] | None) -> None:
    """Wait for the outcome; tell how far the work is, and see whether it is still wanted."""
    told = 0
    while not batches.wait(SECONDS_BETWEEN_REPORTS):
        check_cancelled()
        if told < batches.done < batches.total:
            told = batches.done
            emit(Progress(stage=batches.stage, done=told, total=batches.total))
        if enough is not None and enough(batches):
            batches.stop()
    check_cancelled()
    if enough is not None:
        enough(batches)


def _leave(
    running: Sequence[threading.Thread], batches: Batches[R], carrier: Carrier[T, R], *, at_once: bool
) -> None:
    """See every lane off and take the task away from the backend; what is under way matters no more."""
    batches.stop()
    try:
        if at_once or not batches.left(SECONDS_OF_GRACE):
            carrier.stop()
        for lane in running:
            if lane.ident is not None:
                lane.join()
    except BaseException:  # Ctrl-C, while we wait
        carrier.stop()
        raise
    finally:
        carrier.end()


def _raise_what_failed(batches: Batches[R]) -> None:
    if batches.broken is not None:
        raise batches.broken
    if batches.failures:
        first = min(batches.failures)
        error = batches.failures[first]
        raise located(error, first, batches.stage) from error
    if batches.losses.set_aside:
        raise TasksSetAside(batches.stage, batches.total, batches.losses.set_aside)


def located(error: Failure, index: int, stage: str) -> WhenceError:
    """The error to raise for one that item `index` raised: ours stays itself and gets a note of the item."""
    if isinstance(error, Cancelled):
        return error
    if isinstance(error, WhenceError):
        error.add_note(f"in item {index} of {stage}")
        return error
    return TaskFailed(index, str(error) if isinstance(error, ToldInWords) else error)
