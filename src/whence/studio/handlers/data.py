"""Data: brought in from a file or an example, and what their columns are for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast, get_args

from whence.runtime.errors import WhenceError
from whence.studio.handlers.common import NotThere, desk_of, name_of, nothing
from whence.studio.projects.beginnings import beginning, edits_of
from whence.studio.projects.edits import Derive, DropData, LoadData, SetContrast, SetPart, Where
from whence.studio.projects.sheet import Part
from whence.studio.security.bodies import read_signals, receive_upload

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from whence.studio.projects.edits import Edit
    from whence.studio.uploads.cabinet import Cabinet
    from whence.studio.workshop import Desk, Workshop


async def upload(request: Request) -> Response:
    """Take a file: streamed to quarantine, read there by a confined worker, then taken up."""
    workshop, desk = await desk_of(request)
    folder, limit = workshop.quarantine, workshop.settings.upload_bytes
    try:
        received = await receive_upload(request, folder, limit)
    except WhenceError as error:
        workshop.tell(desk, "data", error)  # the page shows no refusal of its own
        raise
    work = partial(_taken, workshop, received.path, received.name)
    await workshop.take(desk, received.name, work)
    return nothing()


async def example(request: Request) -> Response:
    """Take one of the data sets that travel with the package; on an empty sheet, all that goes with it."""
    workshop, desk = await desk_of(request)
    name, empty = str(request.path_params["name"]), not desk.sheet.graph.nodes
    await workshop.take(desk, name, partial(example_edits, workshop.cabinet, name, whole=empty))
    return nothing()


async def remove(request: Request) -> Response:
    """Put the data away."""
    workshop, desk = await desk_of(request)
    await workshop.edit(desk, DropData(), "data")
    return nothing()


async def part(request: Request) -> Response:
    """Say what a column is for."""
    workshop, desk = await desk_of(request)
    asked = str(request.path_params["part"])
    if asked not in (*get_args(Part), "none"):
        raise NotThere("part")
    column = name_of(desk, request.path_params["column"])
    await workshop.edit(desk, SetPart(column, None if asked == "none" else cast("Part", asked)), "data")
    return nothing()


async def contrast(request: Request) -> Response:
    """Say which two values are compared."""
    workshop, desk = await desk_of(request)
    told = await read_signals(request)
    low, high = _both(desk, str(told.get("low", "")), str(told.get("high", "")))
    await workshop.edit(desk, SetContrast((low, high) if low or high else None), "data")
    return nothing()


async def derive(request: Request) -> Response:
    """Make a column from others, or take one away."""
    workshop, desk = await desk_of(request)
    told = await read_signals(request)
    edit = Derive(str(told.get("column", "")), str(told.get("expression", "")))
    await workshop.edit(desk, edit, "data")
    return nothing()


async def where(request: Request) -> Response:
    """Keep the rows of which a condition is true."""
    workshop, desk = await desk_of(request)
    told = await read_signals(request)
    await workshop.edit(desk, Where(str(told.get("condition", ""))), "data")
    return nothing()


def _both(desk: Desk, low: str, high: str) -> tuple[str, str]:
    """The two values, where a person has touched only one.

    If it was put back to the usual, both are; of a treatment that has two values, the other one is meant.
    """
    if bool(low) == bool(high):
        return low, high
    if desk.sheet.contrast is not None:
        return "", ""
    columns = () if desk.summary is None else desk.summary.columns
    treated = desk.sheet.named("treatment")
    levels = next((column.levels for column in columns if column.name in treated), ())
    if len(levels) == 2 and (low or high) in levels:
        other = levels[1 - levels.index(low or high)]
        return low or other, high or other
    return low, high


def _taken(workshop: Workshop, path: Path, name: str) -> list[Edit]:
    cabinet = workshop.cabinet
    cabinet.make_room(path.stat().st_size * 3, workshop.shelf.data_kept)  # the file, its columns, some more
    found = cabinet.take(path, name)
    return [LoadData(found, cabinet.table(found).columns)]


def example_edits(cabinet: Cabinet, name: str, *, whole: bool) -> Sequence[Edit]:
    """The edits that take up a bundled example; if `whole`, with its graph and its question."""
    found = cabinet.example(name)
    columns = cabinet.table(found).columns
    return edits_of(beginning(name), found, columns) if whole else [LoadData(found, columns)]
