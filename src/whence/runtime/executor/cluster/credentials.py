"""A key that lives as long as a cluster does, held in memory only: who has it, and nobody else, may talk.

Whoever can send a message to a Dask scheduler or worker can run code as its owner, and a port on the loopback
is open to everyone with an account on the machine. So a cluster that we start speaks TLS in both directions,
with a certificate of its own that signs itself.

Source: OpenSSL manual, "openssl-req".
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass

from whence.runtime.errors import MissingExtra

SECONDS_TO_MAKE = 30.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """A private key and its certificate, as PEM text."""

    key: str
    certificate: str

    def __repr__(self) -> str:
        return "Credentials(…)"


def credentials() -> Credentials:
    """Make a key; raises `MissingExtra` where no `openssl` is found to make it."""
    tool = shutil.which("openssl")
    if tool is None:
        raise MissingExtra(
            "cryptography", "a Dask cluster that none but you can talk to (or the program openssl)"
        )
    asked = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650"]
    made = subprocess.run(  # noqa: S603 - fixed words; the key comes through a pipe and is never in a file
        [tool, "req", *asked, "-subj", "/CN=dask-internal", "-keyout", "-", "-out", "-"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_MAKE,
        check=False,
    ).stdout
    texts = re.findall(r"(-----BEGIN ([A-Z ]+)-----.*?-----END \2-----\n)", made, re.DOTALL)
    found = {kind: text for text, kind in texts}
    key = next((text for kind, text in found.items() if kind.endswith("PRIVATE KEY")), "")
    if not key or "CERTIFICATE" not in found:
        raise MissingExtra(
            "cryptography", "a Dask cluster that none but you can talk to (openssl made no key)"
        )
    return Credentials(key, found["CERTIFICATE"])
