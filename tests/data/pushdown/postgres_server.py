"""A real Postgres server of the tests' own: made in a temporary folder, reached on this machine alone."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

psycopg = pytest.importorskip("psycopg", reason="needs psycopg, the driver of Postgres")

SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "16MB",
    "max_connections": "20",
    "listen_addresses": "127.0.0.1",
}


@dataclass(frozen=True)
class PostgresForTests:
    """Where it is: `url` needs no password (by a socket), `by_password` does (by the loopback)."""

    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        return f"postgresql://owner@/postgres?host={self.folder}&port={self.port}"

    @property
    def by_password(self) -> str:
        return f"postgresql://owner:{self.password}@127.0.0.1:{self.port}/postgres"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")


def binaries() -> Path:
    """The folder of initdb and postgres; the test is skipped where there is none."""
    found = [Path(path).resolve().parent for path in (shutil.which("initdb"),) if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    pytest.skip("needs a Postgres server (Debian: postgresql), which is not installed here")


@contextmanager
def running() -> Generator[PostgresForTests]:
    """A server, started and stopped."""
    programs = binaries()
    folder = Path(tempfile.mkdtemp(prefix="wh-pg-"))  # short: the path of a socket has to be
    user = _unprivileged(folder)
    password = secrets.token_hex(12)
    (folder / "password").write_text(password)
    (folder / "password").chmod(0o644)
    made = subprocess.run(
        [
            *(programs / "initdb", "-D", folder / "data", "-U", "owner", "--no-sync", "--no-instructions"),
            *("-E", "UTF8", "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=scram-sha-256"),
            *("--pwfile", folder / "password"),
        ],
        capture_output=True,
        cwd=folder,
        user=user,
        check=False,
    )
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"initdb does not work here: {made.stderr.decode(errors='replace')[-300:]}")
    port = _free_port()
    settings = [f"-c{name}={value}" for name, value in SETTINGS.items()]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", f"-p{port}", f"-k{folder}", *settings],
            stdout=log,
            stderr=log,
            cwd=folder,
            user=user,
        )
    try:
        _wait(server, folder, port)
        yield PostgresForTests(folder, port, password)
    finally:
        server.send_signal(signal.SIGINT)  # ends the sessions, writes what is to be written, and stops
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> str | None:
    """Postgres does not run as root: then another user, who gets the folder."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in known else "nobody"
    shutil.chown(folder, user)
    return user


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], folder: Path, port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            psycopg.connect(f"postgresql://owner@/postgres?host={folder}&port={port}").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    pytest.skip(f"Postgres does not start here: {(folder / 'log').read_text(errors='replace')[-300:]}")
