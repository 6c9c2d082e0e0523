"""The confined side: takes over one open file, checks it, reads it, and writes its columns to its own folder.

This runs in a process that can reach nothing else (`whence.runtime.confinement`); what it says and writes is
not trusted by whoever started it. The file comes as a descriptor. No path leads to it from in here, and the
engine reads paths, so it is copied into the scratch folder first; that also keeps it from changing meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias, cast

from whence.data.reading import table
from whence.runtime.errors import WhenceError
from whence.studio.uploads.checking import check, check_table
from whence.studio.uploads.limits import Limits, limits_from
from whence.studio.uploads.stored import store

Say: TypeAlias = Callable[[Mapping[str, object]], None]

LABEL: Final = "the file"
STORED: Final = "stored"
PARQUET: Final = (".parquet", ".pq")
THREADS: Final = 2
_BLOCK: Final = 1 << 24
_LONGEST: Final = 1 << 14


def serve(connection: socket.socket, scratch: str) -> None:
    """Do what the host asks: read one file, once."""

    def say(message: Mapping[str, object]) -> None:
        data = memoryview(json.dumps(message).encode() + b"\n")
        while data:
            data = data[os.write(connection.fileno(), data) :]

    with contextlib.suppress(OSError):  # a host that is gone wants no answer
        say(_answer(connection, Path(scratch), say))


def _answer(connection: socket.socket, scratch: Path, say: Say) -> Mapping[str, object]:
    try:
        request, descriptor = _asked(connection)
        limits = limits_from(cast("Mapping[str, int | float]", request["limits"]))
        _settle_engine(limits)
        path = scratch / ("data.parquet" if request["suffix"] in PARQUET else "data.csv")
        _copy(descriptor, path)
        say({"stage": "checking"})
        check(path, LABEL, limits)
        say({"stage": "reading"})
        read = table(path, threads=THREADS)
        path.unlink()
        check_table(read, LABEL, limits)
        say({"stage": "storing"})
        folder = scratch / STORED
        folder.mkdir()
        store(read, folder)
    except WhenceError as error:
        return {"failed": error.code, "details": _cut(error.to_dict()["details"]), "cure": error.cure[:300]}
    except (MemoryError, SystemError):  # the latter is what an extension gives that ran out of it unawares
        return {"failed": "memory"}
    except Exception as error:  # noqa: BLE001 - whatever it was, the host is told; nobody else can tell it
        return {"failed": "fault", "details": {"kind": type(error).__name__}}
    return {"done": True}


def _asked(connection: socket.socket) -> tuple[Mapping[str, object], int]:
    """The host's one message, and the file that came along."""
    data, descriptors, _, _ = socket.recv_fds(connection, _LONGEST, 1)
    while not data.endswith(b"\n"):
        data += connection.recv(_LONGEST)
    return cast("Mapping[str, object]", json.loads(data)), descriptors[0]


def _settle_engine(limits: Limits) -> None:
    """Tell the engine how much there is: it would look for that in files which are not to be had in here.

    It believes a scheduler of jobs without looking further, and that is what this process is to it. Where
    /proc is there but fenced off, looking makes it abort.
    """
    os.environ["SLURM_CPUS_ON_NODE"] = str(THREADS)
    os.environ["SLURM_MEM_PER_NODE"] = f"{limits.memory_mb}M"


def _copy(descriptor: int, path: Path) -> None:
    place = 0
    with path.open("wb") as own:
        while sent := os.sendfile(own.fileno(), descriptor, place, _BLOCK):
            place += sent


def _cut(details: object) -> object:
    """Details short enough for one line; long lists and texts tell no more than their beginning."""
    if isinstance(details, dict):
        return {key: _cut(value) for key, value in cast("dict[str, object]", details).items()}
    if isinstance(details, list):
        return [_cut(item) for item in cast("list[object]", details)[:20]]
    return details[:400] if isinstance(details, str) else details
