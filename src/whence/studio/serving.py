"""The studio as a server: who may start it where, the way in, and its end.

By default it listens on this machine alone and prints a launch link that is good once. Any other address
needs TLS (or a proxy that speaks it) and the names under which the page will be asked for. It does not run as
root, and everything that it writes is for its owner alone.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import socket
import ssl
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import uvicorn

from whence.studio.app import create
from whence.studio.browser import Browser
from whence.studio.opening import opened
from whence.studio.security.connections import connection_protocol
from whence.studio.security.guard import App, Guard
from whence.studio.security.listening import NotServed, check_served, launch_link, listening, tls
from whence.studio.security.sessions import Sessions
from whence.studio.settings import Settings

_OPEN_FILES = 8_192
_CONNECTIONS = 4_096


def serve(
    settings: Settings,
    *,
    announce: Callable[[str], None],
    open_browser: bool = True,
    allow_root: bool = False,
    given: str | None = None,
) -> None:
    """Run a studio until Ctrl-C. `announce` is told the launch link, which leads to what is `given`: the id
    of a project, or a file whose data a new one gets.

    Raises
    ------
    NotServed: as root without `allow_root`; for the world without TLS and names; on a port that is taken;
        beside another studio with the same home; in a home that others may write to
    MissingFile, DataError: of what is given
    """
    check_served(settings, allow_root=allow_root)
    secure = tls(settings)
    os.umask(0o077)
    with _held(settings.home), closing(listening(settings)) as listener:
        settings = replace(settings, port=int(listener.getsockname()[1]))
        project = "" if given is None else opened(settings, given)
        sessions = Sessions(settings.home)
        sessions.stale = lambda token: announce(f"A new link: {launch_link(settings, token, project)}")
        guard = create(settings, sessions)
        link = launch_link(settings, sessions.launch(), project)
        announce(f"The studio is open at {link}")
        announce("The link is good once, for a quarter of an hour. Ctrl-C ends the studio.")
        server = _Server(_config(guard, settings, secure), guard, Browser(link) if open_browser else None)
        _allow_files()
        _quiet()
        try:
            with settled_memory():
                server.run(sockets=[listener])
        except KeyboardInterrupt:
            announce("The studio has ended; everything is kept.")
        except SystemExit as error:  # what uvicorn makes of a start that failed
            raise NotServed("The studio could not start.", "What happened is told above.") from error


class _Server(uvicorn.Server):
    """Uvicorn, which opens the browser when it listens, and ends the streams before it waits for them."""

    def __init__(self, config: uvicorn.Config, guard: Guard, browser: Browser | None) -> None:
        super().__init__(config)
        self._guard = guard
        self._browser = browser

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._browser is not None and self.started:
            self._browser.open()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._guard.end_streams()
        if self._browser is not None:
            self._browser.close()
        await super().shutdown(sockets)


@contextmanager
def settled_memory() -> Generator[None]:
    """Keep what is there to stay (modules, routes) out of the collector's sight: to go through it all again
    and again would hold every page up for some 70 ms at a time. At the end it has to see it, to clear it up.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _quiet() -> None:
    """Keep what strangers send out of the terminal: these libraries warn of all that is malformed."""
    for name in ("python_multipart", "uvicorn"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _config(app: App, settings: Settings, secure: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=connection_protocol(),
        ws="none",
        lifespan="on",
        log_config=None,  # a library does not set up logging
        log_level="error",
        access_log=False,  # it would write addresses with their queries, and so what people type
        server_header=False,
        proxy_headers=settings.trusted_proxy is not None,
        forwarded_allow_ips=settings.trusted_proxy,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=3,
        ssl_context_factory=None if secure is None else (lambda config, usual: secure),  # noqa: ARG005
    )


@contextmanager
def _held(home: Path) -> Generator[None]:
    """Keep a second studio from the same home, where the platform can."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_own(home)
        file = (home / "studio.lock").open("ab")
    except OSError:
        raise NotServed(
            "The studio's folder cannot be written to.", "Give another one with --home."
        ) from None
    with file:
        with contextlib.suppress(ImportError):
            import fcntl  # noqa: PLC0415 - not on Windows

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise NotServed(
                    "A studio with this home is running already.",
                    "Go on in that one, or give another --home.",
                ) from None
        yield


def _check_own(home: Path) -> None:
    """Refuse a folder that others may write to: a link that they put there would lead what is written, or
    swept out, to where they want.
    """
    user, known = getattr(os, "geteuid", None), home.stat()
    if user is not None and (known.st_uid != user() or known.st_mode & 0o022):
        raise NotServed(
            "The studio's folder is not yours alone: others may write to it.",
            "Give another one with --home, or take that right away (chmod go-w).",
        )


def _allow_files() -> None:
    """Have as many files open as the system lets us: each page that is open is one."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on Windows

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
        if soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
