"""The guard: the outermost callable of the studio. Nothing reaches the application but through it.

It knows two kinds of scope, `http` and `lifespan`, and refuses every other: a WebSocket is closed before it
is accepted. (Where a check of sessions stands within the application, one address of another kind that it
does not cover is enough: so a well-known notebook was taken over in 2026.) For `http` the request is
examined, counted and metered; the application gets it without its cookie, and what it answers leaves with our
headers.

The way in, `/launch?token=…`, is the guard's own: the application has no address that is open to all.
"""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import traceback
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any, TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from whence.runtime.errors import WhenceError
from whence.runtime.plain import harmless
from whence.runtime.secrets import redact
from whence.studio.security.answering import Answering, Message, Send
from whence.studio.security.error_pages import ALONE_POLICY, leading_on, lone_page, phrase, wants_page
from whence.studio.security.examination import METHODS, Fields, Pass, Scope, examined, session_of
from whence.studio.security.gate import ErrorPage, Limits, gate_of
from whence.studio.security.quotas import Open, Quota
from whence.studio.security.refusals import Refused
from whence.studio.security.sessions import SESSION_SECONDS, Sessions
from whence.studio.settings import Settings

Receive: TypeAlias = Callable[[], Awaitable[Message]]
App: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

LOG = logging.getLogger("whence.studio")
_NOT_FOUND = frozenset(f"unknown_{what}" for what in ("project", "revision", "run", "dataset", "journal")) | {
    "not_there",
    "missing_file",
}
_ANYBODY = ""
_LONGEST = 2_000


class Guard:
    """The application `app`, for those who may use it.

    `page` makes the pages that say what went wrong (status, title, text, cure), for those who are let in.
    """

    def __init__(
        self,
        app: App,
        settings: Settings,
        sessions: Sessions,
        *,
        limits: Limits | None = None,
        page: ErrorPage | None = None,
    ) -> None:
        self._app = app
        self.gate = gate_of(settings, sessions, limits=limits, page=page)
        limits = self.gate.limits
        self._requests = Quota(limits.requests, limits.burst)
        self._launches = Quota(5.0, 20.0)
        self._streams = Open(limits.streams, "pages open")
        self._uploads = Open(limits.uploads, "uploads")
        self._clocks: set[asyncio.Timeout] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI scope."""
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "lifespan":
                await self._app(scope, receive, send)
            case "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1008})
            case other:
                raise RuntimeError(f"The studio speaks HTTP, not {harmless(str(other))[:40]}.")

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        fields: Fields = {name.lower(): value for name, value in scope.get("headers", ())}
        local = fields.get(b"host", b"").lower() in self.gate.local
        headers = self.gate.headers if local else self.gate.lasting_headers
        answer = Answering(send, headers, head=scope.get("method") == "HEAD")
        try:
            known = examined(scope, self.gate)
            if known.errand == "launch":
                await self._launch(known, fields, answer)
            else:
                await self._passed(scope, receive, answer, known)
            if not answer.begun:
                raise _unanswered(answer.held_back)
        except (ClientDisconnect, ConnectionError):
            pass  # nobody is there to be answered
        except WhenceError as error:
            await self._say(answer, fields, error)
        except HTTPException as error:
            await self._say(answer, fields, Refused(error.status_code, f"{phrase(error.status_code)}."))
        except Exception as error:  # noqa: BLE001 - the last door: a fault of ours is logged and never shown
            await self._say(answer, fields, _fault(error))

    async def _passed(self, scope: Scope, receive: Receive, answer: Answering, known: Pass) -> None:
        session = known.session
        assert session is not None
        seconds = self._requests.wait(session.id)
        if seconds:
            raise Refused(429, "That was too fast.", "Wait a moment.", retry_after=math.ceil(seconds))
        inner = dict(scope)
        # The application has no use for the token, and cannot give away what it never had.
        inner["headers"] = [(name, value) for name, value in scope["headers"] if name.lower() != b"cookie"]
        with ExitStack() as held:
            if known.errand == "stream":
                held.enter_context(self._streams.one(session.id))
                left = min(self.gate.limits.stream_seconds, self.gate.sessions.left(session))
                await self._for_a_time(left, self._app(inner, receive, answer), answer)
                return
            if known.errand == "upload":
                held.enter_context(self._uploads.one(session.id))
            if known.body:
                receive = Metered(receive, known.body, self.gate.limits.idle_seconds)
            await self._app(inner, receive, answer)

    def end_streams(self) -> None:
        """End every stream in order, now: the server is about to stop."""
        now = asyncio.get_running_loop().time()
        for clock in self._clocks:
            clock.reschedule(now)

    async def _for_a_time(self, seconds: float, work: Awaitable[None], answer: Answering) -> None:
        """Let a stream go on, and end it in order when its time is over: the page opens it again, and who it
        is is looked at anew.
        """
        clock = asyncio.timeout(seconds)
        try:
            async with clock:
                self._clocks.add(clock)
                await work
        except TimeoutError:
            if not clock.expired():
                raise
            if not answer.begun:
                raise Refused(408, "The stream did not begin.", "Load the page anew.") from None
            await answer({"type": "http.response.body", "body": b""})
        finally:
            self._clocks.discard(clock)

    async def _launch(self, known: Pass, fields: Fields, answer: Answering) -> None:
        gate = self.gate
        token = gate.sessions.exchange(known.token)
        headers = [(b"location", known.to.encode("ascii"))]
        if token is not None:
            secure = "; Secure" if gate.scheme == "https" else ""
            kept = f"Path=/; Max-Age={SESSION_SECONDS:.0f}; HttpOnly; SameSite=Strict{secure}"
            cookie = f"{gate.cookie}={token}; {kept}"
            headers.append((b"set-cookie", cookie.encode("ascii")))
        elif session_of(fields, gate) is None:
            # Only what is wrong is counted: nobody's attempts lock out the person who has the link.
            if self._launches.wait(_ANYBODY):
                raise Refused(429, "There were too many attempts.", "Wait a moment.", retry_after=1)
            gate.sessions.renew()
            raise Refused(
                403,
                "This link was used already, or has run out.",
                "A new one has been printed in the terminal in which the studio runs.",
            )
        if fields.get(b"sec-fetch-site", b"none") == b"none":
            await answer.whole(303, headers, b"")
            return
        # Who follows a link from elsewhere (a file, a terminal in a browser) would be led on without the new
        # cookie, which is for our own pages only; a page of ours that leads on is one of those.
        headers[0] = (b"content-type", b"text/html; charset=utf-8")
        await answer.whole(200, headers, leading_on(known.to).encode("ascii"))

    async def _say(self, answer: Answering, fields: Fields, error: WhenceError) -> None:
        if (
            answer.begun
        ):  # too late for a page: the server breaks the connection off, and the client sees that
            return
        status = int(_status(error))
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        message, cure = (harmless(redact(text))[:_LONGEST] for text in (error.message, error.cure))
        text = f"{message} {cure}".strip()
        if wants_page(fields):
            headers = [(b"content-type", b"text/html; charset=utf-8")]
            page = self._page(status, message, cure) if session_of(fields, self.gate) is not None else None
            if page is None:
                headers.append((b"content-security-policy", ALONE_POLICY))
            text = page or lone_page(status, message, cure)
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append((b"allow", ", ".join(METHODS).encode()))
        if isinstance(error, Refused) and error.retry_after:
            headers.append((b"retry-after", b"%d" % error.retry_after))
        if status == HTTPStatus.FORBIDDEN or session_of(fields, self.gate) is None:
            headers.append((b"connection", b"close"))  # what a stranger goes on sending is not waited for
        await answer.whole(status, headers, text.encode("utf-8", "replace"))

    def _page(self, status: int, message: str, cure: str) -> str | None:
        """The studio's own page for what went wrong; None if there is none, or if that goes wrong too."""
        if self.gate.page is None:
            return None
        try:
            return self.gate.page(status, phrase(status), message, cure)
        except Exception as error:  # noqa: BLE001 - the last door
            _fault(error)
            return None


