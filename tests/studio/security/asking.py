"""A browser and an attacker, both in a few lines: requests put to a guard over ASGI, without a server."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from whence.studio.security.gate import Limits
from whence.studio.security.guard import Guard
from whence.studio.security.sessions import Sessions
from whence.studio.settings import Settings

HOST = b"127.0.0.1:8765"
ORIGIN = b"http://127.0.0.1:8765"
DOCUMENT = {
    b"host": HOST,
    b"accept": b"text/html",
    b"sec-fetch-site": b"none",
    b"sec-fetch-mode": b"navigate",
    b"sec-fetch-dest": b"document",
}
ACTION = {
    b"host": HOST,
    b"accept": b"text/event-stream, text/html, application/json",
    b"origin": ORIGIN,
    b"sec-fetch-site": b"same-origin",
    b"sec-fetch-mode": b"cors",
    b"sec-fetch-dest": b"empty",
    b"datastar-request": b"true",
    b"content-type": b"application/json",
}


@dataclass
class Reply:
    """What came back."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    ended: bool = False

    def header(self, name: bytes) -> bytes | None:
        """A header that may be there once."""
        found = [value for key, value in self.headers if key == name]
        assert len(found) <= 1, f"{name!r} stands {len(found)} times"
        return found[0] if found else None


async def put(
    app, method, path, headers, body=b"", *, query=b"", chunks: Iterable[bytes] | None = None, **scope
):
    """Put one request to an app; `chunks` are the body in parts."""
    reply = Reply()
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
    waiting = [body] if chunks is None else list(chunks)
    gone = asyncio.Event()

    async def receive():
        if not waiting:
            await gone.wait()
            return {"type": "http.disconnect"}
        now = waiting.pop(0)
        return {"type": "http.request", "body": now, "more_body": bool(waiting)}

    async def send(message):
        if message["type"] == "http.response.start":
            assert not reply.status, "two answers"
            reply.status, reply.headers = message["status"], list(message["headers"])
        else:
            reply.body += message.get("body", b"")
            reply.ended = not message.get("more_body", False)
            if reply.ended:
                gone.set()

    known = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "query_string": query,
        "root_path": "",
        "headers": pairs,
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 8765),
    }
    await app(known | scope, receive, send)
    return reply


class World:
    """A guard over an app that says what it was asked, with one browser that is let in."""

    def __init__(self, folder: Path, *, settings: Settings | None = None, app=None, **limits) -> None:
        self.settings = settings or Settings(home=folder)
        self.sessions = Sessions(folder)
        self.reached: list[dict] = []
        self.bodies: list[bytes] = []
        self.app = app or self.echo
        self.guard = Guard(self.app, self.settings, self.sessions, limits=Limits(**({"burst": 1e9} | limits)))
        self.token = self.sessions.exchange(self.sessions.launch())
        assert self.token
        self.cookie = {b"cookie": self.guard.gate.cookie.encode() + b"=" + self.token.encode()}

    async def echo(self, scope, receive, send):
        """Reads the body and says yes."""
        self.reached.append(scope)
        if scope["type"] != "http":
            return
        body, more = b"", scope["method"] == "POST"
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.bodies.append(body)
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]}
        )
        await send({"type": "http.response.body", "body": b"<p>yes</p>"})

    async def get(self, path="/", **more):
        """What a browser that was let in does."""
        return await put(self.guard, "GET", path, DOCUMENT | self.cookie, **more)

    async def post(self, path="/p/abcdefghijkl/undo", body=b"{}", **more):
        """What a page of ours does."""
        return await put(self.guard, "POST", path, ACTION | self.cookie, body, **more)


def run(work):
    """Run a coroutine to its end."""
    return asyncio.run(work)


class FakeRequest:
    """As much of a request as the readers of bodies ask for."""

    def __init__(self, chunks: Iterable[bytes] = (), *, method="POST", query=b"", content_type="") -> None:
        self.method = method
        self.scope = {"query_string": query}
        self.headers = {"content-type": content_type}
        self._chunks = list(chunks)

    async def stream(self) -> AsyncIterator[bytes]:
        """The body."""
        for chunk in self._chunks:
            yield chunk
