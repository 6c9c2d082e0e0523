"""What happens in a run, told as it happens: the journal, the live view and the run's tree read these alone.

Every event names its run by its place in the tree of runs: "0" is the root, "0.2" its third child.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from whence.rlm.messages import Usage
from whence.runtime.events import Event
from whence.runtime.plain import JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent(Event):
    """Something that happened in a run, `at` seconds after the root run began."""

    stage: str = "rlm"
    run: str = "0"
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(RunEvent):
    """A run (the root, or a child of `rlm_query`) began.

    `isolation` names what confines its cells, `strength` tells of what it consists and how it was tried.
    """

    question: str
    depth: int
    model: str
    route: Literal["direct", "recursive"]
    why: str
    isolation: str
    documents: int
    bytes: int
    strength: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReplied(RunEvent):
    """The model that leads a run answered; `usd` None is an unknown price."""

    iteration: int
    text: str
    usage: Usage
    usd: float | None
    seconds: float
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRan(RunEvent):
    """A cell of code ran. `lost` names variables that a dead worker took with it."""

    iteration: int
    cell: int
    code: str
    output: str
    error: str | None
    names: dict[str, str]
    lost: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsStarted(RunEvent):
    """A cell sent `count` questions to the sub-model at once; the estimates are made before they are sent."""

    batch: int
    count: int
    tokens: int
    usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(RunEvent):
    """One of them ended. `shared`: an identical call had been made, this one cost nothing."""

    batch: int
    index: int
    prompt: str
    text: str
    error: str | None
    usage: Usage
    usd: float | None
    seconds: float
    shared: bool = False
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetShown(RunEvent):
    """What was spent up to now and what is left of each limit."""

    calls: int
    tokens: int
    usd: float | None
    left: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryCompacted(RunEvent):
    """The conversation was summed up to fit the model's window; the whole stays in `history`."""

    messages: int
    characters: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluding(RunEvent):
    """The model was told to conclude with its next reply."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(RunEvent):
    """Something the reader of the run should know (a second answer ignored, a weaker route taken)."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded(RunEvent):
    """A run ended: with its answer, or with an error's code and message."""

    answer: JSON
    error: str | None
    message: str
    iterations: int
    usage: Usage
    usd: float | None
    seconds: float
