"""What can go wrong with a journal of results: each says what, where, and the cure.

WhenceError
├── NoFingerprint
├── NotStorable
└── UnusableJournal
    ├── DamagedJournal
    └── JournalFull
"""

from __future__ import annotations

from whence.runtime.errors import WhenceError
from whence.runtime.plain import quoted


class NoFingerprint(WhenceError):  # noqa: N818 - named as every error of ours is
    """A value of which cannot be told whether it is the same as one of an earlier run."""

    def __init__(self, reason: str, cure: str = "") -> None:
        self.reason = reason
        super().__init__(f"No fingerprint can be taken: {reason.rstrip('.')}.", cure)


class NotStorable(WhenceError):  # noqa: N818
    """A value that cannot be stored and come back exactly as it is."""

    def __init__(self, kind: type) -> None:
        self.kind = f"{kind.__module__}.{kind.__qualname__}"
        super().__init__(
            f"Results of the kind {self.kind} cannot be stored.",
            "Return numbers, texts, tuples, lists, dicts or arrays of them, or say how this kind is stored "
            "(`whence.runtime.results.storable`).",
        )


class UnusableJournal(WhenceError):  # noqa: N818
    """A file that cannot serve as a journal of results."""

    def __init__(
        self, path: object, reason: str, cure: str = "Give the path of a file in a folder of yours."
    ) -> None:
        self.path = str(path)
        self.reason = reason
        super().__init__(f"The journal {quoted(self.path, 300)} cannot be used: {reason.rstrip('.')}.", cure)


class DamagedJournal(UnusableJournal):
    """A journal of ours that does not hang together any more."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(
            path,
            f"the file is damaged ({reason.rstrip('.')})",
            "Move it away (with the files beside it that end in -wal and -shm) and run again.",
        )


class JournalFull(UnusableJournal):
    """There is no room for a further result; those that are in the journal stay there."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(
            path,
            f"there is no room for a further result ({reason.rstrip('.')})",
            "Make room and run again: what was done until now is in the journal, and is not done again.",
        )
