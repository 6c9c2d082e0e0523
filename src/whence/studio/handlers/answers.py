"""Answers: each on a page of its own, bent by a slider, laid side by side, taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from whence.studio.drawing.picture import graph_svg
from whence.studio.handlers.common import NotThere, desk_of, page
from whence.studio.pages.answer import answer_page, sensitivity_reply
from whence.studio.pages.compare import compare_page
from whence.studio.projects import takeaway
from whence.studio.reasoning.reader import read
from whence.studio.security.bodies import read_signals
from whence.studio.wire.events import patch_elements
from whence.studio.wire.stream import reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from whence.explanation.answer import Answer
    from whence.studio.projects.project import Project
    from whence.studio.projects.takeaway import Takeaway
    from whence.studio.reasoning.run_view import RunView
    from whence.studio.view import View


def graph_picture(project: Project) -> Takeaway:
    """The graph as it is now, as a picture."""
    sheet = project.sheet
    picture = graph_svg(read(sheet, advise=False), sheet.pins)
    return takeaway.taken(project, "graph", "svg", "image/svg+xml", picture)


OF_ANSWER: dict[str, Callable[[Project, int], Takeaway]] = {
    "report.html": takeaway.report,
    "answer.json": takeaway.answer_json,
    "script.py": takeaway.script,
}
OF_PROJECT: dict[str, Callable[[Project], Takeaway]] = {
    "graph.dagitty": takeaway.dagitty,
    "graph.svg": graph_picture,
    "log.jsonl": takeaway.log,
}


async def answer(request: Request) -> Response:
    """The page of one answer."""
    workshop, desk = await desk_of(request)
    view = workshop.view(desk)
    return page(request, answer_page(view, _run(view, request.path_params["run"])))


async def sensitivity(request: Request) -> Response:
    """What a hidden confounder of the strength that the sliders show would leave of the estimate."""
    workshop, desk = await desk_of(request)
    found = _run(workshop.view(desk), request.path_params["run"]).answer
    told = await read_signals(request)
    html = sensitivity_reply(
        _there(found),
        benchmark=str(told.get("benchmark", "")),
        times=float(told.get("times", 1.0)),
        r2_treatment=_number(told.get("r2_treatment")),
        r2_outcome=_number(told.get("r2_outcome")),
    )
    return reply(patch_elements(html))


async def compare(request: Request) -> Response:
    """Two answers side by side."""
    workshop, desk = await desk_of(request)
    view = workshop.view(desk)
    first, second = (_run(view, request.path_params[which]) for which in ("first", "second"))
    return page(request, compare_page(view, first, second))


async def take_answer(request: Request) -> Response:
    """The report, the JSON or the script of an answer, as a file."""
    _, desk = await desk_of(request)
    made = OF_ANSWER.get(request.path_params["file"])
    if made is None:
        raise NotThere("file")
    return _file(made(desk.project, request.path_params["run"]))


async def take(request: Request) -> Response:
    """The graph or the log of a project, as a file."""
    _, desk = await desk_of(request)
    made = OF_PROJECT.get(request.path_params["file"])
    if made is None:
        raise NotThere("file")
    return _file(made(desk.project))


def _run(view: View, number: int) -> RunView:
    found = next((run for run in view.runs if run.number == number), None)
    if found is None or found.answer is None:
        raise NotThere("answer")
    return found


def _there(found: Answer | None) -> Answer:
    if found is None:
        raise NotThere("answer")
    return found


def _number(told: str | float | None) -> float | None:
    return None if told is None else float(told)


def _file(taken: Takeaway) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{taken.filename}"'}
    return Response(taken.content, media_type=taken.media_type, headers=headers)
