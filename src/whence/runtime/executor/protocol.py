"""The two small protocols: what the rest of Whence knows of parallel work, and what a backend has to offer.

Above this package there is only `Executor`: it maps a task over items, whatever carries the work out. Below,
a backend is only a way to get a handful of items done: `begin(task)` brings a task to it and gives a
`Carrier`, and `carrier.do(items)` does some items and gives a `Reply`. All else (batches, order, progress,
cancellation, failures, workers that die) is done once for all backends, in `mapping`; `Parallel` makes an
`Executor` of a backend.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeAlias, TypeVar

from whence.runtime.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")
Item = TypeVar("Item", contravariant=True)  # noqa: PLC0105 - read aloud
Result = TypeVar("Result", covariant=True)  # noqa: PLC0105 - read aloud

Failure: TypeAlias = Exception | SystemExit
"""What a task may end with; one that leaves (`sys.exit`) has failed, and takes nobody along."""

Kind: TypeAlias = Literal["gil_free", "python", "io"]
"""What a task mostly does: compute in libraries that release the interpreter's lock (numpy, DuckDB, boosted
trees), compute in Python itself (or in libraries that keep the lock), or wait for something else."""


class Executor(Protocol):
    """Something that does independent items of work."""

    @property
    def name(self) -> str:
        """The backend: `auto`, `serial`, `threads`, `interpreters`, `processes`, `dask`, …"""
        ...

    @property
    def workers(self) -> int:
        """How many items may be under way at once."""
        ...

    @property
    def shares_memory(self) -> bool:
        """Whether tasks see this process's own objects; where not, task, items and results are sent."""
        ...

    def map(
        self,
        task: Callable[[T], R],
        items: Sequence[T],
        *,
        stage: str,
        kind: Kind = "gil_free",
        each: Callable[[int, R], None] | None = None,
    ) -> list[R]:
        """Give `task(item)` for every item, in the order of the items.

        `kind` helps to choose how; it never changes a result. `each(index, result)` hears of every result as
        soon as it is here, in any order, one at a time. Tells `Progress(stage=stage)` to whoever listens.
        Neither task nor items may change while the map goes on; large arrays may arrive write-protected.
        Raises `Cancelled` when a token around the call is cancelled; the error of ours that a task raised,
        with a note of its item; `TaskFailed` for any other exception in a task, with its cause. Of several
        failures, that of the first item is raised. `TasksSetAside` names items that killed three workers.
        """
        ...

    def stream(
        self, task: Callable[[T], R], items: Iterable[T], *, stage: str, total: int | None = None
    ) -> Iterator[R]:
        """Give `task(item)` one after the other while `items` are still being made, a few held at once.

        For large items that are read as they are needed; the work is done in this process on any backend,
        because sending such items would cost more than the work. Order, errors, progress (if `total` is
        known) and cancellation are those of `map`.
        """
        ...

    def close(self) -> None:
        """End what was started (processes, connections); a later `map` starts it anew."""
        ...


class Backend(Protocol):
    """A place where work can be done: threads, processes, a cluster."""

    @property
    def name(self) -> str:
        """The word for it: `threads`, `processes`, `dask`, …"""
        ...

    @property
    def shares_memory(self) -> bool:
        """Whether tasks see this process's own objects."""
        ...

    @property
    def on_these_cores(self) -> bool:
        """Whether it computes on this machine, so that more at once than it has cores gains nothing."""
        ...

    def begin(self, task: Callable[[T], R]) -> Carrier[T, R]:
        """Bring a task there, once for a whole map. Raises `UnsuitableMethod` if it cannot be brought."""
        ...

    def close(self) -> None:
        """End what was started; a later `begin` starts it anew."""
        ...


class Carrier(Protocol[Item, Result]):
    """A task where it is to be done. Several threads call `do` at the same time, one for each lane."""

    def do(self, items: Sequence[Item]) -> Reply[Result]:
        """Do the items in their order, and wait for what becomes of them.

        A task's own exception is told in the reply. `WorkerDied` is raised if the worker was lost: the
        mapping brings the items again, one by one, to whatever worker `do` then uses. Any other exception
        means that the backend itself is of no more use, and ends the map.
        """
        ...

    def stop(self) -> None:
        """Break off, from another thread: whoever is in `do` comes back soon, with whatever there is."""
        ...

    def end(self) -> None:
        """The map is over, well or not: keep nothing of the task. Called once, after every `do`."""
        ...


@dataclass(frozen=True, slots=True)
class Reply(Generic[Result]):
    """What became of a batch: the results of its first items, in their order.

    Fewer results than items and no `error`: the rest was not begun (the batch took long), and is handed out
    again. With an `error`: the item after the results raised it. `seconds` and `cpu` are what the items took
    on the clock and on the processor of the thread that did them, `waited` how long it waited for a core.
    """

    results: Sequence[Result]
    seconds: float
    cpu: float = 0.0
    waited: float = 0.0
    events: Sequence[Event] = field(default=())
    error: Failure | None = None


class WorkerDied(Exception):  # noqa: N818 - no error of the user's, but news within this package
    """A worker was lost with the items it had. `how` says it in words: "killed by signal 9".

    `started` is false if it was lost before it took any work up: then no item is to blame.
    """

    def __init__(self, how: str, *, started: bool = True) -> None:
        super().__init__(how)
        self.how = how
        self.started = started


class ToldInWords(Exception):  # noqa: N818 - as above
    """A failure of a task that could not be taken along from where it happened: "KeyError: 'price'"."""
