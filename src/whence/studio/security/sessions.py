"""Who is let in: a one-time launch token, printed for the person at this machine, is exchanged for a session.

Tokens are 256 random bits. Neither kind is kept: what is stored is their SHA-256, so that the file gives
nobody a key, and a look-up by hash takes the same time for a near miss as for a far one. Sessions outlive a
restart of the server; launch tokens do not.

>>> import tempfile
>>> from pathlib import Path
>>> with tempfile.TemporaryDirectory() as folder:
...     sessions = Sessions(Path(folder))
...     token = sessions.launch()
...     session = sessions.exchange(token)
...     sessions.known(session) is not None, sessions.exchange(token)
(True, None)
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from whence.runtime.secrets import Secret
from whence.studio.security.session_file import read_sessions, write_sessions

DAY = 86_400.0
LAUNCH_SECONDS = 900.0
IDLE_SECONDS = 3 * DAY
SESSION_SECONDS = 30 * DAY
SESSIONS, LAUNCHES = 32, 8
_NOTED_EVERY = 600.0
_TOKEN = 43  # letters of 32 bytes in base64 without padding


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that was let in: the hash of its token, when it came, and when it was last seen."""

    id: str
    created: float
    seen: float


class Sessions:
    """The sessions of a studio, kept in `folder`, and the launch tokens that are still good.

    `clock` gives the seconds since 1970. `stale`, if it is set, is called with a new launch token when
    somebody comes with one that is spent: a person whose link no longer works finds the next one in the
    terminal.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._file = folder / "sessions.json"
        self._clock = clock
        self._launches: dict[str, float] = {}
        self._renewed = float("-inf")
        self.stale: Callable[[str], None] | None = None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sessions = {
            name: session
            for name, created, seen in read_sessions(self._file)
            if self._lives(session := Session(name, created, seen))
        }

    def launch(self) -> str:
        """A new token for a launch link: good once, and for a quarter of an hour."""
        now = self._clock()
        self._launches = {name: until for name, until in self._launches.items() if now < until}
        while len(self._launches) >= LAUNCHES:
            del self._launches[next(iter(self._launches))]
        token = _fresh()
        self._launches[hashed(token)] = now + LAUNCH_SECONDS
        return token

    def exchange(self, token: str) -> str | None:
        """The token of a new session for a launch token, which is spent by that; None if it is not good."""
        until = self._launches.pop(hashed(token), 0.0) if len(token) == _TOKEN else 0.0
        now = self._clock()
        if now >= until:
            return None
        return self._begun(now)

    def renew(self) -> None:
        """Have a new launch link announced, at most twice a minute."""
        now = self._clock()
        if self.stale is not None and abs(now - self._renewed) >= 30.0:
            self._renewed = now
            self.stale(self.launch())

    def known(self, token: str) -> Session | None:
        """The session that this token is of, None if there is none (any longer)."""
        if len(token) != _TOKEN:
            return None
        session = self._sessions.get(hashed(token))
        if session is None:
            return None
        if not self._lives(session):
            self.end(session)
            return None
        now = self._clock()
        if now - session.seen >= _NOTED_EVERY:  # seldom, since it writes a file
            session = self._sessions[session.id] = replace(session, seen=now)
            self._write()
        return session

    def end(self, session: Session) -> None:
        """Let a session be over."""
        if self._sessions.pop(session.id, None) is not None:
            self._write()

    def left(self, session: Session) -> float:
        """Seconds until a session ends in any case."""
        return session.created + SESSION_SECONDS - self._clock()

    def _begun(self, now: float) -> str:
        while len(self._sessions) >= SESSIONS:
            del self._sessions[min(self._sessions.values(), key=lambda session: session.seen).id]
        token = _fresh()
        self._sessions[hashed(token)] = Session(hashed(token), now, now)
        self._write()
        return token

    def _lives(self, session: Session) -> bool:
        # A clock that was set back must not make a session live for ever.
        now = self._clock() + 60.0
        return 0 <= now - session.created < SESSION_SECONDS and 0 <= now - session.seen < IDLE_SECONDS

    def _write(self) -> None:
        write_sessions(self._file, [(s.id, s.created, s.seen) for s in self._sessions.values()])


def hashed(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _fresh() -> str:
    return Secret(secrets.token_urlsafe(32)).reveal()  # known as a secret, so that no log ever shows it
