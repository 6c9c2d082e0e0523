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
from collections.abc import Callable
from typing import TypeVar

from whence.runtime.pools import Pool

_T = TypeVar("_T")
_POOL = Pool("whence-aside", 8)


def aside(work: Callable[[], _T]) -> asyncio.Future[_T]:
    """Begin `work` in a thread at once; what is given back is awaited for its result."""
    return asyncio.get_running_loop().run_in_executor(_POOL.executor(), work)
