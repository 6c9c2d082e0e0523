"""The way out: whatever answers a request, what leaves carries our headers and none that an answer must not
have.

An answer of the application cannot set a cookie, open itself to other sites (`Access-Control-…`), send a
browser to another server or take one of our headers away. Its framework's own page for a fault or for an
address that is not there (`held_back` is its status) does not leave: the guard says it in its way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeAlias, cast

from whence.studio.security.headers import Headers

Message: TypeAlias = MutableMapping[str, Any]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

_NOT_THE_APPS = frozenset(
    {b"set-cookie", b"server", b"x-powered-by", b"refresh", b"link", b"clear-site-data"}
)


class UnsafeAnswer(Exception):
    """The application answered with something that must not leave."""


class Answering:
    """What sends the answer to one request; `begun` and `ended` tell how far that has gone."""

    def __init__(self, send: Send, headers: Headers, *, head: bool) -> None:
        self._send = send
        self._headers = headers
        self._names = frozenset(name for name, _ in headers)
        self._head = head
        self.begun = False
        self.ended = False
        self.held_back = 0

    async def __call__(self, message: Message) -> None:
        """Send what the application sends."""
        kind = message["type"]
        if kind == "http.response.start":
            status = int(message["status"])
            if status >= 500 or status in (404, 405):
                self.held_back = status
                return
            headers = self._cleaned(cast("Iterable[tuple[bytes, bytes]]", message.get("headers", ())))
            self.begun = True
            await self._send({"type": kind, "status": status, "headers": headers})
        elif kind == "http.response.body" and not self.held_back:
            await self._body(message)

    async def whole(self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> None:
        """Send a whole answer of the guard's own, which may say what the application's may not."""
        told = dict((*self._headers, *headers))
        told.setdefault(b"cache-control", b"no-store")
        told[b"content-length"] = b"%d" % len(body)
        self.begun = True
        await self._send({"type": "http.response.start", "status": status, "headers": list(told.items())})
        await self._body({"type": "http.response.body", "body": body})

    async def _body(self, message: Message) -> None:
        if self.ended:
            return
        self.ended = not message.get("more_body", False)
        if not self._head:
            await self._send(message)
        elif self.ended:
            await self._send({"type": "http.response.body", "body": b""})

    def _cleaned(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        kept = list(self._headers)
        stored = False
        for written, value in headers:
            name = written.lower()
            if name in self._names or name in _NOT_THE_APPS or name.startswith(b"access-control-"):
                continue
            if b"\r" in value or b"\n" in value or b"\0" in value:
                raise UnsafeAnswer("a header of more than one line")
            if name == b"location" and not _is_own_path(value):
                raise UnsafeAnswer("a way to another server")
            stored = stored or name == b"cache-control"
            kept.append((name, value))
        if not stored:
            kept.append((b"cache-control", b"no-store"))
        return kept


def _is_own_path(address: bytes) -> bool:
    return address.startswith(b"/") and not address.startswith((b"//", b"/\\"))
