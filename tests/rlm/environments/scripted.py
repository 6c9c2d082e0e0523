"""Workers that do what a test tells them, at the other end of a real socket, in a thread of this process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import tempfile
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

from whence.rlm.environments.confined import ConfinedEnvironment
from whence.rlm.environments.environment import CellLimits, HostCall

USUAL = CellLimits()


class Wire:
    """The worker's end: frames in, frames or anything else out."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.files: list[int] = []

    def send(self, message: object) -> None:
        body = json.dumps(message).encode()
        self.socket.sendall(struct.pack(">I", len(body)) + body)

    def raw(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self) -> dict:
        (length,) = struct.unpack(">I", self._exactly(4))
        return json.loads(self._exactly(length))

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part, files, _flags, _address = socket.recv_fds(self.socket, count - len(data), 300)
            self.files += files
            if not part:
                raise EOFError
            data += part
        return data

    def cell(self) -> dict:
        """Wait for the next cell; what is put before it is kept in its `put`."""
        put = {}
        while (message := self.receive())["type"] != "run":
            if message["type"] == "put":
                put[message["name"]] = message["value"]
        return {**message, "put": put}

    def ran(self, cell: dict, **more: object) -> None:
        self.send({"type": "ran", "id": cell["id"], "output": "", "printed": 0, "names": {}, **more})

    def ask(self, number: int, kind: str = "llm", **arguments: object) -> object:
        self.send({"type": "call", "id": number, "kind": kind, "arguments": arguments})
        while (message := self.receive())["type"] != "reply" or message["id"] != number:
            pass
        return message["value"]


Script = Callable[[Wire], None]


class ScriptedNursling:
    """A nursling whose worker is a script."""

    def __init__(self, script: Script) -> None:
        self.socket, theirs = socket.socketpair()
        self.scratch = Path(tempfile.gettempdir())
        self.written = 0
        self.how: str | None = None
        self.closed = False
        self._wire = Wire(theirs)
        self._thread = threading.Thread(target=self._work, args=(script,), daemon=True)
        self._thread.start()

    def _work(self, script: Script) -> None:
        with contextlib.suppress(OSError, EOFError):
            self._wire.receive()  # begin
            self._wire.send({"type": "ready", "pid": 1})
            script(self._wire)
        self.how = self.how or "exit 0"
        with contextlib.suppress(OSError):
            self._wire.socket.shutdown(socket.SHUT_RDWR)
        self._wire.socket.close()

    def kill(self) -> None:
        self.how = self.how or "killed by signal 9 (SIGKILL)"
        with contextlib.suppress(OSError):
            self._wire.socket.shutdown(socket.SHUT_RDWR)

    def ended(self) -> str | None:
        return self.how

    def scratch_bytes(self) -> int:
        return self.written

    def close(self) -> None:
        self.kill()
        self._thread.join()
        self.closed = True


async def nobody(call: HostCall) -> object:
    raise AssertionError(f"nobody should be asked, {call} was")


class Troupe:
    """An environment whose workers play one script after the other, the last one again and again."""

    def __init__(
        self,
        *scripts: Script,
        host: Callable[[HostCall], Awaitable[object]] = nobody,
        limits: CellLimits = USUAL,
        begin: dict | None = None,
        files: tuple[int, ...] = (),
    ) -> None:
        self.scripts = list(scripts)
        self.taken: list[ScriptedNursling] = []
        message = {"type": "begin", **(begin or {})}
        self.environment = ConfinedEnvironment("landlock", self._take, host, message, files, limits)

    async def _take(self) -> ScriptedNursling:
        await asyncio.sleep(0)
        script = self.scripts[min(len(self.taken), len(self.scripts) - 1)]
        self.taken.append(ScriptedNursling(script))
        return self.taken[-1]

    async def __aenter__(self) -> ConfinedEnvironment:
        await self.environment.open()
        return self.environment

    async def __aexit__(self, *error: object) -> None:
        await self.environment.aclose()
        assert all(nursling.closed for nursling in self.taken)


def obedient(wire: Wire) -> None:
    """Run each cell by a word: `x = 1` makes a name, `ask …` asks, `die` hangs up, `sleep` does not end."""
    asked = 0
    while True:
        cell = wire.cell()
        code: str = cell["code"]
        if code == "die":
            return
        if code.startswith("ask "):
            asked += 1
            answer = wire.ask(asked, prompts=[code[4:]])
            wire.ran(cell, output=json.dumps(answer), names={"answer": "str"})
        elif code == "finish":
            asked += 1
            wire.ran(cell, output=json.dumps(wire.ask(asked, "finish", value=1)))
        elif code == "sleep":
            while True:
                wire.receive()  # the interrupt, and then the end of the line
        elif " = " in code:
            wire.ran(cell, names={code.split(" = ", maxsplit=1)[0]: "int"})
        else:
            wire.ran(cell, output=code)
