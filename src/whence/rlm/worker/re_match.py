"""A match in the bytes of an ASCII text, told in characters: what `re.Match` is to a `str`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from whence.rlm.worker.text import Context

SAME = frozenset({"start", "end", "span", "pos", "endpos", "lastindex", "lastgroup", "regs"})
"""What is the same in bytes and in characters of ASCII."""


class Match:
    """A match; in ASCII the positions in bytes are those in characters."""

    __slots__ = ("_found", "re", "string")

    def __init__(self, found: re.Match[bytes], pattern: re.Pattern[str], string: Context) -> None:
        self._found = found
        self.re = pattern
        self.string = string

    def group(self, *groups: int | str) -> object:
        """What the match, or a group of it, is."""
        return decoded(cast("object", self._found.group(*groups)))

    def __getitem__(self, group: int | str) -> object:
        return self.group(group)

    def groups(self, default: object = None) -> tuple[object, ...]:
        """All groups."""
        return tuple(default if value is None else decoded(value) for value in self._found.groups())

    def groupdict(self, default: object = None) -> dict[str, object]:
        """The groups that have names."""
        pairs = self._found.groupdict().items()
        return {name: default if value is None else decoded(value) for name, value in pairs}

    def __getattr__(self, name: str) -> object:
        if name not in SAME:
            raise AttributeError(f"'re.Match' object has no attribute {name!r}")
        return getattr(self._found, name)

    def __repr__(self) -> str:
        return f"<re.Match object; span={self._found.span()!r}, match={decoded(self._found.group()[:50])!r}>"


def decoded(value: object) -> object:
    """Bytes as text, in a tuple too; None stays None."""
    if isinstance(value, tuple):
        return tuple(decoded(one) for one in cast("tuple[object, ...]", value))
    return str(value, "ascii") if isinstance(value, bytes) else value
