"""Keys: what a result is filed under, so that it is found by those alone who would compute the same.

A key is a hash of what is around the work, of the task, of the item, and of how many equal items came before
it. It names neither the stage nor the number of workers, on which no result depends, and the backend only
where code of the user's is run elsewhere: a constant that this program changed is unchanged in a worker that
loads its module anew.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from whence.runtime.events import check_cancelled
from whence.runtime.results.errors import NoFingerprint
from whence.runtime.results.fingerprints import Fingerprints
from whence.runtime.results.origins import file_of
from whence.runtime.results.surroundings import check_older_than_this_process, own_files, surroundings

T = TypeVar("T")

RUN_WHAT_IS_HERE = frozenset({"serial", "threads"})
"""Backends whose workers run the functions that this process holds; others load them from their files."""


@dataclass(slots=True)
class Keys:
    """The key of every item (None: it cannot be known again), why some have none, and when they lose their
    meaning: if a file of `code` changes, workers that start from now on run something else.
    """

    by_place: Sequence[bytes | None]
    left_out: Counter[str] = field(default_factory=Counter[str])
    code: tuple[Path, ...] = ()
    stale: NoFingerprint | None = None

    def at(self, place: int) -> bytes | None:
        """The key of an item."""
        return self.by_place[place] if self.by_place else None

    def look(self) -> None:
        """See whether the code is still what it was."""
        try:
            check_older_than_this_process(self.code)
        except (NoFingerprint, OSError) as error:
            self.stale = error if isinstance(error, NoFingerprint) else NoFingerprint(str(error))


NO_KEYS = Keys(())


def keys_of(task: Callable[[T], object], items: Sequence[T], backend: str) -> Keys:
    """The keys of all items; raises `NoFingerprint` if there can be none, because of the task."""
    around, taker = surroundings(), Fingerprints()
    of_task = taker.of(task)
    of_items: list[bytes | None] = []
    left_out = Counter[str]()
    for place in range(len(items)):
        check_cancelled()
        try:
            of_items.append(taker.of(items[place]))
        except Exception as error:  # noqa: BLE001 - an item that cannot even be made fails when it is done
            left_out[str(error)] += isinstance(error, NoFingerprint)
            of_items.append(None)
    elsewhere = backend not in RUN_WHAT_IS_HERE and bool(taker.modules)
    loaded = _files(taker.modules) if elsewhere else ()
    check_older_than_this_process(loaded)
    shared = hashlib.sha256(around + of_task + (backend.encode() if elsewhere else b"")).digest()
    return Keys(_numbered(shared, of_items), +left_out, (*own_files(), *loaded))


def _numbered(shared: bytes, of_items: Sequence[bytes | None]) -> list[bytes | None]:
    """The keys. Equal items have several, for they are done as often as they come: a task should depend on
    nothing but its item, but where one does not (chance of its own), a journal must not make results equal.
    """
    seen = Counter[bytes]()
    keys: list[bytes | None] = []
    for one in of_items:
        keys.append(
            None if one is None else hashlib.sha256(shared + one + seen[one].to_bytes(8, "little")).digest()
        )
        if one is not None:
            seen[one] += 1
    return keys


def _files(modules: frozenset[str]) -> tuple[Path, ...]:
    found = (file_of(module) for module in sorted(modules))
    return tuple(Path(file) for file in found if file is not None)
