"""The tree of a run: what each run did turn by turn, what it asked, what it cost, and the runs it started.

The tree is folded from events, one at a time, so that a live view and a finished report are made of the same.
Of calls it keeps counts and sums, and a few with their words: the first, and the first that failed.

>>> from whence.rlm.events import Noted
>>> builder = TreeBuilder()
>>> builder.add(Noted(message="a weaker route"))
>>> builder.tree().notes
(Note(at=0.0, message='a weaker route'),)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from whence.rlm.events import (
    BudgetShown,
    CallEnded,
    CallsStarted,
    CellRan,
    Concluding,
    HistoryCompacted,
    ModelReplied,
    Noted,
    RunEnded,
    RunEvent,
    RunStarted,
)
from whence.rlm.messages import Usage

MOST_SHOWN_CALLS = 12  # of a batch with their words, and as many that failed
MOST_DEEP = 40
NOT_TOLD = RunStarted(
    question="", depth=0, model="", route="recursive", why="", isolation="", documents=0, bytes=0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What was used: `replies` of leading models, `calls` of sub-models, what became of these, and the cost.

    `usd` adds what is known; `unpriced` counts those for which no price was. Calls that were `shared` cost
    nothing; what was `replayed` is counted with what it cost when it was made.
    """

    replies: int = 0
    calls: int = 0
    failed: int = 0
    shared: int = 0
    replayed: int = 0
    unpriced: int = 0
    usage: Usage = field(default_factory=Usage)
    usd: float = 0.0

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            replies=self.replies + other.replies,
            calls=self.calls + other.calls,
            failed=self.failed + other.failed,
            shared=self.shared + other.shared,
            replayed=self.replayed + other.replayed,
            unpriced=self.unpriced + other.unpriced,
            usage=self.usage + other.usage,
            usd=self.usd + other.usd,
        )

    @property
    def cost(self) -> float | None:
        """Dollars, None where nothing that was used has a price."""
        return None if self.unpriced and not self.usd else self.usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Questions that a cell sent at once. `asked` were to be sent, `totals.calls` have ended."""

    number: int
    asked: int
    began: float
    ended: float
    totals: Totals
    errors: Mapping[str, int] = field(default_factory=dict[str, int])
    shown: tuple[CallEnded, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A cell that ran, with what it asked; `ran` is None while it runs, or where it never came to an end."""

    ran: CellRan | None
    batches: tuple[Batch, ...]
    children: tuple[str, ...]

    @property
    def totals(self) -> Totals:
        """What its calls used; children are runs of their own."""
        return sum((batch.totals for batch in self.batches), Totals())


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A reply of the leading model and the cells in it."""

    number: int
    reply: ModelReplied | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a reader of the run should know."""

    at: float
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTree:
    """A run: what it was asked, its turns, its children, its end (None: it goes on, or was killed)."""

    run: str
    started: RunStarted
    turns: tuple[Turn, ...]
    children: tuple[RunTree, ...]
    notes: tuple[Note, ...]
    budget: BudgetShown | None
    ended: RunEnded | None
    last: float

    @property
    def own(self) -> Totals:
        """What this run used without its children."""
        replies = [turn.reply for turn in self.turns if turn.reply is not None]
        led = Totals(
            replies=len(replies),
            replayed=sum(reply.replayed for reply in replies),
            unpriced=sum(reply.usd is None for reply in replies),
            usage=sum((reply.usage for reply in replies), Usage()),
            usd=sum(reply.usd or 0.0 for reply in replies),
        )
        return sum((step.totals for turn in self.turns for step in turn.steps), led)

    @property
    def totals(self) -> Totals:
        """What this run and its children used."""
        return sum((child.totals for child in self.children), self.own)

    @property
    def seconds(self) -> float:
        """How long it took, or has taken up to now."""
        return max(0.0, self.last - self.started.at) if self.ended is None else self.ended.seconds

    def every_run(self) -> Iterator[RunTree]:
        """The run itself and all below it, from above."""
        yield self
        for child in self.children:
            yield from child.every_run()


def tree_of(events: Iterable[RunEvent]) -> RunTree:
    """The tree of all these events."""
    builder = TreeBuilder()
    for event in events:
        builder.add(event)
    return builder.tree()


class TreeBuilder:
    """Grows a tree event by event; `tree()` gives the tree so far, a value that does not change any more."""

    __slots__ = ("_runs",)

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}

    def add(self, event: RunEvent) -> None:
        """Take in what happened; an event that comes unannounced is not lost."""
        if isinstance(event, RunStarted) and _parent(event.run) is None:
            self._runs.clear()  # the root begins anew: the journal of a run that was killed and goes on
        run = self._runs.get(event.run)
        if run is None:
            run = self._runs[event.run] = _Run(replace(NOT_TOLD, run=event.run, at=event.at))
            above = self._runs.get(_parent(event.run) or "")
            if above is not None:
                above.step.children.append(event.run)
        run.add(event)

    def tree(self) -> RunTree:
        """The tree so far; a run without a parent that is known hangs on the root."""
        ids = sorted(self._runs, key=lambda run: (run.count("."), len(run), run))
        root = ids[0] if ids else "0"
        below: dict[str, list[RunTree]] = {}
        for run in reversed(ids[1:]):
            made = self._runs[run].frozen(run, below.pop(run, []))
            parent = _parent(run)
            known = parent if parent in self._runs and run.count(".") <= MOST_DEEP else root
            below.setdefault(known or root, []).insert(0, made)
        if not ids:
            return _Run(NOT_TOLD).frozen(root, [])
        return self._runs[root].frozen(root, below.pop(root, []))


