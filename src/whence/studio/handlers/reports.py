"""Reports of the browser that something on a page went against its policy: counted, and told to the log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.responses import Response

from whence.runtime.plain import harmless
from whence.runtime.secrets import redact
from whence.studio.handlers.common import workshop_of

if TYPE_CHECKING:
    from starlette.requests import Request

LONGEST = 2_000
_log = logging.getLogger("whence.studio")


async def reports(request: Request) -> Response:
    """Count a report."""
    body = await request.body()
    workshop_of(request).reports += 1
    told = body.decode("utf-8", "replace")  # it names addresses: that of the way in holds a token
    _log.warning("a page went against its policy: %s", harmless(redact(told))[:LONGEST])
    return Response(status_code=204)
