"""What has happened in a project: a tree of sheets, the way that was gone through it, and the runs.

Every entry of the log is taken up in order. An edit makes a new sheet of the one at hand, undo goes back to
the sheet before it, redo forward again; each of them is a revision, and none is ever lost. Only the edits are
kept: a sheet is worked out when it is asked for, from the nearest one that is known, and every so often the
log holds a whole sheet, so that this never takes long.

>>> from whence.studio.projects.edits import Ask
>>> history = History()
>>> history.take(begun()); history.take(edited(Ask("why?"), history.sheet, 1)); history.take({"does": "undo"})
>>> history.revision, history.sheet.question, history.at(1).question, history.can_redo
(2, '', 'why?', True)
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args

from whence.language.graph_json import graph_to_dict
from whence.studio.projects.edit_json import as_object, as_text, as_whole, edit_from_dict, edit_to_dict
from whence.studio.projects.editing import applied, with_graph
from whence.studio.projects.edits import SetGraph
from whence.studio.projects.errors import BrokenEdit, UnknownRevision, UnknownRun
from whence.studio.projects.sheet import Sheet
from whence.studio.projects.sheet_json import drawn, sheet_from_dict, sheet_to_dict

if TYPE_CHECKING:
    from whence.runtime.plain import JSON
    from whence.studio.projects.edits import Edit

FORMAT = "whence.project/1"
WHOLE_EVERY = 100
"""After how many sheets the log holds one whole."""
KEPT = 128
"""How many sheets are held in memory."""

EntryState: TypeAlias = Literal["going", "answered", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class RunEntry:
    """A run as the log knows it: what was asked at which revision, and how it ended.

    `sentence` is its answer in one sentence, `answer` the hash of the file that holds it.
    """

    number: int
    revision: int
    question: str
    state: EntryState = "going"
    error: str = ""
    sentence: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """How a sheet came about: from which one, by which edit; `known` is what the log holds of the result."""

    before: int
    edit: Edit | None
    known: Mapping[str, object]


@dataclass(slots=True)
class History:
    """The entries of a log, taken up one by one."""

    runs: dict[int, RunEntry] = field(default_factory=dict[int, RunEntry])
    _steps: list[Step] = field(default_factory=lambda: [Step(-1, None, {})])
    _trail: list[int] = field(default_factory=lambda: [0])
    _ahead: list[int] = field(default_factory=list[int])
    _known: OrderedDict[int, Sheet] = field(default_factory=lambda: OrderedDict({0: Sheet()}))
    _begun: bool = False

    @property
    def revision(self) -> int:
        """How many entries have changed the sheet."""
        return len(self._trail) - 1

    @property
    def sheet(self) -> Sheet:
        """The sheet as it is now."""
        return self._sheet(self._trail[-1])

    @property
    def sheets(self) -> int:
        """How many sheets there have been, without those that undo came back to."""
        return len(self._steps)

    @property
    def undoes(self) -> Edit | None:
        """The edit that undo would take back."""
        return self._steps[self._trail[-1]].edit

    @property
    def redoes(self) -> Edit | None:
        """The edit that redo would do again."""
        return self._steps[self._ahead[-1]].edit if self._ahead else None

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return self._trail[-1] != 0

    @property
    def can_redo(self) -> bool:
        """Whether there is an edit to do again."""
        return bool(self._ahead)

    def at(self, revision: int) -> Sheet:
        """The sheet at a revision; raises `UnknownRevision`."""
        if not 0 <= revision <= self.revision:
            raise UnknownRevision(revision, self.revision)
        return self._sheet(self._trail[revision])

    def run(self, number: int) -> RunEntry:
        """A run; raises `UnknownRun`."""
        if number not in self.runs:
            raise UnknownRun(number)
        return self.runs[number]

    def take(self, entry: object, result: Sheet | None = None) -> None:
        """Take up an entry; `result` is the sheet after it, where it is known. Raises `BrokenEdit`."""
        told = as_object(entry, "an entry")
        does = told.get("does")
        if not self._begun:
            if dict(told) != begun():
                raise BrokenEdit(f"it does not begin as a log of {FORMAT} does")
            self._begun = True
        elif does == "edit":
            self._edit(told, result)
        elif does == "undo" and self.can_undo:
            self._ahead.append(self._trail[-1])
            self._trail.append(self._steps[self._trail[-1]].before)
        elif does == "redo" and self.can_redo:
            self._trail.append(self._ahead.pop())
        elif does == "run":
            self._run(told)
        elif does == "end":
            self._end(told)
        else:
            raise BrokenEdit(f"nothing can be done by {str(does)[:40]!r} here")

    def _edit(self, told: Mapping[str, object], result: Sheet | None) -> None:
        known = {name: told[name] for name in ("graph", "sheet") if name in told}
        self._steps.append(Step(self._trail[-1], edit_from_dict(told.get("edit")), known))
        self._trail.append(len(self._steps) - 1)
        self._ahead.clear()
        if result is not None:
            self._keep(self._trail[-1], result)

    def _run(self, told: Mapping[str, object]) -> None:
        number, revision = as_whole(told.get("number")), as_whole(told.get("revision"))
        if number != len(self.runs) + 1 or not 0 <= revision <= self.revision:
            raise BrokenEdit("a run has a number or a revision that it cannot have")
        self.runs[number] = RunEntry(number, revision, as_text(told.get("question")))

    def _end(self, told: Mapping[str, object]) -> None:
        run = self.runs.get(as_whole(told.get("number")))
        state = as_text(told.get("state"))
        if run is None or run.state != "going" or state not in get_args(EntryState)[1:]:
            raise BrokenEdit("a run ends that was not going on, or in no way that a run can end")
        error, sentence, answer = (as_text(told.get(name)) for name in ("error", "sentence", "answer"))
        self.runs[run.number] = replace(
            run, state=cast("EntryState", state), error=error, sentence=sentence, answer=answer
        )

    def _sheet(self, number: int) -> Sheet:
        """A sheet by its number: known, or worked out from the nearest one before it that is."""
        way: list[int] = []
        at = number
        while at not in self._known and "sheet" not in self._steps[at].known:
            way.append(at)
            at = self._steps[at].before
        found = self._known.get(at) or sheet_from_dict(self._steps[at].known["sheet"])
        self._keep(at, found)
        for each in reversed(way):
            found = _after(found, self._steps[each])
            self._keep(each, found)
        return found

    def _keep(self, number: int, sheet: Sheet) -> None:
        self._known[number] = sheet
        self._known.move_to_end(number)
        while len(self._known) > KEPT:
            oldest = next(each for each in self._known if each != 0)  # the blank one is where every way ends
            del self._known[oldest]


def _after(sheet: Sheet, step: Step) -> Sheet:
    if step.edit is None:
        raise BrokenEdit("it has an edit that is none")
    if "graph" in step.known:
        # What a text means may change from version to version; what it meant to the person does not.
        return with_graph(sheet, drawn(step.known["graph"]))
    return applied(sheet, step.edit)


# ── entries ─────────────────────────────────────────────────────────────────────────────────────────────────


def begun() -> dict[str, Any]:
    """The first entry of every log."""
    return {"does": "begin", "format": FORMAT}


def edited(edit: Edit, result: Sheet, sheets: int) -> dict[str, JSON]:
    """The entry of an edit, the graph that a text was read as with it, and now and then the whole sheet."""
    entry: dict[str, JSON] = {"does": "edit", "edit": edit_to_dict(edit)}
    if isinstance(edit, SetGraph):
        entry["graph"] = graph_to_dict(result.graph)
    if sheets % WHOLE_EVERY == 0:
        entry["sheet"] = sheet_to_dict(result)
    return entry