def _parent(run: str) -> str | None:
    return run.rpartition(".")[0] or None


# ── while it grows ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Batch:
    number: int
    asked: int
    began: float
    ended: float
    totals: Totals = field(default_factory=Totals)
    errors: dict[str, int] = field(default_factory=dict[str, int])
    first: list[CallEnded] = field(default_factory=list[CallEnded])
    failed: list[CallEnded] = field(default_factory=list[CallEnded])

    def add(self, event: CallEnded) -> None:
        free = event.shared or event.error is not None
        self.ended = max(self.ended, event.at)
        self.totals += Totals(
            calls=1,
            failed=event.error is not None,
            shared=event.shared,
            replayed=event.replayed,
            unpriced=event.usd is None and not free,
            usage=Usage() if event.shared else event.usage,
            usd=0.0 if event.shared else event.usd or 0.0,
        )
        if event.error is not None:
            code = event.error.partition(":")[0].strip()[:60] or "error"
            self.errors[code] = self.errors.get(code, 0) + 1
        kept = self.first if event.error is None else self.failed
        if len(kept) < MOST_SHOWN_CALLS:
            kept.append(event)

    def frozen(self) -> Batch:
        return Batch(
            number=self.number,
            asked=max(self.asked, self.totals.calls),
            began=self.began,
            ended=self.ended,
            totals=self.totals,
            errors=dict(self.errors),
            shown=tuple(sorted((*self.failed, *self.first), key=lambda event: event.index)),
        )


@dataclass(slots=True)
class _Step:
    ran: CellRan | None = None
    batches: list[_Batch] = field(default_factory=list[_Batch])
    children: list[str] = field(default_factory=list[str])

    @property
    def is_empty(self) -> bool:
        return self.ran is None and not self.batches and not self.children

    def frozen(self) -> Step:
        batches = tuple(batch.frozen() for batch in self.batches)
        return Step(ran=self.ran, batches=batches, children=tuple(self.children))


@dataclass(slots=True)
class _Turn:
    number: int
    reply: ModelReplied | None = None
    steps: list[_Step] = field(default_factory=list[_Step])


class _Run:
    """One run while events come in."""

    __slots__ = ("batches", "budget", "ended", "last", "notes", "started", "turns")

    def __init__(self, started: RunStarted) -> None:
        self.started = started
        self.turns: list[_Turn] = []
        self.batches: dict[int, _Batch] = {}
        self.notes: list[Note] = []
        self.budget: BudgetShown | None = None
        self.ended: RunEnded | None = None
        self.last = started.at

    @property
    def step(self) -> _Step:
        """The cell that runs now: its end is told after what it asked."""
        if not self.turns:
            self.turns.append(_Turn(0))
        steps = self.turns[-1].steps
        if not steps or steps[-1].ran is not None:
            steps.append(_Step())
        return steps[-1]

    def add(self, event: RunEvent) -> None:
        self.last = max(self.last, event.at)
        match event:
            case RunStarted():
                self.started = event
            case ModelReplied():
                self.turns.append(_Turn(event.iteration, event))
            case CellRan():
                self.step.ran = event
            case CallsStarted():
                batch = _Batch(event.batch, event.count, event.at, event.at)
                self.batches[event.batch] = batch
                self.step.batches.append(batch)
            case CallEnded():
                self._batch(event).add(event)
            case BudgetShown():
                self.budget = event
            case RunEnded():
                self.ended = event
            case _:
                if (words := _words(event)) is not None:
                    self.notes.append(Note(event.at, words))

    def _batch(self, event: CallEnded) -> _Batch:
        if event.batch not in self.batches:
            began = max(0.0, event.at - event.seconds)
            self.batches[event.batch] = _Batch(event.batch, 0, began, event.at)
            self.step.batches.append(self.batches[event.batch])
        return self.batches[event.batch]

    def frozen(self, run: str, children: list[RunTree]) -> RunTree:
        return RunTree(
            run=run,
            started=self.started,
            turns=tuple(
                Turn(
                    number=turn.number,
                    reply=turn.reply,
                    steps=tuple(step.frozen() for step in turn.steps if not step.is_empty),
                )
                for turn in self.turns
            ),
            children=tuple(children),
            notes=tuple(self.notes),
            budget=self.budget,
            ended=self.ended,
            last=max([self.last, *(child.last for child in children)]),
        )


def _words(event: RunEvent) -> str | None:
    """What to note of an event that is no step."""
    match event:
        case Noted():
            return event.message
        case Concluding():
            return f"told to conclude: {event.reason}"
        case HistoryCompacted():
            return f"the conversation was summed up: {event.messages:,} messages, {event.kept:,} were kept"
        case _:
            return None
