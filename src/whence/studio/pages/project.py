"""The page of a project: its regions, and the document around them that shows everything already.

A region is sent again when its key has changed, so a key holds all that the region's words depend on. The
page is whole without its stream: a permalink, a print and a browser without scripts show the same picture.
"""

from __future__ import annotations

from whence.studio.drawing.canvas import canvas
from whence.studio.drawing.legend import legend, line_mark, lines, role_mark
from whence.studio.pages.ask_panel import ask_region
from whence.studio.pages.data_panel import data_region
from whence.studio.pages.environment import drawn, render
from whence.studio.pages.graph_panel import edges_region, graph_key, picture_key, reading_region
from whence.studio.pages.runs import answer_region, runs_region
from whence.studio.pages.shell import document
from whence.studio.view import View
from whence.studio.wire.regions import Region


def project_page(view: View, *, official: bool = False) -> str:
    """The whole document."""
    shown = {region.id.replace("-", "_"): drawn(region.html()) for region in project_regions(view)}
    body = render("project.html.j2", view=view, address=address_of(view), **shown)
    place = address_of(view) if view.live else f"{address_of(view)}/at/{view.revision}"
    return document(view.sheet.title or "Untitled", body, address=place, official=official)


def project_regions(view: View) -> tuple[Region, ...]:
    """Every part of the page that can change by itself, in the order of the page."""
    return (
        topbar_region(view),
        message_region(view),
        data_region(view),
        canvas_region(view),
        reading_region(view),
        edges_region(view),
        ask_region(view),
        runs_region(view),
        answer_region(view),
    )


def address_of(view: View) -> str:
    """Where the project is."""
    return f"/p/{view.project}"


def topbar_region(view: View) -> Region:
    """The title, the steps back and forth, and where this state can be found again."""
    key = (
        view.project,
        view.live,
        view.revision,
        view.sheet.title,
        view.can_undo,
        view.can_redo,
        tuple(view.labels.items()),
    )
    return Region("topbar", key, lambda: render("topbar.html.j2", view=view, address=address_of(view)))


def message_region(view: View) -> Region:
    """What went wrong, with the cure, or what came of an edit."""
    key = (view.project, view.live, view.message)
    return Region(
        "message", key, lambda: render("message.html.j2", view=view, live=view.live, address=address_of(view))
    )


def canvas_region(view: View) -> Region:
    """The graph as a picture to work on, with its legend and its tools."""
    sheet = view.sheet
    tested = () if view.verdicts is None else view.verdicts.tested
    broken = tuple(verdict for verdict in tested if verdict.broken)
    key = (view.live, view.project, tuple(sheet.pins.items()), broken, *picture_key(view.reading))
    return Region("canvas-box", key, lambda: _canvas(view))


def _canvas(view: View) -> str:
    address = address_of(view)
    picture = canvas(
        view.reading, view.sheet.pins, view.verdicts, address=address, live=view.live, plan=view.drawn
    )
    return render(
        "canvas.html.j2",
        view=view,
        address=address,
        picture=drawn(picture),
        roles=[(drawn(role_mark(role)), words) for role, words in legend(view.reading)],
        strands=[(drawn(line_mark(strand)), words) for strand, words in lines(view.reading)],
        empty=not graph_key(view.reading.graph)[0],
    )
