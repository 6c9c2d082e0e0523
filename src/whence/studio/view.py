"""What the pages of a project show: every value that a region may need, taken at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from whence.language.layout_plan import Layout
from whence.studio.projects.sheet import Sheet
from whence.studio.reasoning.reading import Reading, Verdicts
from whence.studio.reasoning.run_view import RunView
from whence.studio.uploads.summary import TableSummary

Tone: TypeAlias = Literal["error", "note"]


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell the person: what went wrong with the cure, or what came of an edit. `about` names the
    panel that it concerns: data, graph, ask, project.
    """

    tone: Tone
    about: str
    text: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A project at a moment.

    `revision` counts edits; `live` is false for a permalink, which shows an earlier revision and changes
    nothing. `change` tells what the last edit did to identification ("" if nothing). `loading` says what is
    being read at the moment ("" if nothing). `seen` is the word by which the page's stream knows what the
    page shows already. `drawn` says where the variables stand, so that an edit moves few of them; None leaves
    that to the drawing. `labels` say what undo and redo would do. `asked` is the sheet that the newest
    answer was found on: once the sheet asks something else, that answer is told to be old.
    """

    project: str
    revision: int
    sheet: Sheet
    reading: Reading
    live: bool = True
    can_undo: bool = False
    can_redo: bool = False
    change: str = ""
    table: TableSummary | None = None
    loading: str = ""
    verdicts: Verdicts | None = None
    runs: tuple[RunView, ...] = ()
    asked: Sheet | None = None
    message: Message | None = None
    seen: str = ""
    drawn: Layout | None = None
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class ProjectCard:
    """A project in the list of the home page."""

    project: str
    title: str
    changed: str
    nodes: int
    data: str
    runs: int
    last: str = ""


@dataclass(frozen=True, slots=True)
class JournalCard:
    """A journal of a recursive run that can be watched."""

    journal: str
    question: str
    state: str
    changed: str


@dataclass(frozen=True, slots=True)
class HomeView:
    """What the home page shows."""

    projects: tuple[ProjectCard, ...]
    examples: tuple[tuple[str, str], ...]
    journals: tuple[JournalCard, ...]
    message: Message | None = None
