"""Where requests may go: a base URL is taken apart by a strict grammar and its host must be allowed by name.

A base URL may come from a project's file, a command line or a page, and whoever chooses it receives the key
and the documents. So there is a short list of hosts that need no permission (the vendors over https, and this
machine), every other host is allowed by name, and whatever two readers of an address could understand in two
ways is refused rather than interpreted: numbers in odd notation, names before an @, escapes, a dot at the
end. Addresses that are never a language model's (link-local ones, where clouds keep their metadata) stay
refused even for those who allow them, also when a name leads to them (`refused_address`).

>>> check_base_url("HTTPS://LM.example:443/v1/", allow_hosts=["lm.example"])
'https://lm.example/v1'
>>> check_base_url("http://localhost:11434/v1")
'http://localhost:11434/v1'
>>> print(rejection("http://2130706433/v1"))
the host is a number in a notation that readers understand in different ways
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from whence.rlm.errors import HostNotAllowed
from whence.runtime.errors import InvalidOption

OPENAI = "api.openai.com"
ANTHROPIC = "api.anthropic.com"
OPENROUTER = "openrouter.ai"
VENDORS = frozenset({OPENAI, ANTHROPIC, OPENROUTER})
ALLOW_HOSTS_VARIABLE = "WHENCE_ALLOW_HOSTS"

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_AUTHORITY = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::([^:]*))?")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_PATH = re.compile(r"(/[A-Za-z0-9._~:+=,-]+)*/?")
_PORTS = {"http": 80, "https": 443}
_NEVER = (
    ("link-local, where clouds keep their metadata", ipaddress.ip_network("169.254.0.0/16")),
    ("link-local, where clouds keep their metadata", ipaddress.ip_network("fe80::/10")),
    ("of a cloud's metadata", ipaddress.ip_network("fd00:ec2::/32")),
    ("of a cloud's metadata", ipaddress.ip_network("100.100.100.200/32")),
    ("of a cloud's metadata", ipaddress.ip_network("192.0.0.0/24")),
    ("of a cloud's metadata", ipaddress.ip_network("168.63.129.16/32")),
    ("no address of one server", ipaddress.ip_network("0.0.0.0/8")),
    ("no address of one server", ipaddress.ip_network("224.0.0.0/3")),
    ("no address of one server", ipaddress.ip_network("::/128")),
    ("no address of one server", ipaddress.ip_network("ff00::/8")),
)
# Networks whose addresses hold an IPv4 address in their last 32 bits (mapped, compatible, translated).
_HOLDING_V4 = tuple(ipaddress.ip_network(text) for text in ("::ffff:0:0/96", "::/96", "64:ff9b::/96"))
_6TO4 = ipaddress.ip_network("2002::/16")


@dataclass(frozen=True, slots=True)
class Place:
    """The parts of a base URL. `port` None is the scheme's own."""

    scheme: str
    host: str
    port: int | None
    path: str

    @property
    def server(self) -> str:
        """Host and port, as a person writes them."""
        return self.host if self.port is None else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole, normalised."""
        return f"{self.scheme}://{self.server}{self.path}"


class Rejected(ValueError):
    """Why a base URL is not used; `HostNotAllowed` tells the user."""


def check_base_url(url: str, allow_hosts: Sequence[str] = ()) -> str:
    """The base URL, normalised (lower case, no slash at the end, no default port), or `HostNotAllowed`.

    https for the vendors; http or https for this machine and for hosts in `allow_hosts` or in the environment
    variable WHENCE_ALLOW_HOSTS (comma-separated), each "host" or "host:port".
    """
    return place_of(url, allow_hosts).url


def place_of(url: str, allow_hosts: Sequence[str] = ()) -> Place:
    """The parts of a base URL that may be used, or `HostNotAllowed`."""
    allowed = _allowed(allow_hosts)
    try:
        place = _parse(url)
        _check_allowed(place, allowed)
    except Rejected as rejected:
        raise HostNotAllowed(url, str(rejected)) from None
    return place


def rejection(url: str, allow_hosts: Sequence[str] = ()) -> str:
    """Why a base URL is not used, empty if it is."""
    try:
        _check_allowed(_parse(url), _allowed(allow_hosts))
    except Rejected as rejected:
        return str(rejected)
    return ""


def is_loopback(host: str) -> bool:
    """Whether a host of a checked base URL is this machine."""
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def refused_address(text: str) -> str:
    """Why an address is never used, whoever allowed it and whatever name led there; empty if it may be."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return "it is no address"
    for seen in (address, _held(address)):
        for reason, network in _NEVER:
            if seen is not None and seen.version == network.version and seen in network:
                return f"the address {text} is {reason}"
    return ""


