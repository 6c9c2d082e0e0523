"""The plainest backend: one item after the other, in the calling thread."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from whence.runtime.events import Progress, check_cancelled, emit
from whence.runtime.executor.mapping import SECONDS_BETWEEN_REPORTS, located

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from whence.runtime.executor.protocol import Kind

T = TypeVar("T")
R = TypeVar("R")


class Serial:
    """One item after the other."""

    name = "serial"
    workers = 1
    shares_memory = True

    def map(
        self,
        task: Callable[[T], R],
        items: Sequence[T],
        *,
        stage: str,
        kind: Kind = "gil_free",  # noqa: ARG002 - one after the other whatever it is
        each: Callable[[int, R], None] | None = None,
    ) -> list[R]:
        """See `Executor.map`."""
        results: list[R] = []

        def at(index: int) -> R:  # an item that cannot be had fails as one that cannot be done
            return task(items[index])

        emit(Progress(stage=stage, done=0, total=len(items)))
        for index, result in enumerate(self.stream(at, range(len(items)), stage=stage, total=len(items))):
            results.append(result)
            if each is not None:
                each(index, result)
        return results

    def stream(
        self, task: Callable[[T], R], items: Iterable[T], *, stage: str, total: int | None = None
    ) -> Iterator[R]:
        """See `Executor.stream`."""
        told = time.monotonic()
        for index, item in enumerate(items):
            check_cancelled()
            try:
                result = task(item)
            except (Exception, SystemExit) as error:
                raise located(error, index, stage) from error
            if total is not None and (
                index + 1 == total or time.monotonic() - told > SECONDS_BETWEEN_REPORTS
            ):
                told = time.monotonic()
                emit(Progress(stage=stage, done=index + 1, total=total))
            yield result

    def close(self) -> None:
        """Nothing was started."""
