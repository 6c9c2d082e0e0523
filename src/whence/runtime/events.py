"""What happens while an answer is made, told as it happens; and, the other way, the wish to stop.

One stream serves every listener: the command line's progress, a page's stream, a log, a test. The
listeners are held in a context variable, so a library call reports to whoever listens around it, and two
answers made in two threads do not hear one another. Cancellation goes the other way: a token that any
thread may set, looked at between the items of work.

>>> heard = []
>>> with listening(heard.append):
...     emit(Progress(stage="estimate", done=1, total=4))
>>> heard[0].to_dict()
{'event': 'progress', 'stage': 'estimate', 'done': 1, 'total': 4}
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from typing import TypeAlias

from whence.runtime.errors import Cancelled
from whence.runtime.plain import JSON, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in a stage of the work (`parse`, `identify`, `estimate`, …)."""

    stage: str

    def to_dict(self) -> dict[str, JSON]:
        """The event as plain JSON, its kind under `event`."""
        known = {field.name: plain(getattr(self, field.name)) for field in fields(self)}
        return {"event": type(self).__name__.lower(), **known}


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Event):
    """A stage began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Event):
    """`done` of `total` items of a stage are finished."""

    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Event):
    """An estimand was derived: its formula, as text."""

    formula: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated(Event):
    """A number was estimated."""

    value: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuted(Event):
    """A refutation reached its verdict."""

    name: str
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned(Event):
    """Something the reader of the answer must know."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished(Event):
    """A stage ended well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(Event):
    """A stage ended with an error: its code and what it said."""

    code: str
    message: str


Sink: TypeAlias = Callable[[Event], None]


class Cancellation:
    """A token that stops work: whoever holds it may `cancel()` from any thread, once and for all."""

    __slots__ = ("_asked",)

    def __init__(self) -> None:
        self._asked = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop at its next item."""
        self._asked.set()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._asked.is_set()


_sinks: ContextVar[tuple[Sink, ...]] = ContextVar("whence_sinks", default=())
_tokens: ContextVar[tuple[Cancellation, ...]] = ContextVar("whence_cancellations", default=())


def heard() -> bool:
    """Whether anybody listens around this call: what is costly to tell need not be told to nobody."""
    return bool(_sinks.get())


def emit(event: Event) -> None:
    """Tell every listener around this call, the outermost first."""
    for sink in _sinks.get():
        sink(event)


@contextmanager
def listening(sink: Sink) -> Generator[None]:
    """Let `sink` hear what is emitted inside; a listener outside hears it as well."""
    before = _sinks.set((*_sinks.get(), sink))
    try:
        yield
    finally:
        _sinks.reset(before)


@contextmanager
def retold(tell: Callable[[Event], Event]) -> Generator[None]:
    """Let whoever listens outside hear what `tell` makes of each event inside."""

    def told(event: Event) -> None:
        again = tell(event)
        for sink in outside:
            sink(again)

    outside = _sinks.get()
    before = _sinks.set((told,) if outside else ())
    try:
        yield
    finally:
        _sinks.reset(before)


@contextmanager
def cancellable(token: Cancellation) -> Generator[None]:
    """Let `token` stop the work inside; a token outside can stop it as well."""
    before = _tokens.set((*_tokens.get(), token))
    try:
        yield
    finally:
        _tokens.reset(before)


def check_cancelled() -> None:
    """Raise `Cancelled` if a token around this call was cancelled."""
    if any(token.cancelled for token in _tokens.get()):
        raise Cancelled


@contextmanager
def stage(name: str) -> Generator[None]:
    """Emit `Started`, and `Finished` or `Failed`, around a stage of the work."""
    check_cancelled()
    emit(Started(stage=name))
    try:
        yield
    except Exception as error:
        emit(Failed(stage=name, code=getattr(error, "code", "fault"), message=str(error)))
        raise
    emit(Finished(stage=name))
