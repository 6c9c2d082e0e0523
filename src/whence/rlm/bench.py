"""A model of yours on generated tasks: the loop beside direct reading, item by item, within a limit in
dollars.

Every task has an exact answer (`whence.rlm.tasks`). Both arms get the same task one after the other, so that
whatever changes meanwhile changes for both; before each the dearest that it may be is compared with what is
left, and the measurement stops rather than pass the limit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from whence.rlm.calling.budget import Budget
from whence.rlm.errors import CallError, LanguageModelError, NoAnswer, UnknownPrice
from whence.rlm.events import CallEnded, Concluding, RunEnded
from whence.rlm.rlm import RLM
from whence.rlm.tasks import KINDS, Kind, Task, make_task
from whence.runtime.errors import InvalidOption
from whence.runtime.events import Event, Progress, check_cancelled, emit, listening
from whence.runtime.plain import JSON

Arm: TypeAlias = Literal["direct", "recursive"]
ARMS: tuple[Arm, ...] = ("direct", "recursive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One task answered in one way: its score (0 to 1), what it cost, and the error if there was one."""

    kind: Kind
    size: int
    seed: int
    arm: Arm
    score: float
    tokens: int
    usd: float | None
    seconds: float
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All items, and whether the limit ended the measurement before all were done."""

    model: str
    items: tuple[Item, ...]
    usd: float
    limit_usd: float
    complete: bool

    def to_dict(self) -> dict[str, JSON]:
        """The measurement as plain JSON, `whence.rlm.bench/1`."""
        return {
            "schema": "whence.rlm.bench/1",
            "model": self.model,
            "usd": self.usd,
            "limit_usd": self.limit_usd,
            "complete": self.complete,
            "items": [
                {
                    "kind": item.kind,
                    "size": item.size,
                    "seed": item.seed,
                    "arm": item.arm,
                    "score": item.score,
                    "tokens": item.tokens,
                    "usd": item.usd,
                    "seconds": item.seconds,
                    "error": item.error,
                }
                for item in self.items
            ],
        }

    def to_text(self) -> str:
        """The measurement as a table: mean score with its 95 % interval, tokens and dollars a task."""
        lines = [
            f"{self.model} on generated tasks: {len(self.items)} runs, ${self.usd:.4f}",
            (
                f"{'task':10} {'tokens':>9}  {'way':10} {'n':>3}  {'score':>5}  {'95 %':>13}"
                f"  {'tokens used':>11}  {'$ each':>8}"
            ),
        ]
        for kind, size, arm in sorted({(item.kind, item.size, item.arm) for item in self.items}):
            cell = [item for item in self.items if (item.kind, item.size, item.arm) == (kind, size, arm)]
            low, high = interval([item.score for item in cell])
            mean = sum(item.score for item in cell) / len(cell)
            tokens = sum(item.tokens for item in cell) / len(cell)
            costs = [item.usd for item in cell if item.usd is not None]
            money = f"{sum(costs) / len(costs):8.4f}" if costs else f"{'–':>8}"
            lines.append(
                f"{kind:10} {size:>9,}  {arm:10} {len(cell):>3}  {mean:5.2f}  {low:5.2f} to {high:4.2f}"
                f"  {tokens:>11,.0f}  {money}"
            )
        if not self.complete:
            lines.append(
                f"Stopped where the limit of ${self.limit_usd:g} cut a run short; that one is left out."
            )
        lines.append("Few items give wide intervals: compare ways only where theirs are apart.")
        return "\n".join(lines)


def measure(rlm: RLM, *, sizes: tuple[int, ...], items: int, limit_usd: float) -> Measured:
    """Run every kind of task at every size both ways, `items` times, until `limit_usd` forbids the next.

    Raises `UnknownPrice` where the price is not known: without it no limit in dollars can be kept.
    """
    if rlm.price is None:
        raise UnknownPrice(rlm.model)
    if not limit_usd >= 0:
        raise InvalidOption("limit_usd", limit_usd, "dollars, zero or more")
    plan: list[tuple[Task, Arm]] = [
        (make_task(kind, size, rlm.seed + number), arm)
        for number in range(items)
        for size in sizes
        for kind in KINDS
        for arm in ARMS
        if arm == "recursive" or size <= 0.6 * rlm.window
    ]
    done: list[Item] = []
    spent = 0.0
    for number, (one, arm) in enumerate(plan):
        check_cancelled()
        item, cut_short = attempt(rlm, one, arm, max(0.0, limit_usd - spent))
        spent += item.usd or 0.0
        if cut_short:
            return Measured(
                model=rlm.model, items=tuple(done), usd=spent, limit_usd=limit_usd, complete=False
            )
        done.append(item)
        emit(Progress(stage="bench", done=number + 1, total=len(plan)))
    return Measured(model=rlm.model, items=tuple(done), usd=spent, limit_usd=limit_usd, complete=True)


def attempt(rlm: RLM, one: Task, arm: Arm, left: float) -> tuple[Item, bool]:
    """Answer one task one way, for at most `left` dollars; a run without an answer scores nothing.

    Also whether the dollars cut it short: then it measures the limit and not the model, and does not count.
    """
    budget: Budget = replace(rlm.budget, usd=left)
    way = replace(rlm, route=arm, budget=budget)
    short: list[str] = []

    def hear(event: Event) -> None:
        told = event.reason if isinstance(event, Concluding) else ""
        told = event.message if isinstance(event, RunEnded) else told
        told = event.error or "" if isinstance(event, CallEnded) else told
        if " usd is spent" in told:
            short.append(told)

    try:
        with listening(hear):
            completion = way.completion(list(one.documents), one.question)
    except CallError:
        raise  # the server's fault is no measurement of the model
    except NoAnswer as error:
        completion, failed = error.completion, error.code
    except LanguageModelError as error:
        completion, failed = None, error.code
    else:
        failed = None
    from whence.rlm.completion import Completion  # noqa: PLC0415 - loads what only a finished run needs

    known = completion if isinstance(completion, Completion) else None
    item = Item(
        kind=one.kind,
        size=one.size,
        seed=one.seed,
        arm=arm,
        score=0.0 if known is None or failed is not None else one.score(known.answer),
        tokens=0 if known is None else known.usage.total,
        usd=None if known is None else known.usd,
        seconds=0.0 if known is None else known.seconds,
        error=failed,
    )
    return item, bool(short)


def interval(scores: list[float]) -> tuple[float, float]:
    """Wilson's 95 % interval of a mean of scores between 0 and 1 (conservative for scores in between)."""
    n, z = len(scores), 1.959964
    mean = sum(scores) / n
    middle = (mean + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(mean * (1 - mean) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
