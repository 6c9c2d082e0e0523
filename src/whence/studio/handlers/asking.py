"""Questions: read as they are typed, asked, and called off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whence.studio.handlers.common import desk_of, nothing
from whence.studio.security.bodies import read_signals

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def question(request: Request) -> Response:
    """Show how the question is read so far."""
    workshop, desk = await desk_of(request)
    told = await read_signals(request)
    workshop.typing(desk, str(told.get("question", "")))
    return nothing()


async def ask(request: Request) -> Response:
    """Begin a run."""
    workshop, desk = await desk_of(request)
    told = await read_signals(request)
    await workshop.ask(desk, str(told.get("question", desk.sheet.question)))
    return nothing()


async def cancel(request: Request) -> Response:
    """End a run before it is through."""
    workshop, desk = await desk_of(request)
    workshop.runner.cancel(desk.project.id, request.path_params["run"])
    return nothing()
