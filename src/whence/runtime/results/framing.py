"""Parts joined so that no two different lists of parts give the same bytes.

>>> framed(b"ab") + framed(b"c") == framed(b"a") + framed(b"bc")
False
"""

from __future__ import annotations


def framed(part: bytes) -> bytes:
    """A part with its length before it."""
    return len(part).to_bytes(8, "little") + part
