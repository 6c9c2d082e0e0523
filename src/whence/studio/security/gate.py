"""What the guard goes by: the names that are answered, the sessions, the headers and the limits, in one
value.

`gate_of(settings, sessions)` makes it once; nothing in it changes while the studio runs but the sessions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from whence.studio.security.headers import Headers, content_policy, fixed_headers
from whence.studio.security.hosts import LOOPBACK, authorities
from whence.studio.security.sessions import Sessions
from whence.studio.settings import MB, Settings

_PORT = re.compile(":[0-9]+$")
ErrorPage: TypeAlias = Callable[[int, str, str, str], str]  # status, title, text, cure -> a whole page


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one browser may ask for.

    Attributes
    ----------
    requests, burst: requests a second in the long run, and at once
    streams, uploads: that are open at the same time
    head_bytes, query_bytes: of a request's headers and of its query
    signal_bytes, upload_bytes, report_bytes: of a body, by what it is
    idle_seconds: how long a body may pause
    stream_seconds: after which a stream is ended, so that the session is looked at again
    """

    requests: float = 100.0
    burst: float = 400.0
    streams: int = 32
    uploads: int = 2
    head_bytes: int = 32 << 10
    query_bytes: int = 64 << 10
    signal_bytes: int = 256 << 10
    upload_bytes: int = 512 * MB
    report_bytes: int = 16 << 10
    idle_seconds: float = 30.0
    stream_seconds: float = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Gate:
    """`authorities` are the `Host` headers that are answered, `local` those of them that are this machine's
    own; `cookie` is the name of the session's cookie.
    """

    authorities: frozenset[bytes]
    local: frozenset[bytes]
    scheme: str
    cookie: str
    sessions: Sessions
    limits: Limits
    headers: Headers
    lasting_headers: Headers
    page: ErrorPage | None = None


def gate_of(
    settings: Settings, sessions: Sessions, *, limits: Limits | None = None, page: ErrorPage | None = None
) -> Gate:
    """The gate of a studio that listens as `settings` say (its port must be the real one, not 0).

    `page` makes the pages that say what went wrong, for those who are let in.
    """
    secure = settings.certificate is not None or settings.trusted_proxy is not None
    policy = content_policy(official=settings.datastar is not None)
    names = authorities(settings)
    # Cookies know no ports: with the port in its name, two studios on one machine keep apart.
    cookie = f"whence-{settings.port}"
    return Gate(
        authorities=names,
        local=frozenset(name for name in names if _PORT.sub("", name.decode()) in LOOPBACK),
        scheme="https" if secure else "http",
        cookie=f"__Host-{cookie}" if secure else cookie,
        sessions=sessions,
        limits=limits or Limits(upload_bytes=settings.upload_bytes),
        headers=fixed_headers(policy, strict_transport=False),
        lasting_headers=fixed_headers(policy, strict_transport=secure),
        page=page,
    )
