"""How a studio runs: where it listens, where it keeps its projects, and how much it takes.

>>> Settings().host, Settings().port
('127.0.0.1', 8765)
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

MB = 1 << 20


def usual_home() -> Path:
    """Where projects are kept unless it is said otherwise: the user's own data folder."""
    given = os.environ.get("XDG_DATA_HOME")
    return (Path(given) if given else Path.home() / ".local" / "share") / "whence" / "studio"


@dataclass(frozen=True, slots=True)
class Settings:
    """What whoever starts a studio decides.

    Attributes
    ----------
    home: the folder of all projects, sessions and stored data
    host, port: where to listen (port 0: any that is free)
    names: further host names under which the page may be asked for, beside those of loopback
    certificate, key: files for TLS; needed, or a trusted proxy, for any address but loopback
    trusted_proxy: the address of a proxy that speaks TLS with the world
    datastar: a file that is served as the client in place of ours (the official bundle); its expressions need
        `unsafe-eval`, which the policy of content then allows
    watched: a folder whose journals of recursive runs can be watched
    upload_bytes, stored_bytes, rows, columns: what a file may have
    """

    home: Path = field(default_factory=usual_home)
    host: str = "127.0.0.1"
    port: int = 8765
    names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    trusted_proxy: str | None = None
    datastar: Path | None = None
    watched: Path | None = None
    upload_bytes: int = 512 * MB
    stored_bytes: int = 2048 * MB
    rows: int = 20_000_000
    columns: int = 2_000
