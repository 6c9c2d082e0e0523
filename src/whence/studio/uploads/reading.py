"""A file from outside becomes a table: read by a confined worker, taken over by the host only when checked.

The host opens the file (no link, no device), hands it over open, and listens. The worker can reach nothing
but that one descriptor, its scratch folder and the socket; it is killed when it takes too long, fills its
folder, or is no longer wanted. What it says is hostile: short JSON lines, cut, checked and made harmless
before anybody sees them. What it wrote is loaded only once it is dead, by the strict reader of `stored`.
Where nothing confines, uploaded files are refused, with the cure.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import socket
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final, TypeAlias, cast

from whence.data.tables import Table
from whence.runtime.confinement import NotConfinable, Nursery, NurseryFailed, Nursling, Policy, nursery_for
from whence.runtime.errors import Cancelled, EmptyData, UnreadableData, WhenceError
from whence.studio.settings import MB
from whence.studio.uploads.errors import BrokenStore, TooCostly, TooMuchData
from whence.studio.uploads.failures import GIVE, rebuilt
from whence.studio.uploads.limits import Limits
from whence.studio.uploads.stored import load

Telling: TypeAlias = Callable[[str], None]

ENTRY: Final = "whence.studio.uploads.worker:serve"
SOURCE: Final = Path(__file__).resolve().parents[3]
PRELOAD: Final = ("numpy", "duckdb", "narwhals", "whence.studio.uploads.worker")
STORED: Final = "stored"
STAGES: Final[Mapping[str, str]] = {
    "checking": "Checking the file",
    "reading": "Reading the columns",
    "storing": "Storing the columns",
}

_LOOK = 0.1  # seconds between looks at the clock
_LONGEST_LINE, _MOST_LINES = 1 << 16, 100


def read_confined(
    path: Path,
    label: str,
    limits: Limits,
    *,
    suffix: str = "",
    on_progress: Telling | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Table:
    """Read a file in a confined worker; messages call it `label`.

    `suffix` is what its name ended with, ".parquet" or anything else. `on_progress` is told each stage in
    words; `cancelled` is asked ten times a second.

    Raises
    ------
    UnreadableData, EmptyData, DuplicateColumns, UnusableColumnName, TooManyColumns: what is wrong with it
    TooMuchData, TooCostly: it is too large, or reading it took too much
    Cancelled: it was no longer wanted
    """
    descriptor = _opened(path, label, limits)
    try:
        with _taken(label, limits) as worker:
            hand_over = {"suffix": suffix, "limits": asdict(limits)}
            _sent(worker, json.dumps(hand_over).encode() + b"\n", descriptor, label)
            alive = _watch(worker, label, limits, cancelled or _never)
            _listen(worker, label, on_progress or _silent, alive)
            worker.kill()  # nothing may change any more while it is read
            try:
                return load(worker.scratch / STORED, source=label, most_bytes=limits.table_bytes)
            except BrokenStore as error:
                raise UnreadableData(label, f"reading it went wrong ({error.reason})", GIVE) from None
    finally:
        os.close(descriptor)


def warm_up(limits: Limits) -> None:
    """Start the process that makes workers, so that the first file need not wait for it."""
    _nursery(limits)


# ── the worker ──────────────────────────────────────────────────────────────────────────────────────────────


def _nursery(limits: Limits) -> Nursery:
    policy = Policy(
        readable=_libraries(),
        memory_mb=limits.memory_mb,
        file_mb=limits.disk_mb,
        scratch_mb=3 * limits.disk_mb,
    )
    return nursery_for(ENTRY, source=SOURCE, preload=PRELOAD, policy=policy, warm=1)


def _libraries() -> tuple[Path, ...]:
    """What numpy's and DuckDB's packages need beside their own folders: single files, and a version."""
    modules = [importlib.util.find_spec(name) for name in ("_duckdb", "threadpoolctl", "typing_extensions")]
    files = [Path(spec.origin) for spec in modules if spec is not None and spec.origin]
    about = importlib.metadata.distribution("duckdb")
    described = [str(about.locate_file(file)) for file in about.files or () if file.name == "METADATA"]
    return tuple(path.absolute() for path in (*files, *map(Path, described)))


def _taken(label: str, limits: Limits) -> Nursling:
    try:
        nursery = _nursery(limits)
        try:
            return nursery.take()
        except NurseryFailed:  # the process that forks them had ended; the next call starts another
            return nursery.take()
    except (NotConfinable, NurseryFailed) as error:
        why = "; ".join(error.reasons) if isinstance(error, NotConfinable) else error.message.rstrip(".")
        reason = f"files from outside are read only where that can be confined, and here it cannot: {why}"
        cure = "Use Linux with Landlock, or install bubblewrap. The bundled examples work everywhere."
        raise UnreadableData(label, reason, cure) from None


def _opened(path: Path, label: str, limits: Limits) -> int:
    """Open the file for reading: a regular one, neither empty nor too large."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError:
        raise UnreadableData(label, "it is no regular file that can be opened", "Load it again.") from None
    found = os.fstat(descriptor)
    try:
        if not stat.S_ISREG(found.st_mode):
            raise UnreadableData(label, "it is no regular file", "Give a file.")
        if found.st_size == 0:
            raise EmptyData(label)
        if found.st_size > limits.file_bytes:
            raise TooMuchData(label, "bytes", found.st_size, limits.file_bytes)
    except WhenceError:
        os.close(descriptor)
        raise
    return descriptor


