"""Under which names the page may be asked for: a closed list, so that a name of somebody else's that points
here (DNS rebinding) finds nothing.

The list holds every allowed `Host` header letter by letter, port and all: nothing is parsed, so there is no
parser that could be talked round by a trailing dot, a user name, a second port or another spelling of an
address.

>>> sorted(authorities(Settings(port=8765)))
[b'127.0.0.1:8765', b'[::1]:8765', b'localhost:8765']
"""

from __future__ import annotations

import ipaddress
import re

from whence.runtime.errors import InvalidOption
from whence.studio.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_NAME = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*|\[[0-9a-f:.]{2,45}\])"
    r"(?P<port>:[0-9]{1,5})?"
)


def is_loopback(host: str) -> bool:
    """Whether an address to listen at is reached from this machine alone.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0"), is_loopback("example.org")
    (True, True, False, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def bracketed(host: str) -> str:
    """The host as it stands in an address: IPv6 in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def authorities(settings: Settings) -> frozenset[bytes]:
    """Every `Host` header that is answered, in small letters.

    The names of loopback with our port; the address that we listen at; and the names that were allowed, with
    the port that they were given with, or without and with ours.
    """
    own = {f"{name}:{settings.port}" for name in LOOPBACK}
    if settings.host not in ("0.0.0.0", "::", ""):  # noqa: S104 - these are no names that anybody asks for
        own.add(f"{bracketed(settings.host.lower())}:{settings.port}")
    for name in settings.names:
        own |= _allowed(name, settings.port)
    usual = ":443" if settings.certificate is not None else ":80"
    own |= {name.removesuffix(usual) for name in own if name.endswith(usual)}
    return frozenset(name.encode("ascii") for name in own)


def _allowed(name: str, port: int) -> set[str]:
    name = bracketed(name.lower()) if name.count(":") > 1 else name.lower()
    found = _NAME.fullmatch(name)
    if found is None:
        raise InvalidOption(
            "--allow-host", name, "a host name such as studio.example.org, or with a port: localhost:9000"
        )
    return {name} if found["port"] else {name, f"{name}:{port}"}
