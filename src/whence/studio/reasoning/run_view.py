"""A run of `ask` as the page shows it while it goes on, and after it has ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from whence.explanation.answer import Answer

StageState: TypeAlias = Literal["waiting", "going", "done", "failed"]
RunState: TypeAlias = Literal["going", "answered", "cancelled", "failed"]
STAGES: tuple[tuple[str, str], ...] = (
    ("read", "Read"),
    ("parse", "Parse"),
    ("identify", "Identify"),
    ("verify", "Verify"),
    ("estimate", "Estimate"),
    ("refute", "Refute"),
    ("explain", "Explain"),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: `done` of `total` items where it counts them, `seconds` once it has ended."""

    name: str
    title: str
    state: StageState
    done: int = 0
    total: int = 0
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A refutation whose verdict is in."""

    name: str
    verdict: str


@dataclass(frozen=True, slots=True)
class RunView:
    """A run: its number in the project, what was asked at which revision, how far it is, what it found.

    `steps` are the lines of the proof as they are derived; `told` the estimates as text; `answer` is there
    when it has ended well (answered, bounded or refused: `Answer.status`).
    """

    number: int
    revision: int
    question: str
    state: RunState
    stages: tuple[Stage, ...]
    steps: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str = ""
    answer: Answer | None = None
    seconds: float = 0.0
