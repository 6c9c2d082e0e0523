"""Readings for a page: a refusal at once, and what would help as soon as that has been found, aside.

Everything here is for the event loop's thread; the search itself is done in another and is cancelled when the
graph or the question changes.

>>> import asyncio
>>> from whence.language.graph import Edge, Graph
>>> from whence.studio.projects.sheet import Sheet
>>> bow = Graph.of((), [Edge("X", "Y"), Edge("X", "Y", "<->")])
>>> async def first_and_last(sheet):
...     told = asyncio.Queue()
...     adviser = Adviser(told.put_nowait, calm=0.0)
...     adviser.look("p", sheet)
...     first = adviser.reading(sheet)
...     await told.get()
...     return first.would_help, adviser.reading(sheet).would_help[0]
>>> asyncio.run(first_and_last(Sheet(graph=bow, question="effect of X on Y")))
((), 'observing what causes both X and Y')
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable

from whence.runtime.background import in_thread
from whence.runtime.errors import Cancelled
from whence.runtime.events import Cancellation, cancellable
from whence.studio.projects.sheet import Sheet
from whence.studio.reasoning.advice import Advice, advice_on, advised, subject
from whence.studio.reasoning.reader import read
from whence.studio.reasoning.reading import Reading

CALM = 0.08
"""Seconds before a search begins: the page goes first, and a hand that goes on drawing needs no advice."""

KEPT = 512


class Adviser:
    """Readings with the advice that is known. `changed(project)` is called when there is more of it."""

    __slots__ = ("_calm", "_changed", "_going", "_known", "_tasks")

    def __init__(self, changed: Callable[[str], None], *, calm: float = CALM) -> None:
        self._changed, self._calm = changed, calm
        self._going: dict[str, tuple[Hashable, Cancellation]] = {}
        self._known: dict[Hashable, Advice] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def reading(self, sheet: Sheet) -> Reading:
        """What the graph says for the question, with what would help if that is known."""
        found = read(sheet, advise=False)
        known = None if found.advised else self._known.get(subject(found))
        return found if known is None else advised(found, known)

    def look(self, project: str, sheet: Sheet) -> None:
        """Look for what would help, if the question of a project is refused and that is not known."""
        reading = self.reading(sheet)
        wanted = None if reading.advised else subject(reading)
        going = self._going.get(project)
        if going is not None and going[0] == wanted:
            return
        self.forget(project)
        if wanted is not None:
            stop = Cancellation()
            self._going[project] = wanted, stop
            task = asyncio.get_running_loop().create_task(self._found(project, reading, wanted, stop))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def forget(self, project: str) -> None:
        """Stop looking for a project: another graph or question is meant, or nobody is there."""
        going = self._going.pop(project, None)
        if going is not None:
            going[1].cancel()

    def close(self) -> None:
        """Stop looking."""
        for project in list(self._going):
            self.forget(project)
        for task in self._tasks:
            task.cancel()

    async def _found(self, project: str, reading: Reading, wanted: Hashable, stop: Cancellation) -> None:
        def work() -> Advice:
            with cancellable(stop):
                return advice_on(reading)

        await asyncio.sleep(self._calm)
        try:
            found = Advice() if stop.cancelled else await in_thread(work)
        except Cancelled:
            return
        if stop.cancelled:
            return
        while len(self._known) >= KEPT:
            del self._known[next(iter(self._known))]
        self._known[wanted] = found
        del self._going[project]
        self._changed(project)
