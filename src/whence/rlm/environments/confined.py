"""A model's Python session in a confined process, which outlives the process.

Cells run in a worker that can reach nothing but its documents, a scratch folder and this socket. When a cell
takes the worker with it, by what means ever, that costs this one cell: another worker is taken, brought to
where the dead one was by running the earlier cells again (`rebuilding`), or begun anew, and then the outcome
names what is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

from whence.rlm.environments.environment import (
    CellError,
    CellLimits,
    CellOutcome,
    EnvironmentName,
    Host,
    HostCall,
)
from whence.rlm.environments.frames import Ran
from whence.rlm.environments.rebuilding import MOST_SECONDS, History, PastCell, PastPut, repeat
from whence.rlm.environments.session import Died, Nursling, Session
from whence.rlm.errors import NotConfined
from whence.rlm.worker.wire import MOST, encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whence.runtime.plain import JSON

_DEFAULT = CellLimits()
Taking: TypeAlias = Callable[[], Awaitable[Nursling]]


class ConfinedEnvironment:
    """An `Environment` over confined workers. `opening.open_environment` makes one."""

    def __init__(
        self,
        name: EnvironmentName,
        take: Taking,
        host: Host,
        begin: Mapping[str, JSON],
        files: Sequence[int] = (),
        limits: CellLimits = _DEFAULT,
    ) -> None:
        self.name: EnvironmentName = name
        self.strength = ""
        self._take = take
        self._host = host
        self._begin = encode(begin, 4 * MOST)
        self._files = files
        self._limits = limits
        self._session: Session | None = None
        self._history = History()
        self._calls: set[asyncio.Future[JSON]] = set()
        self._closed = False

    @property
    def sent(self) -> int:
        """How many bytes the present worker was sent, its documents' list and the cells."""
        return 0 if self._session is None else self._session.sent

    async def open(self) -> None:
        """Take the first worker and hand it the documents."""
        if self._session is None:
            self._session = await self._fresh()

    async def run(self, code: str) -> CellOutcome:
        """Run one cell; whatever it does, the next one runs."""
        lost, rebuilt = await self._living()
        session = self._session
        assert session is not None
        cell = PastCell(code)
        try:
            end = await session.run(code, cell.asking(self._ask))
        except BaseException:
            cell.cancel()
            raise
        cell.seconds = session.own_seconds
        if isinstance(end, Ran):
            self._history.keep_cell(cell, end, interrupted=session.interrupted)
            return CellOutcome(
                output=end.output,
                printed=end.printed,
                error=self._in_time(end.error, session),
                names=end.names,
                finished=cell.finished,
                lost=lost,
                rebuilt=rebuilt,
                seconds=cell.seconds,
            )
        cell.cancel()
        gone, rebuilt = await self._living()
        return CellOutcome(
            error=_told(end, gone, rebuilt=rebuilt),
            finished=cell.finished,
            lost=tuple(sorted({*lost, *gone})),
            rebuilt=rebuilt,
            seconds=cell.seconds,
        )

    def interrupt(self) -> None:
        """Ask the running cell to end now, with what it has made so far; its open calls are given up."""
        if self._session is not None:
            self._session.interrupt()
        for call in self._calls:
            call.cancel()

    async def put(self, name: str, value: JSON) -> None:
        """Set a variable of the session, in a worker that comes later too."""
        put = PastPut(name, encode({"type": "put", "name": name, "value": value}))
        self._history.keep_put(put)
        if self._session is not None and self._session.died is None:
            self._session.send(put.message)

    async def aclose(self) -> None:
        """End the worker and everything that it still waits for."""
        self._closed = True
        await self._discard()
        for call in self._calls:
            call.cancel()
        if self._calls:
            await asyncio.gather(*self._calls, return_exceptions=True)

    # ── workers ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _living(self) -> tuple[tuple[str, ...], bool]:
        """See that there is a worker; give what is lost with the one before, and whether it was rebuilt."""
        if self._closed:
            raise NotConfined(["the session was closed"])
        if self._session is not None and self._session.fault is not None:
            raise self._session.fault  # of the host's own, while no cell ran
        if self._session is not None and self._session.died is None:
            return (), False
        await self._discard()
        self._session = await self._fresh()
        if not (self._history.steps or self._history.names):
            return (), False
        if self._history.repeatable and await self._rebuilt(self._session):
            rebuilt = self._history.has_cells
            return self._history.drop_interrupted(), rebuilt
        if self._session.died is not None or self._history.repeatable:
            await self._discard()
            self._session = await self._fresh()
        for call in self._calls:
            call.cancel()
        lost = self._history.forget()
        await repeat(self._history, self._session)
        return lost, False

    async def _rebuilt(self, session: Session) -> bool:
        try:
            async with asyncio.timeout(MOST_SECONDS):
                return await repeat(self._history, session)
        except TimeoutError:
            return False

    async def _fresh(self) -> Session:
        session = Session(await self._take(), self._limits)
        try:
            await session.begin(self._begin, self._files)
        except BaseException:
            await asyncio.shield(session.aclose())
            raise
        if session.died is not None:
            reason = session.died.reason
            await session.aclose()
            raise NotConfined([f"{self.name}: the worker does not start: {reason}"])
        return session

    async def _discard(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await asyncio.shield(session.aclose())

    # ── calls ───────────────────────────────────────────────────────────────────────────────────────────────

    def _ask(self, call: HostCall) -> asyncio.Future[JSON]:
        answer = asyncio.ensure_future(self._host(call))
        self._calls.add(answer)
        answer.add_done_callback(self._calls.discard)
        return answer

    def _in_time(self, error: CellError | None, session: Session) -> CellError | None:
        """Say why a cell was interrupted, which the cell itself does not know."""
        if error is None or not session.interrupted:
            return error
        why = (
            f"The cell was stopped after {self._limits.seconds:g} s of its own "
            "(time spent waiting for calls does not count). Do less at once."
        )
        return CellError(kind=error.kind, message=why, traceback=f"{error.traceback}\n{why}".strip())


def _told(died: Died, lost: Sequence[str], *, rebuilt: bool) -> CellError:
    """Tell whoever wrote the cell what became of it and of the session."""
    kept = "" if lost or rebuilt else " Nothing that earlier cells made is lost."
    what = f"The Python process that ran this cell is gone: {died.reason}. A new one was started.{kept}"
    return CellError(kind="WorkerDied", message=what)
