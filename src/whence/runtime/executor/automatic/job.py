"""One map under the policy: a journey in legs, over one set of results.

A leg does items where it is (`_here`), on threads (`_on_threads`) or away from this process (`_away`), and
ends when all is done or when there is reason to go on elsewhere. What a leg has done is there for the next,
so no item is done twice.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from whence.runtime.errors import UnsuitableMethod
from whence.runtime.events import Progress, Warned, check_cancelled, emit
from whence.runtime.executor.automatic import elsewhere
from whence.runtime.executor.automatic.calibration import known
from whence.runtime.executor.automatic.familiar import Seen, key_of, remember, seen
from whence.runtime.executor.automatic.policy import (
    AWAY,
    LEAST_GAIN,
    WORTH_THREADS,
    Choice,
    Place,
    Work,
    choose,
)
from whence.runtime.executor.automatic.sending import estimate
from whence.runtime.executor.automatic.timing import Timing
from whence.runtime.executor.automatic.watching import KNOCKS, Watch
from whence.runtime.executor.batches import gaps
from whence.runtime.executor.cores import cores
from whence.runtime.executor.lanes import lanes
from whence.runtime.executor.losses import WorkersLost
from whence.runtime.executor.mapping import SECONDS_BETWEEN_REPORTS, located, mapped
from whence.runtime.executor.threads import Threads
from whence.runtime.machine.gil import came_back, gil_enabled
from whence.runtime.machine.knocking import knock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from whence.runtime.executor.automatic.policy import Away
    from whence.runtime.executor.batches import Batches
    from whence.runtime.executor.protocol import Kind

T = TypeVar("T")
R = TypeVar("R")

FEW: Final = 16
"""Up to so many items for each further core go to threads at once, if threads may pay.

