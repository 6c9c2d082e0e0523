"""Room in a budget for calls in flight, and a queue for those that will fit once some of these are settled.

A call reserves the most that it may use, which is far more than it does: without a queue, sixty-four calls at
once would be told that a budget is spent of which most comes back a moment later. What is reserved elsewhere
(set aside for the end of a run, or held by calls of another loop) is not waited for, since nothing here says
when it will come back.
"""

from __future__ import annotations

import asyncio

from whence.rlm.calling.budget import NOTHING, Amount, Ledger
from whence.rlm.errors import BudgetSpent


class Room:
    """What the calls of one caller hold of their ledgers; for one event loop."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[Ledger, Amount]] = {}
        self._next = 0
        self._turn = asyncio.Lock()
        self._settled = asyncio.Event()

    async def reserve(self, ledger: Ledger, most: Amount) -> int:
        """Reserve `most`, now or when it fits; `BudgetSpent` as soon as it cannot fit any more."""
        if not self._turn.locked():
            try:
                return self._take(ledger, most)
            except BudgetSpent as spent:
                if not self._will_fit(spent, ledger, most):
                    raise
        async with self._turn:
            while True:
                try:
                    return self._take(ledger, most)
                except BudgetSpent as spent:
                    if not self._will_fit(spent, ledger, most):
                        raise
                self._settled.clear()
                await self._settled.wait()

    def settle(self, ledger: Ledger, number: int, used: Amount) -> None:
        """Give a reservation back and book what was used of it."""
        _, most = self._held.pop(number)
        ledger.settle(most, used)
        self._settled.set()

    def _take(self, ledger: Ledger, most: Amount) -> int:
        ledger.reserve(most)
        self._next += 1
        self._held[self._next] = (ledger, most)
        return self._next

    def _will_fit(self, spent: BudgetSpent, ledger: Ledger, most: Amount) -> bool:
        """Whether `most` would fit if all that is in flight here were given back. A call that was sent is a
        call: that kind never comes back.
        """
        if spent.kind not in {"tokens", "usd"}:
            return False
        above: Ledger | None = ledger
        while above is not None:
            held = self._held_under(above)
            for kind in ("tokens", "usd"):
                limit = getattr(above.budget, kind)
                taken = getattr(above.spent, kind) + getattr(above.reserved, kind) - getattr(held, kind)
                if limit is not None and taken + getattr(most, kind) > limit:
                    return False
            above = above.parent
        return bool(self._held)

    def _held_under(self, ledger: Ledger) -> Amount:
        total = NOTHING
        for holder, most in self._held.values():
            above: Ledger | None = holder
            while above is not None and above is not ledger:
                above = above.parent
            if above is ledger:
                total += most
        return total
