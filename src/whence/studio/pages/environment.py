"""The one place where pages are made of templates: Jinja with autoescape and without undefined names.

Every word of a person passes through the template's escaping. Expressions of the page (`@post('/p/…')`) are
made here of addresses, ids and names of signals of ours alone, never of anything that a person wrote.

>>> str(post("/p/abc/undo"))
"@post('/p/abc/undo', {filterSignals: {include: '^stream$'}})"
>>> quantity(16177), counted(1, "row"), counted(0, "row")
('16,177', '1 row', 'no rows')
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Literal
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from whence.explanation.html import together
from whence.language.lettering import visible
from whence.studio.projects.naming import edge_id, node_id, pair_id

PLAIN_ADDRESS = re.compile(r"/[A-Za-z0-9_./-]*")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec")
Format = Literal["json", "form"]


@cache
def environment() -> Environment:
    """The templates of the studio, with the words that they share."""
    made = Environment(
        loader=PackageLoader("whence.studio.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # else every rendering looks at the files of its templates
    )
    made.filters.update(visible=visible, quantity=quantity, together=together, lined=lined, moment=moment)
    made.globals.update(_shared())
    return made


def _shared() -> dict[str, Any]:
    """The functions that every template may call, and the picture in the tab."""
    ours = (node_id, edge_id, pair_id, post, get, counted, icon)
    drawing = files("whence.studio").joinpath("static", "icon.svg").read_text("utf-8").strip()
    # Within the page: a request less.
    return {**{each.__name__: each for each in ours}, "favicon": f"data:image/svg+xml,{quote(drawing)}"}


def render(template: str, **values: object) -> str:
    """The template filled with these values."""
    return environment().get_template(template).render(values)


def drawn(picture: str) -> Markup:
    """A picture or formula of our own writers, in which every text is escaped already."""
    return Markup(picture)  # noqa: S704 - made by our own writers, which escape


def post(address: str, *signals: str) -> str:
    """The action that posts to an address of this studio with these signals and no others."""
    return _action("post", address, signals)


def get(address: str, *signals: str) -> str:
    """The action that gets from an address of this studio with these signals and no others."""
    return _action("get", address, signals)


def _action(verb: str, address: str, signals: tuple[str, ...]) -> str:
    if not PLAIN_ADDRESS.fullmatch(address):
        raise ValueError(f"{address!r} is no address of the studio")
    # The name of the stream goes along always, so that a reply can be sent to who asked.
    names = "|".join(("stream", *signals))
    kept = f"^({names})$" if signals else "^stream$"
    return f"@{verb}('{address}', {{filterSignals: {{include: '{kept}'}}}})"


def quantity(number: int) -> str:
    """A count with its thousands apart."""
    return f"{number:,}"


def counted(number: int, word: str, many: str = "") -> str:
    """A count with its word: no rows, 1 row, 16,177 rows."""
    shown = "no" if number == 0 else quantity(number)
    return f"{shown} {word if number == 1 else many or word + 's'}"


def moment(written: str) -> str:
    """A time as people write it, by this machine's clock: 22 Nov 2026, 19:21; any other text as it is."""
    try:
        when = datetime.fromisoformat(written).astimezone()
    except ValueError:
        return written
    return f"{when.day} {MONTHS[when.month - 1]} {when:%Y, %H:%M}"


def lined(text: str) -> Markup:
    r"""The text of an error with its lines kept: each a line of the page, and harmless.

    >>> lined("Ask one of these:\n  x < 1\n  x > 1")
    Markup('Ask one of these:<br>x &lt; 1<br>x &gt; 1')
    """
    lines = (together(visible(line.strip())) for line in text.split("\n"))
    return Markup("<br>").join(line for line in lines if line)


ICONS = {
    "undo": "M6.5 3 3 6.5 6.5 10M3.5 6.5H10a3.5 3.5 0 0 1 0 7H7",
    "redo": "M9.5 3 13 6.5 9.5 10M12.5 6.5H6a3.5 3.5 0 0 0 0 7h3",
    "link": "M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.2-2.2A2.6 2.6 0 0 0 9 3.3L8 4.3"
    "M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.3 9A2.6 2.6 0 0 0 7 12.7l1-1",
    "close": "M4 4l8 8M12 4l-8 8",
    "plus": "M8 3v10M3 8h10",
    "down": "M8 2.5v8M4.5 7.5 8 11l3.5-3.5M3 13.5h10",
    "up": "M8 11V3M4.5 6 8 2.5 11.5 6M3 13.5h10",
    "turn": "M3 5.5h9M9.5 3 12 5.5 9.5 8M13 10.5H4M6.5 8 4 10.5 6.5 13",
    "right": "M3 8h10M9 4l4 4-4 4",
}
"""Our pictograms, drawn as lines on a ground of 16 by 16."""


def icon(name: str) -> Markup:
    """A pictogram; what it means is said in words beside it or in the label of its button."""
    return drawn(
        f'<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">'
        f'<path d="{ICONS[name]}"/></svg>'
    )
