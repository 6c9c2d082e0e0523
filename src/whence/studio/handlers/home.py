"""The home page, the way in, and new projects."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from whence.examples import names
from whence.studio.handlers.common import NotThere, official, page, workshop_of
from whence.studio.handlers.data import example_edits
from whence.studio.pages.home import home_page
from whence.studio.projects.beginnings import beginning
from whence.studio.security.bodies import read_signals
from whence.studio.view import HomeView
from whence.studio.wire.events import patch_elements
from whence.studio.wire.stream import reply

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from whence.studio.workshop import Workshop


async def home(request: Request) -> Response:
    """The list of projects, the examples, and the runs that can be watched."""
    workshop = workshop_of(request)
    return page(request, home_page(home_view(workshop), official=official(workshop)))


async def create(request: Request) -> Response:
    """A new project, and the way to it."""
    told = await read_signals(request)
    made = workshop_of(request).shelf.create(str(told.get("title", "")))
    return going(f"/p/{made.id}")


async def create_from_example(request: Request) -> Response:
    """A new project with the data of an example."""
    workshop, name = workshop_of(request), str(request.path_params["name"])
    if name not in names():
        raise NotThere("example")
    made = workshop.shelf.create(beginning(name).title)
    desk = await workshop.desk(made.id)
    await workshop.take(desk, name, partial(example_edits, workshop.cabinet, name, whole=True))
    return going(f"/p/{made.id}")


def home_view(workshop: Workshop) -> HomeView:
    """What the home page shows now."""
    examples = tuple((name, beginning(name).title) for name in names())
    return HomeView(workshop.shelf.cards(), examples, workshop.gallery.cards())


def going(address: str) -> Response:
    """Send the browser to an address of ours: never one that was made of anybody's words."""
    go = f'<div id="go" data-init="location.href=\'{address}\'"></div>'
    return reply(patch_elements(go, selector="body", mode="append"))
