r"""The two events of Datastar, as text on a stream of server-sent events.

The official SDK writes them; what it may not do is cut text where Python sees a line and the stream
does not: `str.splitlines` also cuts at U+2028, NEL and six control characters, and what stood there would be
lost. So the text is handed over as `Lines`, which break where the stream breaks.

Source: WHATWG HTML, section 9.2 (server-sent events); Datastar 1.0 (data-star.dev), `datastar-patch-elements`
and `datastar-patch-signals`.

>>> print(patch_signals({"frame": 3}), end="")
event: datastar-patch-signals
data: signals {"frame":3}
<BLANKLINE>
>>> patch_elements("<p id='a'>one\x0btwo</p>").count("data:")
1
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import SupportsIndex

from datastar_py.consts import ElementPatchMode, ElementPatchNamespace
from datastar_py.sse import ServerSentEventGenerator

from whence.runtime.plain import JSON

BREAK = re.compile("\r\n|\r|\n")
HEARTBEAT = ": alive\n\n"
"""A comment: nothing for the page, but a reader who has gone is noticed when it cannot be sent."""


class Lines(str):
    """Text whose lines end only where those of an event stream end."""

    __slots__ = ()

    def splitlines(self, keepends: SupportsIndex = False) -> list[str]:  # noqa: ARG002 - never kept
        """The lines, without their ends."""
        return BREAK.split(self)


def patch_elements(
    html: str, *, selector: str | None = None, mode: str = "outer", namespace: str = "html"
) -> str:
    """Put elements into the page: each in the place of the one with its id, or as `mode` says."""
    # A carriage return in text would become a line feed on the way; as a reference it arrives.
    return str(
        ServerSentEventGenerator.patch_elements(
            Lines(html.replace("\r\n", "\n").replace("\r", "&#13;")),
            selector=selector,
            mode=ElementPatchMode(mode),
            namespace=ElementPatchNamespace(namespace),
        )
    )


def patch_signals(signals: Mapping[str, JSON], *, only_if_missing: bool = False) -> str:
    """Give signals new values; None takes one away. ASCII only, so that no line can break within."""
    text = json.dumps(signals, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return str(ServerSentEventGenerator.patch_signals(Lines(text), only_if_missing=only_if_missing))
