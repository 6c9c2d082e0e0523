"""The host's side of one worker: it sends a cell, answers what the cell asks, and ends what does not end.

A cell's own time is the wall time during which no call to the host is open; when that is used up the worker
is asked to interrupt the cell, and is killed if the cell has not ended two seconds later. Whatever the
worker does (dies, writes nonsense, fills the disk, floods its host with calls), `run` gives a value: `Ran`,
or `Died` with the reason in words.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from whence.rlm.environments.channel import Channel, open_channel
from whence.rlm.environments.deaths import probable_cause
from whence.rlm.environments.environment import CellError
from whence.rlm.environments.frames import Called, Failed, Frame, Ran
from whence.rlm.worker.wire import BrokenFrame, encode
from whence.runtime.aside import aside
from whence.runtime.errors import WhenceError

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from whence.rlm.environments.environment import CellLimits
    from whence.runtime.plain import JSON

MOST_OPEN_CALLS = 2_048
MOST_OPEN_BYTES = 256 << 20
GRACE = 2.0  # seconds between asking a cell to stop and killing its worker
LOOK = 0.1  # seconds between two looks at a running cell
START = 30.0  # seconds for the worker to say that it is there
_T = TypeVar("_T")


class Nursling(Protocol):
    """A confined process with our end of its socket."""

    socket: socket.socket

    def kill(self) -> None:
        """End the process."""
        ...

    def ended(self) -> str | None:
        """How it ended, None while it lives."""
        ...

    def scratch_bytes(self) -> int:
        """What it has written to its scratch folder."""
        ...

    def close(self) -> None:
        """End it and remove its scratch folder."""
        ...


@dataclass(frozen=True, slots=True)
class Died:
    """The worker is gone, and why."""

    reason: str


@dataclass(slots=True)
class Asked:
    """A call and its answer, which may still be on its way; `weight` in bytes."""

    key: bytes
    answer: asyncio.Future[JSON]
    weight: int = 0


Answering: TypeAlias = Callable[[Called], "Asked | None"]
"""Who answers the calls of a cell; None if this cell may not ask this, and then the worker is ended."""


@dataclass(slots=True)
class _Cell:
    """The cell that runs: when it began, how long it waited for us, whether it was told to stop."""

    id: int
    answering: Answering
    outcome: asyncio.Future[Ran | Died]
    began: float
    waited: float
    told_to_stop: float | None = None


@dataclass(slots=True)
class _OpenCalls:
    """The calls that are being answered, and for how long there has been one without a break."""

    weights: dict[int, int] = field(default_factory=dict[int, int])
    bytes: int = 0
    since: float = 0.0
    waited: float = 0.0

    def opened(self, called: Called, now: float) -> None:
        if not self.weights:
            self.since = now
        self.weights[called.id] = called.size
        self.bytes += called.size

    def closed(self, identity: int, now: float) -> None:
        self.bytes -= self.weights.pop(identity)
        if not self.weights:
            self.waited += now - self.since

    def waited_until(self, now: float) -> float:
        return self.waited + (now - self.since if self.weights else 0.0)


class Session:
    """One worker from its first frame to its end."""

    def __init__(self, nursling: Nursling, limits: CellLimits) -> None:
        self._nursling = nursling
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._channel: Channel | None = None
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._open = _OpenCalls()
        self._cell: _Cell | None = None
        self._cells = 0
        self._next_scratch = 0.0
        self._killing: asyncio.Future[None] | None = None
        self.fault: BaseException | None = None
        self.died: Died | None = None
        self.interrupted = False
        self.own_seconds = 0.0

    @property
    def sent(self) -> int:
        """How many bytes were sent to the worker."""
        return 0 if self._channel is None else self._channel.sent

    async def begin(self, message: bytes, files: Sequence[int]) -> None:
        """Hand over the documents, and wait for the worker's first word."""
        try:
            self._channel = await open_channel(self, self._nursling.socket, message, files)
            async with asyncio.timeout(START):
                await self._ready
        except OSError as why:  # TimeoutError is one
            self.kill(f"it did not start ({type(why).__name__})")
        except BaseException:
            self.kill("its start was given up")
            raise

    async def run(self, code: str, answering: Answering) -> Ran | Died:
        """Run one cell. A fault of the host's own in answering a call is raised."""
        if self.fault is not None:
            raise self.fault
        if self.died is not None:
            return self.died
        self._cells += 1
        now = self._loop.time()
        outcome: asyncio.Future[Ran | Died] = self._loop.create_future()
        cell = _Cell(self._cells, answering, outcome, now, self._open.waited_until(now))
        try:
            message = encode({"type": "run", "id": cell.id, "code": code})
        except BrokenFrame:
            return Ran(
                self._cells, error=CellError(kind="SyntaxError", message="the cell is too large to be run")
            )
        self._cell = cell
        self.interrupted = False
        self.send(message)
        self._timer = self._loop.call_later(LOOK, self._look)
        try:
            return await cell.outcome
        except asyncio.CancelledError:
            self.kill("the run was cancelled")
            raise
        finally:
            self.own_seconds = self._own_seconds(cell)
            self.interrupted = cell.told_to_stop is not None
            self._cell = None
            self._timer.cancel()

    def interrupt(self) -> None:
        """Ask the running cell to end now."""
        if self._cell is not None and self._cell.told_to_stop is None:
            self._cell.told_to_stop = self._loop.time()
            self.send(encode({"type": "interrupt"}))

    def send(self, message: bytes) -> None:
        """Send what `encode` made."""
        if self._channel is not None:
            self._channel.send(message)

    def kill(self, reason: str) -> None:
        """End the worker at once."""
        if self.died is None:
            self._die(Died(reason))

    async def aclose(self) -> None:
        """End the worker, close the socket and remove the scratch folder."""
        self.kill("its session was closed")
        if self._channel is not None:
            await self._channel.closed()
        if self._killing is not None:
            await self._killing
        await aside(self._nursling.close)

    # ── what the worker says ────────────────────────────────────────────────────────────────────────────────

    def heard(self, frame: Frame) -> None:
        """Act on a frame."""
        if isinstance(frame, Called):
            self._called(frame)
        elif isinstance(frame, Ran):
            if self._cell is None or frame.id != self._cell.id:
                self.broken("the end of a cell that does not run")
            elif not self._cell.outcome.done():
                self._cell.outcome.set_result(frame)
        elif isinstance(frame, Failed):
            self.kill(f"it could not open the documents: {frame.message}")
        elif not self._ready.done():
            self._ready.set_result(None)

    def broken(self, reason: str) -> None:
        """End a worker that sends what it may not."""
        self.kill(f"it broke the protocol: {reason}. Only the worker itself may write to its socket")

    def ended(self) -> None:
        """Find out how a worker ended that hung up."""
        if self.died is None:
            self._ask_how_it_ended(self._loop.time() + 0.5)

    def _ask_how_it_ended(self, until: float) -> None:
        how = self._nursling.ended()
        if self.died is not None:
            return
        if how is None and self._loop.time() < until:
            self._loop.call_later(0.005, self._ask_how_it_ended, until)
        elif how is None:
            self.kill("it closed its socket")
        else:
            self.kill(f"it ended ({how}): {probable_cause(how)}")

    def _called(self, called: Called) -> None:
        if self._cell is None or self._cell.outcome.done():
            self.send(refusal(called, "no_cell", "no cell is running: calls are made from a cell"))
        elif called.id in self._open.weights:
            self.broken("two open calls with one id")
        elif len(self._open.weights) >= MOST_OPEN_CALLS or self._open.bytes + called.size > MOST_OPEN_BYTES:
            self.send(refusal(called, "too_many_calls", "too many calls are open: wait for some first"))
        else:
            asked = self._cell.answering(called)
            if asked is None:
                self.kill("it asked for something else than before")
                return
            asked.weight += called.size
            self._open.opened(called, self._loop.time())
            asked.answer.add_done_callback(lambda answer: self._answered(called, asked, answer))

    def _answered(self, called: Called, asked: Asked, answer: asyncio.Future[JSON]) -> None:
        if self.died is not None:
            return
        self._open.closed(called.id, self._loop.time())
        if answer.cancelled():
            self.send(refusal(called, "cancelled", "the call was cancelled"))
            return
        fault = answer.exception()
        if fault is None:
            reply = self._reply(called, answer.result())
            asked.weight += len(reply)
            self.send(reply)
        elif isinstance(fault, WhenceError):
            self.send(refusal(called, fault.code, str(fault)))
        else:
            self.fault = fault
            self.kill("its host failed")

    def _reply(self, called: Called, value: JSON) -> bytes:
        try:
            return encode({"type": "reply", "id": called.id, "value": value})
        except BrokenFrame:
            return refusal(called, "too_large", "the answer is too large to be handed over")

    # ── what time and disk say ──────────────────────────────────────────────────────────────────────────────

    def _look(self) -> None:
        cell = self._cell
        if cell is None or cell.outcome.done():
            return
        now = self._loop.time()
        limit = self._limits.seconds
        if cell.told_to_stop is not None and now - cell.told_to_stop > GRACE:
            self.kill(
                f"the cell ran for more than {limit:g} s (without the time spent waiting for calls) "
                "and did not stop when interrupted"
            )
            return
        if cell.told_to_stop is None and self._own_seconds(cell) > limit:
            cell.told_to_stop = now
            self.send(encode({"type": "interrupt"}))
        if now >= self._next_scratch:
            self._next_scratch = math.inf  # until this one is back: time is kept whatever the disk does
            aside(self._scratch_bytes).add_done_callback(lambda looked: self._looked(now, looked))
        self._timer = self._loop.call_later(LOOK, self._look)

    def _looked(self, began: float, looked: asyncio.Future[int]) -> None:
        now = self._loop.time()
        # Looking through many files takes time itself: a twentieth of it, but once a second at least.
        self._next_scratch = now + min(20 * (now - began), 1.0)
        if self.died is not None or looked.cancelled():
            return
        written = looked.result()
        if written > self._limits.scratch_mb << 20:
            self.kill(
                f"it filled the disk: {written >> 20:,} MB in its scratch folder, "
                f"of {self._limits.scratch_mb:,} MB allowed"
            )

    def _scratch_bytes(self) -> int:
        try:
            return self._nursling.scratch_bytes()
        except OSError:  # it is being written to while we look
            return 0

    def _own_seconds(self, cell: _Cell) -> float:
        now = self._loop.time()
        return now - cell.began - (self._open.waited_until(now) - cell.waited)

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────

    def _die(self, died: Died) -> None:
        self.died = died
        if self._channel is not None:
            self._channel.hang_up()
        # A process with much memory takes its time to be gone.
        self._killing = aside(self._nursling.kill)
        if not self._ready.done():
            self._ready.set_result(None)
        if self._cell is not None and not self._cell.outcome.done():
            if self.fault is not None:
                self._cell.outcome.set_exception(self.fault)
            else:
                self._cell.outcome.set_result(died)


def refusal(called: Called, code: str, message: str) -> bytes:
    """Give the reply to a call that is not made; where it asks many questions it stands for each."""
    told: dict[str, JSON] = {"ok": False, "error": code, "message": message}
    return encode({"type": "reply", "id": called.id, "value": told})