Doing one item alone first, to see how long it takes, would cost more than a sixteenth of the gain.
"""

EVIDENCE: Final = 0.001
"""Seconds of work that are done here before it is thought about where the rest goes."""

SLICE: Final = 0.01
"""Seconds of work between two such thoughts."""

WORTH_LEAVING: Final = 2.0
"""Seconds of work left below which going to other processes is not even thought of."""


@dataclass
class Job(Generic[T, R]):
    """A task over all its items, done where it pays."""

    task: Callable[[T], R]
    items: Sequence[T]
    stage: str
    kind: Kind
    each: Callable[[int, R], None] | None = None
    _results: dict[int, R] = field(default_factory=dict[int, R])
    _timing: Timing = field(default_factory=Timing)
    _seen: Seen = field(init=False)
    _in_order: bool = True
    _watched: bool = True
    _stays: bool = False
    _told: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._key = key_of(self.task, self.stage)
        self._seen = seen(self._key)

    def done(self) -> list[R]:
        """Every result, in the order of the items; raises as `Executor.map` does."""
        emit(Progress(stage=self.stage, done=0, total=len(self.items)))
        choice = self._first_choice()
        while self._left:
            self._in_order = self._in_order and choice.backend == "serial"
            match choice.backend:
                case "serial":
                    choice = self._here()
                case "threads":
                    choice = self._on_threads()
                case "interpreters" | "processes":
                    choice = self._away(choice.backend)
        remember(self._key, self._seen)
        if self._in_order:
            return list(self._results.values())
        return [self._results[index] for index in range(len(self.items))]

    @property
    def _left(self) -> int:
        return len(self.items) - len(self._results)

    # ── where to ────────────────────────────────────────────────────────────────────────────────────────────

    def _first_choice(self) -> Choice:
        if self.kind == "io":
            return Choice("threads", "it waits, and threads wait side by side")
        before = self._seen
        tiny = before.seconds is not None and before.seconds * self._left < WORTH_THREADS
        poor = before.threads_gain is not None and before.threads_gain < LEAST_GAIN
        turns = self.kind == "python" and gil_enabled()
        if turns and came_back():
            _tell_of_the_lock(self.stage)
        if self._left > FEW * (cores() - 1) or tiny or poor or turns:
            return Choice("serial", "to see how long an item takes")
        return Choice("threads", "few items, which may be long, and threads start in no time")

    def _choice(self) -> Choice:
        """Decide by what is known now; away only where it is sure to pay."""
        near = choose(self._work(self._timing.likely), self._place)
        sure = self._work(self._timing.surely)
        if self._stays or sure.left < WORTH_LEAVING:
            return near
        calibration = known()
        # What sending would cost is found out only if it could still be worth it were it free.
        if choose(replace(sure, sending=0.0), self._place, calibration).backend not in AWAY:
            return near
        index = next(iter(self._results), None)
        sending = None if index is None else estimate(self.task, self.items[index], self._results[index])
        if sending is None:
            self._stays = index is not None
            return near
        knows_it = self._seen.sent and self._place.warm
        imports = 0.0 if knows_it else sending.importing(calibration.imports) * cores()
        sure = replace(sure, sending=sending.seconds(sure.items) + imports)
        far = choose(sure, self._place, calibration)
        return far if far.backend in AWAY else near

    def _work(self, seconds: float) -> Work:
        """What is left, if an item takes so long."""
        gain = self._seen.threads_gain
        return Work(
            self.kind, seconds * self._left, self._left, threads_gain=gain, shut_out=self._seen.shut_out
        )

    @cached_property
    def _place(self) -> Place:
        return Place(cores(), gil_enabled(), elsewhere.interpreters_to_be_had(), elsewhere.warm())

    # ── the legs ────────────────────────────────────────────────────────────────────────────────────────────

    def _here(self) -> Choice:
        """Do items in the calling thread, until the rest had better go elsewhere."""
        missing = self._missing()
        size, thought = 1, 0.0
        while self._left:
            began = time.perf_counter()
            count = self._slice(missing, size, began + SLICE)
            took = time.perf_counter() - began
            self._timing.note(took, count)
            size = 2 * count
            thought += took
            self._tell()
            if thought < EVIDENCE or self._timing.likely * self._left < WORTH_THREADS:
                continue
            thought = 0.0
            choice = self._choice()
            if choice.backend != "serial":
                return choice
        self._seen = replace(self._seen, seconds=self._timing.likely)
        return Choice("serial", "all is done")

    def _slice(self, missing: Iterator[int], size: int, until: float) -> int:
        """Do at most `size` items, and none after the time is up; gives how many were done."""
        clock, task, items, results, each = time.perf_counter, self.task, self.items, self._results, self.each
        before = len(results)
        for index in itertools.islice(missing, size):
            check_cancelled()
            try:
                result = task(items[index])
            except (Exception, SystemExit) as error:
                raise located(error, index, self.stage) from error
            results[index] = result
            if each is not None:
                each(index, result)
            if clock() > until:
                break
        return len(results) - before

    def _on_threads(self) -> Choice:
        """Do items on threads, until they were seen to get in one another's way."""
        at_once = lanes(None, self.kind)
        watch = Watch(min(at_once, self._left))
        had, each = len(self._results), 0.0

        def enough(batches: Batches[R]) -> bool:
            nonlocal each
            each = batches.cpu / max(1, batches.done - had)
            over = batches.wait(0)
            if over or not self._watched or self.kind == "io" or not watch.due(batches.seconds):
                return False
            return watch.look(knock(KNOCKS, batches.wait), batches.seconds, batches.cpu, batches.waited)

        self._results = mapped(
            Threads(),
            self.task,
            self.items,
            lanes=at_once,
            stage=self.stage,
            each=self.each,
            enough=enough,
            had=self._results,
        )
        if watch.gain is not None:
            self._seen = replace(self._seen, threads_gain=watch.gain)
        self._seen = replace(self._seen, seconds=each)
        if not self._left:
            return Choice("threads", "all is done")
        count = len(self._results) - had
        self._timing = Timing(first=each, rest=each * count, items=count, latest=each)
        choice = self._choice()
        if choice.backend == "threads":  # seen through, and still the best that is to be had
            self._watched = False
        return choice

    def _away(self, where: Away) -> Choice:
        """Have the rest done by other processes, or by interpreters of their own; or find that it stays."""
        try:
            mapped(
                elsewhere.backend(where),
                self.task,
                self.items,
                lanes=cores(),
                stage=self.stage,
                each=self._keep,
                had=self._results,
            )
            self._seen = replace(self._seen, sent=True)
        except UnsuitableMethod:
            # It cannot be brought there after all. (If the task itself raised this, it will do so again.)
            if where == "processes":
                self._stays = True
            else:
                self._seen = replace(self._seen, shut_out=True)
        except WorkersLost as error:
            if error.started:  # what ends other processes would end this one
                raise
            self._stays = True
            emit(Warned(stage=self.stage, code="workers_lost", message=f"{error.message} It goes on here."))
        return self._choice()

    def _keep(self, index: int, result: R) -> None:
        """Hear of a result at once: it must not be lost if the rest cannot be done there."""
        self._results[index] = result
        if self.each is not None:
            self.each(index, result)

    def _missing(self) -> Iterator[int]:
        left = gaps(self._results, len(self.items))
        return itertools.chain.from_iterable(range(start, stop) for start, stop in left)

    def _tell(self) -> None:
        now = time.monotonic()
        if not self._left or now - self._told > SECONDS_BETWEEN_REPORTS:
            self._told = now
            emit(Progress(stage=self.stage, done=len(self._results), total=len(self.items)))


@lru_cache(maxsize=1)
def _tell_of_the_lock(stage: str) -> None:
    """Say, once, that a free-threaded interpreter runs with its lock on."""
    message = (
        "This Python can run threads side by side, but something that was imported turned its lock back on. "
        "`whence doctor` names it."
    )
    emit(Warned(stage=stage, code="gil_turned_on", message=message))
