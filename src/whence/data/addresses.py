"""An address where a file is meant: refused at the door, and never repeated, since it may hold a password.

>>> refuse_address("shop.csv")
>>> refuse_address("https://me:secret@example.org/shop.csv")
Traceback (most recent call last):
whence.runtime.errors.UnreadableData: Cannot read the address https://…: it is no file. Download it first.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from whence.runtime.errors import UnreadableData

# A path that was made of an address has one slash where there were two.
_ADDRESS = re.compile(r"\s*([a-z][a-z0-9+.-]+):/{1,2}(?=[^/\\])", re.IGNORECASE)
_SERVERS = ("postgres", "mysql", "mariadb", "mssql", "oracle", "snowflake", "bigquery", "redshift")


def refuse_address(source: str | os.PathLike[str]) -> None:
    """Raise `UnreadableData` for the address of a server or a page; a file of such a name is a file."""
    text = os.fspath(source)
    found = _ADDRESS.match(text)
    if found is None or Path(text[:255]).exists():
        return
    scheme = found[1].lower()[:24]
    asked = "Ask it in place: whence.remote(address, table)."
    cure = asked if scheme.startswith(_SERVERS) else "Download it first."
    raise UnreadableData(f"the address {scheme}://…", "it is no file", cure)
