"""An executor that forgets nothing: results go into a journal as they come, and are found there again.

`journaled(threads(), "run.sqlite")` does what `threads()` does. Before an item is done, its result is looked
for under a key that stands for all it depends on: the task and the item (see `fingerprints`) and what is
around them (see `surroundings`). When a program is killed and run again, only what was under way is done
again; when it is run again after it went well, nothing is. A journal never changes a result: where it cannot
be certain that a result is the same, the item is done.

Streams are not journaled, and neither are sums over blocks of rows: to find such a part again costs as much
as to make it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from whence.runtime.errors import Cancelled, WhenceError
from whence.runtime.events import (
    Cancellation,
    Event,
    Progress,
    Warned,
    cancellable,
    check_cancelled,
    emit,
    retold,
)
from whence.runtime.executor.serial import Serial
from whence.runtime.results.codec import Garbled, pack, unpack
from whence.runtime.results.errors import NoFingerprint, NotStorable, UnusableJournal
from whence.runtime.results.keys import NO_KEYS, Keys, keys_of
from whence.runtime.results.renumbered import Chosen, Part
from whence.runtime.results.store import KEYS_AT_ONCE, Store

if TYPE_CHECKING:
    import os

    from whence.runtime.executor.protocol import Executor, Kind

T = TypeVar("T")
R = TypeVar("R")

CHEAPER_TO_DO = frozenset({"moments"})
"""Stages that are passed on as they are: sums over blocks of rows."""

SECONDS_BETWEEN_LOOKS = 1.0
"""So often it is seen whether the code that runs is still the code that the keys speak of."""

_within: ContextVar[bool] = ContextVar("whence_within_a_kept_item", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled(Event):
    """`found` of `total` results of a stage were in the journal."""

    found: int
    total: int


def journaled(executor: Executor, path: str | os.PathLike[str]) -> Journaled:
    """The executor, with a journal of its results at `path`, which is made if it is not there.

    Raises `UnusableJournal` for a file that is no journal of ours or cannot be written to, `DamagedJournal`.
    """
    return Journaled(executor, Store(path))


class Journaled:
    """An `Executor` that keeps the results of another one in `store`."""

    def __init__(self, executor: Executor, store: Store) -> None:
        self.executor = executor
        self.store = store
        self._told: set[tuple[str, str]] = set()

    @property
    def name(self) -> str:
        """The backend that does the work."""
        return self.executor.name

    @property
    def workers(self) -> int:
        """See `Executor.workers`."""
        return self.executor.workers

    @property
    def shares_memory(self) -> bool:
        """See `Executor.shares_memory`."""
        return self.executor.shares_memory

    def map(
        self,
        task: Callable[[T], R],
        items: Sequence[T],
        *,
        stage: str,
        kind: Kind = "gil_free",
        each: Callable[[int, R], None] | None = None,
    ) -> list[R]:
        """See `Executor.map`; `each` hears first of the results that were found.

        Maps within an item are not journaled, for the item is. Raises `JournalFull` (or another
        `UnusableJournal`) when results cannot be kept any longer: those that were kept until then stay.
        """
        if not items or stage in CHEAPER_TO_DO or _within.get():
            return self.executor.map(task, items, stage=stage, kind=kind, each=each)
        keys = self._keys(task, items, stage)
        found: dict[int, R] = self._found(keys, stage, each)
        places = [place for place in range(len(items)) if place not in found]
        if not places:
            emit(Progress(stage=stage, done=len(items), total=len(items)))
        else:
            part = Part(stage, places, len(items))
            keeper = _Keeper[R](self.store, part, keys, each)
            done = self._done(task, Chosen(items, places), kind, keeper)
            self._tell(stage, len(items), keeper.left_out)
            found.update(zip(places, done, strict=True))
            found.update(keeper.again)
        return [found[place] for place in range(len(items))]

    def stream(
        self, task: Callable[[T], R], items: Iterable[T], *, stage: str, total: int | None = None
    ) -> Iterator[R]:
        """See `Executor.stream`; nothing of it is kept."""
        return self.executor.stream(task, items, stage=stage, total=total)

    def close(self) -> None:
        """End what was started, and let go of the journal's file; a later `map` opens it again."""
        self.executor.close()
        self.store.close()

    def __reduce__(self) -> tuple[type[Serial], tuple[()]]:
        # Work inside of work is done serially, and a file that is open here cannot be open there.
        return (Serial, ())

    def __repr__(self) -> str:
        return f"<{self.executor!r}, journal {str(self.store.path)!r}>"

    def _keys(self, task: Callable[[T], R], items: Sequence[T], stage: str) -> Keys:
        try:
            keys = keys_of(task, items, self.executor.name)
        except NoFingerprint as error:
            self._tell(stage, len(items), Counter({str(error): len(items)}))
            return NO_KEYS
        self._tell(stage, len(items), keys.left_out)
        return keys

    def _found(self, keys: Keys, stage: str, each: Callable[[int, R], None] | None) -> dict[int, R]:
        """What the journal has, by the item's place."""
        found: dict[int, R] = {}
        damaged = self.store.damaged
        for start in range(0, len(keys.by_place), KEYS_AT_ONCE):
            check_cancelled()
            some = list(enumerate(keys.by_place[start : start + KEYS_AT_ONCE], start))
            rows = self.store.found(key for _, key in some if key is not None)
            for place, key in some:
                if key is None or key not in rows:
                    continue
                try:
                    found[place] = cast("R", unpack(rows[key]))
                except Garbled:
                    self.store.drop(key)
                    continue
                if each is not None:
                    each(place, found[place])
        if self.store.damaged > damaged:
            count = self.store.damaged - damaged
            emit(Warned(stage=stage, code="journal_damaged", message=_damaged(count)))
        if found:
            emit(Recalled(stage=stage, found=len(found), total=len(keys.by_place)))
        return found

    def _done(self, task: Callable[[T], R], items: Sequence[T], kind: Kind, keeper: _Keeper[R]) -> list[R]:
        """Do what was not found, and keep every result as it comes."""
        part = keeper.part
        try:
            with ExitStack() as around:
                around.enter_context(cancellable(keeper.stop))
                around.enter_context(retold(part.event))
                if keeper.keeps_all:
                    before = _within.set(True)
                    around.callback(_within.reset, before)
                return self.executor.map(task, items, stage=part.stage, kind=kind, each=keeper)
        except Cancelled:
            if keeper.failure is None:
                raise
            raise keeper.failure from None
        except WhenceError as error:
            raise part.error(error) from error.__cause__
        finally:
            if keeper.failure is not None:
                message = f"{keeper.failure}"
                emit(Warned(stage=part.stage, code=keeper.failure.code, message=message))

    def _tell(self, stage: str, total: int, left_out: Counter[str]) -> None:
        """Say what is not journaled and why, once for a stage and a reason."""
        for reason, count in left_out.items():
            if (stage, reason) not in self._told:
                self._told.add((stage, reason))
                message = f"{count} of {total} results of {stage} are not kept in the journal. {reason}"
                emit(Warned(stage=stage, code="not_journaled", message=message))


