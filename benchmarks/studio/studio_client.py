"""A mock of a browser, as little as it takes: requests, and streams that are read as fast as is wished."""

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent


@dataclass
class Studio:
    """A studio that runs in a process of its own."""

    process: subprocess.Popen
    port: int
    cookies: list[str]

    @classmethod
    def started(cls, *arguments: str) -> "Studio":
        """Start one; the arguments are those of `server_for`."""
        process = subprocess.Popen(
            [sys.executable, str(HERE / "server_for.py"), *arguments], stdout=subprocess.PIPE
        )
        told = json.loads(process.stdout.readline())
        return cls(process, told["port"], told["cookies"])

    def memory(self) -> int:
        """Bytes of resident memory."""
        return _status(self.process.pid, "VmRSS")

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(10)

    async def post(self, path: str, signals: dict, cookie: str | None = None) -> tuple[int, bytes]:
        """Do an action, as the page does."""
        body = json.dumps(signals).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {cookie or self.cookies[0]}\r\n"
            f"Origin: http://127.0.0.1:{self.port}\r\nSec-Fetch-Site: same-origin\r\n"
            "Datastar-Request: true\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(head.encode() + body)
        text = await reader.read()
        writer.close()
        return int(text.split(b" ", 2)[1]), text.partition(b"\r\n\r\n")[2]

    async def project(self, title: str) -> str:
        """A new project; its address."""
        _, body = await self.post("/projects", {"title": title})
        return body.split(b"location.href='")[1].split(b"'")[0].decode()


def _status(process: int, name: str) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1_024
    raise LookupError(name)


@dataclass
class Stream:
    """One open stream: the text that came, how much in all, and what it was last told to acknowledge."""

    studio: Studio
    path: str
    cookie: str
    rate: float = float("inf")
    keep: bool = False
    text: str = ""
    bytes: int = 0
    frames: int = 0
    name: str = ""
    frame: int = 0
    on_event: object = None
    writer: asyncio.StreamWriter | None = field(default=None, repr=False)

    async def open(self) -> "Stream":
        """Ask for the stream and read its head."""
        reader, self.writer = await asyncio.open_connection("127.0.0.1", self.studio.port, limit=1 << 16)
        head = (
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.studio.port}\r\nCookie: {self.cookie}\r\n"
            "Sec-Fetch-Site: same-origin\r\nDatastar-Request: true\r\nAccept: text/event-stream\r\n\r\n"
        )
        self.writer.write(head.encode())
        status = await reader.readline()
        if b" 200 " not in status:
            raise ConnectionError(status)
        while (await reader.readline()) != b"\r\n":
            pass
        self.reader = reader
        return self

    async def read(self) -> None:
        """Read until the end; at most `rate` bytes a second."""
        pending = b""
        while True:
            most = 1 << 16 if self.rate == float("inf") else max(1, int(self.rate / 10))
            chunk = await self.reader.read(most)
            if not chunk:
                return
            self.bytes += len(chunk)
            pending += chunk
            *whole, pending = pending.split(b"\n\n")
            for event in whole:
                await self._event(event.decode("utf-8", "replace"))
            if self.rate != float("inf"):
                await asyncio.sleep(len(chunk) / self.rate)

    async def _event(self, event: str) -> None:
        if self.keep:
            self.text = event
        if "datastar-patch-elements" in event:
            self.frames += 1
            if self.on_event:
                self.on_event(event)
        if "datastar-patch-signals" in event:
            signals = json.loads(event.split("signals ", 1)[1])
            self.name, self.frame = signals.get("stream", self.name), signals.get("frame", self.frame)
            if self.frame:
                await self.studio.post(
                    self.path.rsplit("/", 1)[0] + "/ack",
                    {"stream": self.name, "frame": self.frame},
                    self.cookie,
                )
