"""Short blocking work (ending a process, looking at a folder) done beside an event loop, never in a queue.

The threads that `asyncio.to_thread` uses are everybody's: a few slow functions of a user's fill them, and a
process that must be killed now would be killed when they are done. These threads are for our own work only.

>>> async def twice() -> int:
...     return await aside(lambda: 2 * 21)
>>> asyncio.run(twice())
42
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from whence.runtime.locks import lock

_T = TypeVar("_T")
_THREADS = 8
_LOCK = lock()
_POOLS: dict[int, ThreadPoolExecutor] = {}


def aside(work: Callable[[], _T]) -> asyncio.Future[_T]:
    """Begin `work` in a thread at once; what is given back is awaited for its result."""
    return asyncio.get_running_loop().run_in_executor(_pool(), work)


def _pool() -> ThreadPoolExecutor:
    process = os.getpid()  # a fork has the object and not its threads
    with _LOCK:
        if process not in _POOLS:
            _POOLS[process] = ThreadPoolExecutor(_THREADS, thread_name_prefix="whence-aside")
        return _POOLS[process]
