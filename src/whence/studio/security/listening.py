"""Where the studio listens, whether it may, and under which address it is found.

By default it listens on this machine alone. Any other address needs TLS (or a proxy that speaks it) and the
names under which the page will be asked for.

>>> address(Settings(host="localhost"))
'http://127.0.0.1:8765'
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import ssl
import sys

from whence.runtime.errors import InvalidOption, WhenceError
from whence.studio.security.hosts import bracketed, is_loopback
from whence.studio.settings import Settings


class NotServed(WhenceError):
    """The studio cannot be started like this."""


def check_served(settings: Settings, *, allow_root: bool = False) -> None:
    """Raise `NotServed` where it would not be safe to listen as these settings say."""
    user = getattr(os, "geteuid", None)
    if user is not None and user() == 0 and not allow_root:
        raise NotServed(
            "The studio does not run as root: what it reads could then do anything.",
            "Start it as another user, or with --allow-root.",
        )
    if (settings.certificate is None) != (settings.key is None):
        raise NotServed("A certificate and its key go together.", "Give both --certificate and --key.")
    if settings.trusted_proxy is not None:
        try:
            ipaddress.ip_address(settings.trusted_proxy)
        except ValueError:
            raise InvalidOption(
                "--trusted-proxy", settings.trusted_proxy, "the address of the proxy"
            ) from None
        if settings.certificate is not None:
            raise NotServed("Either the proxy speaks TLS or the studio does.", "Leave one of them out.")
    elif not is_loopback(settings.host) and settings.certificate is None:
        raise NotServed(
            "Other machines would reach the studio without encryption.",
            "Give --certificate and --key, or --trusted-proxy ADDRESS, or leave --host out.",
        )
    if (settings.trusted_proxy is not None or not is_loopback(settings.host)) and not settings.names:
        raise NotServed(
            "The studio has to know the name under which it will be asked for.",
            "Give it with --allow-host NAME.",
        )


def launch_link(settings: Settings, token: str, project: str = "") -> str:
    """The link that lets a browser in, and leads to a project if one is given."""
    onward = f"&project={project}" if project else ""
    return f"{address(settings)}/launch?token={token}{onward}"


def address(settings: Settings) -> str:
    """Where the studio is: under a name of its own for the world, else under this machine's number.

    (Not `localhost`: cookies know no ports, and under that name they would go to every other server here.)
    """
    if settings.trusted_proxy is not None:
        return f"https://{settings.names[0]}"
    scheme = "http" if settings.certificate is None else "https"
    if is_loopback(settings.host):
        host = "127.0.0.1" if settings.host == "localhost" else bracketed(settings.host)
        return f"{scheme}://{host}:{settings.port}"
    name = settings.names[0]
    return f"{scheme}://{name}" if ":" in name else f"{scheme}://{name}:{settings.port}"


def listening(settings: Settings) -> socket.socket:
    """A socket that listens at the address of the settings; raises `NotServed` if that cannot be had."""
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    try:
        family, kind, number, _, place = socket.getaddrinfo(
            host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError, OverflowError):
        raise NotServed("There is no such address to listen at.", "Leave --host out.") from None
    listener = socket.socket(family, kind, number)
    try:
        if sys.platform == "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(1024)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise _not_bound(error, settings.port) from None
    return listener


def _not_bound(error: OSError, port: int) -> NotServed:
    if error.errno == errno.EADDRINUSE:
        cure = "A studio may be running already. Give another one with --port, or --port 0 for any."
        return NotServed(f"The port {port} is taken.", cure)
    if error.errno == errno.EACCES:
        return NotServed(f"The port {port} is not for everybody.", "Give one above 1023 with --port.")
    return NotServed("The studio cannot listen there.", "See --host and --port.")


def tls(settings: Settings) -> ssl.SSLContext | None:
    """What TLS is spoken with, None without a certificate; raises `NotServed` if it cannot be used."""
    if settings.certificate is None or settings.key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # The empty password keeps the library from asking for one in the terminal.
        context.load_cert_chain(settings.certificate, settings.key, password="")
    except (OSError, ValueError):
        raise NotServed(
            "The certificate or its key cannot be used.", "Give PEM files that belong together."
        ) from None
    return context
