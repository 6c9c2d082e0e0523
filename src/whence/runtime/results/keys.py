"""Keys: what a result is filed under, so that it is found by those alone who would compute the same.

A key is a hash of what is around the work, of the task, of the item, and of how many equal items came before
it. It does not name the stage, the backend or the number of workers, on which no result depends.
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
    shared = hashlib.sha256(around + taker.of(task)).digest()
    keys: list[bytes | None] = []
    left_out, seen = Counter[str](), Counter[bytes]()
    for place in range(len(items)):
        check_cancelled()
        try:
            key = hashlib.sha256(shared + taker.of(items[place])).digest()
        except Exception as error:  # noqa: BLE001 - an item that cannot even be made fails when it is done
            left_out[str(error)] += isinstance(error, NoFingerprint)
            keys.append(None)
            continue
        # Equal items are done as often as they come. A task should depend on nothing but its item, but where
        # one does not (chance of its own), a journal must not be what makes its results equal.
        keys.append(hashlib.sha256(key + seen[key].to_bytes(8, "little")).digest())
        seen[key] += 1
    loaded = () if backend in RUN_WHAT_IS_HERE else _files(taker.modules)
    check_older_than_this_process(loaded)
    return Keys(keys, +left_out, (*own_files(), *loaded))


def _files(modules: frozenset[str]) -> tuple[Path, ...]:
    found = (file_of(module) for module in sorted(modules))
    return tuple(Path(file) for file in found if file is not None)
