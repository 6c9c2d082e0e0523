"""A project: its page, its stream, what it was before, and the steps back and forth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from whence.studio.handlers.common import desk_of, nothing, official, page
from whence.studio.handlers.home import home_view
from whence.studio.pages.home import home_regions
from whence.studio.pages.project import project_page
from whence.studio.projects.edits import Rename, SetOptions
from whence.studio.security.bodies import read_signals
from whence.studio.view import Message
from whence.studio.wire.events import patch_elements
from whence.studio.wire.stream import reply
from whence.studio.wire.stream import stream as streamed

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def project(request: Request) -> Response:
    """The page as it is now."""
    workshop, desk = await desk_of(request)
    word = workshop.hub.shown(workshop.board(desk).regions())
    view = replace(workshop.view(desk), seen=word)
    return page(request, project_page(view, official=official(workshop)))


async def past(request: Request) -> Response:
    """The page as it was at a revision; it changes nothing and has no stream."""
    workshop, desk = await desk_of(request)
    view = await workshop.past(desk, request.path_params["revision"])
    return page(request, project_page(view, official=official(workshop)))


async def stream(request: Request) -> Response:
    """The stream of the page: every region, whenever it has changed."""
    workshop, desk = await desk_of(request)
    word = request.query_params.get("seen", "")
    return streamed(workshop.hub, desk.project.id, workshop.board(desk).regions, word)


async def ack(request: Request) -> Response:
    """The page has shown a frame."""
    workshop, desk = await desk_of(request)
    told = await read_signals(request)
    workshop.hub.acknowledge(desk.project.id, str(told.get("stream", "")), int(told.get("frame", 0)))
    return nothing()


async def undo(request: Request) -> Response:
    """Take the last edit back."""
    workshop, desk = await desk_of(request)
    await workshop.step(desk, "undo")
    return nothing()


async def redo(request: Request) -> Response:
    """Do again what was taken back."""
    workshop, desk = await desk_of(request)
    await workshop.step(desk, "redo")
    return nothing()


async def title(request: Request) -> Response:
    """Give the project a title."""
    workshop, desk = await desk_of(request)
    told = await read_signals(request)
    await workshop.edit(desk, Rename(str(told.get("title", ""))), "project")
    return nothing()


async def options(request: Request) -> Response:
    """Choose method, seed and level."""
    workshop, desk = await desk_of(request)
    told, sheet = await read_signals(request), desk.project.sheet
    method = str(told.get("method", sheet.method))
    seed, level = int(told.get("seed", sheet.seed)), float(told.get("level", sheet.level))
    await workshop.edit(desk, SetOptions(method, seed, level), "ask")
    return nothing()


async def dismiss(request: Request) -> Response:
    """Put the message away."""
    workshop, desk = await desk_of(request)
    desk.message = None
    workshop.hub.changed(desk.project.id)
    return nothing()


async def delete(request: Request) -> Response:
    """Put the project aside."""
    workshop, known = await desk_of(request)
    removed = "It was put into the folder of removed projects: what is done here has no effect any more."
    known.message = Message("note", "project", "This project has been removed.", removed)
    workshop.forget(known.project.id)
    workshop.hub.changed(known.project.id)  # to pages of it that are open elsewhere
    workshop.shelf.delete(request.path_params["project"])
    return reply(*(patch_elements(each.html()) for each in home_regions(home_view(workshop))))
