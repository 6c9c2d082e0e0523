"""The program that makes confined workers: it warms up once, then forks a child whenever one is wanted.

A fresh interpreter takes a hundred milliseconds to start and to import numpy; a fork of a warm one takes two.
The zygote is such an interpreter. It has an empty environment and nothing open but the control socket, on
which the host sends requests, one at a time, and gets one answer each (JSON, with descriptors beside it):

    {"do": "wait"}                    until a child stands ready; {} or {"error": …}
    {"do": "take", "entry"?: "m:f"}   {"id": …} with the host's end of the child's socket and a process handle
    {"do": "status", "id": …}         {"ended": "exit 0" | "killed by signal 9 (SIGKILL)" | "unknown"}

Children are made ahead of need. Each confines itself and says so before it is handed out, and each is handed
out once. When the control socket closes, for whatever reason, every child is killed and the zygote ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import secrets
import select
import signal
import socket
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeAlias, cast

from whence.runtime.confinement.kernel import PR_SET_DUMPABLE, call, prctl
from whence.runtime.confinement.policy import Policy
from whence.runtime.confinement.privileges import die_with
from whence.runtime.confinement.restrict import layers, restrict
from whence.runtime.confinement.scratch import remove

Entry: TypeAlias = Callable[[socket.socket, str], None]
Message: TypeAlias = dict[str, object]

LARGEST = 1 << 18
OWN_SOCKET = 100  # the lowest number for a child's socket, away from 0 to 2
READY = b"\x01"
FAILED = b"\x00"
MOST_WORDS = 4_000  # bytes of why a child could not be confined
REMEMBERED = 1_024


@dataclass(frozen=True, slots=True)
class Setup:
    """What the host tells the zygote at the start."""

    entry: str
    preload: tuple[str, ...]
    policy: Policy
    readable: tuple[str, ...]
    scratch: str
    confined: bool
    warm: int

    @staticmethod
    def read(told: dict[str, object]) -> Setup:
        """Make it from the host's first message."""
        policy = cast("dict[str, int]", told["policy"])
        return Setup(
            entry=cast("str", told["entry"]),
            preload=tuple(cast("list[str]", told["preload"])),
            policy=Policy(readable=(), **policy),
            readable=tuple(cast("list[str]", told["readable"])),
            scratch=cast("str", told["scratch"]),
            confined=bool(told["confined"]),
            warm=cast("int", told["warm"]),
        )


@dataclass(slots=True)
class Child:
    """A child of the zygote's: made, then ready, then taken, then ended."""

    name: str
    process: int
    handle: int
    host_end: socket.socket | None
    entry: str
    ready: bool = False


class Born(Exception):  # noqa: N818 - not an error: it carries a child out of the zygote's loop, frames and all
    """Raised in a new child, to leave every frame of the zygote behind."""

    def __init__(self, entry: str, end: socket.socket, scratch: str) -> None:
        self.entry = entry
        self.end = end
        self.scratch = scratch


