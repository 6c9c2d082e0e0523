"""The first page: begin a project, go on with one, or watch a recursive run.

Each list is a region of its own, so that a project that another window made appears here by itself.
"""

from __future__ import annotations

from functools import cache

from whence.explanation.strands import strands
from whence.language.graph import Edge, Graph
from whence.language.roles import roles
from whence.language.svg import draw
from whence.studio.pages.environment import drawn, render
from whence.studio.pages.examples import Example, known
from whence.studio.pages.shell import document
from whence.studio.view import HomeView
from whence.studio.wire.regions import Region


def home_page(view: HomeView, *, official: bool = False) -> str:
    """The whole document."""
    shown = {region.id: drawn(region.html()) for region in home_regions(view)}
    body = render("home.html.j2", view=view, examples=_examples(view), figure=_figure(), **shown)
    return document("", body, address="", official=official)


def home_regions(view: HomeView) -> tuple[Region, ...]:
    """What of the page can change by itself: the message, the projects, the journals."""
    return (
        Region("message", view.message, lambda: render("message.html.j2", view=view, live=False)),
        Region("projects", view.projects, lambda: render("projects.html.j2", view=view)),
        Region("journals", view.journals, lambda: render("journals.html.j2", view=view)),
    )


@cache
def _figure() -> str:
    """What this is about, in one picture: an effect, and the way around it that adjusting blocks."""
    edges = [Edge("season", "price"), Edge("season", "sales"), Edge("price", "sales")]
    graph = Graph.of((), edges)
    played = roles(graph, ["price"], ["sales"], adjusted=["season"])
    carried = strands(graph, ["price"], ["sales"], ["season"])
    return drawn(draw(graph, played, strands=carried, title="An effect and a confounder", alone=False))


def _examples(view: HomeView) -> list[Example]:
    """The bundled data sets with our words for them; those without take the words that the view gives."""
    return [
        found if found.words else Example(name, name, words)
        for name, words in view.examples
        for found in (known(name),)
    ]
