"""What all runs of one tree share: callers and prices, the output asked for, where code runs, who is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from whence.rlm.answers.output import Output
from whence.rlm.calling.budget import Amount, Budget, Ledger
from whence.rlm.calling.calls import Answered, Caller
from whence.rlm.calling.pricing import MOST_OUTPUT, Price
from whence.rlm.environments.environment import CellLimits, EnvironmentChoice
from whence.rlm.journal.recording import Recall
from whence.rlm.messages import Usage
from whence.rlm.telling import Teller


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A model by name, the caller that reaches it, what it costs, and how many tokens it can be sent."""

    model: str
    caller: Caller
    price: Price | None
    window: int

    def cost(self, usage: Usage) -> float | None:
        """Dollars for a usage, None where no price is known."""
        return None if self.price is None else self.price.of(usage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What does not change within a tree of runs."""

    root: Speaker
    sub: Speaker
    output: Output
    budget: Budget
    teller: Teller
    recall: Recall = field(default_factory=Recall)
    environment: EnvironmentChoice = "auto"
    unsafe: bool = False
    limits: CellLimits = field(default_factory=CellLimits)
    tools: Mapping[str, Callable[..., object]] = field(default_factory=dict[str, "Callable[..., object]"])
    temperature: float | None = None
    seed: int = 0
    compaction: bool = True

    def speaker(self, model: str | None) -> Speaker | None:
        """The speaker that a cell may ask for by name; the sub-model without one; None for another name."""
        if model is None or model == self.sub.model:
            return self.sub
        return self.root if model == self.root.model else None

    def most_output(self, ledger: Ledger) -> int | None:
        """How long a reply may be: without limit only where neither tokens nor dollars are limited."""
        return MOST_OUTPUT if ledger.left().keys() & {"tokens", "usd"} else None

    def book_retries(self, key: str, answered: Answered, ledger: Ledger) -> None:
        """Keep how many requests failed before this reply, or book them again where it is replayed."""
        kept = f"retries/{key[:32]}"
        if answered.attempts > 1:
            self.recall.learn(kept, answered.attempts - 1)
        elif answered.replayed and isinstance(times := self.recall.known.get(kept), int):
            ledger.book(Amount(calls=times))

    @property
    def priced(self) -> bool:
        """Whether dollars can be told."""
        return self.root.price is not None or self.sub.price is not None
