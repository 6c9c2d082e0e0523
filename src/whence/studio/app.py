"""The application: the table of addresses, behind the guard, around a workshop."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.datastructures import State
from starlette.routing import Router

from whence.studio.pages.shell import error_page
from whence.studio.routes import ROUTES
from whence.studio.security.guard import Guard
from whence.studio.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import Receive, Scope, Send

    from whence.studio.security.sessions import Sessions
    from whence.studio.settings import Settings


class Application:
    """The addresses and what they share. What goes wrong in them is the guard's to tell."""

    def __init__(self, settings: Settings) -> None:
        self.state = State()
        self._settings = settings
        # A redirect from an address with a stroke too many would name the host: no such answer leaves.
        self._router = Router(ROUTES, redirect_slashes=False, lifespan=self._lifespan)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or begin and end."""
        scope["app"] = self
        await self._router(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, _: object) -> AsyncGenerator[None]:
        self.state.workshop = workshop = Workshop(self._settings)
        workshop.hub.attach(asyncio.get_running_loop())
        try:
            yield
        finally:
            await workshop.close()


def create(settings: Settings, sessions: Sessions) -> Guard:
    """The application of a studio with these settings. Nothing reaches it but through the guard."""
    return Guard(Application(settings), settings, sessions, page=error_page)
