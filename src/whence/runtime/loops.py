"""From a plain call into an event loop, also where one is running already (a notebook, a server's handler).

>>> async def answer():
...     return 42
>>> run_to_end(answer)
42
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import copy_context
from typing import Any, Generic, TypeVar

T = TypeVar("T")


def run_to_end(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run `work` in an event loop of its own and give its result; the context's listeners go along.

    Inside a running loop that is a loop of another thread, so that the caller blocks as it asked to.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    return _Beside(work).result()


class _Beside(Generic[T]):
    """Work in an event loop of another thread, which does not outlive the wait for it."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._work = work
        self._results: list[T] = []
        self._errors: list[BaseException] = []
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[T]] | None = None
        self._given_up = False

    def result(self) -> T:
        thread = threading.Thread(
            target=copy_context().run, args=(self._lead,), name="whence-loop", daemon=True
        )
        thread.start()
        try:
            thread.join()
        except BaseException:  # Ctrl-C: what was started is ended, or it would go on and be paid for
            self._give_up()
            thread.join()
            raise
        if self._errors:
            raise self._errors[0]
        return self._results[0]

    def _lead(self) -> None:
        try:
            self._results.append(asyncio.run(self._to_the_end()))
        except BaseException as error:  # noqa: BLE001 - raised again where it was asked for
            self._errors.append(error)

    async def _to_the_end(self) -> T:
        task = asyncio.ensure_future(self._work())
        self._running = (asyncio.get_running_loop(), task)
        if self._given_up:
            task.cancel()
        return await task

    def _give_up(self) -> None:
        self._given_up = True
        if self._running is not None:
            loop, task = self._running
            with suppress(RuntimeError):  # it has just ended
                loop.call_soon_threadsafe(task.cancel)
