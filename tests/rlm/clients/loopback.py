"""A server on the loopback that does what a test tells it to, and keeps what it was sent."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from whence.rlm.messages import Message, Request


@dataclass
class Got:
    """One request as it came: `number` counts from 0."""

    number: int
    path: str
    headers: dict[str, str] = field(repr=False)  # they hold the key, and a frame's locals are looked through
    body: bytes = field(repr=False)

    @property
    def json(self):
        return json.loads(self.body)


Answer = Callable[[Got, asyncio.StreamWriter], Awaitable[None] | None]


@dataclass
class Loopback:
    """The server: `url` of its interface, what it `got`, how many were `open` at once at most."""

    port: int = 0
    got: list[Got] = field(default_factory=list)
    open: int = 0
    most_open: int = 0
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


@asynccontextmanager
async def serving(answer: Answer) -> AsyncGenerator[Loopback]:
    """Serve until the block ends."""
    state = Loopback()
    writers: set[asyncio.StreamWriter] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections += 1
        writers.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                first, *lines = head.strip().split("\r\n")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                got = Got(len(state.got), first.split()[1], headers, body)
                state.got.append(got)
                state.open += 1
                state.most_open = max(state.most_open, state.open)
                try:
                    done = answer(got, writer)
                    if done is not None:
                        await done
                finally:
                    state.open -= 1
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the other side has gone, or the test is over
        finally:
            writers.discard(writer)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=512)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
        for writer in list(writers):
            writer.transport.abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0.01)


def http(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> bytes:
    """A whole reply."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def send(value, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Always the same reply: bytes as they are, anything else as JSON."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return lambda got, writer: writer.write(http(body, status, headers))


def completion(text: object = "yes", finish: str = "stop", **more) -> dict:
    """A chat completion of OpenAI's shape."""
    return {
        "model": "served",
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
        **more,
    }


def in_turn(*answers: Answer) -> Answer:
    """One after the other, the last one for good."""
    return lambda got, writer: answers[min(got.number, len(answers) - 1)](got, writer)


def ask(text: str = "2 + 2?", **more) -> Request:
    return Request("m", (Message("user", text),), **more)
