"""How a connection is read: uvicorn's fast parser, which by itself takes a head of any size and waits for it
for ever, with a limit to both. What follows a body in chunks (trailers) it would add to the headers, also
while these are being examined: here it counts for nothing, and has the same limit. Where that parser is not
installed, the other one of uvicorn has limits of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib.util import find_spec

HEAD_BYTES = 96 << 10
HEAD_SECONDS = 20.0


class Patience:
    """Calls `close` if a head that has begun is not there in time."""

    __slots__ = ("_clock", "_close")

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close
        self._clock: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """A head is awaited from now on, or still."""
        if self._clock is None:
            self._clock = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._close)

    def end(self) -> None:
        """It is there, or nobody waits for it."""
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None


def connection_protocol() -> type[asyncio.Protocol] | str:
    """What uvicorn is to read connections with."""
    return _limited() if find_spec("httptools") is not None else "h11"


def _limited() -> type[asyncio.Protocol]:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol  # noqa: PLC0415 - it is optional

    class Limited(HttpToolsProtocol):
        """A connection whose heads are short and come soon."""

        _unheard = 0  # bytes since the last that ended a head or belonged to a body
        _reading_head = True

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self._patience = Patience(transport.close)
            self._patience.begin()

        def connection_lost(self, exc: Exception | None) -> None:
            self._patience.end()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self._unheard > HEAD_BYTES:
                self.transport.close()
                return
            self._unheard += len(data)
            super().data_received(data)
            if self._reading_head and not self._unheard:  # a head began in these bytes
                self._unheard = len(data)

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._reading_head, self._unheard = True, 0
            self._patience.begin()

        def on_header(self, name: bytes, value: bytes) -> None:
            if self._reading_head:
                super().on_header(name, value)

        def on_body(self, body: bytes) -> None:
            self._unheard = 0
            super().on_body(body)

        def on_headers_complete(self) -> None:
            self._reading_head, self._unheard = False, 0
            self._patience.end()
            super().on_headers_complete()

    return Limited
