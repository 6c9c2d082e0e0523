"""The browser's part: client, canvas and style, each with a tag so that it is fetched once."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import Response

from whence.studio.assets import FOLDER, sent, style
from whence.studio.handlers.common import NotThere, workshop_of

if TYPE_CHECKING:
    from starlette.requests import Request

KINDS = {
    "client.js": "text/javascript; charset=utf-8",
    "canvas.js": "text/javascript; charset=utf-8",
    "studio.css": "text/css; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is sent: plain, compressed, and the tag by which a browser knows it again."""

    plain: bytes
    packed: bytes
    tag: str


@cache
def static_file(name: str, instead: Path | None = None) -> File:
    """The file of a name; `instead` is read in the place of our client where a person gave another."""
    if name == "studio.css":
        plain = style().encode()
    elif name.endswith(".js") and instead is None:
        plain = sent(name)
    else:
        plain = (instead or FOLDER / name).read_bytes()
    return File(plain, gzip.compress(plain, 9, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:20]}"')


async def static(request: Request) -> Response:
    """One of the three files, and nothing else: the name is looked up, never joined to a path."""
    name = request.path_params["file"]
    if name not in KINDS:
        raise NotThere("file")
    official = workshop_of(request).settings.datastar if name == "client.js" else None
    found = static_file(name, official)
    headers = {"Cache-Control": "no-cache", "ETag": found.tag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == found.tag:
        return Response(status_code=304, headers=headers)
    packed = "gzip" in request.headers.get("accept-encoding", "")
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(found.packed if packed else found.plain, headers=headers, media_type=KINDS[name])
