"""The host's end of a worker's socket: frames of four bytes of length and JSON, over asyncio.

Frames are cut out of the stream as bytes arrive, and none larger than 64 MB is waited for. When the worker
sends and does not read what it is answered, the host stops listening until it does: a flood of calls fills
the worker's own side, not ours. A large frame is read in a thread, so that other runs go on meanwhile.
"""

from __future__ import annotations

import array
import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Protocol, cast

from whence.rlm.environments.frames import Frame, ProtocolViolation, read_frame
from whence.rlm.worker.wire import FILES_AT_ONCE, MOST
from whence.runtime.aside import aside

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNREAD = 16 << 20
_LARGE = 1 << 18
_LENGTH = struct.Struct(">I")


class Listener(Protocol):
    """Who is told what a worker says."""

    def heard(self, frame: Frame) -> None:
        """A frame came."""
        ...

    def broken(self, reason: str) -> None:
        """What came was no frame; nothing more is read."""
        ...

    def ended(self) -> None:
        """The worker hung up."""
        ...


class Channel(asyncio.BufferedProtocol):
    """Frames in both directions over one socket."""

    def __init__(self, listener: Listener) -> None:
        self._listener: Listener | None = listener
        self._transport: asyncio.Transport | None = None
        self._inbox = bytearray(1 << 16)
        self._filled = 0
        self._choked = False  # it does not read what it is sent
        self._aside: asyncio.Future[Frame] | None = None  # a large frame that is being read
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sent = 0

    # ── to the worker ───────────────────────────────────────────────────────────────────────────────────────

    def send(self, data: bytes) -> None:
        """Send bytes that `wire.encode` made; silently nothing once the worker is gone."""
        if self._transport is None or self._transport.is_closing():
            return
        self.sent += len(data)
        self._transport.write(data)

    def hang_up(self) -> None:
        """Hear and send nothing more; the listener is not told."""
        self._listener = None
        if self._transport is not None:
            self._transport.abort()

    async def closed(self) -> None:
        """Wait until the socket is closed."""
        if self._transport is not None:
            await self._gone

    # ── from the worker ─────────────────────────────────────────────────────────────────────────────────────
    # Called by asyncio.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_UNREAD)

    def pause_writing(self) -> None:
        """The worker does not read: stop listening to it."""
        self._choked = True
        self._listen()

    def resume_writing(self) -> None:
        """The worker reads again: listen again."""
        self._choked = False
        self._listen()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Say where the next bytes go."""
        del sizehint
        if self._filled == len(self._inbox):
            # Only as large as what has really come: a length alone makes nobody set memory aside.
            self._inbox.extend(bytes(len(self._inbox)))
        return memoryview(self._inbox)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """Cut out the frames that are whole."""
        self._filled += nbytes
        self._cut()

    def eof_received(self) -> bool:
        """The worker hung up: so do we."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        del exc
        self._transport = None
        if not self._gone.done():
            self._gone.set_result(None)
        if self._listener is not None:
            self._listener.ended()

    # ── frames ──────────────────────────────────────────────────────────────────────────────────────────────

    def _cut(self) -> None:
        try:
            start = self._cut_frames()
        except ProtocolViolation as why:
            if self._listener is not None:
                self._listener.broken(str(why))
            return
        if start:
            rest = bytes(memoryview(self._inbox)[start : self._filled])
            if len(self._inbox) > 1 << 20 and len(rest) <= 1 << 16:
                self._inbox = bytearray(1 << 16)
            self._inbox[: len(rest)] = rest
            self._filled = len(rest)

    def _cut_frames(self) -> int:
        start = 0
        while self._listener is not None and self._aside is None and self._filled - start >= _LENGTH.size:
            length = cast("int", _LENGTH.unpack_from(self._inbox, start)[0])
            if length > MOST:
                raise ProtocolViolation(f"a frame of {length:,} bytes, more than {MOST:,}")
            end = start + _LENGTH.size + length
            if end > self._filled:
                break
            body = self._inbox[start + _LENGTH.size : end]
            start = end
            if length > _LARGE:
                self._aside = aside(lambda body=body: read_frame(body))
                self._aside.add_done_callback(self._was_read)
                self._listen()
            else:
                self._listener.heard(read_frame(body))
        return start

    def _was_read(self, reading: asyncio.Future[Frame]) -> None:
        """Go on with what a large frame told, and with those that came behind it."""
        self._aside = None
        if self._listener is None or reading.cancelled():
            return
        fault = reading.exception()
        if fault is None:
            self._listener.heard(reading.result())
            self._listen()
            self._cut()
        else:
            self._listener.broken(str(fault) or type(fault).__name__)

    def _listen(self) -> None:
        """Read from the worker only while it reads too, and while no large frame of its is being read."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._choked or self._aside is not None:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()


async def open_channel(
    listener: Listener, sock: socket.socket, first: bytes = b"", files: Sequence[int] = ()
) -> Channel:
    """Talk over `sock`; `first` is sent before all else, and open files go with it."""
    sock.setblocking(False)
    sent = await _send_with_files(sock, first, files) if files else 0
    channel = Channel(listener)
    await asyncio.get_running_loop().create_unix_connection(lambda: channel, sock=sock)
    channel.sent = sent
    channel.send(first[sent:])
    return channel


async def _send_with_files(sock: socket.socket, first: bytes, files: Sequence[int]) -> int:
    """Send the beginning of `first` with the files riding on it, one byte for each load of them."""
    loads = [files[i : i + FILES_AT_ONCE] for i in range(0, len(files), FILES_AT_ONCE)]
    for number, load in enumerate(loads):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", load))]
        while True:
            try:
                sock.sendmsg([first[number : number + 1]], rights)
                break
            except BlockingIOError:
                await asyncio.sleep(0.001)
    return len(loads)
