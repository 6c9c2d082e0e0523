"""How strong the confinement is here, found out by trying to break out of it.

Kernel versions and settings say what should hold. `probe` runs the quick ones of the escape attempts in a
worker that is made for the purpose, against targets that the host sets up (a secret file, listening
sockets, another worker), and reports which got through.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from whence.runtime.confinement.escapes import ATTEMPTS, Attempt, Targets
from whence.runtime.confinement.nursery import Nursery
from whence.runtime.confinement.nursling import Nursling
from whence.runtime.confinement.scratch import remove

SERVE = "whence.runtime.confinement.escapes.serve:serve"
LOOK = "whence.runtime.confinement.escapes.serve:look_around"
PATIENCE = 60.0
LONGEST_FOLDER = 60


@dataclass(frozen=True, slots=True)
class Strength:
    """What confinement was found to hold: `tried` attempts were made, `escaped` names those that got
    through.
    """

    environment: str
    layers: tuple[str, ...]
    tried: int
    escaped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing got through."""
        return self.tried > 0 and not self.escaped


def probe(nursery: Nursery) -> Strength:
    """Make the quick attempts in a worker of `nursery` that is used for nothing else."""
    chosen = [attempt for attempt in ATTEMPTS if attempt.quick]
    outcomes = attempted(nursery, chosen)
    escaped = tuple(name for name, outcome in outcomes.items() if not outcome.startswith("stopped"))
    return Strength(nursery.isolation, nursery.layers, len(outcomes), escaped, _notes(nursery))


def attempted(nursery: Nursery, attempts: Sequence[Attempt]) -> dict[str, str]:
    """Make each attempt and say how it went: "stopped: why", "ESCAPED: what it got" or "FAULTY: …".

    Where a worker dies of one, that is its outcome, and the next are made in another worker.
    """
    outcomes: dict[str, str] = {}
    with _targets(nursery) as targets:
        left = list(attempts)
        while left:
            with nursery.take(SERVE) as worker:
                outcomes |= _in_one(worker, left, targets)
                left = [attempt for attempt in attempts if attempt.name not in outcomes]
                if left:
                    ended = _ended(worker)
                    died = ended.startswith("killed")
                    outcomes[left[0].name] = f"{'stopped' if died else 'ESCAPED'}: the worker ended, {ended}"
                    del left[0]
    return {attempt.name: outcomes[attempt.name] for attempt in attempts}


def _in_one(worker: Nursling, attempts: Sequence[Attempt], targets: Targets) -> dict[str, str]:
    worker.socket.settimeout(PATIENCE)
    request = {"targets": asdict(targets), "names": [attempt.name for attempt in attempts]}
    worker.socket.sendall(json.dumps(request).encode() + b"\n")
    outcomes: dict[str, str] = {}
    with worker.socket.makefile("rb") as lines, contextlib.suppress(OSError, ValueError):
        while len(outcomes) < len(attempts) and (line := lines.readline()):
            told = cast("dict[str, str]", json.loads(line))
            outcomes[told["name"]] = told["outcome"]
    return outcomes


def _ended(worker: Nursling) -> str:
    """How the worker ended; one that still lives has got stuck, and is killed."""
    with contextlib.suppress(OSError):
        worker.socket.settimeout(1)
        worker.socket.recv(1)
    ended = worker.ended()
    if ended is None:
        worker.kill()
        ended = worker.ended() or "killed"
    return ended


@contextlib.contextmanager
def _targets(nursery: Nursery) -> Generator[Targets]:
    """Set up everything that is to be attacked."""
    # The name of a socket is short, and that of the folder for temporary files may not be.
    folder = "/tmp" if len(tempfile.gettempdir()) > LONGEST_FOLDER else None  # noqa: S108 - one of our own in it
    outside = Path(tempfile.mkdtemp(prefix="whence-outside-", dir=folder)).resolve()
    abstract = f"whence-{secrets.token_hex(8)}"
    try:
        (outside / "secret").write_text(secrets.token_hex(), encoding="ascii")
        (outside / "expendable").write_bytes(b"expendable")
        with contextlib.ExitStack() as stack:
            tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            udp.bind(("127.0.0.1", 0))
            for name in (f"\0{abstract}", str(outside / "socket")):
                listening = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
                listening.bind(name)
                listening.listen()
            neighbour = stack.enter_context(nursery.take())
            (neighbour.scratch / "secret").write_bytes(b"a neighbour's")
            yield Targets(
                secret=str(outside / "secret"),
                expendable=str(outside / "expendable"),
                outside=str(outside),
                neighbour=neighbour.scratch.name,
                host=os.getpid(),
                listening=tcp.getsockname()[1],
                datagrams=udp.getsockname()[1],
                abstract=abstract,
                socket=str(outside / "socket"),
                memory_mb=nursery.policy.memory_mb,
                file_mb=nursery.policy.file_mb,
                open_files=nursery.policy.open_files,
            )
    finally:
        remove(outside)


def _notes(nursery: Nursery) -> tuple[str, ...]:
    """What is not an escape and should be known all the same."""
    notes: list[str] = []
    if nursery.isolation == "unsafe":
        notes.append("Nothing confines the code: it may do all that this user may.")
    else:
        seen = _seen_from_inside(nursery)
        if seen["sees"]:
            notes.append(
                "Names, sizes and times of files outside can be seen, not their contents (Landlock does not "
                "hide them; bubblewrap's namespaces would)."
            )
        if seen["root"]:
            notes.append("For root the kernel limits the number of threads by the memory they take only.")
    notes += [f"Passed over: {reason}." for reason in nursery.passed_over]
    notes.append(
        "The kernel limits each file; how much they take together is for the host to watch, and files "
        "that were deleted while open or mapped show only once the disk is nearly full."
    )
    return tuple(notes)


def _seen_from_inside(nursery: Nursery) -> dict[str, bool]:
    with nursery.take(LOOK) as worker, tempfile.NamedTemporaryFile() as file:
        worker.socket.settimeout(PATIENCE)
        worker.socket.sendall(json.dumps(file.name).encode() + b"\n")
        with worker.socket.makefile("rb") as lines:
            return cast("dict[str, bool]", json.loads(lines.readline()))
