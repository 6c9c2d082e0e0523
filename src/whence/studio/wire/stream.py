"""A stream: the regions of a page, sent when they change, and no faster than the page can show them.

A frame holds every region whose key is new to this reader, as it is now. What a browser has not shown
yet stays in buffers on the way, so at most `WINDOW` characters are on their way at a time. Beyond that the
stream waits for the page's word (the signal `frame`, which the page sends back), and then sends the newest
state, not a queue of old ones. A reader at one kilobyte a second thus costs no memory, and shows the newest
state as soon as it can.

The first frame holds everything that the page was not handed out with, so that a page whose server was
started anew is whole again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping, MutableMapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import lru_cache
from time import monotonic
from typing import Any, TypeAlias

from starlette.responses import Response

from whence.studio.wire.events import HEARTBEAT, patch_elements, patch_signals
from whence.studio.wire.hub import Hub, Reader
from whence.studio.wire.regions import Region

WINDOW = 48 * 1024
"""Bytes that may be on their way before the page has to have its word."""

ASK_AFTER = 4 * 1024
"""Bytes after which the page is asked for it; small frames would cost a request each."""

PACE = 1 / 30
"""Seconds between two frames, at least; the first after a pause goes at once."""

BEAT = 10.0
"""Seconds of silence after which a comment is sent, so that a reader who left is noticed."""

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
KIND = "text/event-stream"

Regions: TypeAlias = Callable[[], Sequence[Region]]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


@dataclass(slots=True)
class Sent:
    """What a reader has been sent: the key of each region, and what of it is not acknowledged."""

    keys: dict[str, Hashable] = field(default_factory=dict[str, Hashable])
    frame: int = 0
    since: int = 0
    waiting: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    behind: bool = False

    def on_the_way(self, acknowledged: int) -> int:
        """Bytes sent and not acknowledged."""
        while self.waiting and self.waiting[0][0] <= acknowledged:
            self.waiting.pop(0)
        return sum(size for _, size in self.waiting) + self.since

    def next(self, regions: Sequence[Region]) -> bytes:
        """The frame that brings the reader up to date; empty if it is. What is late is left to the next one,
        for which there is need as long as the reader is `behind`; it is not left out twice.
        """
        new = [each for each in regions if self._is_new(each)]
        now = new if self.behind else [each for each in new if not each.late] or new
        self.behind = len(now) < len(new)
        if not now:
            return b""
        self.keys |= {each.id: each.key for each in now}
        parts = [_event(each.html()) for each in now]
        self.since += sum(map(len, parts))
        if self.since >= ASK_AFTER or self.frame == 0:
            self.frame += 1
            self.waiting.append((self.frame, self.since))
            self.since = 0
            parts.append(patch_signals({"frame": self.frame}).encode())
        return b"".join(parts)

    def _is_new(self, region: Region) -> bool:
        return region.id not in self.keys or self.keys[region.id] != region.key


@lru_cache(maxsize=64)
def _event(html: str) -> bytes:
    """A region as it is sent; made once for all who read it."""
    return patch_elements(html).encode("utf-8", "replace")


async def frames(
    reader: Reader,
    regions: Regions,
    *,
    known: Mapping[str, Hashable] | None = None,
    beat: float = BEAT,
    pace: float = PACE,
) -> AsyncGenerator[bytes]:
    """What a reader is sent, until it leaves; `known` are the keys of what it shows already."""
    sent = Sent(dict(known or {}))
    yield patch_signals({"stream": reader.name, "frame": 0}).encode()
    while not reader.closed:
        began = monotonic()
        if _may_send(reader, sent):
            reader.stale = False
            # Not kept in a name: a stream sleeps here for hours, and its last frame would be kept with it.
            yield sent.next(regions())
            reader.stale = reader.stale or sent.behind
            await asyncio.sleep(max(0.0, pace - (monotonic() - began)))
        elif not await reader.news(beat):
            yield HEARTBEAT.encode()


def _may_send(reader: Reader, sent: Sent) -> bool:
    return reader.stale and not reader.closed and sent.on_the_way(reader.acknowledged) < WINDOW


class EventStream(Response):
    """The answer to whoever opens a page's stream; it ends when the page is left or the hub is closed."""

    media_type = KIND

    def __init__(self, hub: Hub, topic: str, regions: Regions, word: str = "") -> None:
        super().__init__(None, headers=HEADERS)
        del self.headers["content-length"]
        self._hub, self._topic, self._regions = hub, topic, regions
        self._known = hub.known(word)

    async def __call__(
        self,
        scope: Mapping[str, Any],  # noqa: ARG002 - as every answer is called
        receive: Receive,
        send: Send,
    ) -> None:
        """Send frames for as long as somebody reads them."""
        self._regions()  # what cannot be shown is a fault now, and not a stream that ends as it begins
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        with self._hub.reader(self._topic) as reader:
            leaving = asyncio.ensure_future(_left(receive, reader))
            try:
                async with aclosing(frames(reader, self._regions, known=self._known)) as each:
                    async for frame in each:
                        if frame:
                            await send({"type": "http.response.body", "body": frame, "more_body": True})
                        del frame
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            finally:
                leaving.cancel()


async def _left(receive: Receive, reader: Reader) -> None:
    """Wait until the page is left, and have its stream end."""
    while (await receive())["type"] != "http.disconnect":
        pass
    reader.leave()


def stream(hub: Hub, topic: str, regions: Regions, word: str = "") -> Response:
    """The answer to whoever opens a page's stream; `word` is that of the page (see `Hub.shown`)."""
    return EventStream(hub, topic, regions, word)


def reply(*events: str, status: int = 200) -> Response:
    """The answer to an action: some events, and the end."""
    return Response("".join(events), status, HEADERS, KIND)
