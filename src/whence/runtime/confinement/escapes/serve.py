"""What a sacrificial worker runs: the attempts that the host names, one after the other, told as they end.

The host sends one line of JSON, `{"targets": {…}, "names": […]}`, and gets a line `{"name": …, "outcome":
…}` for each. Where the worker dies, the lines end.
"""

from __future__ import annotations

import json
import os
import socket
from typing import Any, cast

from whence.runtime.confinement.escapes import BY_NAME, Targets, tried


def serve(sock: socket.socket, scratch: str) -> None:
    """Try what the host asks for."""
    _ = scratch
    with sock.makefile("rb") as lines:
        asked = cast("dict[str, object]", json.loads(lines.readline()))
    targets = Targets(**cast("dict[str, Any]", asked["targets"]))
    home = os.getcwd()  # noqa: PTH109
    for name in cast("list[str]", asked["names"]):
        outcome = tried(BY_NAME[name], targets)
        os.chdir(home)
        sock.sendall(json.dumps({"name": name, "outcome": outcome}).encode() + b"\n")


def look_around(sock: socket.socket, scratch: str) -> None:
    """Say whether the worker can tell that a file outside exists, and whether it is really root.

    Neither is an attempt to escape: Landlock hides no names, and root without privileges is a user among
    others.
    """
    _ = scratch
    with sock.makefile("rb") as lines:
        path = str(json.loads(lines.readline()))
    told = {"sees": os.path.exists(path), "root": os.getuid() == 0}  # noqa: PTH110
    sock.sendall(json.dumps(told).encode() + b"\n")
