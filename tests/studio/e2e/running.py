"""The studio as a person starts it, in a process of its own that can be killed and started again."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "whence", "studio", "--no-open", "--allow-root"]
SOURCES = Path(__file__).parents[3] / "src"
REPORTED = "a page went against its policy"
LINK = re.compile(r"(http://\S+?)/launch\S+")


@dataclass
class Studio:
    """A studio at a home and, once it has been started, at an address.

    `answered` is when its port answered after it was started anew, in milliseconds since 1970.
    """

    home: Path
    port: int = 0
    origin: str = ""
    link: str = ""
    process: subprocess.Popen | None = None
    state: dict = field(default_factory=dict)
    answered: float = 0.0

    @property
    def log(self) -> Path:
        """Everything that its processes wrote to the terminal."""
        return self.home.with_suffix(".log")

    def start(self) -> "Studio":
        """Start it, and wait until it says where it is."""
        begun = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*COMMAND, "--port", str(self.port), "--home", str(self.home)],
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONPATH": str(SOURCES)},
            )
        self.answered = 0.0
        for _ in range(3000):
            if self.port and not self.answered and self.answers():
                self.answered = time.time() * 1000
            told = self.log.read_bytes()[begun:].decode()
            if found := LINK.search(told):
                self.link, self.origin = found[0], found[1]
                self.port = int(self.origin.rsplit(":", 1)[1])
                return self
            if self.process.poll() is not None:
                pytest.fail(f"The studio did not start: {told}")
            time.sleep(0.01)
        pytest.fail("The studio did not start within half a minute.")

    def answers(self) -> bool:
        """Whether anybody is at the port."""
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """End it as a power failure would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(15)
        finally:
            self.process.kill()

    def reports(self) -> int:
        """How many reports of broken policies the studio itself has told of."""
        return self.log.read_text(errors="replace").count(REPORTED)

    def enter(self, context) -> None:
        """Let a browser in: by the launch link, or with the session that the link has led to."""
        if not self.state:
            page = context.new_page()
            page.goto(self.link)
            page.close()
            self.state = context.storage_state()
        else:
            context.add_cookies(self.state["cookies"])

    def post(self, context, path: str, **signals):
        """Do what a button does, without the page."""
        reply = context.request.post(
            self.origin + path,
            data=json.dumps(signals),
            headers={
                "Content-Type": "application/json",
                "Datastar-Request": "true",
                "Origin": self.origin,
            },
        )
        assert reply.status < 300, (path, reply.status, reply.text())
        return reply

    def upload(self, context, project: str, name: str, content: bytes) -> None:
        """Load a file into a project, without the page."""
        reply = context.request.post(
            f"{self.origin}{project}/data/upload",
            multipart={"file": {"name": name, "mimeType": "text/csv", "buffer": content}},
            headers={"Datastar-Request": "true", "Origin": self.origin},
        )
        assert reply.status < 300, (reply.status, reply.text())

    def project(self, context, title: str = "", *, example: str = "", graph: str = "") -> str:
        """A new project; its address."""
        reply = self.post(context, f"/projects/example/{example}" if example else "/projects", title=title)
        address = re.search(r"location\.href='(/p/\w+)'", reply.text())[1]
        if graph:
            self.post(context, f"{address}/graph/text", text=graph)
        return address
