"""What is told when workers die: which items they died of, and when there is no use in starting more.

A worker dies of a signal (the system ends the largest process when memory runs out), of a crash in a
library, or because somebody ended it. The items it had are done again, one by one, so that one of them that
kills its worker is found out; it is set aside after `LIVES` workers, and all other items are finished first.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from whence.runtime.errors import WhenceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from whence.runtime.executor.protocol import WorkerDied

LIVES = 3
"""So many workers may die of one item."""


@dataclass(slots=True)
class Losses:
    """The workers that died in one map, and what is to be done with what they had."""

    lanes: int
    set_aside: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    _lives: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    _answered: bool = False
    _deaths: int = 0
    _stillborn: int = 0

    def answered(self) -> None:
        """Note that a worker did what it was there for."""
        self._answered = True
        self._stillborn = 0

    def died(self, items: range, death: WorkerDied) -> Literal["again", "alone", "never"]:
        """Note a death; the worker's items are to be done `again`, each `alone`, or `never` more."""
        self._deaths += 1
        if not death.started:
            self._stillborn += 1
            return "again"
        self._stillborn = 0
        if len(items) > 1:
            return "alone"
        ends = self._lives.setdefault(items.start, [])
        ends.append(death.how)
        if len(ends) < LIVES:
            return "alone"
        self.set_aside[items.start] = ends
        return "never"

    def hopeless(self, stage: str, death: WorkerDied) -> WorkersLost | None:
        """The error to end with, if workers cannot even start, or none ever came back from anything."""
        too_many = LIVES * (self.lanes + 2)
        unable = self._stillborn > too_many
        in_vain = not self._answered and self._deaths > too_many
        if unable or in_vain:
            return WorkersLost(
                stage, self._stillborn if unable else self._deaths, death.how, started=not unable
            )
        return None


class TasksSetAside(WhenceError):  # noqa: N818 - named as every error of ours is
    """Items that killed every worker that took them up: `indices` says which, `ends` how each worker ended.

    All other items of the work were done, and whoever listened with `each` has their results.
    """

    def __init__(self, stage: str, total: int, ends: Mapping[int, Sequence[str]]) -> None:
        self.stage = stage
        self.total = total
        self.indices = tuple(sorted(ends))
        self.ends = {index: tuple(ends[index]) for index in self.indices}
        several = len(self.indices) > 1
        named = ", ".join(str(index) for index in self.indices[:8])
        more = f" and {len(self.indices) - 8:,} more" if len(self.indices) > 8 else ""
        how = "; ".join(sorted({end for each in self.ends.values() for end in each}))
        which = f"Items {named}{more} of {stage} were" if several else f"Item {named} of {stage} was"
        super().__init__(
            f"{which} set aside: {LIVES} workers died of {'each' if several else 'it'} ({how}). "
            f"The other {total - len(self.indices):,} of {total:,} are done.",
            'Do such an item alone with executor="serial" to see what happens. If memory ran out, use fewer '
            "workers or smaller items.",
        )


class WorkersLost(WhenceError):  # noqa: N818 - named as every error of ours is
    """Worker after worker died and nothing came back: there is no use in starting more."""

    def __init__(self, stage: str, deaths: int, how: str, *, started: bool) -> None:
        self.stage = stage
        self.deaths = deaths
        self.how = how
        self.started = started
        what = "before it took up any work" if not started else "of whatever it took up"
        super().__init__(
            f"{deaths} workers died one after the other in {stage}, each {what}; the last: {how}.",
            "Look at what they wrote to the error output; "
            'with executor="serial" the same work is done in this process.',
        )


def how_it_ended(code: int) -> str:
    """A process's exit code in words (negative: minus the signal that killed it).

    >>> how_it_ended(-9), how_it_ended(3)
    ('killed by signal 9, SIGKILL', 'exit code 3')
    """
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by signal {-code}, {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
