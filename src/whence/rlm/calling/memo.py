"""Replies that are known already: from a recording that is replayed, or from a run that is taken up again."""

from __future__ import annotations

from typing import Protocol

from whence.rlm.messages import Reply


class Memo(Protocol):
    """Replies by their request's `key`. A dict is one; a recording writes each reply down as it comes.

    A recording that must hold everything raises `ReplayMissed` from `get` where it holds nothing.
    """

    def get(self, key: str, /) -> Reply | None:
        """The reply to the request with this key, None if there is none."""
        ...

    def __setitem__(self, key: str, reply: Reply, /) -> None:
        """Keep a reply that was just paid for."""
        ...
