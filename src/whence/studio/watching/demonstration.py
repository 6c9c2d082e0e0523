"""The bundled demonstration as it happens: its code runs confined, here and now; its replies are recorded.

The recording was made with a simulated model and says so. A replay waits for no model and would be over in
two seconds, too fast to be followed, so its events are shown with pauses where there would be waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from whence.rlm import RLM
from whence.rlm.calling.pricing import Price
from whence.rlm.demo import RECORDING, SEED, demo_task
from whence.rlm.errors import NoAnswer, NotConfined, ReplayMissed
from whence.rlm.events import CallEnded, CallsStarted, CellRan, ModelReplied, RunEnded, RunEvent
from whence.rlm.journal.record import header_of, run_events
from whence.runtime.background import in_thread
from whence.runtime.events import Cancellation, Event, cancellable, listening

LABEL = "Demonstration"
LIVE = (
    "A recorded run with a SIMULATED model, which mislabels some of what it reads. Its code runs now, "
    "confined on this machine; its replies are those of the recording, shown with pauses so that they can "
    "be followed. Times are those of this showing."
)
RECORDED = (
    "A recorded run with a SIMULATED model. Nothing on this machine can confine its code, so nothing runs: "
    "it is shown as it was recorded, with pauses so that it can be followed. Times are those of this showing."
)
PAUSES: Mapping[type[RunEvent], float] = MappingProxyType(
    {ModelReplied: 0.8, CallsStarted: 0.5, CallEnded: 0.04, CellRan: 0.3}
)
"""Seconds before an event of each kind is shown."""

Tell = Callable[[str], None]


async def played(tell: Tell, pauses: Mapping[type[RunEvent], float] = PAUSES) -> AsyncGenerator[RunEvent]:
    """The events of the demonstration, one by one; `tell` is told where they come from, which may change."""
    tell(LIVE)
    try:
        async with contextlib.aclosing(_live()) as events:
            clock = Clock(pauses)
            async for event in events:
                yield await clock.shown(event)
    except (NotConfined, ReplayMissed, NoAnswer):  # no sandbox, or one whose Python is only a part of Python
        tell(RECORDED)
        clock = Clock(pauses)
        for event in run_events(RECORDING):
            yield await clock.shown(event)


class Clock:
    """Waits before each event as long as is said, and gives it the times of the showing."""

    def __init__(self, pauses: Mapping[type[RunEvent], float]) -> None:
        self._pauses = pauses
        self._now = 0.0
        self._began: dict[str, float] = {}

    async def shown(self, event: RunEvent) -> RunEvent:
        """The event, when it is its turn; with no pauses at all it stays as it was."""
        if not self._pauses:
            return event
        pause = self._pauses.get(type(event), 0.0)
        await asyncio.sleep(pause)
        self._now += pause
        self._began.setdefault(event.run, self._now)
        match event:
            case ModelReplied() | CallEnded():
                return replace(event, at=self._now, seconds=pause)
            case RunEnded():
                return replace(event, at=self._now, seconds=self._now - self._began[event.run])
            case _:
                return replace(event, at=self._now)


async def _live() -> AsyncGenerator[RunEvent]:
    """The recording gone through again in a thread, which a loop of its own drives."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[RunEvent | None] = asyncio.Queue()
    stop = Cancellation()

    def put(event: RunEvent | None) -> None:
        with contextlib.suppress(RuntimeError):  # the studio was ended meanwhile: nobody listens any more
            loop.call_soon_threadsafe(queue.put_nowait, event)

    def hear(event: Event) -> None:
        if isinstance(event, RunEvent):
            put(event)

    def work() -> None:
        try:
            with listening(hear), cancellable(stop):
                _replay()
        finally:
            put(None)

    task = asyncio.ensure_future(in_thread(work))
    try:
        while (event := await queue.get()) is not None:
            yield event
        await task
    finally:
        stop.cancel()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _replay() -> None:
    task = demo_task()
    rlm = RLM(header_of(RECORDING).model, price=Price(input=0.25, output=1.0), route="recursive", seed=SEED)
    rlm.completion(task.context, task.question, replay=RECORDING)
