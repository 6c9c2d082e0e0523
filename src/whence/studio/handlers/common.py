"""What every handler needs: the workshop, the desk of the project in the address, and names for ids."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, cast

from starlette.responses import HTMLResponse, Response

from whence.runtime.errors import WhenceError
from whence.studio.projects.naming import edge_id, node_id

if TYPE_CHECKING:
    from starlette.requests import Request

    from whence.language.graph import Edge
    from whence.studio.workshop import Desk, Workshop

SMALL = 1_000
"""Below this many bytes compression costs more than it saves."""


class NotThere(WhenceError):
    """Something that an address names is not there (any more)."""

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what} here.", "It may have been removed: load the page anew.")


def workshop_of(request: Request) -> Workshop:
    """The workshop of the studio that was asked."""
    return cast("Workshop", request.app.state.workshop)


async def desk_of(request: Request) -> tuple[Workshop, Desk]:
    """The workshop, and the desk of the project that the address names; raises `UnknownProject`."""
    workshop = workshop_of(request)
    return workshop, await workshop.desk(request.path_params["project"])


def name_of(desk: Desk, known_id: str) -> str:
    """The variable or column of an id; raises `NotThere`."""
    columns = () if desk.summary is None else (column.name for column in desk.summary.columns)
    for name in (*desk.sheet.graph.nodes, *columns, *desk.sheet.parts):
        if node_id(name) == known_id:
            return name
    raise NotThere("variable")


def edge_of(desk: Desk, known_id: str) -> Edge:
    """The edge of an id; raises `NotThere`."""
    for edge in desk.sheet.graph.edges:
        if edge_id(edge.source, edge.mark, edge.target) == known_id:
            return edge
    raise NotThere("edge")


def official(workshop: Workshop) -> bool:
    """Whether the official Datastar script is served in place of our client; the page then says so."""
    return workshop.settings.datastar is not None


def nothing() -> Response:
    """The answer to an action whose outcome the page's stream will show."""
    return Response(status_code=204)


def page(request: Request, html: str) -> Response:
    """A page, compressed where the browser takes that."""
    body, headers = html.encode("utf-8", "replace"), {"Vary": "Accept-Encoding"}
    if len(body) > SMALL and "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = gzip.compress(body, 6, mtime=0), "gzip"
    return HTMLResponse(body, headers=headers)
