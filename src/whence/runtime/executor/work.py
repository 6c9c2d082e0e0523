"""Doing a batch of items, in whatever thread, process or machine: the one loop of every worker.

>>> reply = done(int, ["1", "2", "three", "4"])
>>> reply.results
[1, 2]
>>> reply.error
ValueError("invalid literal for int() with base 10: 'three'")
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from whence.runtime.events import check_cancelled
from whence.runtime.executor.protocol import Reply
from whence.runtime.machine.pulse import pulse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from whence.runtime.executor.protocol import Failure

T = TypeVar("T")
R = TypeVar("R")

SECONDS_AT_MOST = 0.1
"""A batch that takes longer is broken off between two items; the rest is handed out again.

So one lane does not sit on a heap of items that proved slow while the others have nothing to do.
"""


def never() -> bool:
    """Nobody stops this work."""
    return False


def done(task: Callable[[T], R], items: Iterable[T], stopped: Callable[[], bool] = never) -> Reply[R]:
    """Do the items in their order, until one fails, time is up, or the work is `stopped` or cancelled."""
    results: list[R] = []
    failure: Failure | None = None
    before = pulse()
    try:
        for item in items:
            if results and (stopped() or time.perf_counter() - before.wall > SECONDS_AT_MOST):
                break
            check_cancelled()
            results.append(task(item))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - told in the reply
        failure = error
    after = pulse()
    spent = after.wall - before.wall, after.ran - before.ran, after.waited - before.waited
    return Reply(results, *spent, error=failure)