class Zygote:
    """The loop that answers the host, makes children ahead of need and sees them end."""

    def __init__(self, control: socket.socket, setup: Setup) -> None:
        self.control = control
        self.setup = setup
        self.children: dict[str, Child] = {}
        self.ended: OrderedDict[str, str] = OrderedDict()
        self.pending: str | None = None  # the entry of the child that the host waits for
        self.hand_over = False
        self.failed = ""

    def run(self) -> None:
        """Answer until the control socket closes."""
        while True:
            self._answer_pending()
            for ready in self._events():
                if ready == self.control.fileno():
                    message = self.control.recv(LARGEST)
                    if not message:
                        return
                    self._request(json.loads(message))
                else:
                    self._of_child(ready)
            if not self._host_is_asking():
                self._refill()

    def end(self) -> None:
        """Kill every child."""
        for child in self.children.values():
            with contextlib.suppress(OSError):
                os.kill(child.process, signal.SIGKILL)
        for child in list(self.children.values()):
            self._bury(child)
        remove(Path(self.setup.scratch))

    def _events(self) -> list[int]:
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        for child in self.children.values():
            poll.register(child.handle, select.POLLIN)
            if child.host_end is not None and not child.ready:
                poll.register(child.host_end, select.POLLIN)
        return [ready for ready, _ in poll.poll(0 if self._wanting() else None)]

    def _host_is_asking(self) -> bool:
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        return bool(poll.poll(0))

    # ── what the host asks ──────────────────────────────────────────────────────────────────────────────────

    def _request(self, message: Message) -> None:
        if message["do"] == "status":
            name = str(message["id"])
            if name in self.children:
                self._bury(self.children[name])
            self._answer({"ended": self.ended.pop(name, "unknown")})
            return
        self.failed = ""
        self.hand_over = message["do"] == "take"
        self.pending = str(message.get("entry") or self.setup.entry)

    def _answer_pending(self) -> None:
        if self.pending is None:
            return
        if self.failed:
            self.pending = None
            self._answer({"error": self.failed})
            return
        ready = next((child for child in self._waiting(self.pending) if child.ready), None)
        if ready is None:
            if not self._waiting(self.pending):
                self._bear(self.pending)
            return
        self.pending = None
        if self.hand_over and ready.host_end is not None:
            self._answer({"id": ready.name}, ready.host_end.fileno(), ready.handle)
            ready.host_end.close()
            ready.host_end = None
        else:
            self._answer({})

    def _answer(self, message: Message, *descriptors: int) -> None:
        with contextlib.suppress(ConnectionError):  # then the next read sees the end
            socket.send_fds(self.control, [json.dumps(message).encode()], descriptors)

    # ── children ────────────────────────────────────────────────────────────────────────────────────────────

    def _waiting(self, entry: str) -> list[Child]:
        return [c for c in self.children.values() if c.host_end is not None and c.entry == entry]

    def _wanting(self) -> bool:
        return not self.failed and len(self._waiting(self.setup.entry)) < self.setup.warm

    def _refill(self) -> None:
        if self._wanting():
            self._bear(self.setup.entry)

    def _of_child(self, ready: int) -> None:
        for child in list(self.children.values()):
            end = child.host_end
            if end is not None and not child.ready and ready in {child.handle, end.fileno()}:
                # One that ends at once may have been confined all the same, and is then handed out.
                self._hear(child, end)
                return
            if ready == child.handle:
                self._bury(child)
                return

    def _hear(self, child: Child, end: socket.socket) -> None:
        """Take a new child's first word: that it is confined, or else it is buried, and why is kept."""
        if _peeked(end) == READY:
            end.recv(1)
            child.ready = True
        else:
            os.kill(child.process, signal.SIGKILL)
            self._bury(child)

    def _bury(self, child: Child) -> None:
        """Take note of how an ended child ended; waits for one that is about to."""
        _, status = os.waitpid(child.process, 0)
        self.ended[child.name] = _ending(os.waitstatus_to_exitcode(status))
        while len(self.ended) > REMEMBERED:
            self.ended.popitem(last=False)
        os.close(child.handle)
        if child.host_end is not None:
            if self.pending in {None, child.entry}:
                # None is made until the host asks again: an entry that always fails would fork for ever.
                self.failed = "" if child.ready else _last_words(child.host_end)
                self.failed = self.failed or f"a new worker ended too soon ({self.ended[child.name]})"
            child.host_end.close()
        del self.children[child.name]

    def _bear(self, entry: str) -> None:
        name = secrets.token_hex(8)
        scratch = str(Path(self.setup.scratch, name))
        Path(scratch).mkdir(mode=0o700)
        host_end, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        me = os.getpid()
        process = os.fork()
        if process == 0:
            self._forget()
            host_end.detach()
            self._grow(entry, end, scratch, me)
        end.close()
        self.children[name] = Child(name, process, os.pidfd_open(process), host_end, entry)

    def _forget(self) -> None:
        """In a new child: let go of what belongs to the zygote, without closing numbers twice."""
        self.control.detach()
        for child in self.children.values():
            if child.host_end is not None:
                child.host_end.detach()
        self.children.clear()

    def _grow(self, entry: str, end: socket.socket, scratch: str, parent: int) -> NoReturn:
        """In a new child: keep one socket, be confined, say so."""
        try:
            mine = _only(end.detach())
            os.chdir(scratch)
            tempfile.tempdir = scratch
            die_with(parent)
            importlib.import_module(entry.partition(":")[0])
            if self.setup.confined:
                restrict(self.setup.policy, scratch, readable=self.setup.readable)
            mine.sendall(READY)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the host is told and nothing is run
            with contextlib.suppress(Exception):
                os.write(OWN_SOCKET, FAILED + f"{type(error).__name__}: {error}".encode()[:MOST_WORDS])
            os._exit(1)
        raise Born(entry, mine, scratch)


