"""What happens when something is done on the canvas: each event of the drawing and where it is sent.

The drawing speaks in events that know no addresses (`wh-connect` with two ids and a mark); these attributes
put what an event says into signals and post it. Ids are hashes made by us; a name never stands in here.

>>> attributes("/p/abc", live=False)
{'data-on:wh-select': '$_sel = evt.detail.id'}
"""

from __future__ import annotations

import re

from whence.runtime.errors import WhenceError

ADDRESS = re.compile(r"(/[A-Za-z0-9_-]+)*")


class UnsafeAddress(WhenceError):
    """An address that cannot stand in an expression of the page."""


def attributes(address: str, *, live: bool) -> dict[str, str]:
    """The `data-on:` attributes of the drawing of the project at this address; a permalink selects only."""
    if not ADDRESS.fullmatch(address):
        raise UnsafeAddress("The address of a drawing may hold words and slashes only.", "Give /p/ID.")
    found = {"data-on:wh-select": "$_sel = evt.detail.id"}
    if not live:
        return found
    graph = f"{address}/graph"
    spot = "$x = evt.detail.x; $y = evt.detail.y"
    edge = "$source = evt.detail.from; $target = evt.detail.to; $mark = evt.detail.mark"
    found |= {
        "data-on:wh-move": f"{spot}; {_post(f'{graph}/move/', 'evt.detail.id', sent='x|y')}",
        "data-on:wh-connect": f"{edge}; {_post(f'{graph}/edge', sent='source|target|mark')}",
        "data-on:wh-add": f"{spot}; $name = ''; $_renaming = ''; $_adding = true",
        "data-on:wh-remove": f"$_sel = ''; {_post(f'{graph}/remove/', 'evt.detail.id')}",
        "data-on:wh-rename": "$_adding = false; $name = ''; $_renaming = evt.detail.id",
        "data-on:wh-role": _post(f"{graph}/role/", "evt.detail.id + '/' + evt.detail.role"),
        "data-on:wh-latent": _post(f"{graph}/latent/", "evt.detail.id"),
        "data-on:wh-open": "$_sel = evt.detail.id; $_open = evt.detail.id",
    }
    return found


def _post(address: str, rest: str = "", *, sent: str = "") -> str:
    """An expression that posts to an address, with no more signals than it needs."""
    place = f"'{address}' + {rest}" if rest else f"'{address}'"
    signals = f"^(stream|{sent})$" if sent else "^stream$"
    return f"@post({place}, {{filterSignals: {{include: '{signals}'}}}})"
