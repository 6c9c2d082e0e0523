"""The course that a run took, kept in its journal, so that a second time it takes the same.

Cells run again when a run goes on or is replayed, and may print something else: the time, a failure that is
none now. What the model was told is kept, and told again, or every later reply would answer a conversation
that nobody had. Where a run was cut short (its time was over, its budget spent) it is cut short again when
it is replayed, at the same place; a cell in which that was runs for as long as it did then.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

from whence.rlm.journal.record import masked
from whence.rlm.journal.recording import Recall
from whence.runtime.plain import JSON

BETWEEN, SUMMING_UP, ASKING = -3, -2, -1  # where in a turn; from zero on, in which of its cells


class CutShort(Exception):
    """The run ended here when it was recorded."""

    def __init__(self, reason: str) -> None:
        self.reason: Final = reason
        super().__init__(reason)


@dataclass(slots=True)
class Course:
    """The course of the run at `place`; `follow` it to its end, or only as far as the model was told."""

    recall: Recall
    place: str
    follow: bool
    _at: tuple[int, int] = (0, BETWEEN)
    _entered: float = 0.0
    _cut: tuple[int, int, str, int | None, float] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._cut = _cut_of(self.recall.known.get(self._key)) if self.follow else None
        if not self.follow and self.recall.known.get(self._key) is not None:
            self.recall.learn(self._key, None)  # it goes on from there, with a budget of its own

    def reach(self, iteration: int, stage: int) -> None:
        """Say where the run is; raises `CutShort` where it ended when it was recorded."""
        self._at = (iteration, stage)
        if self._cut is not None and self._cut[:2] == self._at:
            raise CutShort(self._cut[2])

    def enter(self, iteration: int, cell: int) -> float | None:
        """Say which cell begins; gives for how long it runs if it was cut short when it was recorded."""
        self._at = (iteration, cell)
        self._entered = time.monotonic()
        return self._cut[4] if self._cut is not None and self._cut[:2] == self._at else None

    @property
    def reason(self) -> str:
        """Why it was cut short."""
        return "" if self._cut is None else self._cut[2]

    def cut(self, reason: str, most: int | None) -> int | None:
        """Keep that the run is cut short here; gives how long its last reply may be, as then or now."""
        if self._cut is not None:
            return self._cut[3]
        iteration, stage = self._at
        seconds = time.monotonic() - self._entered if stage >= 0 else 0.0
        told: dict[str, JSON] = {"iteration": iteration, "stage": stage, "reason": reason, "most": most}
        self.recall.learn(self._key, told | {"seconds": round(seconds, 3)})
        return most

    def was_told(self, iteration: int) -> bool:
        """Whether the model has heard already what came of this turn."""
        return self._told(iteration) in self.recall.known

    def told(self, iteration: int, now: str) -> str:
        """What the model is told of a turn: what it was told then, if it was."""
        before = self.recall.once(self._told(iteration), lambda: now)
        return before if isinstance(before, str) and before != masked(now) else now

    def _told(self, iteration: int) -> str:
        return f"{self.place}/told/{iteration}"

    @property
    def _key(self) -> str:
        return f"{self.place}/cut"


def _cut_of(kept: JSON) -> tuple[int, int, str, int | None, float] | None:
    if not isinstance(kept, dict):
        return None
    iteration, stage, reason, most = (kept.get(name) for name in ("iteration", "stage", "reason", "most"))
    if not (isinstance(iteration, int) and isinstance(stage, int) and isinstance(reason, str)):
        return None
    seconds = kept.get("seconds")
    ran = float(seconds) if isinstance(seconds, int | float) else 0.0
    return iteration, stage, reason, most if isinstance(most, int) else None, ran
