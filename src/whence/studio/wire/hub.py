"""Who is waiting for news of what: a topic changes, and every reader of it wakes up, once, however often it
changed meanwhile.

Nothing is queued. A reader that is slow finds, when it has time, that there is something newer; what it
missed it never sees. So a topic can change a thousand times a second and a sleeping reader costs nothing.

>>> import asyncio
>>> async def once():
...     hub = Hub()
...     with hub.reader("project") as reader:
...         hub.changed("project"); hub.changed("project")
...         return await reader.news(1.0)
>>> asyncio.run(once())
True
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from whence.studio.wire.regions import Region

PAGES = 256
"""So many pages that were handed out and have not opened their stream are remembered."""


@dataclass(slots=True, eq=False)
class Reader:
    """One open stream: its name, what the page has acknowledged, and whether there is something new."""

    topic: str
    name: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    acknowledged: int = 0
    stale: bool = False
    closed: bool = False
    _rung: bool = False
    _waiting: asyncio.Future[bool] | None = None

    def ring(self) -> None:
        """Wake the stream up: something changed, was acknowledged, or is over."""
        self._rung = True
        self._wake(True)

    def leave(self) -> None:
        """Have the stream end."""
        self.closed = True
        self.ring()

    async def news(self, patience: float) -> bool:
        """Wait until something rings, at most `patience` seconds; whether it did."""
        if not self._rung:
            # A bare future: a thousand readers sleep here, and an event with a timeout weighs more.
            loop = asyncio.get_running_loop()
            self._waiting = loop.create_future()
            clock = loop.call_later(patience, self._wake, False)
            try:
                await self._waiting
            finally:
                clock.cancel()
                self._waiting = None
        rung, self._rung = self._rung, False
        return rung

    def _wake(self, rung: bool) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(rung)


class Hub:
    """The readers of every topic; only `changed_elsewhere` and `post` may be called from another thread."""

    def __init__(self) -> None:
        self._readers: dict[str, dict[str, Reader]] = {}
        self._versions: dict[str, int] = {}
        self._shown: OrderedDict[str, Mapping[str, Hashable]] = OrderedDict()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.closed = False

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Say which loop this is, so that other threads can reach it."""
        self._loop = loop

    @contextmanager
    def reader(self, topic: str) -> Generator[Reader]:
        """A new reader of the topic, for as long as it reads."""
        made = Reader(topic, stale=True, closed=self.closed)
        self._readers.setdefault(topic, {})[made.name] = made
        try:
            yield made
        finally:
            there = self._readers[topic]
            del there[made.name]
            if not there:
                del self._readers[topic]

    def changed(self, topic: str) -> None:
        """There is something new to show."""
        self._versions[topic] = self.version(topic) + 1
        for reader in self._readers.get(topic, {}).values():
            reader.stale = True
            reader.ring()

    def shown(self, regions: Iterable[Region]) -> str:
        """A word for what a page shows that is being handed out; its stream need not send that again."""
        word = secrets.token_urlsafe(9)
        self._shown[word] = {each.id: each.key for each in regions}
        while len(self._shown) > PAGES:
            self._shown.popitem(last=False)
        return word

    def known(self, word: str) -> Mapping[str, Hashable]:
        """What the page of this word shows, the first time; a stream that is opened again is sent it all."""
        return self._shown.pop(word, {})

    def version(self, topic: str) -> int:
        """How often the topic has changed so far."""
        return self._versions.get(topic, 0)

    def changed_elsewhere(self, topic: str) -> None:
        """As `changed`, from any thread."""
        self.post(partial(self.changed, topic))

    def post(self, work: Callable[[], None]) -> None:
        """Have something done on the loop's thread, from any other."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and with it every reader
                self._loop.call_soon_threadsafe(work)

    def acknowledge(self, topic: str, name: str, frame: int) -> bool:
        """The page of this stream has shown everything up to a frame; false if there is no such stream."""
        reader = self._readers.get(topic, {}).get(name)
        if reader is None:
            return False
        if frame > reader.acknowledged:
            reader.acknowledged = frame
            reader.ring()
        return True

    def reading(self, topic: str | None = None) -> int:
        """How many streams are open, of a topic or in all."""
        if topic is not None:
            return len(self._readers.get(topic, {}))
        return sum(map(len, self._readers.values()))

    def close(self) -> None:
        """End every stream."""
        self.closed = True
        for readers in self._readers.values():
            for reader in readers.values():
                reader.leave()
