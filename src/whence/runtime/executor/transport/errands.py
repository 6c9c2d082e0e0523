"""A batch sent out to be done elsewhere, and what comes back: bytes both ways, the same for every backend.

`sent` makes the errand at home, `run` does it wherever it went, `received` reads what came back. Our own
processes, sub-interpreters, foreign pools and clusters differ in nothing but how the bytes travel.

>>> packer = Packer("processes")
>>> items, unsent = sent(packer, [-3, 4])
>>> answer = run(Errand("processes", "key", packer.packed(abs), tuple(items)))
>>> received(answer, "processes", unsent, len(items)).results
[3, 4]
"""

from __future__ import annotations

import pickle
import threading
import traceback
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from whence.runtime.events import Event, listening
from whence.runtime.executor.lanes import as_worker
from whence.runtime.executor.protocol import Reply, ToldInWords
from whence.runtime.executor.transport.parcels import PROTOCOL, Packer, Parcel, unpacked
from whence.runtime.executor.work import done

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from whence.runtime.executor.protocol import Failure

TASKS_KEPT = 2
"""A worker keeps the tasks it was brought last: two maps may share it."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Items to be done with the task of this `key`, which comes along if the worker may not have it."""

    place: str
    key: str
    task: Parcel | None
    items: tuple[Parcel, ...]


def written(errand: Errand) -> bytes:
    """An errand as it crosses a pipe."""
    return pickle.dumps(errand, PROTOCOL)


def read(message: bytes) -> Errand:
    """The errand that was written: in the worker."""
    return pickle.loads(message)  # noqa: S301 - by our own parent


def sent(packer: Packer, items: Sequence[object]) -> tuple[list[Parcel], Failure | None]:
    """The items packed, up to the first that cannot be, and the error it gave."""
    parcels: list[Parcel] = []
    for item in items:
        try:
            parcels.append(packer.packed(item))
        except Exception as error:  # noqa: BLE001 - told in the reply
            return parcels, error
    return parcels, None


def run(errand: Errand) -> bytes:
    """Do an errand: in the worker. Nothing a task does or raises keeps an answer from being given."""
    return answered(lambda: _held(errand), errand.place, errand.items)


def answered(held: Callable[[], Callable[[Any], Any]], place: str, items: Sequence[Parcel]) -> bytes:
    """Do the items with the task that `held` gives: in the worker. The answer is for `received`."""
    events: list[Event] = []
    with as_worker(), listening(events.append):
        reply = done(_through_parcels(held, place), items)
    error = None if reply.error is None else _that_travels(reply.error)
    return pickle.dumps(replace(reply, events=_those_that_travel(events), error=error), PROTOCOL)


def received(answer: bytes, place: str, unsent: Failure | None = None, count: int = 0) -> Reply[Any]:
    """The reply to an errand of `count` items; `unsent` is what kept further items from being sent."""
    reply: Reply[Parcel] = pickle.loads(answer)  # noqa: S301 - from a worker of ours
    results: list[Any] = []
    try:
        for parcel in reply.results:  # no comprehension: the results before a failure are kept
            results.append(unpacked(parcel, place))  # noqa: PERF401
    except Exception as error:  # noqa: BLE001 - told in the reply
        return replace(reply, results=results, error=error)
    whole = reply.error is None and len(results) == count
    return replace(reply, results=results, error=unsent if whole else reply.error)


def forget(key: str) -> None:
    """Keep nothing of a task."""
    with _lock:
        _tasks.pop(key, None)


_tasks: OrderedDict[str, Callable[[Any], Any]] = OrderedDict()
_lock = threading.Lock()


def _through_parcels(held: Callable[[], Callable[[Any], Any]], place: str) -> Callable[[Parcel], Parcel]:
    """What to do with an item's parcel to get the result's."""
    packer = Packer(place)

    def task(item: Parcel) -> Parcel:
        return packer.packed(held()(unpacked(item, place)))

    return task


def _held(errand: Errand) -> Callable[[Any], Any]:
    with _lock:
        task = _tasks.get(errand.key)
        if task is None:
            if errand.task is None:
                raise LookupError("the task is not here")
            task = cast("Callable[[Any], Any]", unpacked(errand.task, errand.place))
            _tasks[errand.key] = task
            while len(_tasks) > TASKS_KEPT:
                _tasks.popitem(last=False)
        return task


def _that_travels(error: Failure) -> Failure:
    """The error with the worker's traceback as a note; in words, if it cannot be taken to another process."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error, PROTOCOL))  # noqa: S301 - many foreign exceptions cannot be unpacked
    except Exception:  # noqa: BLE001 - told in words
        told = ToldInWords(f"{type(error).__name__}: {error}")
        told.__notes__ = error.__notes__
        return told
    return error


def _those_that_travel(events: list[Event]) -> list[Event]:
    try:
        pickle.loads(pickle.dumps(events, PROTOCOL))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - an event of a foreign kind; the result matters more
        return []
    return events
