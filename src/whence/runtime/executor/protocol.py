"""The one small protocol that every backend follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
R = TypeVar("R")


class Executor(Protocol):
    """Something that does independent items of work."""

    @property
    def name(self) -> str:
        """The backend: `serial`, `threads` or `processes`."""
        ...

    @property
    def workers(self) -> int:
        """How many items may be under way at once."""
        ...

    def map(self, task: Callable[[T], R], items: Sequence[T], *, stage: str) -> list[R]:
        """Give `task(item)` for every item, in the order of the items.

        Tells `Progress(stage=stage)` to whoever listens. Raises `Cancelled` when a token around the call is
        cancelled; the error of ours that a task raised, with a note of its item; `TaskFailed` for any other
        exception in a task, with its cause. Of several failures, that of the first item is raised.
        """
        ...