def _damaged(count: int) -> str:
    several = "results in the journal were" if count > 1 else "result in the journal was"
    return f"{count} {several} not what had been written, and {'are' if count > 1 else 'is'} computed again."


class _Keeper(Generic[R]):
    """Hears of every result of a part, one at a time, and keeps it before anybody else hears of it.

    `again` holds what was read back where it lies otherwise in memory than what was given; `failure` is why
    the journal takes no more, which stops the work.
    """

    def __init__(
        self, store: Store, part: Part, keys: Keys, each: Callable[[int, R], None] | None = None
    ) -> None:
        self.part = part
        self.stop = Cancellation()
        self.failure: UnusableJournal | None = None
        self.again: dict[int, R] = {}
        self.left_out: Counter[str] = Counter()
        self._store = store
        self._keys = keys
        self._each = each
        self._looked = time.monotonic()

    @property
    def keeps_all(self) -> bool:
        """Whether every item of the part has a key."""
        return all(self._keys.at(place) is not None for place in self.part.places)

    def __call__(self, position: int, result: R) -> None:
        place = self.part.places[position]
        key = self._keys.at(place)
        if key is not None and self.failure is None:
            result = self._kept(place, key, result)
        if self._each is not None:
            self._each(place, result)

    def _kept(self, place: int, key: bytes, result: R) -> R:
        try:
            self._look()
            packed = pack(result)
            self._store.put(key, self.part.stage, packed.data)
        except (NotStorable, NoFingerprint) as error:
            self.left_out[str(error)] += 1
            return result
        except UnusableJournal as error:
            self.failure = error
            self.stop.cancel()
            return result
        if not packed.faithful:
            self.again[place] = cast("R", unpack(packed.data))
        return self.again.get(place, result)

    def _look(self) -> None:
        """Raise `NoFingerprint` once the code on disk has changed: new workers would run another one."""
        if self._keys.stale is None and time.monotonic() - self._looked > SECONDS_BETWEEN_LOOKS:
            self._keys.look()
            self._looked = time.monotonic()
        if self._keys.stale is not None:
            raise self._keys.stale
