"""The shelf: all projects of a studio, each in its folder, found by an id that the studio gave it.

    HOME/projects/k3v9…/log.jsonl    what was done in it
    HOME/projects/k3v9…/card.json    what the list shows of it, so that the list need not read every log
    HOME/removed/k3v9…/              a project that was deleted: out of sight, not destroyed

>>> import tempfile
>>> shelf = Shelf(Path(tempfile.mkdtemp()))
>>> project = shelf.create("Job training")
>>> [card.title for card in shelf.cards()], shelf.open(project.id) is project
(['Job training'], True)
>>> shelf.close()
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from whence.runtime.errors import BrokenRecord, WhenceError
from whence.studio.projects.edit_json import as_object, as_text, as_whole
from whence.studio.projects.editing import applied
from whence.studio.projects.edits import Edit, Rename
from whence.studio.projects.errors import BrokenEdit, UnknownProject
from whence.studio.projects.project import LOG, Project, changed, folded
from whence.studio.projects.sheet import Sheet
from whence.studio.view import ProjectCard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from whence.studio.projects.history import RunEntry

CARD = "card.json"
LARGEST_CARD = 64 << 10
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
ID = re.compile(r"[a-z0-9]{12}", re.ASCII)
KEY = re.compile(rb'"key":"([0-9a-f]{64})"')
UNREADABLE = "A project that cannot be read"


class Shelf:
    """All projects under a folder; like them, it belongs to one thread."""

    __slots__ = ("_folder", "_open", "_removed")

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "projects"
        self._removed = folder / "removed"
        self._open: dict[str, Project] = {}
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def cards(self) -> tuple[ProjectCard, ...]:
        """Every project as the list shows it, that which changed last first."""
        found = [self._card(name) for name in self._names()]
        return tuple(sorted(found, key=lambda card: (card.changed, card.project), reverse=True))

    def create(self, title: str, *edits: Edit) -> Project:
        """A new project with a title, and with these edits done; none if one of them cannot be."""
        wanted: tuple[Edit, ...] = (Rename(title), *edits)
        sheet = Sheet()
        for edit in wanted:
            sheet = applied(sheet, edit)
        name = "".join(secrets.choice(LETTERS) for _ in range(12))
        (self._folder / name).mkdir(mode=0o700)
        project = self._open[name] = Project(self._folder / name)
        for edit in wanted:
            project.apply(edit)
        return project

    def open(self, project: str) -> Project:
        """The project of an id, the same one for as long as it is open.

        Raises `UnknownProject`, `BrokenRecord` where its log was tampered with, `RecordInUse` where another
        process has it open.
        """
        found = self._open.get(project)
        if found is not None and not found.closed:
            return found
        if project not in self._names():  # looked up among what is there, so that no id can lead elsewhere
            raise UnknownProject(project)
        found = self._open[project] = Project(self._folder / project)
        return found

    def delete(self, project: str) -> None:
        """Take a project off the shelf; its folder is kept among those removed. Raises `UnknownProject`."""
        if project not in self._names():
            raise UnknownProject(project)
        found = self._open.pop(project, None)
        if found is not None:
            found.close()
        self._removed.mkdir(mode=0o700, exist_ok=True)
        (self._folder / project).rename(self._removed / project)

    def data_kept(self) -> frozenset[str]:
        """The keys of all data that a project here has ever taken up: undo may bring them back."""
        found = [KEY.findall((self._folder / name / LOG).read_bytes()) for name in self._names()]
        return frozenset(key.decode() for each in found for key in each)

    def close(self) -> None:
        """Close every project, and note for each what the list will show."""
        for name, project in self._open.items():
            project.close()
            self._card(name)
        self._open.clear()

    def _names(self) -> list[str]:
        with os.scandir(self._folder) as found:
            return [each.name for each in found if ID.fullmatch(each.name) and _is_project(each)]

    def _card(self, name: str) -> ProjectCard:
        project = self._open.get(name)
        if project is not None and not project.closed:
            return card(name, project.changed_at, project.sheet, project.runs)
        folder = self._folder / name
        try:
            return _noted(folder) or _note(folder)
        except BrokenRecord as error:
            where = "" if error.line is None else f" at line {error.line}"
            return _unreadable(folder, f"Its log does not hang together{where}.")
        except (WhenceError, OSError):
            return _unreadable(folder, "Its folder cannot be read.")


def card(name: str, at: str, sheet: Sheet, runs: Iterable[RunEntry]) -> ProjectCard:
    """What the list shows of a project; `last` is what its last run that is over came to."""
    each = list(runs)
    told = [run.sentence or run.error for run in each if run.sentence or run.error]
    label = "" if sheet.data is None else sheet.data.label
    return ProjectCard(name, sheet.title, at, len(sheet.graph.nodes), label, len(each), (told or [""])[-1])


def _is_project(each: os.DirEntry[str]) -> bool:
    try:
        return each.is_dir(follow_symlinks=False) and stat.S_ISREG((Path(each) / LOG).lstat().st_mode)
    except OSError:
        return False


def _noted(folder: Path) -> ProjectCard | None:
    """The card as it was noted, if the log is as long as it was then."""
    try:
        if not _is_small_file(folder / CARD):
            return None
        given = as_object(json.loads((folder / CARD).read_bytes()), "a card")
        if given.get("log") != (folder / LOG).stat().st_size:
            return None
        title, label, last = (as_text(given.get(key)) for key in ("title", "data", "last"))
        nodes, runs = as_whole(given.get("nodes")), as_whole(given.get("runs"))
    except (OSError, ValueError, RecursionError, BrokenEdit):
        return None
    return ProjectCard(folder.name, title, changed(folder), nodes, label, runs, last)


def _is_small_file(path: Path) -> bool:
    """Whether it can be read in no time: a folder from somebody else may hold a link to what has no end."""
    told = path.lstat()
    return stat.S_ISREG(told.st_mode) and told.st_size <= LARGEST_CARD


def _note(folder: Path) -> ProjectCard:
    """The card by reading the whole log, noted for the next time."""
    size = (folder / LOG).stat().st_size
    history = folded(folder)
    found = card(folder.name, changed(folder), history.sheet, history.runs.values())
    told = {"title": found.title, "nodes": found.nodes, "data": found.data, "runs": found.runs}
    half = folder / f"{CARD}.part"
    with contextlib.suppress(OSError):  # a list can be shown without it
        half.write_text(json.dumps({**told, "last": found.last, "log": size}), "utf-8")
        half.replace(folder / CARD)
    return found


def _unreadable(folder: Path, reason: str) -> ProjectCard:
    at = ""
    with contextlib.suppress(OSError):
        at = changed(folder)
    return ProjectCard(folder.name, UNREADABLE, at, 0, "", 0, reason)