def _sent(worker: Nursling, message: bytes, descriptor: int, label: str) -> None:
    worker.socket.settimeout(_LOOK)
    try:
        socket.send_fds(worker.socket, [message], [descriptor])
    except OSError:
        raise _death(worker, label) from None


# ── what it says ────────────────────────────────────────────────────────────────────────────────────────────


def _listen(worker: Nursling, label: str, tell: Telling, alive: Callable[[], None]) -> None:
    """Hear the worker out until it is done; anything else is an error."""
    buffer = bytearray()
    for _ in range(_MOST_LINES):
        said = _understood(_line(worker, buffer, label, alive), label)
        if said.get("done") is True:
            return
        if "failed" in said:
            raise rebuilt(said, label)
        words = STAGES.get(str(said.get("stage"))[:20])
        if words is not None:
            tell(words)
    raise _nonsense(label)


def _line(worker: Nursling, buffer: bytearray, label: str, alive: Callable[[], None]) -> bytes:
    """The next line; `alive` is asked again and again whether to go on waiting."""
    while b"\n" not in buffer:
        alive()
        try:
            heard = worker.socket.recv(_LONGEST_LINE)
        except TimeoutError:
            continue
        except OSError:
            heard = b""
        if not heard:
            raise _death(worker, label)
        buffer += heard
        if len(buffer) > _LONGEST_LINE:
            raise _nonsense(label)
    line, _, rest = bytes(buffer).partition(b"\n")
    buffer[:] = rest
    return line


def _watch(worker: Nursling, label: str, limits: Limits, cancelled: Callable[[], bool]) -> Callable[[], None]:
    """A function that raises once the worker has used more than it may, or is not wanted any more."""
    began = looked = time.monotonic()

    def look() -> None:
        nonlocal looked
        now = time.monotonic()
        if cancelled():
            raise Cancelled
        if now - began > limits.seconds:
            raise TooCostly(label, f"reading it took longer than {limits.seconds:g} seconds")
        if now - looked > 1:
            looked = now
            if worker.scratch_bytes() > 3 * limits.disk_mb * MB:
                raise TooCostly(label, "reading it took more room on the disk than it may")

    return look


def _understood(line: bytes, label: str) -> Mapping[str, object]:
    try:
        said = cast("object", json.loads(line))
    except (ValueError, RecursionError):
        raise _nonsense(label) from None
    if not isinstance(said, dict):
        raise _nonsense(label)
    return cast("Mapping[str, object]", said)


def _death(worker: Nursling, label: str) -> WhenceError:
    """What a worker that hung up without a word says of the file."""
    until = time.monotonic() + 2.0
    while worker.ended() is None and time.monotonic() < until:
        time.sleep(0.01)
    if (worker.ended() or "").startswith("killed"):
        return TooCostly(label, "the process that read it broke down, as from too little memory")
    return UnreadableData(label, "the process that read it ended without a word", GIVE)


def _nonsense(label: str) -> UnreadableData:
    return UnreadableData(label, "the process that read it said what it may not", GIVE)


def _silent(_: str) -> None:
    return None


def _never() -> bool:
    return False
