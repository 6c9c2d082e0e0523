"""A mock of nothing: the studio itself, in a process of its own, for the benchmarks that talk to it.

Prints one line of JSON: its port, and the cookies of sessions that it has let in.
"""

import json
import socket
import sys
import tempfile
from pathlib import Path

import uvicorn

from whence.studio.app import create
from whence.studio.security.sessions import Sessions
from whence.studio.settings import Settings

SESSIONS = 32


def main() -> None:
    home = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    listening = socket.create_server(
        ("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0), backlog=2_048
    )
    port = listening.getsockname()[1]
    settings = Settings(home=home, port=port)
    sessions = Sessions(home)
    guard = create(settings, sessions)
    tokens = [sessions.exchange(sessions.launch()) for _ in range(SESSIONS)]
    cookies = [f"{guard.gate.cookie}={token}" for token in tokens]
    print(json.dumps({"port": port, "cookies": cookies}), flush=True)
    config = uvicorn.Config(guard, log_level="error", ws="none", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
