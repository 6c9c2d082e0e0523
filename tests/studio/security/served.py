"""A studio in a process of its own, and sockets that speak to it without any manners."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

SOURCES = Path(__file__).parents[3] / "src"
PROGRAM = """
import sys
from pathlib import Path
from whence.studio.serving import serve
from whence.studio.settings import Settings
home, certificate, key = (Path(p) if p else None for p in sys.argv[1:4])
settings = Settings(home=home, port=int(sys.argv[4]), certificate=certificate, key=key)
tell = lambda text: print(text, file=sys.stderr, flush=True)
serve(settings, announce=tell, open_browser=False, allow_root=True)
"""


class NotStarted(Exception):
    """It ended instead; what it said."""


class Served:
    """A running studio: its launch link, its port, and what it wrote to stderr."""

    def __init__(self, home, *, certificate="", key="", port=0) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-W",
                "error::ResourceWarning",
                "-c",
                PROGRAM,
                home,
                certificate,
                key,
                str(port),
            ],
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(SOURCES)},
        )
        self.lines = []
        self.link = ""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            found = re.search(r"https?://\S+", line)
            if found:
                self.link = found[0]
                break
        if not self.link:
            self.process.communicate(timeout=30)
            raise NotStarted("".join(self.lines))
        self.port = urlsplit(self.link).port
        self.target = self.link.split(f":{self.port}")[1]
        self.cookie = ""

    def ask(self, target, *lines, method="GET", body=b""):
        """One request with the headers that are needed; the status, the head and the body of the answer."""
        cookie = [f"Cookie: {self.cookie}"] if self.cookie else []
        head = [
            f"{method} {target} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Connection: close",
            *cookie,
            *lines,
        ]
        return answered(self.raw("\r\n".join(head).encode() + b"\r\n\r\n" + body))

    def come_in(self):
        """Use the launch link."""
        status, head, _ = self.ask(self.target)
        assert status == 303, head
        self.cookie = re.search(r"set-cookie: ([^;]+)", head, re.IGNORECASE)[1]

    def act(self, target, body=b"{}", kind="application/json"):
        """What a page of ours does."""
        lines = (
            f"Origin: http://127.0.0.1:{self.port}",
            "Sec-Fetch-Site: same-origin",
            "Datastar-Request: true",
            f"Content-Type: {kind}",
            f"Content-Length: {len(body)}",
        )
        return self.ask(target, *lines, method="POST", body=body)

    def raw(self, data, *, patience=10.0):
        """All that comes back for some bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=patience) as wire:
            came = b""
            with contextlib.suppress(ConnectionError, TimeoutError):
                wire.sendall(data)
                while part := wire.recv(65_536):
                    came += part
            return came

    def end(self, how=signal.SIGINT):
        """Stop it, and give its exit code and all that it wrote."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        out, errors = self.process.communicate(timeout=30)
        return self.process.returncode, "".join(self.lines) + errors + out


def answered(data):
    """Status, head and body of an answer."""
    head, _, body = data.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    return int(words[1]) if len(words) > 1 else 0, head.decode("latin-1"), body
