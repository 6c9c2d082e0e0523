"""The shell of every page: the document around it, the masthead with the way back, and the page of an error.

The body that is given to `document` holds a `<main id="main" tabindex="-1">`, to which the skip link leads.
Nothing in a page is inline but markup: no script, no style, so that the policy of content can forbid them.
"""

from __future__ import annotations

from collections.abc import Sequence

from whence.studio.pages.environment import drawn, render

Crumb = tuple[str, str]
"""A step of the way here: its words and its address ("" for the page itself)."""


def document(title: str, body: str, *, address: str, official: bool = False) -> str:
    """The whole page: `body` is markup of ours; `address` is where it stands, told on paper when printed.

    `official` says that the official Datastar script is served in place of our client; the page tells so.
    """
    return render("document.html.j2", title=title, body=drawn(body), address=address, official=official)


def masthead(trail: Sequence[Crumb] = (), *, aside: str = "") -> str:
    """The bar on top of a page that is no project: the name of the studio, and the way here.

    `aside` is markup of ours that stands at the right end.
    """
    return render("masthead.html.j2", trail=tuple(trail), aside=drawn(aside))


def error_page(status: int, title: str, text: str, cure: str = "") -> str:
    """A page that says what went wrong and what to do next."""
    body = render("error.html.j2", status=status, title=title, text=text, cure=cure)
    return document(title, body, address="")
