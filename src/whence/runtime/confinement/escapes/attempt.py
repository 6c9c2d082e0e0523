"""What an attempt to escape is: a named function that tries one thing a confined worker must not be able to
do.

It returns what it got (then it escaped), returns None if it got nothing, or raises the error that stopped
it. Attempts do no harm where nothing confines them: they read files that anybody may read, write only where
the host made a place for it, and call the kernel's dangerous interfaces with arguments that cannot succeed,
so that the error tells whether the call was looked at or refused.

>>> group = Group("examples")
>>> @group
... def open_the_door(targets):
...     raise PermissionError(1, "Operation not permitted")
>>> group.attempts[0].name, tried(group.attempts[0], NOWHERE)
('open the door', 'stopped: PermissionError: [Errno 1] Operation not permitted')
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from whence.runtime.confinement.kernel import call


@dataclass(frozen=True, slots=True)
class Targets:
    """What the host has set up to be attacked, and knows of itself.

    `secret` is a file with a secret in it, in the folder `outside`, which the host's user may write to, as is
    `expendable`. `neighbour` is the name of another worker's scratch folder. `host` is the host's process.
    `listening` is a TCP port of 127.0.0.1, `abstract` and `socket` are unix sockets with somebody at them.
    """

    secret: str = ""
    expendable: str = ""
    outside: str = ""
    neighbour: str = ""
    host: int = 0
    listening: int = 0
    datagrams: int = 0
    abstract: str = ""
    socket: str = ""
    memory_mb: int = 4_096
    file_mb: int = 64
    open_files: int = 256


NOWHERE = Targets()
Try: TypeAlias = Callable[[Targets], str | None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to try to escape. `heavy`: uses much of the machine; `deadly`: the kernel may kill for it."""

    name: str
    group: str
    run: Try
    heavy: bool = False
    deadly: bool = False

    @property
    def quick(self) -> bool:
        """Whether it belongs among those that are tried at each start."""
        return not (self.heavy or self.deadly)


class Group:
    """Collects the attempts of one kind; used as a decorator, it takes the name from the function's."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.attempts: list[Attempt] = []

    def __call__(self, run: Try) -> Try:
        """Take `run` as a quick attempt."""
        return self._add(run)

    def heavy(self, run: Try) -> Try:
        """Take `run` as one that uses much of the machine."""
        return self._add(run, heavy=True)

    def deadly(self, run: Try) -> Try:
        """Take `run` as one for which the kernel may kill."""
        return self._add(run, deadly=True)

    def reaches(self, what: str, name: str, *arguments: object) -> None:
        """Take calling the kernel's `name` with arguments that cannot succeed, described by `what`."""

        def run(_targets: Targets) -> str | None:
            return reached(name, *arguments)

        run.__name__ = what.replace(" ", "_")
        self._add(run)

    def _add(self, run: Try, *, heavy: bool = False, deadly: bool = False) -> Try:
        name = getattr(run, "__name__", "").replace("_", " ")
        self.attempts.append(Attempt(name, self.name, run, heavy, deadly))
        return run


REFUSALS = (errno.EPERM, errno.ENOSYS, errno.EACCES)


def reached(name: str, *arguments: object) -> str | None:
    """Call the kernel's `name`: any answer but a refusal means that it looked at the call."""
    try:
        call(name, *arguments)
    except OSError as error:
        if error.errno in REFUSALS:
            raise
        return f"{name} was looked at ({errno.errorcode.get(error.errno or 0, error.errno)})"
    return f"{name} was done"


def tried(attempt: Attempt, targets: Targets) -> str:
    """Try it: "stopped: why" or "ESCAPED: what it got". A fault of the attempt itself is "FAULTY: …"."""
    try:
        got = attempt.run(targets)
    except (OSError, MemoryError, ImportError) as error:
        return f"stopped: {type(error).__name__}: {error}"
    except Exception as error:  # noqa: BLE001 - an attempt that fails by itself has shown nothing
        return f"FAULTY: {type(error).__name__}: {error}"
    return "stopped: it got nothing" if got is None else f"ESCAPED: {got}"
