"""The graph: drawn node by node and edge by edge, or given as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, get_args

from whence.language.graph import as_mark
from whence.language.graph_text import TextFormat, write
from whence.runtime.errors import WhenceError
from whence.studio.handlers.common import NotThere, desk_of, edge_of, name_of, nothing
from whence.studio.projects.checking import parts_of_text
from whence.studio.projects.edits import (
    AddEdge,
    AddNode,
    ChangeEdge,
    MoveNode,
    RemoveEdge,
    RemoveNode,
    RenameNode,
    SetGraph,
    SetLatent,
    SetPart,
    Unpin,
)
from whence.studio.projects.takeaway import dagitty_text
from whence.studio.security.bodies import read_signals
from whence.studio.wire.events import patch_signals
from whence.studio.wire.stream import reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from whence.language.graph import Edge, Mark

TURNS = ("turn", "cause", "confounded", "undirected")


async def node(request: Request) -> Response:
    """Add a variable, where it was put if it was."""
    workshop, desk = await desk_of(request)
    told = await read_signals(request)
    await workshop.edit(desk, AddNode(str(told.get("name", "")).strip(), _place(told)), "graph")
    return nothing()


async def remove(request: Request) -> Response:
    """Take out a variable or an edge."""
    workshop, desk = await desk_of(request)
    known = str(request.path_params["item"])
    if known.startswith("e"):
        edge = edge_of(desk, known)
        await workshop.edit(desk, RemoveEdge(edge.source, edge.target, edge.mark), "graph")
    else:
        await workshop.edit(desk, RemoveNode(name_of(desk, known)), "graph")
    return nothing()


async def rename(request: Request) -> Response:
    """Call a variable otherwise."""
    workshop, desk = await desk_of(request)
    told = await read_signals(request)
    name = name_of(desk, request.path_params["node"])
    await workshop.edit(desk, RenameNode(name, str(told.get("name", "")).strip()), "graph")
    return nothing()


async def latent(request: Request) -> Response:
    """A measured variable becomes a hidden one, and the other way."""
    workshop, desk = await desk_of(request)
    name = name_of(desk, request.path_params["node"])
    await workshop.edit(desk, SetLatent(name, name not in desk.sheet.graph.latent), "graph")
    return nothing()


async def edge(request: Request) -> Response:
    """Join two variables."""
    workshop, desk = await desk_of(request)
    told = await read_signals(request)
    source, target = (name_of(desk, str(told.get(end, ""))) for end in ("source", "target"))
    await workshop.edit(desk, AddEdge(source, target, as_mark(str(told.get("mark", "->")))), "graph")
    return nothing()


async def change(request: Request) -> Response:
    """Turn an edge round, or make another kind of it."""
    workshop, desk = await desk_of(request)
    found = edge_of(desk, request.path_params["edge"])
    source, target, mark = _turned(found, str(request.path_params["to"]))
    edit = ChangeEdge(found.source, found.target, found.mark, source, target, mark)
    await workshop.edit(desk, edit, "graph")
    return nothing()


async def move(request: Request) -> Response:
    """Pin a variable to where it was put."""
    workshop, desk = await desk_of(request)
    told = await read_signals(request)
    name = name_of(desk, request.path_params["node"])
    await workshop.edit(desk, MoveNode(name, _place(told)), "graph")
    return nothing()


async def unpin(request: Request) -> Response:
    """Let the layout place one variable, or all, again."""
    workshop, desk = await desk_of(request)
    known = request.path_params.get("node")
    await workshop.edit(desk, Unpin() if known is None else MoveNode(name_of(desk, known), None), "graph")
    return nothing()


async def text(request: Request) -> Response:
    """Take the whole graph from a text."""
    workshop, desk = await desk_of(request)
    told = await read_signals(request)
    given = str(told.get("text", ""))
    if await workshop.edit(desk, SetGraph(given), "graph"):
        for name, part in parts_of_text(given).items():
            await workshop.edit(desk, SetPart(name, part), "graph")
    return nothing()


async def written(request: Request) -> Response:
    """The graph as text in a format, into the signal `text`."""
    workshop, desk = await desk_of(request)
    wanted = str(request.path_params["format"])
    if wanted not in get_args(TextFormat):
        raise NotThere("format")
    sheet = desk.sheet
    try:
        whole = dagitty_text(sheet) if wanted == "dagitty" else write(sheet.graph, cast("TextFormat", wanted))
        return reply(patch_signals({"text": whole}))
    except WhenceError as error:
        workshop.tell(desk, "graph", error)
        return nothing()


async def role(request: Request) -> Response:
    """Make a variable the treatment, the outcome, or neither."""
    workshop, desk = await desk_of(request)
    wanted = str(request.path_params["role"])
    if wanted not in ("treatment", "outcome", "none"):
        raise NotThere("role")
    name = name_of(desk, request.path_params["node"])
    part = None if wanted == "none" or desk.sheet.parts.get(name) == wanted else wanted
    await workshop.edit(desk, SetPart(name, part), "graph")
    return nothing()


def _place(told: Mapping[str, str | int | float]) -> tuple[float, float] | None:
    if "x" not in told or "y" not in told:
        return None
    return float(told["x"]), float(told["y"])


def _turned(found: Edge, to: str) -> tuple[str, str, Mark]:
    if to not in TURNS:
        raise NotThere("kind of edge")
    if to == "turn":
        return found.target, found.source, found.mark
    marks: dict[str, Mark] = {"cause": "->", "confounded": "<->", "undirected": "--"}
    return found.source, found.target, marks[to]
