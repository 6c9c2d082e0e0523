"""How a connection is read: uvicorn's fast parser, which by itself takes a head of any size and waits for it
for ever, with a limit to both. Where that parser is not installed, the other one of uvicorn has a limit of
its own.
"""

from __future__ import annotations

import asyncio
from importlib.util import find_spec

HEAD_BYTES = 96 << 10
HEAD_SECONDS = 20.0


def connection_protocol() -> type[asyncio.Protocol] | str:
    """What uvicorn is to read connections with."""
    return _limited() if find_spec("httptools") is not None else "h11"


def _limited() -> type[asyncio.Protocol]:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol  # noqa: PLC0415 - it is optional

    class Limited(HttpToolsProtocol):
        """A connection whose heads are short and come soon."""

        _head_bytes = 0
        _reading_head = True
        _clock: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self._wait_for_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self._reading_head and self._head_bytes > HEAD_BYTES:
                self.transport.close()
                return
            super().data_received(data)
            if self._reading_head:
                self._head_bytes += len(data)

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._reading_head, self._head_bytes = True, 0
            self._wait_for_head()

        def on_headers_complete(self) -> None:
            self._reading_head, self._head_bytes = False, 0
            self._stop_waiting()
            super().on_headers_complete()

        def _wait_for_head(self) -> None:
            if self._clock is None:
                self._clock = self.loop.call_later(HEAD_SECONDS, self.transport.close)

        def _stop_waiting(self) -> None:
            if self._clock is not None:
                self._clock.cancel()
                self._clock = None

    return Limited
