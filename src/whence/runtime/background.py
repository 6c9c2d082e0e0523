"""Blocking functions off the event loop: as many at once as calls may be in flight, not as many as there are
cores.

asyncio's own pool has a handful of threads on a small machine, and functions that wait for a network want
more.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from whence.runtime.pools import Pool

T = TypeVar("T")

MOST_THREADS = 256

_POOL = Pool("whence-waiting", MOST_THREADS)


async def in_thread(function: Callable[..., T], *arguments: object, **named: object) -> T:
    """Run `function(*arguments, **named)` in a thread, with the context of the caller, and wait for it."""
    context = contextvars.copy_context()

    def run() -> T:
        return context.run(_kept_in, partial(function, *arguments, **named))

    return await asyncio.get_running_loop().run_in_executor(_POOL.executor(), run)


def _kept_in(work: Callable[[], T]) -> T:
    """Do the work; what no future may hold becomes an ordinary error.

    A future never ends with StopIteration (`next` of what is used up), and SystemExit would end the loop.
    """
    try:
        return work()
    except (StopIteration, SystemExit) as error:
        raise RuntimeError(f"{type(error).__name__} was raised: {error}".removesuffix(": ")) from error
