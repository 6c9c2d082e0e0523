"""What a run may use, and the ledger that is asked before anything is used.

A limit that is looked at afterwards is overshot by everything in flight. Here every call reserves what it
may use at most before it is sent, from its own ledger and from every ledger above it, and gives back what it
did not use. Two hundred calls at once can therefore not pass a limit of one hundred.

>>> ledger = Ledger(Budget(calls=2))
>>> first, second = ledger.reserve(Amount(calls=1)), ledger.reserve(Amount(calls=1))
>>> ledger.reserve(Amount(calls=1))
Traceback (most recent call last):
    ...
whence.rlm.errors.BudgetSpent: The budget of 2 calls is spent (1 more asked for). Raise it, or ask for less.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeGuard

from whence.rlm.errors import BudgetSpent
from whence.runtime.errors import InvalidOption
from whence.runtime.locks import lock

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most that a run may use, children included; None is no limit.

    `calls`, `tokens` (input and output), `usd`, `seconds` of wall time; `depth` of recursion (0: no
    `rlm_query`), `iterations` of each loop, `output` characters of a cell that the model is shown.
    """

    usd: float | None = None
    tokens: int | None = None
    calls: int | None = 2_000
    seconds: float | None = 1_800.0
    depth: int = 2
    iterations: int = 30
    output: int = 20_000

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None and field.name in {"usd", "tokens", "calls", "seconds"}:
                continue
            least = 1 if field.name in {"calls", "iterations", "output"} else 0
            if not _is_number(value) or value < least:
                raise InvalidOption(f"Budget({field.name})", value, f"a number, {least} or more")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """So many calls, tokens and dollars."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            calls=self.calls + other.calls, tokens=self.tokens + other.tokens, usd=self.usd + other.usd
        )

    def __sub__(self, other: Amount) -> Amount:
        return Amount(
            calls=self.calls - other.calls, tokens=self.tokens - other.tokens, usd=self.usd - other.usd
        )


NOTHING = Amount()


class Ledger:
    """What was spent and is reserved under a budget; safe to use from many threads.

    A child's ledger (`share`) has limits of its own and takes from its parent's as well.
    """

    __slots__ = ("_began", "_clock", "_lock", "budget", "parent", "reserved", "spent")

    def __init__(
        self, budget: Budget, parent: Ledger | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.budget = budget
        self.parent = parent
        self.spent = NOTHING
        self.reserved = NOTHING
        self._clock = clock
        self._began = clock()
        self._lock = lock() if parent is None else parent._lock  # one lock a tree: a reservation is one step

    def reserve(self, most: Amount) -> Amount:
        """Set `most` aside here and in every ledger above, or raise `BudgetSpent` and change nothing."""
        with self._lock:
            for ledger in self._upwards():
                ledger._afford(most)
            for ledger in self._upwards():
                ledger.reserved += most
        return most

    def settle(self, reserved: Amount, used: Amount) -> None:
        """Give a reservation back and book what was used."""
        with self._lock:
            for ledger in self._upwards():
                ledger.reserved -= reserved
                ledger.spent += used

    def book(self, used: Amount) -> None:
        """Book what was used before this ledger began (a run that goes on)."""
        self.settle(NOTHING, used)

    def seconds_left(self) -> float:
        """Wall time left, infinite without a limit."""
        lefts = [ledger._time_left() for ledger in self._upwards()]
        return min(lefts)

    def seconds_used(self) -> float:
        """Wall time since this ledger was opened."""
        return self._clock() - self._began

    def left(self) -> dict[str, float]:
        """What can still be reserved, for each kind that is limited here or above."""
        found: dict[str, float] = {}
        with self._lock:
            for ledger in self._upwards():
                for kind, limit in ledger._limits():
                    taken = getattr(ledger.spent, kind) + getattr(ledger.reserved, kind)
                    found[kind] = min(found.get(kind, math.inf), limit - taken)
        if math.isfinite(self.seconds_left()):
            found["seconds"] = self.seconds_left()
        return found

    def share(self, part: float) -> Ledger:
        """A child's ledger: at most `part` (0 to 1) of what is left here, and never more than is left."""
        left = self.left()
        calls = left.get("calls")
        tokens = left.get("tokens")
        usd = left.get("usd")
        child = Budget(
            calls=None if calls is None else max(1, int(calls * part)),
            tokens=None if tokens is None else max(0, int(tokens * part)),
            usd=None if usd is None else max(0.0, usd * part),
            seconds=None,
            depth=max(0, self.budget.depth - 1),
            iterations=self.budget.iterations,
            output=self.budget.output,
        )
        return Ledger(child, self, self._clock)

    def _limits(self) -> list[tuple[str, float]]:
        kinds = (("calls", self.budget.calls), ("tokens", self.budget.tokens), ("usd", self.budget.usd))
        return [(kind, limit) for kind, limit in kinds if limit is not None]

    def _afford(self, most: Amount) -> None:
        if self._time_left() <= 0:
            raise BudgetSpent("seconds", self.budget.seconds or 0.0)
        for kind, limit in self._limits():
            asked = getattr(most, kind)
            if asked and getattr(self.spent, kind) + getattr(self.reserved, kind) + asked > limit:
                raise BudgetSpent(kind, limit, asked)

    def _time_left(self) -> float:
        if self.budget.seconds is None:
            return math.inf
        return self.budget.seconds - (self._clock() - self._began)

    def _upwards(self) -> list[Ledger]:
        ledgers: list[Ledger] = [self]
        while (above := ledgers[-1].parent) is not None:
            ledgers.append(above)
        return ledgers
