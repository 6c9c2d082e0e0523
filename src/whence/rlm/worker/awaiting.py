"""`await` in cells. The usual event loop wakes itself through a socket pair, which the confinement forbids;
this one waits on a lock instead, which is all that code without a network needs.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Coroutine
from typing import cast

from whence.rlm.worker.threads import Flag


class _Waiter:
    """Stands in for a selector: no file is watched, only being woken."""

    def __init__(self) -> None:
        self._woken = Flag()

    def select(self, timeout: float | None = None) -> list[object]:
        if self._woken.wait(0 if timeout is not None and timeout <= 0 else timeout):
            while self._woken.wait(0):
                pass
        return []

    def wake(self) -> None:
        self._woken.set()


class CellLoop(asyncio.BaseEventLoop):
    """An event loop of timers, tasks and threads."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _Waiter()

    def _process_events(self, event_list: list[object]) -> None:
        del event_list

    def _write_to_self(self) -> None:
        self._selector.wake()


class _Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return CellLoop()


class _Session:
    loop: CellLoop | None = None


def install() -> None:
    """Make `asyncio.run` and its like use this loop."""
    if _Session.loop is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            getattr(asyncio, "set_event_loop_policy")(_Policy())  # noqa: B009 - deprecated in 3.14
            _Session.loop = CellLoop()
            asyncio.set_event_loop(_Session.loop)


def finish(awaited: Coroutine[object, object, object]) -> object:
    """Run what a cell awaits to its end; tasks it leaves behind go on when a later cell awaits."""
    install()
    return cast("CellLoop", _Session.loop).run_until_complete(awaited)
