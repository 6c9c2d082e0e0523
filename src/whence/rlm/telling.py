"""The one way by which a run tells what happens: to whoever listens, and to the journal if there is one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from whence.rlm.calling.budget import Ledger
from whence.rlm.events import BudgetShown, CallEnded, ModelReplied, RunEvent
from whence.rlm.messages import Usage
from whence.runtime.events import emit


@dataclass(slots=True)
class Teller:
    """Stamps events with the seconds since the root run began and hands them on; adds up the tokens used."""

    sinks: tuple[Callable[[RunEvent], None], ...] = ()
    began: float = field(default_factory=time.monotonic)
    usages: dict[str, Usage] = field(default_factory=dict[str, Usage])

    def used(self, place: str) -> Usage:
        """Tokens that the run at `place` and its children used."""
        parts = [usage for run, usage in self.usages.items() if run == place or run.startswith(f"{place}.")]
        return sum(parts, Usage())

    def tell(self, event: RunEvent) -> None:
        """Hand `event` to every sink and to the listeners around."""
        if isinstance(event, ModelReplied) or (isinstance(event, CallEnded) and not event.shared):
            self.usages[event.run] = self.usages.get(event.run, Usage()) + event.usage
        stamped = replace(event, at=round(time.monotonic() - self.began, 6))
        for sink in self.sinks:
            sink(stamped)
        emit(stamped)

    def show_budget(self, place: str, ledger: Ledger, *, priced: bool) -> None:
        """Tell what was spent and what is left."""
        spent = ledger.spent
        self.tell(
            BudgetShown(
                run=place,
                calls=spent.calls,
                tokens=spent.tokens,
                usd=spent.usd if priced or spent.usd else None,
                left={kind: round(value, 6) for kind, value in ledger.left().items()},
            )
        )
