"""What a session went through, so that a new worker can be brought to where a dead one was.

The cells are run again in their order, and what they ask the host is answered from what was answered
before: nothing is asked or paid twice, and a finish is not taken for a new one. A cell that then asks
something else than it did is no longer the same cell, and the attempt is given up. So it is when the answers
grew too large to keep, or when the cells took too long to be run again. A cell that was interrupted is not
run again, for nobody could stop it at the same place: what it made or changed is lost.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from whence.rlm.environments.environment import HostCall
from whence.rlm.environments.frames import Ran
from whence.rlm.environments.session import Asked, Session

if TYPE_CHECKING:
    import asyncio

    from whence.rlm.environments.frames import Called
    from whence.runtime.plain import JSON

MOST_WEIGHT = 256 << 20
MOST_SECONDS = 20.0

Asking: TypeAlias = "Callable[[HostCall], asyncio.Future[JSON]]"


@dataclass(slots=True)
class PastCell:
    """A cell, what it asked in its order, and how it ended."""

    code: str
    calls: list[tuple[str, Asked]] = field(default_factory=list[tuple[str, Asked]])
    seconds: float = 0.0
    ended: tuple[str | None, frozenset[str]] = (None, frozenset())
    interrupted: bool = False

    def asking(self, host: Asking) -> Callable[[Called], Asked]:
        """Answer the calls of this cell by the host, and keep the answers."""

        def answering(called: Called) -> Asked:
            asked = Asked(called.key, host(HostCall(called.kind, called.arguments)))
            self.calls.append((called.kind, asked))
            return asked

        return answering

    def repeating(self) -> Callable[[Called], Asked | None]:
        """Answer the calls of this cell from what was answered before."""
        left: defaultdict[bytes, deque[Asked]] = defaultdict(deque)
        for _kind, asked in self.calls:
            left[asked.key].append(asked)

        def answering(called: Called) -> Asked | None:
            before = left[called.key]
            return Asked(b"", before.popleft().answer) if before else None

        return answering

    def cancel(self) -> None:
        """Give up the answers that are still on their way."""
        for _kind, asked in self.calls:
            asked.answer.cancel()

    @property
    def finished(self) -> bool:
        """Whether the host accepted a finish of this cell: its word, not the worker's."""
        return any(kind == "finish" and accepted(asked) for kind, asked in self.calls)


@dataclass(frozen=True, slots=True)
class PastPut:
    """A variable that was set from outside, as it was sent: the value itself may change under our hands."""

    name: str
    message: bytes


@dataclass(slots=True)
class History:
    """Everything that made a session what it is; `repeatable` while it can be gone through again."""

    steps: list[PastCell | PastPut] = field(default_factory=list["PastCell | PastPut"])
    names: dict[str, str] = field(default_factory=dict[str, str])
    repeatable: bool = True

    @property
    def has_cells(self) -> bool:
        """Whether there is anything but what was set from outside."""
        return bool(self._cells())

    def keep_cell(self, cell: PastCell, ran: Ran, *, interrupted: bool) -> None:
        """Keep a cell that ended by itself."""
        cell.ended = how_it_ended(ran)
        cell.interrupted = interrupted
        self.names.update(ran.names)
        self._keep(cell)
        if sum(step.seconds for step in self._cells() if not step.interrupted) > MOST_SECONDS:
            self._give_up()

    def keep_put(self, put: PastPut) -> None:
        """Keep a variable that was set from outside; of several values that no cell has seen, the last."""
        if self.steps and isinstance(last := self.steps[-1], PastPut) and last.name == put.name:
            self.steps.pop()
        self._keep(put)

    def drop_interrupted(self) -> tuple[str, ...]:
        """Forget the cells that were not run again; give the names that only they made."""
        gone: set[str] = set()
        for cell in self._cells():
            made = cell.ended[1]
            gone = gone | made if cell.interrupted else gone - made
        self.steps = [step for step in self.steps if not (isinstance(step, PastCell) and step.interrupted)]
        for name in gone:
            self.names.pop(name, None)
        return tuple(sorted(gone))

    def forget(self) -> tuple[str, ...]:
        """Begin anew, with what was set from outside; give the names that are lost."""
        self._give_up()
        kept = {step.name for step in self.steps if isinstance(step, PastPut)}
        lost = tuple(sorted(name for name in self.names if name not in kept))
        self.names = {}
        self.repeatable = True
        return lost

    def _keep(self, step: PastCell | PastPut) -> None:
        if self.repeatable or isinstance(step, PastPut):
            self.steps.append(step)
        if sum(_weight(step) for step in self.steps) > MOST_WEIGHT:
            self._give_up()

    def _cells(self) -> list[PastCell]:
        return [step for step in self.steps if isinstance(step, PastCell)]

    def _give_up(self) -> None:
        self.repeatable = False
        puts = [step for step in self.steps if isinstance(step, PastPut)]
        self.steps = list({put.name: put for put in puts}.values())


async def repeat(history: History, session: Session) -> bool:
    """Bring a new worker to where the dead one was; False if it does not come there."""
    for step in history.steps:
        if isinstance(step, PastPut):
            session.send(step.message)
            continue
        if step.interrupted:
            continue
        again = await session.run(step.code, step.repeating())
        if not isinstance(again, Ran) or how_it_ended(again) != step.ended:
            return False
    return True


def how_it_ended(ran: Ran) -> tuple[str | None, frozenset[str]]:
    """Give what must be the same when a cell is run again: the kind of its error, and the names it made."""
    return (None if ran.error is None else ran.error.kind, frozenset(ran.names))


def accepted(asked: Asked) -> bool:
    """Whether a call was answered with `ok`."""
    if not asked.answer.done() or asked.answer.cancelled() or asked.answer.exception() is not None:
        return False
    answer = asked.answer.result()
    return isinstance(answer, dict) and answer.get("ok") is True


def _weight(step: PastCell | PastPut) -> int:
    if isinstance(step, PastPut):
        return len(step.message)
    return len(step.code) + sum(asked.weight for _kind, asked in step.calls)
