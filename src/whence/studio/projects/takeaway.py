"""What can be taken away from a project: files that stand by themselves, under names that are safe anywhere.

>>> filename("Löhne & Preise: 2024/25", "report", "html")
'lohne-preise-2024-25-report.html'
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from whence.language.graph_text import dagitty as language
from whence.studio.projects.script import script_text

if TYPE_CHECKING:
    from whence.studio.projects.project import Project
    from whence.studio.projects.sheet import Sheet

LONGEST_STEM = 60
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)", re.ASCII)
"""What some systems take for a device and not for a file."""


@dataclass(frozen=True, slots=True)
class Takeaway:
    """A file to take away."""

    filename: str
    media_type: str
    content: bytes


def filename(title: str, what: str, suffix: str) -> str:
    """A file name of letters, digits and hyphens that begins with the title, as far as that has any."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_STEM].strip("-")
    named = "-".join(part for part in (stem, what) if part)
    return f"{'file-' if RESERVED.fullmatch(named) else ''}{named}.{suffix}"


def taken(project: Project, what: str, suffix: str, media_type: str, content: str | bytes) -> Takeaway:
    """A file of this content, named after the project."""
    body = content.encode("utf-8", "replace") if isinstance(content, str) else content
    return Takeaway(filename(project.sheet.title, what, suffix), media_type, body)


def report(project: Project, number: int) -> Takeaway:
    """The answer of a run as a page in one file; raises `UnknownRun`, `InvalidAnswer`."""
    page = project.answer(number).to_html()
    return taken(project, f"report-{number}", "html", "text/html; charset=utf-8", page)


def answer_json(project: Project, number: int) -> Takeaway:
    """The answer of a run as JSON; raises `UnknownRun`, `InvalidAnswer`."""
    text = project.answer(number).to_json()
    return taken(project, f"answer-{number}", "json", "application/json", text)


def script(project: Project, number: int) -> Takeaway:
    """A Python script that makes the answer of a run again; raises `UnknownRun`, `InvalidAnswer`."""
    run = project.run(number)
    text = script_text(run, project.at(run.revision), project.answer(number))
    return taken(project, f"answer-{number}", "py", "text/x-python; charset=utf-8", text)


def dagitty(project: Project) -> Takeaway:
    """The graph as it is now, in the language of dagitty.net."""
    text = dagitty_text(project.sheet)
    return taken(project, "graph", "dagitty", "text/plain; charset=utf-8", text)


def dagitty_text(sheet: Sheet) -> str:
    """The graph in the language of dagitty.net, with treatment and outcome marked as it marks them."""
    graph = sheet.graph
    treated, asked = (
        [name for name in sheet.named(part) if name in graph.index] for part in ("treatment", "outcome")
    )
    return language.write(graph, treated, asked)


def log(project: Project) -> Takeaway:
    """Everything that was done, a line each, as it stands on the disk."""
    return taken(project, "log", "jsonl", "application/x-ndjson", project.log.read_bytes())
