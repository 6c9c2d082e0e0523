"""What somebody sees when something went wrong: a status, a sentence, a cure; no detail, no script, no echo.

A page for a browser that opens an address, plain text for everything else. Those who are not let in get a
page that stands alone, since they get no style sheet either: its one style element is allowed by its hash.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from http import HTTPStatus

from whence.studio.security.examination import Fields
from whence.studio.security.headers import content_policy

_STYLE = (
    ":root{color-scheme:light dark;background:#FCFCFA;color:#1B1B1A}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center;font:15px/1.6 system-ui,sans-serif}"
    "main{max-width:34rem;padding:32px}p{margin:0 0 16px}a{color:#0B5CAD;text-underline-offset:3px}"
    "h1{font:500 34px/1.26 Charter,'Bitstream Charter','Sitka Text',Cambria,Georgia,serif;margin:0 0 16px}"
    "small{font-size:13px;color:#5C5C58}"
    "@media(prefers-color-scheme:dark){:root{background:#14161A;color:#ECEBE6}a{color:#7DB7FF}small{color:#A3A29C}}"
)
_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
ALONE_POLICY = content_policy(style=_HASH).encode("ascii")
"""The policy of a page that stands alone."""


def wants_page(fields: Fields) -> bool:
    """Whether a person would see the answer as a page: the client's own requests and files are none."""
    if b"datastar-request" in fields or fields.get(b"sec-fetch-dest", b"document") != b"document":
        return False
    return b"text/html" in fields.get(b"accept", b"")


def lone_page(status: int, message: str, cure: str) -> str:
    """A whole page that needs nothing else.

    It links to the start: a browser that came from another site sends no cookie until it goes on from here.
    """
    title = "Locked" if status == HTTPStatus.UNAUTHORIZED else phrase(status)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} · Whence</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(message)}</h1><p>{escape(cure)}</p>"
        f'<p><a href="/">Go to the studio</a></p><small>{status} {escape(phrase(status))}</small>'
        "</main></body></html>"
    )


def leading_on(address: str) -> str:
    """A page that leads on to an address of ours at once."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Whence</title>'
        f'<meta http-equiv="refresh" content="0;url={escape(address)}"></head>'
        f'<body><a href="{escape(address)}">Go to the studio</a></body></html>'
    )


def phrase(status: int) -> str:
    """The words of a status."""
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
