"""Where confined workers come from: a warm pool of processes that have given up all they could do harm with.

`Nursery("package.module:function", source=…)` starts a zygote (see `whence.runtime.confinement.zygote`),
inside namespaces where bubblewrap works, and `take()` hands out a child of it: a fresh Python process with
the modules of `preload` imported, confined by Landlock, a list of allowed system calls and limits, that
runs `function(socket, scratch)`. Each is handed out once. What the host and the worker say to one another
is theirs.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import weakref
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, cast

from whence.runtime.confinement import bubblewrap, landlock, seccomp
from whence.runtime.confinement.line import Line
from whence.runtime.confinement.nursling import Nursling
from whence.runtime.confinement.policy import NotConfinable, NurseryFailed, Policy, PythonPaths, python_paths
from whence.runtime.confinement.scratch import own_folder, remove
from whence.runtime.errors import InvalidOption

Isolation: TypeAlias = Literal["bubblewrap", "landlock", "unsafe"]
IsolationChoice: TypeAlias = Literal["auto", "bubblewrap", "landlock", "unsafe"]

# All of a worker's environment: strings hash alike in every run, and the time is UTC everywhere.
ENVIRONMENT = {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "TZ": "UTC"}
BOOT = (
    "import sys; sys.path[:] = {imports!r}; "
    "from whence.runtime.confinement.zygote import main; main({{control}})"
)


@dataclass(slots=True)
class _Held:
    """What must be let go of when a nursery is closed or forgotten."""

    scratch: Path
    owner: int = field(default_factory=os.getpid)
    line: Line | None = None

    def let_go(self) -> None:
        if os.getpid() != self.owner:  # a fork of the host: not its to end
            return
        if self.line is not None:
            self.line.end()
            self.line = None
        remove(self.scratch)


class Nursery:
    """A warm pool of confined workers. Safe to use from several threads; close it, or let it go.

    `isolation` and `layers` say what is active, `passed_over` why no more is. With "auto", bubblewrap's
    namespaces are used where they work and done without where they do not; a choice by name is kept or
    refused (`NotConfinable`). "unsafe" confines nothing: whoever writes it has been asked.
    """

    def __init__(
        self,
        entry: str,
        *,
        source: Path,
        preload: Sequence[str] = (),
        policy: Policy | None = None,
        isolation: IsolationChoice = "auto",
        warm: int = 2,
    ) -> None:
        if isolation not in {"auto", "bubblewrap", "landlock", "unsafe"}:
            raise InvalidOption("isolation", isolation, ["auto", "bubblewrap", "landlock", "unsafe"])
        self.policy = policy or Policy()
        self._entry = entry
        self._preload = tuple(preload)
        self._warm_children = warm
        self._lock = threading.Lock()
        candidates = _candidates(isolation)
        self._paths: PythonPaths = python_paths(preload, source.resolve())
        self._held = _Held(own_folder())
        self._finalizer = weakref.finalize(self, self._held.let_go)
        self.isolation: Isolation = candidates[0]
        self.layers: tuple[str, ...] = ()
        self.passed_over: tuple[str, ...] = ()
        reasons: list[str] = []
        for candidate in candidates:
            try:
                self._held.line = self._started(candidate)
            except NurseryFailed as failure:
                reasons.append(f"{candidate}: {failure.message}")
            else:
                self.isolation = candidate
                self.layers = _layers(candidate, self._held.line)
                self.passed_over = tuple(reason.rstrip(".") for reason in reasons)
                return
        self.close()
        raise NotConfinable(reasons)

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def take(self, entry: str | None = None) -> Nursling:
        """Hand out a worker that is already confined; from the warm pool unless another `entry` is asked
        for.
        """
        request = {"do": "take", **({"entry": entry} if entry else {})}
        line = self._line()
        try:
            answer = line.ask(request)
        except NurseryFailed:
            # A process that is being killed still looks alive; no worker came of it, so another is asked.
            line = self._line(instead_of=line)
            answer = line.ask(request)
        if "error" in answer.message:
            raise NurseryFailed(f"No worker could be confined: {answer.message['error']}.")
        name = str(answer.message["id"])
        connection, handle = answer.descriptors
        scratch = self._held.scratch / name

        def ending() -> str:
            try:
                return str(line.ask({"do": "status", "id": name}).message["ended"])
            except NurseryFailed:
                return "killed when the process that made it ended"

        return Nursling(socket.socket(fileno=connection), scratch, handle, ending)

    def close(self) -> None:
        """End every worker and the zygote, and remove all scratch folders."""
        with self._lock:
            self._finalizer()

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        return not self._finalizer.alive

    def _line(self, *, instead_of: Line | None = None) -> Line:
        """Give the line to the zygote, a new one if it has ended or is the one that failed."""
        with self._lock:
            if self.closed:
                raise NurseryFailed("The nursery is closed.", "Make a new one.")
            held = self._held.line
            if held is not None and held is not instead_of and held.alive:
                return held
            if held is not None:
                held.end()
                self._held.line = None
            self._held.line = started = self._started(self.isolation)
            return started

    def _started(self, isolation: Isolation) -> Line:
        """Start a zygote and see that a child of it can be confined."""
        try:
            return self._warm(self._launched(isolation, as_root=os.geteuid() == 0))
        except NurseryFailed:
            if isolation != "bubblewrap" or os.geteuid() != 0:
                raise
            # Root in a container may be root in name only; bubblewrap then does as for any other user.
            return self._warm(self._launched(isolation, as_root=False))

    def _launched(self, isolation: Isolation, *, as_root: bool) -> Line:
        boot = BOOT.format(imports=[str(path) for path in self._paths.imports])
        # Not -I: it would have the interpreter overlook PYTHONHASHSEED. -P, -s and -S are what else it means.
        command = [str(self._paths.executable), "-P", "-s", "-S", "-B", "-X", "utf8", "-c", boot]
        environment = ENVIRONMENT
        scratch = str(self._held.scratch)
        readable = [path.resolve() for path in self.policy.readable if path.exists()]
        if isolation == "bubblewrap":
            command = bubblewrap.wrapped(
                cast("str", bubblewrap.found()),
                command,
                paths=self._paths,
                readable=readable,
                scratch=self._held.scratch,
                environment=ENVIRONMENT,
                as_root=as_root,
            )
            environment = {}
            scratch = bubblewrap.SCRATCH
        line = Line(command, environment, self._setup(isolation, readable, scratch))
        if isolation == "bubblewrap" and line.hello.get("process") != 1:
            line.end()
            raise NurseryFailed("What is called bwrap here makes no namespaces")
        return line

    def _setup(self, isolation: Isolation, readable: Sequence[Path], scratch: str) -> dict[str, object]:
        return {
            "entry": self._entry,
            "preload": self._preload,
            "policy": {name: value for name, value in asdict(self.policy).items() if name != "readable"},
            "readable": [str(path) for path in (*self._paths.readable, *readable)],
            "scratch": scratch,
            "confined": isolation != "unsafe",
            "warm": self._warm_children,
        }

    @staticmethod
    def _warm(line: Line) -> Line:
        """Wait for a first child to stand ready."""
        try:
            answer = line.ask({"do": "wait"}).message
        except NurseryFailed:
            line.end()
            raise
        if "error" in answer:
            line.end()
            raise NurseryFailed(str(answer["error"]))
        return line


def _candidates(choice: IsolationChoice) -> list[Isolation]:
    """The kinds of isolation to try, in order; raises NotConfinable if nothing can come of any."""
    if not sys.platform.startswith("linux"):
        raise NotConfinable([f"confinement is made of Linux's means, and this is {sys.platform}"])
    if choice == "unsafe":
        return ["unsafe"]
    reasons: list[str] = []
    if not seccomp.available():
        reasons.append(
            "the kernel takes no filter of system calls (seccomp), or the processor is one we do not know"
        )
    if choice != "landlock" and bubblewrap.found() is None:
        reasons.append("bubblewrap: `bwrap` is not installed")
    if choice != "bubblewrap" and not landlock.version():
        reasons.append("landlock: the kernel has none")
    can_wrap = choice != "landlock" and bubblewrap.found() is not None
    can_fence = choice != "bubblewrap" and landlock.version() > 0
    if not seccomp.available() or not (can_wrap or can_fence):
        raise NotConfinable(reasons)
    wrapping: list[Isolation] = ["bubblewrap"] if can_wrap else []
    return [*wrapping, "landlock"] if can_fence else wrapping


def _layers(isolation: Isolation, line: Line) -> tuple[str, ...]:
    if isolation == "unsafe":
        return ("none",)
    inside = tuple(cast("list[str]", line.hello["layers"]))
    return ("namespaces", *inside) if isolation == "bubblewrap" else inside


_SHARED: dict[tuple[object, ...], Nursery] = {}
_SHARED_LOCK = threading.Lock()


def nursery_for(
    entry: str,
    *,
    source: Path,
    preload: Sequence[str] = (),
    policy: Policy | None = None,
    isolation: IsolationChoice = "auto",
    warm: int = 2,
) -> Nursery:
    """Give the nursery of this process for these settings, so that all who ask share one warm pool.

    It ends with the process; whoever closes it has the next one to ask get a new one.
    """
    key = (entry, source, tuple(preload), policy, isolation)
    with _SHARED_LOCK:
        there = _SHARED.get(key)
        if there is None or there.closed:
            there = Nursery(
                entry, source=source, preload=preload, policy=policy, isolation=isolation, warm=warm
            )
            _SHARED[key] = there
        return there
