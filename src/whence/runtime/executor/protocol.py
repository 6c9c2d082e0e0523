"""The one small protocol that every backend follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")

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
        Raises `Cancelled` when a token around the call is cancelled; the error of ours that a task raised,
        with a note of its item; `TaskFailed` for any other exception in a task, with its cause. Of several
        failures, that of the first item is raised.
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
