"""Views with runs of every kind, and a reader of what is put on a page."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

from explanation.answers import job_training, labelled, not_identified
from whence.studio.projects.sheet import Sheet
from whence.studio.reasoning.reading import Reading
from whence.studio.reasoning.run_view import STAGES, Check, RunView, Stage
from whence.studio.view import View

VOID = {"meta", "br", "img", "hr", "link", "input"}
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


class Page(HTMLParser):
    """Elements, attributes and texts as a browser reads them; unbalanced tags are noted."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.broken: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.broken.append(tag)

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    @property
    def ids(self) -> list[str]:
        return [told["id"] for _, told in self.elements if told.get("id")]

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [told for name, told in self.elements if name == tag]


def check_allowed(html: str) -> Page:
    """What the policy of content and our own rules ask of everything that is shown."""
    page = Page(html)
    assert not page.broken, page.broken
    assert not page.open, page.open
    assert len(page.ids) == len(set(page.ids)), "an id stands twice"
    for tag, told in page.elements:
        assert tag not in {"style", "iframe", "object", "embed", "base", "form"}
        assert tag != "script" or (told.get("src") or "").startswith("/static/")
        assert "style" not in told, (tag, told["style"])
        assert not [name for name in told if name.startswith("on")]
        if (tag, told.get("rel")) == ("link", "icon"):  # the picture in the tab is within the page
            assert told["href"].startswith("data:image/svg+xml,%3Csvg")
            continue
        for name in ("href", "src"):
            assert (told.get(name) or "/").startswith(("/", "#"))
    assert not CONTROL.search("".join(page.texts).replace("\n", " ").replace("\t", " "))
    return page


def done(*seconds: float) -> tuple[Stage, ...]:
    return tuple(Stage(name, title, "done", seconds=0.1) for name, title in STAGES)


def half_way() -> tuple[Stage, ...]:
    """Refuting is going on, three of seven; explaining waits."""
    stages = list(done())
    stages[5] = Stage("refute", "Refute", "going", 3, 7)
    stages[6] = Stage("explain", "Explain", "waiting")
    return tuple(stages)


def going(number: int = 9) -> RunView:
    checks = (Check("placebo_treatment", "survived"), Check("sensitivity", "inconclusive"))
    return RunView(
        *(number, 4, "effect of treat on re78", "going", half_way()),
        steps=("E[re78 | do(treat=1)]",),
        told=("1,571 (95 %: 190 to 2,950)",),
        checks=checks,
        warnings=("Overlap is poor.",),
        seconds=2.34,
    )


def every_run() -> tuple[RunView, ...]:
    """One of each kind, the newest first."""
    return (
        going(5),
        RunView(4, 4, "ATT(treat -> re78)", "answered", done(), answer=labelled(), seconds=1.2),
        RunView(3, 3, "does tutoring help?", "answered", done(), answer=not_identified(), seconds=0.1),
        RunView(2, 2, "effect of x on y", "failed", done(), error='No column is called "x".', seconds=0.01),
        RunView(1, 1, "effect of treat on re78", "cancelled", done(), seconds=120.4),
    )


def a_view(*runs: RunView, **more: object) -> View:
    graph = job_training().graph
    assert graph is not None
    made = View("abcdefghijkl", 4, Sheet(title="Jobs", graph=graph), Reading(graph, "identified", ""))
    return replace(made, runs=runs, **more)