def _only(descriptor: int) -> socket.socket:
    """Move the socket to a high number and close everything else but 0 to 2."""
    os.dup2(descriptor, OWN_SOCKET, inheritable=False)
    try:
        call("close_range", 3, OWN_SOCKET - 1, 0)
        call("close_range", OWN_SOCKET + 1, 0xFFFFFFFF, 0)
    except OSError:  # before Linux 5.9
        os.closerange(3, OWN_SOCKET)
        os.closerange(OWN_SOCKET + 1, os.sysconf("SC_OPEN_MAX"))
    return socket.socket(fileno=OWN_SOCKET)


def _peeked(end: socket.socket) -> bytes:
    try:
        return end.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError:
        return b""


def _last_words(end: socket.socket) -> str:
    """What a dead child said of why it could not be confined."""
    try:
        word = end.recv(1 + MOST_WORDS)
    except OSError:
        return ""
    return word[1:].decode(errors="replace") if word[:1] == FAILED else ""


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit {code}"
    try:
        name = f" ({signal.Signals(-code).name})"
    except ValueError:
        name = ""
    return f"killed by signal {-code}{name}"


def main(control_descriptor: int) -> NoReturn:
    """Be the zygote; called by the one line of Python that the host starts."""
    control = socket.socket(fileno=control_descriptor)
    zygote = _warmed_up(control)
    try:
        with contextlib.suppress(ConnectionError):
            zygote.run()
        zygote.end()
    except Born as born:
        entry, end, scratch = born.entry, born.end, born.scratch
    else:
        os._exit(0)
    # Here a child goes on, with no frame of the zygote above it but this one.
    del zygote, control
    gc.enable()
    _live(entry, end, scratch)


def _warmed_up(control: socket.socket) -> Zygote:
    """Import what children will want, and say so to the host."""
    setup = Setup.read(json.loads(control.recv(LARGEST)))
    prctl(PR_SET_DUMPABLE, 0)
    for name in set(os.environ) - {"PYTHONHASHSEED", "OPENBLAS_NUM_THREADS", "TZ", "LC_CTYPE"}:
        del os.environ[name]  # bubblewrap adds PWD
    skipped = [name for name in setup.preload if not _imported(name)]
    importlib.import_module(setup.entry.partition(":")[0])
    hello = {"layers": layers(), "skipped": skipped, "process": os.getpid()}
    socket.send_fds(control, [json.dumps(hello).encode()], [])
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.close(nothing)
    # Objects made so far are not to be visited by collections in the children, which would copy their pages.
    gc.disable()
    gc.collect()
    gc.freeze()
    return Zygote(control, setup)


def _imported(name: str) -> bool:
    try:
        importlib.import_module(name)
    except Exception:  # noqa: BLE001 - a package that does not import here is one that workers go without
        return False
    return True


def _live(entry: str, end: socket.socket, scratch: str) -> NoReturn:
    """Run the entry function; then end at once, whatever threads it has left behind."""
    code = 1
    try:
        module, _, function = entry.partition(":")
        cast("Entry", getattr(importlib.import_module(module), function))(end, scratch)
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    finally:
        os._exit(code & 0xFF)