class Metered:
    """A body of at most so many bytes that may not pause for long; what follows it is passed on."""

    def __init__(self, receive: Receive, limit: int, idle_seconds: float) -> None:
        self._receive = receive
        self._left = limit
        self._limit = limit
        self._idle = idle_seconds
        self._ended = False

    async def __call__(self) -> Message:
        """The next message."""
        if self._ended:
            return await self._receive()
        try:
            async with asyncio.timeout(self._idle):
                message = await self._receive()
        except TimeoutError:
            raise Refused(408, "The request stopped half-way.", "Try it again.") from None
        if message["type"] != "http.request":
            self._ended = True
            return message
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise Refused(413, "This is too large.", f"At most {self._limit:,} bytes are taken here.")
        self._ended = not message.get("more_body", False)
        return message


def _status(error: WhenceError) -> int:
    if isinstance(error, Refused):
        return error.status
    return HTTPStatus.NOT_FOUND if error.code in _NOT_FOUND else HTTPStatus.BAD_REQUEST


def _unanswered(status: int) -> Exception:
    """What is raised where the application's own page for an error was held back, or there was no answer."""
    if status == HTTPStatus.NOT_FOUND:
        return Refused(status, "There is no such page here.", "Go to the start of the studio.")
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return Refused(status, "This address is not asked in this way.", "Go to the start of the studio.")
    return RuntimeError("the application gave no answer")


def _fault(error: Exception) -> Refused:
    """A fault of ours: the log has the whole of it, the page a number by which to find it there."""
    number = secrets.token_hex(4)
    told = "".join(traceback.format_exception(error))
    LOG.error("fault %s\n%s", number, harmless(redact(told)))
    return Refused(
        500,
        "Something went wrong in the studio.",
        f"This is a fault of ours, in its log under the number {number}.",
    )
