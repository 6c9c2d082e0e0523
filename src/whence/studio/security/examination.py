"""What a request must be to be let in, check by check, before anything of the studio sees it.

Everything is denied that is not known to be good: a method, a host, a path, a purpose, a type of content that
stands in none of the tables below. A request that passes becomes a `Pass`: who it is, what it wants, and how
much body it may bring. The order matters: what tells an outsider least comes first, and no address is looked
up for somebody without a session.

W3C, Fetch Metadata Request Headers (2021); RFC 9110, section 7.2; the causes of CVE-2026-39987 (an address
that the check of sessions did not cover), CVE-2026-28414 (paths) and of DNS rebinding are closed here by
construction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast
from urllib.parse import parse_qsl

from whence.studio.security.gate import Gate
from whence.studio.security.refusals import Refused
from whence.studio.security.sessions import Session

Scope: TypeAlias = MutableMapping[str, Any]
Fields: TypeAlias = dict[bytes, bytes]
Errand: TypeAlias = Literal["launch", "read", "stream", "write", "upload", "report"]

LAUNCH, REPORTS, STREAM, UPLOAD = "/launch", "/reports", "/stream", "/data/upload"
PUBLIC = frozenset({("GET", LAUNCH)})
METHODS = ("GET", "HEAD", "POST")
# What a page of ours asks for. Frames, workers, plug-ins and the like are not in it, nor are other sites'
# pages.
PURPOSES = frozenset({b"document", b"empty", b"script", b"style", b"image", b"report"})
REPORT_TYPES = frozenset({b"application/csp-report", b"application/reports+json"})
# Two of these in one request, and two readers may believe different ones.
SINGLE = frozenset(
    (
        b"host origin content-type content-length content-encoding transfer-encoding datastar-request "
        b"sec-fetch-site sec-fetch-mode sec-fetch-dest upgrade"
    ).split()
)
_PROJECT = re.compile("[a-z0-9]{12}", re.ASCII)
_MOST_FIELDS, _MOST_COOKIES, _LONGEST_PATH = 100, 8, 1024


@dataclass(frozen=True, slots=True)
class Pass:
    """A request that is let in: what it is for, whose it is (only a launch has no session), how many bytes of
    body it may bring, the token of a launch, and where that leads to.
    """

    errand: Errand
    session: Session | None
    body: int
    token: str = ""
    to: str = "/"


def examined(scope: Scope, gate: Gate) -> Pass:
    """Let a request in, or raise `Refused`."""
    method = str(scope.get("method"))
    if method not in METHODS:
        raise Refused(405, "The studio is asked with GET, HEAD and POST.")
    fields = fields_of(scope, gate)
    _check_name(scope, fields, gate)
    path = _checked_path(scope, gate)
    _check_purpose(fields, method)
    if path == LAUNCH:
        return _launch(scope, method, fields)
    session = session_of(fields, gate)
    if session is None:
        raise Refused(
            401,
            "This studio is locked.",
            "Open the link that “whence studio” printed in the terminal: it lets this browser in. "
            "If it was used before, open it all the same, and a new one is printed there.",
        )
    if method == "POST":
        return _write(path, fields, gate, session)
    _check_no_body(fields)
    if path.endswith(STREAM):
        if method == "HEAD":
            raise Refused(405, "A stream is asked for with GET.")
        return Pass("stream", session, 0)
    return Pass("read", session, 0)


def fields_of(scope: Scope, gate: Gate) -> Fields:
    """The headers by name; refused where they are too many, too long, or say a thing twice."""
    found: Fields = {}
    size = 0
    headers = cast("Iterable[tuple[bytes, bytes]]", scope.get("headers", ()))
    for number, (written, value) in enumerate(headers):
        size += len(written) + len(value)
        if size > gate.limits.head_bytes or number >= _MOST_FIELDS:
            raise Refused(431, "The request's headers are too long.", "Clear this site's cookies.")
        name = written.lower()
        if name not in found:
            found[name] = value
        elif name in SINGLE:
            raise Refused(400, "The request says one thing twice.")
        elif name == b"cookie":
            found[name] += b"; " + value
    return found


def session_of(fields: Fields, gate: Gate) -> Session | None:
    """The session of the cookie. Others on this machine may have set cookies of our name (they know no
    ports), so each of the first few is tried.
    """
    written = fields.get(b"cookie")
    if written is None:
        return None
    name = gate.cookie.encode() + b"="
    ours = [part.strip() for part in written.split(b";") if part.lstrip().startswith(name)]
    for part in ours[:_MOST_COOKIES]:
        session = gate.sessions.known(part[len(name) :].decode("latin-1"))
        if session is not None:
            return session
    return None


def _check_name(scope: Scope, fields: Fields, gate: Gate) -> None:
    if fields.get(b"host", b"").lower() not in gate.authorities:
        raise Refused(
            403,
            "The studio is not known by this name.",
            "Open it under the address that it printed, or start it with --allow-host NAME[:PORT].",
        )
    if scope.get("scheme") != gate.scheme:
        raise Refused(403, "The studio is not reached this way.", "Open it by https.")
    if b"upgrade" in fields:
        raise Refused(400, "The studio speaks plain HTTP.")


def _checked_path(scope: Scope, gate: Gate) -> str:
    path, raw, query = scope.get("path"), scope.get("raw_path"), scope.get("query_string", b"")
    if not isinstance(path, str) or not isinstance(query, bytes) or scope.get("root_path"):
        raise Refused(400, "This is no address of the studio.")
    if len(query) > gate.limits.query_bytes:
        raise Refused(414, "The address is too long.", "Make the texts on the page shorter.")
    plain = path.isprintable() and path.startswith("/") and len(path) <= _LONGEST_PATH
    if not plain or any(part in path for part in ("//", "\\", "/./", "/../", "\ufffd")):
        raise Refused(400, "This is no address of the studio.")
    if path.endswith(("/.", "/..")) or (isinstance(raw, bytes) and b"%2f" in raw.lower()):
        raise Refused(400, "This is no address of the studio.")
    return path


def _check_purpose(fields: Fields, method: str) -> None:
    """What the browser says of who asks and what for. `none` is a person: an address typed, a bookmark."""
    site, dest = fields.get(b"sec-fetch-site"), fields.get(b"sec-fetch-dest")
    if dest is not None and dest not in PURPOSES:
        raise Refused(403, "The studio is shown in no frame, worker or plug-in.")
    if b"service-worker" in fields:
        raise Refused(403, "The studio has no service worker.")
    if site is None or site == b"same-origin" or (site == b"none" and method != "POST"):
        return
    opened = fields.get(b"sec-fetch-mode") == b"navigate" and dest == b"document" and method == "GET"
    if not opened or site not in (b"cross-site", b"same-site"):
        raise Refused(403, "Another site asks for this.")


def _check_origin(fields: Fields, gate: Gate) -> bool:
    """Whether an origin is given; refused if it is another than that under which the page was asked for."""
    origin = fields.get(b"origin")
    if origin is None:
        return False
    if origin != gate.scheme.encode() + b"://" + fields[b"host"].lower():
        raise Refused(403, "Another site asks for this.")
    return True


def _launch(scope: Scope, method: str, fields: Fields) -> Pass:
    if (method, LAUNCH) not in PUBLIC:
        raise Refused(405, "A launch link is opened with GET.")
    _check_no_body(fields)
    if b"prefetch" in fields.get(b"sec-purpose", fields.get(b"purpose", b"")).lower():
        raise Refused(403, "A launch link is opened by a person.")  # it would be spent before it was seen
    query = cast("bytes", scope.get("query_string", b""))
    try:
        given = parse_qsl(query.decode("ascii"), max_num_fields=4)
    except ValueError:
        given = []
    told = dict(given) if len(dict(given)) == len(given) else {}
    project = told.get("project", "")
    return Pass(
        "launch", None, 0, told.get("token", ""), f"/p/{project}" if _PROJECT.fullmatch(project) else "/"
    )


def _write(path: str, fields: Fields, gate: Gate, session: Session) -> Pass:
    ours = fields.get(b"sec-fetch-site") == b"same-origin"
    # A browser may name no origin in a report, since our pages tell nobody where they are.
    nameless = path == REPORTS and ours and fields.get(b"origin") == b"null"
    named = nameless or _check_origin(fields, gate)
    if not named and not ours:
        raise Refused(403, "The request does not say where it comes from.", "Use a newer browser.")
    if b"content-encoding" in fields:
        raise Refused(415, "The studio takes plain bodies.")
    kind = fields.get(b"content-type", b"").split(b";")[0].strip().lower()
    if path == REPORTS:
        return _sized("report", kind in REPORT_TYPES, gate.limits.report_bytes, fields, session)
    if fields.get(b"datastar-request") != b"true":
        raise Refused(403, "Only the studio's own page may do this.")
    if path.endswith(UPLOAD):
        return _sized(
            "upload", kind == b"multipart/form-data", gate.limits.upload_bytes + 65_536, fields, session
        )
    return _sized("write", kind == b"application/json", gate.limits.signal_bytes, fields, session)


def _sized(errand: Errand, fits: bool, limit: int, fields: Fields, session: Session) -> Pass:
    if not fits:
        raise Refused(415, "The request is of a type that is not taken here.")
    length = fields.get(b"content-length", b"0")
    if not length.isdigit() or len(length) > 15:
        raise Refused(400, "The request's length is no number.")
    if int(length) > limit:
        raise Refused(413, "This is too large.", f"At most {limit:,} bytes are taken here.")
    return Pass(errand, session, limit)


def _check_no_body(fields: Fields) -> None:
    if fields.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in fields:
        raise Refused(400, "A page is asked for without a body.")
