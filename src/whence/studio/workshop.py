"""The workshop: what a running studio holds in memory, and how an edit, a run or a view comes about.

A `Desk` is a project that is open, with what was worked out for it: its table, what the data say of its
graph, the words that are being typed. None of it is state that matters: all of that is in the project's log,
and a desk is laid anew from there. Everything here happens on the event loop's thread; what takes time is
done aside.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from whence.runtime.background import in_thread
from whence.runtime.errors import Cancelled, WhenceError
from whence.runtime.events import Cancellation, cancellable
from whence.studio.drawing.places import places
from whence.studio.pages.project import project_regions
from whence.studio.pages.runs import newest
from whence.studio.projects.edit_words import edit_words
from whence.studio.projects.editing import applied
from whence.studio.projects.edits import Ask, Edit
from whence.studio.projects.shelf import Shelf
from whence.studio.reasoning.adviser import Adviser
from whence.studio.reasoning.difference import difference
from whence.studio.reasoning.reader import read
from whence.studio.reasoning.reading import Verdicts
from whence.studio.reasoning.runner import Runner
from whence.studio.uploads.cabinet import Cabinet
from whence.studio.view import Message, View
from whence.studio.watching.gallery import Gallery
from whence.studio.wire.hub import Hub
from whence.studio.wire.regions import Board

if TYPE_CHECKING:
    from whence.data.tables import Table
    from whence.language.layout_plan import Layout
    from whence.studio.projects.project import Project
    from whence.studio.projects.sheet import Sheet
    from whence.studio.reasoning.reading import Reading
    from whence.studio.settings import Settings
    from whence.studio.uploads.summary import TableSummary


@dataclass(slots=True, eq=False)
class Desk:
    """A project that is open, and what was worked out for it."""

    project: Project
    draft: str | None = None
    message: Message | None = None
    change: str = ""
    loading: str = ""
    table: Table | None = None
    summary: TableSummary | None = None
    data: Hashable = None
    verdicts: Verdicts | None = None
    asked: Hashable = None
    stop: Cancellation = field(default_factory=Cancellation)
    board: Board | None = None
    drawn: Layout | None = None
    drawing: Hashable = None
    ready: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def sheet(self) -> Sheet:
        """The sheet, with the question as it is being typed."""
        found = self.project.sheet
        return found if self.draft is None else replace(found, question=self.draft)


class Workshop:
    """Everything that a running studio holds."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.hub = Hub()
        self.shelf = Shelf(settings.home)
        self.cabinet = Cabinet(settings.home, settings)
        self.adviser = Adviser(self.hub.changed)
        self.runner = Runner(self.hub.changed_elsewhere, self.hub.post)
        self.gallery = Gallery(settings.watched, self.hub.changed)
        self.quarantine = settings.home / "quarantine"
        self.quarantine.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in self.quarantine.iterdir():  # by uploads that a kill cut off; one studio has a home
            left.unlink(missing_ok=True)
        self.reports = 0
        self._desks: dict[str, Desk] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def desk(self, project: str) -> Desk:
        """The desk of a project, laid if it was not; raises `UnknownProject`.

        Runs that were going when the studio last ended go on.
        """
        found = self._desks.get(project)
        if found is None:
            found = self._desks[project] = Desk(self.shelf.open(project))
            async with found.ready:
                await self._settle(found)
                self.runner.resume(found.project, await self._tables(found.project))
            return found
        async with found.ready:  # whoever comes while it is being laid waits
            return found

    def forget(self, project: str) -> None:
        """Clear the desk of a project that is gone."""
        found = self._desks.pop(project, None)
        if found is not None:
            found.stop.cancel()
            self.adviser.forget(project)
            self.runner.forget(project)

    def view(self, desk: Desk) -> View:
        """What the pages of the project show now."""
        project, sheet = desk.project, desk.sheet
        runs = self.runner.views(project)
        last, reading = newest(runs), self.adviser.reading(sheet)
        return View(
            project=project.id,
            revision=project.revision,
            sheet=sheet,
            reading=reading,
            drawn=self._drawn(desk, reading),
            can_undo=project.can_undo,
            can_redo=project.can_redo,
            change=desk.change,
            table=desk.summary,
            loading=desk.loading,
            verdicts=desk.verdicts,
            runs=runs,
            asked=None if last is None else project.at(last.revision),
            message=desk.message,
            labels={"undo": edit_words(project.undoes), "redo": edit_words(project.redoes)},
        )

    def board(self, desk: Desk) -> Board:
        """The regions of its page, shared by all who read it."""
        if desk.board is None:
            desk.board = Board(
                lambda: project_regions(self.view(desk)), lambda: self.hub.version(desk.project.id)
            )
        return desk.board

    async def past(self, desk: Desk, revision: int) -> View:
        """What they showed at an earlier revision; raises `UnknownRevision`."""
        sheet = desk.project.at(revision)
        shown = None
        if sheet.data is not None:
            with contextlib.suppress(WhenceError):
                shown = await in_thread(self._summarised, sheet)
        reading = await in_thread(read, sheet)  # with what would help: there is no stream to bring it later
        runs = tuple(run for run in self.runner.views(desk.project) if run.revision <= revision)
        return View(
            project=desk.project.id,
            revision=revision,
            sheet=sheet,
            reading=reading,
            live=False,
            table=None if shown is None else shown[1],
            runs=runs,
        )

    async def edit(self, desk: Desk, edit: Edit, about: str) -> bool:
        """Do an edit; whether it could be done. What was wrong with it is told on the page."""
        before = read(desk.sheet, advise=False)
        try:
            wished = applied(desk.project.sheet, edit)
            if data_of(wished) != desk.data and wished.data is not None:
                await in_thread(self.cabinet.prepared, wished)  # what cannot be read is not taken up
            desk.project.apply(edit)
        except WhenceError as error:
            return self.tell(desk, about, error)
        desk.message = None
        desk.change = difference(before, read(desk.sheet, advise=False))
        await self._settle(desk)
        return True

    async def step(self, desk: Desk, step: Literal["undo", "redo"]) -> bool:
        """Undo or redo."""
        before, question = read(desk.sheet, advise=False), desk.project.sheet.question
        done = desk.project.undo if step == "undo" else desk.project.redo
        try:
            done()
        except WhenceError as error:
            return self.tell(desk, "project", error)
        if desk.project.sheet.question != question:  # else what is being typed stays, and is read on
            desk.draft = None
        desk.message = None
        desk.change = difference(before, read(desk.sheet, advise=False))
        await self._settle(desk)
        return True

    def tell(self, desk: Desk, about: str, error: WhenceError) -> bool:
        """Show an error on the page; false, for whoever reports that nothing was done."""
        desk.message = Message("error", about, error.message, error.cure)
        self.hub.changed(desk.project.id)
        return False

    async def take(self, desk: Desk, label: str, work: Callable[[], Sequence[Edit]]) -> bool:
        """Have `work` bring data in, aside, while the page says so; then do the edits that it gives."""
        desk.loading = label
        self.hub.changed(desk.project.id)
        try:
            found = await in_thread(work)
        except WhenceError as error:
            return self.tell(desk, "data", error)
        finally:
            desk.loading = ""
            self.hub.changed(desk.project.id)
        return all([await self.edit(desk, edit, "data") for edit in found])

    async def ask(self, desk: Desk, question: str) -> bool:
        """Start a run of the question on the sheet as it is."""
        desk.draft = None
        if question != desk.project.sheet.question and not await self.edit(desk, Ask(question), "ask"):
            return False
        try:
            self.runner.start(desk.project, desk.table)
        except WhenceError as error:
            return self.tell(desk, "ask", error)
        desk.message = None
        self.hub.changed(desk.project.id)
        return True

    def typing(self, desk: Desk, question: str) -> None:
        """Show how a question is read while it is being typed."""
        desk.draft = question
        self.hub.changed(desk.project.id)
        self.adviser.look(desk.project.id, desk.sheet)

    async def close(self) -> None:
        """End everything that goes on; runs that are cut off go on at the next start."""
        self.hub.close()
        self.runner.close()
        self.adviser.close()
        await self.gallery.close()
        for desk in self._desks.values():
            desk.stop.cancel()
        for task in self._tasks:
            task.cancel()
        self.shelf.close()

    async def _settle(self, desk: Desk) -> None:
        """Have the desk's table and verdicts follow its sheet."""
        sheet = desk.project.sheet
        if data_of(sheet) != desk.data:
            await self._read_data(desk, sheet)
        self.hub.changed(desk.project.id)
        self.adviser.look(desk.project.id, desk.sheet)
        about = (desk.data, sheet.graph)
        if about == desk.asked:
            return
        desk.asked = about
        desk.stop.cancel()
        if desk.table is None or not sheet.graph.edges:
            desk.verdicts = None
            return
        desk.stop = Cancellation()
        desk.verdicts = Verdicts(pending=True)
        self._begin(self._hold_to_data(desk, sheet, desk.table, desk.stop))

    async def _read_data(self, desk: Desk, sheet: Sheet) -> None:
        wanted = desk.data = data_of(sheet)
        desk.table = desk.summary = None  # until the new ones are there: nothing is asked of other data
        if sheet.data is None:
            return
        try:
            found = await in_thread(self._summarised, sheet)
        except WhenceError as error:
            self.tell(desk, "data", error)
            return
        if desk.data == wanted:  # else another edit was faster, and its data are on their way
            desk.table, desk.summary = found

    async def _tables(self, project: Project) -> dict[int, Table | None]:
        """The data of each run that was going when the studio last ended, as far as they are there."""
        found: dict[int, Table | None] = {}
        for run in project.runs:
            if run.state == "going":
                sheet = project.at(run.revision)
                with contextlib.suppress(WhenceError):
                    kept = sheet.data is not None
                    found[run.number] = await in_thread(self.cabinet.prepared, sheet) if kept else None
        return found

    def _summarised(self, sheet: Sheet) -> tuple[Table, TableSummary]:
        return self.cabinet.prepared(sheet), self.cabinet.summary(sheet)

    async def _hold_to_data(self, desk: Desk, sheet: Sheet, table: Table, stop: Cancellation) -> None:
        from whence.studio.reasoning.verdicts import verdicts  # noqa: PLC0415 - numpy, once there are data

        def work() -> Verdicts:
            with cancellable(stop):
                return verdicts(sheet.graph, table)

        try:
            found = await in_thread(work)
        except Cancelled:
            return
        except WhenceError as error:
            found = Verdicts(pending=False, sentence=error.message)
        if desk.stop is stop:
            desk.verdicts = found
            self.hub.changed(desk.project.id)

    @staticmethod
    def _drawn(desk: Desk, reading: Reading) -> Layout | None:
        """Where everything stands: what was drawn before stays where it can."""
        pins = desk.project.sheet.pins
        about = (reading.graph, tuple((reading.roles or {}).items()), tuple(pins.items()))
        if about != desk.drawing:
            desk.drawing = about
            desk.drawn = places(reading, pins, desk.drawn) if reading.graph.nodes else None
        return desk.drawn

    def _begin(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def data_of(sheet: Sheet) -> Hashable:
    """What the table of a sheet depends on."""
    if sheet.data is None:
        return None
    return (sheet.data.key, tuple(sheet.derive.items()), sheet.where, sheet.named("weights"))
