"""A project: a folder with the log of everything that was done in it, and the answers that came of it.

The log only grows, each line holds the hash of the one before it, and the project is what follows from the
log: undo, redo, permalinks and the audit trail are one thing. Opening a project folds its log; half a line
that a crash left at the end is cut off, and a log that was tampered with is refused with its line.

>>> import tempfile
>>> from whence.studio.projects.edits import AddEdge
>>> with Project(Path(tempfile.mkdtemp())) as project:
...     _ = project.apply(AddEdge("season", "price"))
...     _ = project.undo()
...     project.revision, project.sheet.graph, project.at(1).graph
(2, Graph(DAG: ), Graph(DAG: season -> price))
"""

from __future__ import annotations

import hashlib
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from whence.explanation.answer import Answer
from whence.runtime.errors import BrokenRecord, InvalidAnswer, MissingFile, WhenceError
from whence.runtime.journal import Writer, entries
from whence.studio.projects.checking import plain_text
from whence.studio.projects.editing import LONGEST_QUESTION, applied
from whence.studio.projects.errors import InvalidEdit, UnknownRun
from whence.studio.projects.history import History, RunEntry, begun, edited

if TYPE_CHECKING:
    from whence.runtime.plain import JSON
    from whence.studio.projects.edits import Edit
    from whence.studio.projects.history import EntryState
    from whence.studio.projects.sheet import Sheet

LOG = "log.jsonl"
ANSWERS = "answers"
LONGEST_ERROR = 2_000


class Project:
    """A project that is open; it belongs to one thread. Raises `RecordInUse` if another process has it.

    `id` is the name of its folder, `changed_at` the time of its last entry (ISO 8601, UTC).
    """

    __slots__ = ("_history", "_writer", "changed_at", "closed", "folder", "id")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = folder.name
        self.closed = False
        (folder / ANSWERS).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._writer = Writer(folder / LOG)
        try:
            self._history = folded(folder)
            self.changed_at = changed(folder)
            if self._writer.count == 0:
                self._log(begun())
        except BaseException:
            self._writer.close()
            raise

    @property
    def sheet(self) -> Sheet:
        """Everything that was said, as it stands now."""
        return self._history.sheet

    @property
    def revision(self) -> int:
        """How many entries of the log have changed the sheet."""
        return self._history.revision

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is an edit to do again."""
        return self._history.can_redo

    @property
    def undoes(self) -> Edit | None:
        """The edit that `undo` would take back."""
        return self._history.undoes

    @property
    def redoes(self) -> Edit | None:
        """The edit that `redo` would do again."""
        return self._history.redoes

    @property
    def log(self) -> Path:
        """The file of the log."""
        return self.folder / LOG

    def apply(self, edit: Edit) -> Sheet:
        """Do an edit; one that changes nothing is no entry. Raises what `applied` does."""
        before = self.sheet
        after = applied(before, edit)
        if after == before:
            return before
        self._log(edited(edit, after, self._history.sheets), after)
        return after

    def undo(self) -> Sheet:
        """Take the last edit back; nothing happens where there is none."""
        if self.can_undo:
            self._log({"does": "undo"})
        return self.sheet

    def redo(self) -> Sheet:
        """Do again what was taken back last; nothing happens where there is nothing."""
        if self.can_redo:
            self._log({"does": "redo"})
        return self.sheet

    def at(self, revision: int) -> Sheet:
        """The sheet at an earlier revision; raises `UnknownRevision`."""
        return self._history.at(revision)

    # ── runs ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def runs(self) -> tuple[RunEntry, ...]:
        """Every run, oldest first."""
        return tuple(self._history.runs.values())

    def run(self, number: int) -> RunEntry:
        """A run by its number; raises `UnknownRun`."""
        return self._history.run(number)

    def begin_run(self, question: str) -> RunEntry:
        """Note that a question is being asked of the sheet as it is now."""
        asked = plain_text(question, LONGEST_QUESTION, "The question")
        number = len(self._history.runs) + 1
        self._log({"does": "run", "number": number, "revision": self.revision, "question": asked})
        return self.run(number)

    def end_run(
        self, number: int, state: EntryState, answer: Answer | None = None, error: str = ""
    ) -> RunEntry:
        """Note how a run ended and keep its answer; raises `UnknownRun` if it is not going on."""
        if self.run(number).state != "going":
            raise UnknownRun(number, "is over")
        if state == "going" or (state == "answered") != (answer is not None):
            raise InvalidEdit(f"A run cannot end as {state} so.", "An answered run has an answer, no other.")
        digest = "" if answer is None else self._keep(number, answer)
        sentence = "" if answer is None else answer.text
        end: dict[str, JSON] = {"does": "end", "number": number, "state": state}
        self._log({**end, "error": error[:LONGEST_ERROR], "sentence": sentence, "answer": digest})
        self._writer.flush()
        return self.run(number)

    def answer(self, number: int) -> Answer:
        """The answer of a run. Raises `UnknownRun` if it has none, `InvalidAnswer` if it was altered."""
        run = self.run(number)
        if not run.answer:
            raise UnknownRun(number, "has no answer")
        try:
            path = self._answer_file(number)
            # A link may lead to what has no end: it is no file of ours.
            content = path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else b""
        except OSError as error:
            raise InvalidAnswer(f"the file of run {number} is not there") from error
        if hashlib.sha256(content).hexdigest() != run.answer:
            raise InvalidAnswer(f"the file of run {number} was changed after it was written")
        return Answer.from_json(content)

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────

    def close(self) -> None:
        """Have everything on the disk and let go of the log; nothing happens the second time."""
        self.closed = True
        self._writer.flush()
        self._writer.close()

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _log(self, entry: dict[str, JSON], result: Sheet | None = None) -> None:
        self._writer.write(entry)
        self._history.take(entry, result)
        self.changed_at = datetime.now(UTC).isoformat(timespec="seconds")

    def _answer_file(self, number: int) -> Path:
        return self.folder / ANSWERS / f"{number}.json"

    def _keep(self, number: int, answer: Answer) -> str:
        """Write an answer whole or not at all; gives the hash of its file."""
        content = answer.to_json().encode()
        path = self._answer_file(number)
        half = path.with_suffix(".part")
        with half.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
        return hashlib.sha256(content).hexdigest()


def folded(folder: Path) -> History:
    """What happened in the project of a folder; raises `BrokenRecord` with the line that is wrong."""
    history, path = History(), folder / LOG
    line = 0
    try:
        for line, entry in enumerate(entries(path, "skip"), start=1):  # noqa: B007 - told if it breaks
            history.take(entry)
        _ = history.sheet
    except BrokenRecord:
        raise
    except MissingFile:
        return history
    except WhenceError as error:
        raise BrokenRecord(path, line) from error
    return history


def changed(folder: Path) -> str:
    """When the log of a folder was last written to: ISO 8601, UTC."""
    return datetime.fromtimestamp((folder / LOG).stat().st_mtime, UTC).isoformat(timespec="seconds")
