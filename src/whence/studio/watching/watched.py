"""A recursive run that is being watched: its tree so far, and how the watching stands.

>>> watched = Watched("j0123456789ab", "run.jsonl", "journal")
>>> watched.shown().state
'waiting'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from whence.rlm.events import RunEnded, RunEvent
from whence.rlm.views.tree import RunTree, TreeBuilder

Origin: TypeAlias = Literal["journal", "demonstration"]
Standing: TypeAlias = Literal["waiting", "going", "ended", "broken"]
"""Nothing has happened yet; it goes on; it has ended; it cannot be followed any further."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of a run now. `version` grows with every change; `note` says where the run comes from."""

    journal: str
    label: str
    origin: Origin
    state: Standing
    version: int
    tree: RunTree
    note: str = ""
    trouble: str = ""


class Watched:
    """Takes the events of a run in, one by one, and gives what there is to see of it at any time."""

    __slots__ = ("_builder", "_built", "_state", "_version", "journal", "label", "note", "origin", "trouble")

    def __init__(self, journal: str, label: str, origin: Origin, note: str = "") -> None:
        self.journal = journal
        self.label = label
        self.origin: Origin = origin
        self.note = note
        self.trouble = ""
        self._builder = TreeBuilder()
        self._version = 0
        self._state: Standing = "waiting"
        self._built: Shown | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more is to be expected; a journal may be gone on with all the same."""
        return self._state in ("ended", "broken")

    def add(self, event: RunEvent) -> None:
        """Take in what happened."""
        self._builder.add(event)
        # The root may begin anew after it had ended: its journal was gone on with.
        self._change("ended" if isinstance(event, RunEnded) and "." not in event.run else "going")

    def end(self, trouble: str = "") -> None:
        """Nothing more will come; `trouble` says why, where that is not the run's own end."""
        self.trouble = trouble
        self._change("broken" if trouble else "ended")

    def tell(self, note: str) -> None:
        """Say something of where the run comes from."""
        self.note = note
        self._change(self._state)

    def shown(self) -> Shown:
        """What there is to see now, a value that does not change any more."""
        if self._built is None:
            self._built = Shown(
                *(self.journal, self.label, self.origin, self._state, self._version, self._builder.tree()),
                note=self.note,
                trouble=self.trouble,
            )
        return self._built

    def _change(self, state: Standing) -> None:
        self._state = state
        self._version += 1
        self._built = None
