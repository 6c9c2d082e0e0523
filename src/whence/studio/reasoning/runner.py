"""Runs of `ask` beside the event loop: begun, told as they go, cancelled, and taken up again after a restart.

A run belongs to a revision of a project. The project itself lives on the event loop's thread and keeps in its
log that the run was begun and how it ended; here is only what goes on. A run that was cut off by the end of
the process is still going by the log, and is begun again with the same seed: its answer is the same.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import Literal, Protocol

from whence.data.tables import Table
from whence.engine.asking import ask
from whence.explanation.answer import Answer
from whence.runtime.errors import Cancelled, WhenceError
from whence.runtime.events import Cancellation, Event, Progress, cancellable, listening
from whence.runtime.executor import cores, threads
from whence.runtime.locks import lock
from whence.runtime.pools import Pool
from whence.studio.projects.asking import asks_alike, options_of, question_of
from whence.studio.projects.history import RunEntry
from whence.studio.projects.sheet import Sheet
from whence.studio.reasoning.folding import ended, folded, fresh, shown, told_by
from whence.studio.reasoning.run_view import RunState, RunView

AT_ONCE = 2
"""So many runs go on at a time; others wait."""

MOST_WAITING = 20
"""So many may go on or wait in all."""

KEPT = 256
"""So many runs that are over are kept in memory; others are read from the disk when they are shown."""

BETWEEN_REPORTS = 0.1
"""Seconds between two reports of mere progress."""

OURS = "This run failed by a fault of ours; the studio's log has the details."
DATA_GONE = "The studio ended while this ran, and its data cannot be read any more. Load them and ask again."
LOG = logging.getLogger("whence.studio")
Key = tuple[str, int]
EndState = Literal["answered", "cancelled", "failed"]


class NothingAsked(WhenceError):
    """A run without a question."""

    def __init__(self) -> None:
        super().__init__("Nothing is asked yet.", "Choose a treatment and an outcome, or type a question.")


class TooManyRuns(WhenceError):
    """More runs at once than a studio takes."""

    def __init__(self) -> None:
        super().__init__(
            f"{MOST_WAITING} runs are going on or waiting.", "Cancel one, or wait for one to end."
        )


class DataNotThere(WhenceError):
    """A sheet with data that could not be read: an answer without them would be to another question."""

    def __init__(self, label: str) -> None:
        super().__init__(
            f"The data ({label}) are not there to be asked.", "Load them again, or put them away."
        )


class Project(Protocol):
    """What a runner needs of a project; used on the event loop's thread alone."""

    @property
    def id(self) -> str:
        """The name of its folder."""
        ...

    @property
    def sheet(self) -> Sheet:
        """Everything that was said, as it stands now."""
        ...

    @property
    def runs(self) -> tuple[RunEntry, ...]:
        """Every run, oldest first."""
        ...

    def at(self, revision: int, /) -> Sheet:
        """The sheet at an earlier revision."""
        ...

    def begin_run(self, question: str, /) -> RunEntry:
        """Note that a question is being asked."""
        ...

    def end_run(self, number: int, state: EndState, answer: Answer | None = None, error: str = "") -> object:
        """Note how a run ended."""
        ...

    def answer(self, number: int, /) -> Answer:
        """The answer of a run."""
        ...


class _Queued(Protocol):
    def cancel(self) -> bool: ...


@dataclass(slots=True, eq=False)
class _Run:
    """A run that goes on or waits."""

    project: Project
    view: RunView
    sheet: Sheet
    table: Table | None
    token: Cancellation = field(default_factory=Cancellation)
    queued: _Queued | None = None
    over: bool = False

    @property
    def key(self) -> Key:
        return self.project.id, self.view.number


