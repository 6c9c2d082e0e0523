"""A mock of an OpenAI-compatible server: answers each POST after a delay with the text that a function gives.

A raw protocol, so that what is measured beside it is the client.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

Speaks = Callable[[bytes], str]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Mock(asyncio.Protocol):
    """One connection; `speaks` makes the text of a reply from the body of a request."""

    def __init__(self, delay: float, speaks: Speaks) -> None:
        self.delay = delay
        self.speaks = speaks
        self.inbox = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request that has come, after the delay."""
        self.inbox += data
        while True:
            head, found, rest = self.inbox.partition(b"\r\n\r\n")
            lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            length = int(lengths[0][15:]) if lengths else 0
            if not found or len(rest) < length:
                return
            body, self.inbox = rest[:length], rest[length:]
            asyncio.get_running_loop().call_later(self.delay, self.answer, body)

    def answer(self, body: bytes) -> None:
        """Answer one, if anybody still listens."""
        if not self.transport.is_closing():
            reply = completion(self.speaks(body))
            self.transport.write(HEAD % len(reply) + reply)


def completion(text: str) -> bytes:
    """A chat completion that says `text`."""
    said = {
        "id": "mock",
        "object": "chat.completion",
        "created": 0,
        "model": "mock",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11},
    }
    return json.dumps(said).encode()


async def serve(delay: float, speaks: Speaks) -> None:
    """Print the base URL on loopback and serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Mock(delay, speaks), "127.0.0.1", 0, backlog=1_024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()
