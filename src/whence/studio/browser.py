"""Opens the launch link in the person's browser, without showing it to everybody else on the machine.

The arguments of a program can be read by every user of a Linux machine, and a browser takes seconds to start:
long enough to use a link that stands there first. So the browser is given a file that only its user can read,
and that leads on to the link. It lies in the home folder itself, since browsers in packages see no hidden
folder and no shared one, and is gone within a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
import webbrowser
from html import escape
from pathlib import Path

from whence.runtime.aside import aside

_SECONDS = 60.0


class Browser:
    """What opens `link` once there is something to open it with."""

    def __init__(self, link: str, *, folder: Path | None = None) -> None:
        self._link = link
        self._folder = folder or Path.home()
        self._file: Path | None = None
        self._opening: asyncio.Future[bool] | None = None

    def open(self) -> None:
        """Open it, from a running event loop; nothing happens where there is no screen."""
        if not has_screen():
            return
        place = self._link
        if sys.platform not in ("win32", "darwin"):
            with contextlib.suppress(OSError):
                place = self._leading_on().as_uri()
        self._opening = aside(lambda: _opened(place))
        asyncio.get_running_loop().call_later(_SECONDS, self.close)

    def close(self) -> None:
        """Take the file away, if there still is one."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)
            self._file = None

    def _leading_on(self) -> Path:
        path = self._folder / f"whence-studio-{secrets.token_hex(8)}.html"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = path
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(
                '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Whence</title>'
                f'<meta http-equiv="refresh" content="0;url={escape(self._link)}">'
                f'<a href="{escape(self._link)}">Open the studio</a></html>'
            )
        return path


def has_screen() -> bool:
    """Whether a browser with windows can be opened; one for terminals would take this one over."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _opened(place: str) -> bool:
    with contextlib.suppress(webbrowser.Error, OSError):
        return webbrowser.open(place)
    return False
