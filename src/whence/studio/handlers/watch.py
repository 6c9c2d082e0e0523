"""Recursive runs to look at, from their journals or as they happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.studio.handlers.common import nothing, page, workshop_of
from whence.studio.handlers.home import going
from whence.studio.pages.watch import watch_page, watch_regions
from whence.studio.security.bodies import read_signals
from whence.studio.wire.regions import Board
from whence.studio.wire.stream import stream as streamed

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def watch(request: Request) -> Response:
    """The page of a run as it is now."""
    watched = await workshop_of(request).gallery.watch(request.path_params["journal"])
    return page(request, watch_page(watched.shown()))


async def stream(request: Request) -> Response:
    """Its stream: whatever is new in the run."""
    workshop = workshop_of(request)
    watched = await workshop.gallery.watch(request.path_params["journal"])
    topic = watched.journal
    board = Board(lambda: watch_regions(watched.shown()), lambda: workshop.hub.version(topic))
    return streamed(workshop.hub, topic, board.regions)


async def ack(request: Request) -> Response:
    """The page has shown a frame."""
    told = await read_signals(request)
    topic = str(request.path_params["journal"])
    workshop_of(request).hub.acknowledge(topic, str(told.get("stream", "")), int(told.get("frame", 0)))
    return nothing()


async def demo(request: Request) -> Response:
    """Play the bundled demonstration, and lead to it."""
    return going(f"/watch/{workshop_of(request).gallery.demo()}")