# ── the grammar ─────────────────────────────────────────────────────────────────────────────────────────────


def _parse(url: str) -> Place:
    _check_characters(url)
    split = _SCHEME.fullmatch(url)
    if split is None:
        raise Rejected("it does not begin with http:// or https://")
    scheme, rest = split[1].lower(), split[2]
    if scheme not in _PORTS:
        raise Rejected("it does not begin with http:// or https://")
    for mark, name in (("#", "a fragment"), ("?", "a query")):
        if mark in rest:
            raise Rejected(f"it holds {name}")
    authority, slash, tail = rest.partition("/")
    if "@" in authority:
        raise Rejected("it holds a user name before the host")
    if "%" in rest or "@" in rest:
        raise Rejected("it holds escaped or reserved characters")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise Rejected("its host and port cannot be told apart")
    path = slash + tail
    if _PATH.fullmatch(path) is None or any(step in {".", ".."} for step in path.split("/")):
        raise Rejected("its path holds more than plain steps")
    return Place(scheme, _host(parts[1].lower()), _port(scheme, parts[2]), path.rstrip("/"))


def _check_characters(url: str) -> None:
    if len(url) > 2_000:
        raise Rejected("it is longer than 2,000 characters")
    for character in url:
        if not character.isascii():
            raise Rejected("it holds characters outside ASCII, which may look like others")
        if not "!" <= character <= "~" or character == "\\":
            raise Rejected("it holds spaces, control characters or backslashes")


def _host(host: str) -> str:
    if host.startswith("["):
        return _host_v6(host[1:-1])
    if not host:
        raise Rejected("it names no host")
    if host.endswith("."):
        raise Rejected("its host ends in a dot")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise Rejected(
                "the host is a number in a notation that readers understand in different ways"
            ) from None
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Rejected("its host is no name")
    return host


def _host_v6(host: str) -> str:
    if "%" in host:
        raise Rejected("its host names a network interface")
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        raise Rejected("its host is no IPv6 address") from None
    if _held(address) is not None:
        raise Rejected("its host is an IPv6 address that hides an IPv4 address")
    return f"[{address.compressed}]"


def _port(scheme: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,4}", text) or int(text) > 65_535:
        raise Rejected("its port is no number from 1 to 65535")
    return None if int(text) == _PORTS.get(scheme) else int(text)


# ── who is allowed ──────────────────────────────────────────────────────────────────────────────────────────


def _check_allowed(place: Place, allowed: frozenset[tuple[str, int | None]]) -> None:
    address = _address(place.host)
    reason = "" if address is None else refused_address(str(address))
    if reason:
        raise Rejected(reason)
    port = place.port or _PORTS[place.scheme]
    if is_loopback(place.host) or {(place.host, None), (place.host, port)} & allowed:
        return
    if place.host not in VENDORS:
        raise Rejected(f"the host {place.server} is not allowed")
    if place.scheme != "https" or place.port is not None:
        raise Rejected(f"{place.host} is reached by https at its own port alone")


def _allowed(allow_hosts: Sequence[str]) -> frozenset[tuple[str, int | None]]:
    """Host and port of every entry; port None allows all."""
    listed = [entry.strip() for entry in os.environ.get(ALLOW_HOSTS_VARIABLE, "").split(",")]
    given = [
        ("allow_hosts", entry) for entry in ((allow_hosts,) if isinstance(allow_hosts, str) else allow_hosts)
    ]
    found: set[tuple[str, int | None]] = set()
    for where, entry in given + [(ALLOW_HOSTS_VARIABLE, entry) for entry in listed if entry]:
        parts = _AUTHORITY.fullmatch(entry)
        try:
            if parts is None:
                raise Rejected("it is no host")
            _check_characters(entry)
            port = _port("either", parts[2]) if parts[2] is not None else None
            found.add((_host(parts[1].lower()), port))
        except Rejected as rejected:
            raise InvalidOption(where, entry, f'"host" or "host:port" ({rejected})') from None
    return frozenset(found)


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _held(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _6TO4:
        return address.sixtofour
    if any(address in network for network in _HOLDING_V4) and int(address) > 1:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