class Runner:
    """The runs of a studio.

    `changed(project_id)` is called, from any thread, whenever a picture of a run has changed; `post(work)`
    has work done on the event loop's thread. Every method is for that thread.
    """

    __slots__ = ("_changed", "_closing", "_live", "_lock", "_past", "_pool", "_post")

    def __init__(self, changed: Callable[[str], None], post: Callable[[Callable[[], None]], None]) -> None:
        self._changed, self._post = changed, post
        self._pool = Pool("whence-run", AT_ONCE)
        self._live: dict[Key, _Run] = {}
        self._past: OrderedDict[Key, RunView] = OrderedDict()
        self._lock = lock()
        self._closing = False

    def start(self, project: Project, table: Table | None) -> RunView:
        """Ask the question of the project's sheet; `table` is its data, with what is derived and left out.

        Raises `NothingAsked`, `TooManyRuns` and `DataNotThere`.
        """
        sheet = project.sheet
        question = question_of(sheet)
        if not question:
            raise NothingAsked
        same = self._going(project, sheet)
        if same is not None:  # pressed twice: the second run would find what the first does
            return same.view
        if len(self._live) >= MOST_WAITING:
            raise TooManyRuns
        if sheet.data is not None and table is None:
            raise DataNotThere(sheet.data.label)
        return self._begin(project, project.begin_run(question), sheet, table)

    def resume(self, project: Project, tables: Mapping[int, Table | None]) -> None:
        """Begin again what was going when the process ended, each on the data that it was asked of.

        `tables` has those of each run (None for a run without data); a run whose data are not there any more
        has failed, and nothing else is put in their place.
        """
        for entry in project.runs:
            if entry.state != "going" or (project.id, entry.number) in self._live:
                continue
            if entry.number in tables:
                self._begin(project, entry, project.at(entry.revision), tables[entry.number])
            else:
                project.end_run(entry.number, "failed", error=DATA_GONE)

    def cancel(self, project: str, number: int) -> bool:
        """Stop a run at its next step; false if it is not going."""
        run = self._live.get((project, number))
        if run is None or run.over:
            return False
        run.token.cancel()
        if run.queued is not None and run.queued.cancel():
            self._end(run, "cancelled")
        return True

    def views(self, project: Project) -> tuple[RunView, ...]:
        """Every run of a project, newest first."""
        return tuple(self._view(project, entry) for entry in reversed(project.runs))

    def forget(self, project: str) -> None:
        """Stop the runs of a project that is being put away; its log says nothing of their end."""
        for run in [run for run in self._live.values() if run.project.id == project]:
            self._drop(run)

    def close(self) -> None:
        """Stop everything; what was going goes on at the next start."""
        self._closing = True
        for run in list(self._live.values()):
            self._drop(run)

    # ── what goes on ────────────────────────────────────────────────────────────────────────────────────────

    def _going(self, project: Project, sheet: Sheet) -> _Run | None:
        """The run of the same question on the same data and graph that goes on already."""
        for run in self._live.values():
            meant = run.project.id == project.id and not run.over and not run.token.cancelled
            if meant and asks_alike(run.sheet, sheet):
                return run
        return None

    def _begin(self, project: Project, entry: RunEntry, sheet: Sheet, table: Table | None) -> RunView:
        run = _Run(project, fresh(entry.number, entry.revision, entry.question), sheet, table)
        self._live[run.key] = run
        run.queued = self._pool.executor().submit(self._work, run)
        return run.view

    def _work(self, run: _Run) -> None:
        """The run itself, in a thread of its own."""
        begun, told = perf_counter(), 0.0

        def hear(event: Event) -> None:
            nonlocal told
            now = perf_counter()
            with self._lock:
                run.view = folded(run.view, event, now - begun)
                mere = isinstance(event, Progress) and now - told < BETWEEN_REPORTS
                told = told if mere else now
            if not mere and not run.over:
                self._changed(run.project.id)

        try:
            with cancellable(run.token), listening(hear):
                answer = self._asked(run)
        except Cancelled:
            self._end(run, "cancelled")
        except WhenceError as error:
            self._end(run, "failed", error=f"{error.message} {error.cure}".strip())
        except Exception:  # whatever it is, the page and the other runs go on
            LOG.exception("run %d of project %s failed", run.view.number, run.project.id)
            self._end(run, "failed", error=OURS)
        else:
            self._end(run, "answered", answer=answer)

    @staticmethod
    def _asked(run: _Run) -> Answer:
        # Variables that nothing joins are no graph yet: as one, they would claim that there is no effect.
        graph = run.sheet.graph if run.sheet.graph.edges else None
        # What the table was made by is told again, so that the answer knows how to make it again itself.
        options = options_of(run.sheet)
        # One core is left to the event loop, where there is more than one; the answer is the same for any.
        options["executor"] = threads(max(1, cores() - 1))
        return ask(run.view.question, run.table, graph, **options)

    def _end(
        self,
        run: _Run,
        state: EndState,
        *,
        answer: Answer | None = None,
        error: str = "",
    ) -> None:
        with self._lock:
            if run.over:
                return
            run.over = True
            run.view = shown(ended(run.view, state, answer=answer, error=error))
        self._post(partial(self._record, run, state, answer, error))

    def _record(
        self,
        run: _Run,
        state: EndState,
        answer: Answer | None,
        error: str,
    ) -> None:
        """Keep how a run ended; on the event loop's thread."""
        if self._live.pop(run.key, None) is None:
            return
        try:
            run.project.end_run(run.view.number, state, answer=answer, error=error)
        except (WhenceError, OSError):
            LOG.exception("the end of run %d of project %s was not kept", run.view.number, run.project.id)
            unkept = "It has ended, but how could not be written down: is the disk full? Ask again."
            run.view = replace(run.view, state="failed", answer=None, error=unkept)
        self._keep(run.key, run.view)
        self._changed(run.project.id)

    def _drop(self, run: _Run) -> None:
        with self._lock:
            run.over = True
        run.token.cancel()
        if run.queued is not None:
            run.queued.cancel()
        self._live.pop(run.key, None)

    # ── what is over ────────────────────────────────────────────────────────────────────────────────────────

    def _view(self, project: Project, entry: RunEntry) -> RunView:
        key = (project.id, entry.number)
        live = self._live.get(key)
        if live is not None:
            return shown(live.view)
        if key in self._past:
            self._past.move_to_end(key)
            return self._past[key]
        if entry.state == "going":  # begun by nobody here: it is about to be resumed
            return fresh(entry.number, entry.revision, entry.question)
        found = ended(fresh(entry.number, entry.revision, entry.question), entry.state, error=entry.error)
        if entry.state == "answered":
            found = _from_disk(project, found)
        return self._keep(key, shown(found))

    def _keep(self, key: Key, view: RunView) -> RunView:
        self._past[key] = view
        while len(self._past) > KEPT:
            self._past.popitem(last=False)
        return view


def _from_disk(project: Project, view: RunView) -> RunView:
    try:
        return told_by(project.answer(view.number), view)
    except WhenceError as error:
        state: RunState = "failed"
        return replace(view, state=state, error=f"{error.message} {error.cure}".strip())
