"""HTTP by hand over asyncio: little CPU per request, so that the server is not what is measured.

It speaks as much HTTP/1.1 as API clients do: requests with Content-Length, kept-alive connections, replies
in one piece. It listens on the loopback only.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from whence.testing.simulated.service import Answer, Service

MOST_HEAD = 65_536
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(frozen=True, slots=True)
class _Head:
    """The part of a request before its body."""

    method: str
    path: str
    length: int
    close: bool
    expects: bool


class _Connection(asyncio.Protocol):
    """One client's connection: requests are answered in turn."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._buffer = bytearray()
        self._head: _Head | None = None
        self._waiting = False
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's signature
        """Forget a reply that nobody waits for any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._done()

    def data_received(self, data: bytes) -> None:
        """Collect a request."""
        self._buffer += data
        if not self._waiting:
            self._next()

    def _next(self) -> None:
        """Take the next whole request from what has come."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._head is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > MOST_HEAD:
                    self._transport.abort()
                return
            self._head = _read_head(bytes(self._buffer[:end]))
            del self._buffer[: end + 4]
            if self._head.expects:
                self._transport.write(_CONTINUE)
        if len(self._buffer) < self._head.length:
            return
        head, self._head = self._head, None
        body = bytes(self._buffer[: head.length])
        del self._buffer[: head.length]
        self._answer(head, body)

    def _answer(self, head: _Head, body: bytes) -> None:
        self._waiting = True
        totals = self._service.totals
        totals.in_flight += 1
        totals.max_in_flight = max(totals.max_in_flight, totals.in_flight)
        if head.path.startswith("/") and head.length < 0:
            answer = Answer(411, b'{"error": {"message": "Content-Length is wanted."}}')
        else:
            answer = self._service.handle(head.method, head.path, body)
        if answer.manner == "hang":
            return
        self._timer = asyncio.get_running_loop().call_later(answer.wait, self._send, answer, head.close)

    def _send(self, answer: Answer, close: bool) -> None:
        self._timer = None
        self._done()
        if self._transport is None or self._transport.is_closing():
            return
        if answer.manner == "closed":
            self._transport.abort()
            return
        more = "Retry-After: 0\r\n" if answer.status == 429 else ""
        head = (
            f"HTTP/1.1 {answer.status} {'OK' if answer.status == 200 else 'Error'}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(answer.body)}\r\n{more}"
            f"Connection: {'close' if close else 'keep-alive'}\r\n\r\n"
        ).encode()
        if answer.manner == "cut":
            self._transport.write(head + answer.body[: len(answer.body) // 2])
            self._transport.close()
            return
        self._transport.write(head + answer.body)
        if close:
            self._transport.close()
        else:
            self._next()

    def _done(self) -> None:
        if self._waiting:
            self._waiting = False
            self._service.totals.in_flight -= 1


def _read_head(head: bytes) -> _Head:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    path = rest.rpartition(" ")[0] or rest
    fields = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    chunked = "chunked" in fields.get("transfer-encoding", "").lower()
    return _Head(
        method,
        path,
        -1 if chunked else int(fields.get("content-length", "0") or 0),
        fields.get("connection", "").lower() == "close" or chunked,
        fields.get("expect", "").lower() == "100-continue",
    )


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens; `base_url` is what clients want."""

    server: asyncio.Server
    port: int

    @property
    def base_url(self) -> str:
        """The address of the OpenAI-compatible interface."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def aclose(self) -> None:
        """Stop listening."""
        self.server.close()
        await asyncio.sleep(0)


async def start(service: Service, port: int = 0) -> Running:
    """Listen on the loopback, on a free port where `port` is 0, in the running event loop."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(service), "127.0.0.1", port, backlog=1024)
    return Running(server, server.sockets[0].getsockname()[1])
