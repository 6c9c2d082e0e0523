"""The runs that can be watched: the journals of a folder, and demonstrations that play.

A journal is followed from when it is first looked at until the studio ends, since a run that has ended may be
gone on with. Everything here happens on the event loop's thread; files are read aside.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

from whence.runtime.aside import aside
from whence.runtime.errors import WhenceError
from whence.studio.watching.demonstration import LABEL, played
from whence.studio.watching.following import Follower, UnreadableJournal
from whence.studio.watching.journals import cards, found, header_of
from whence.studio.watching.watched import Watched

if TYPE_CHECKING:
    from pathlib import Path

    from whence.studio.view import JournalCard

PATIENCE = 0.2
"""Seconds between two looks at whether a journal has grown."""

MOST_WATCHED = 16
MOST_DEMONSTRATIONS = 2


class UnknownJournal(WhenceError):
    """A run that cannot be watched: there is no such journal (any more)."""

    def __init__(self) -> None:
        super().__init__(
            "There is no such run to watch.",
            "Choose one from the first page; a demonstration is gone when the studio was started anew.",
        )


class TooManyDemonstrations(WhenceError):
    """More demonstrations at once than one studio plays."""

    def __init__(self) -> None:
        super().__init__(
            f"{MOST_DEMONSTRATIONS} demonstrations are playing already.", "Wait until one of them has ended."
        )


class Gallery:
    """Keeps what is being watched up to date; `changed` is called with the run's id at any news."""

    def __init__(self, folder: Path | None, changed: Callable[[str], None]) -> None:
        self._folder = folder
        self._changed = changed
        self._watched: dict[str, Watched] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def cards(self) -> tuple[JournalCard, ...]:
        """The journals of the folder, the newest first; reads a little of each file."""
        return cards(self._folder)

    async def watch(self, journal: str) -> Watched:
        """The run of this id, followed from now on; raises `UnknownJournal`."""
        if journal in self._watched:
            return self._watched[journal]
        path = await aside(lambda: self._path(journal))
        watched, follower = Watched(journal, path.name, "journal"), Follower(path)
        await self._read(watched, follower)  # what is there already is shown at once
        if journal not in self._watched:  # nobody was faster meanwhile
            self._begin(watched, self._follow(watched, follower))
        return self._watched[journal]

    def demo(self) -> str:
        """Begin to play the demonstration; gives its id. Raises `TooManyDemonstrations`."""
        playing = sum(not task.done() for journal, task in self._tasks.items() if journal.startswith("d"))
        if playing >= MOST_DEMONSTRATIONS:
            raise TooManyDemonstrations
        watched = Watched("d" + secrets.token_hex(6), LABEL, "demonstration")
        self._begin(watched, self._play(watched))
        return watched.journal

    async def close(self) -> None:
        """Follow nothing any more."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        self._watched.clear()

    def _path(self, journal: str) -> Path:
        for each in found(self._folder):
            if each.journal == journal and header_of(each.path) is not None:
                return each.path
        raise UnknownJournal

    def _begin(self, watched: Watched, work: Coroutine[object, object, None]) -> None:
        for oldest in list(self._watched)[: max(0, len(self._watched) - MOST_WATCHED + 1)]:
            self._tasks.pop(oldest).cancel()
            del self._watched[oldest]
        self._watched[watched.journal] = watched
        self._tasks[watched.journal] = asyncio.get_running_loop().create_task(work)

    async def _follow(self, watched: Watched, follower: Follower) -> None:
        while watched.shown().state != "broken":
            if await aside(lambda: follower.behind):
                await self._read(watched, follower)
            await asyncio.sleep(PATIENCE)

    async def _read(self, watched: Watched, follower: Follower) -> None:
        try:
            while events := await aside(follower.more):
                for event in events:
                    watched.add(event)
                self._changed(watched.journal)
        except UnreadableJournal as error:
            watched.end(error.message)
            self._changed(watched.journal)

    async def _play(self, watched: Watched) -> None:
        async with contextlib.aclosing(played(watched.tell)) as events:
            try:
                async for event in events:
                    watched.add(event)
                    self._changed(watched.journal)
            except WhenceError as error:
                watched.end(error.message)
        self._changed(watched.journal)
