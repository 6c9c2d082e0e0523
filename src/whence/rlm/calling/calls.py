"""Asking a model: from a budget, at a pace, once for identical questions, and again where that may help.

Every attempt reserves from the ledger what it may use at most before it is sent, and books what it did use
when it is over; so a hundred calls allowed are a hundred requests that the server sees, retries among them,
however many wait at once. Transient faults are tried again after a random part of a growing time ("full
jitter": Brooker, M. (2015). Exponential backoff and jitter), never sooner than the server asks. Identical
requests are one: while it is under way the others wait for it, and afterwards its reply is theirs for
nothing.

>>> from whence.rlm.calling.budget import Budget
>>> from whence.rlm.clients.function import FunctionClient
>>> from whence.rlm.messages import Message
>>> caller = Caller(FunctionClient(lambda prompt: prompt[::-1], takes="prompt"))
>>> ask = Request("reverse", (Message("user", "live"),))
>>> first, second = asyncio.run(caller.ask_many([ask, ask], Ledger(Budget(calls=1))))
>>> first.reply.text, first.shared, second.reply.text, second.shared
('evil', False, 'evil', True)
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from whence.rlm.calling.budget import NOTHING, Amount, Ledger
from whence.rlm.calling.memo import Memo
from whence.rlm.calling.pace import Pace
from whence.rlm.calling.pricing import Price, most_tokens
from whence.rlm.calling.room import Room
from whence.rlm.clients.client import Client
from whence.rlm.errors import BudgetSpent, CallError, EmptyReply, RateLimited, ReplayMissed, ServerFault
from whence.rlm.messages import Reply, Request, Usage
from whence.runtime.errors import InvalidOption

T = TypeVar("T")

ATTEMPTS = 5
ATTEMPTS_PAID = 2  # an empty reply is paid for like any other, and rarely better the next time
BASE_SECONDS = 0.5
LONGEST_BACKOFF = 20.0
LONGEST_WAIT = 60.0  # where the server asks for it
OVERLOADED = {503, 529}


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply and how it was come by: `shared` with an identical call, or `replayed` from a memo.

    `usd` is what it cost: as the server says, else by the price, None where neither is known, zero if shared.
    `attempts` is how many requests were sent for it here.
    """

    reply: Reply
    usd: float | None
    shared: bool = False
    replayed: bool = False
    attempts: int = 1


Outcome: TypeAlias = Answered | CallError | BudgetSpent


class Caller:
    """Puts requests to one client, within one event loop.

    `attempts` is how often a request is sent at most. `seed` decides the waits between them. With
    `hedge_after` seconds a second attempt is sent where the first is so slow, and the faster one counts; both
    are paid for. `memo` is asked before the model and told every reply.
    """

    def __init__(
        self,
        client: Client,
        *,
        price: Price | None = None,
        pace: Pace | None = None,
        attempts: int = ATTEMPTS,
        seed: int = 0,
        memo: Memo | None = None,
        hedge_after: float | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        if attempts < 1:
            raise InvalidOption("Caller(attempts)", attempts, "a whole number, 1 or more")
        self.client = client
        self.price = price
        self.pace = Pace() if pace is None else pace
        self._attempts = attempts
        self._seed = seed
        self._memo = memo
        self._hedge_after = hedge_after
        self._sleep = sleep
        self._answers: dict[str, Reply] = {}
        self._asking: dict[str, asyncio.Future[tuple[Outcome | None, Ledger]]] = {}
        self._room = Room()

    async def ask(self, request: Request, ledger: Ledger) -> Answered:
        """The answer to `request`; raises the `CallError` of the last attempt, or `BudgetSpent`."""
        outcome = await self._outcome(request, ledger)
        if isinstance(outcome, Answered):
            return outcome
        raise outcome.with_traceback(None)

    async def ask_many(
        self,
        requests: Sequence[Request],
        ledger: Ledger,
        on_each: Callable[[int, Outcome], object] | None = None,
    ) -> list[Outcome]:
        """What came of each request, in their order, errors as values; `on_each` is told as they come."""
        outcomes: dict[int, Outcome] = {}
        upcoming = iter(enumerate(requests))

        async def work() -> None:
            for index, request in upcoming:
                outcome = await self._outcome(request, ledger)
                outcomes[index] = outcome
                if on_each is not None:
                    on_each(index, outcome)

        # Not a task a request: as many workers as could ever be in flight take the next one from the list.
        workers = [asyncio.ensure_future(work()) for _ in range(min(len(requests), self.pace.most))]
        try:
            await asyncio.gather(*workers)
        finally:
            await _end(workers)
        return [outcomes[index] for index in range(len(requests))]

    # ── one question ────────────────────────────────────────────────────────────────────────────────────

    async def _outcome(self, request: Request, ledger: Ledger) -> Outcome:
        key = request.key
        while True:
            if (reply := self._answers.get(key)) is not None:
                return Answered(reply, usd=0.0, shared=True, attempts=0)
            asking = self._asking.get(key)
            if asking is None:
                break
            # Shielded: who waits along may be cancelled without ending it for the others.
            outcome, payer = await asyncio.shield(asking)
            if isinstance(outcome, Answered):
                return Answered(outcome.reply, usd=0.0, shared=True, attempts=0)
            if isinstance(outcome, CallError) or (outcome is not None and payer is ledger):
                return outcome
            # Its asker was cancelled, or had no budget left where we may have some.
        return await self._lead(key, request, ledger)

    async def _lead(self, key: str, request: Request, ledger: Ledger) -> Outcome:
        """Ask for all who ask the same."""
        asking = asyncio.get_running_loop().create_future()
        self._asking[key] = asking
        outcome: Outcome | None = None
        try:
            outcome = self._replayed(key, ledger)
            if outcome is None:
                outcome = await self._persist(key, request, ledger)
            if isinstance(outcome, Answered):
                self._answers[key] = outcome.reply
            return outcome
        finally:
            del self._asking[key]
            asking.set_result((outcome, ledger))

    def _replayed(self, key: str, ledger: Ledger) -> Outcome | None:
        if self._memo is None:
            return None
        try:
            reply = self._memo.get(key)
        except CallError as missed:
            return missed.with_traceback(None)
        if reply is None:
            return None
        ledger.book(self._used(reply.usage, reply.usd))
        return Answered(reply, self._cost(reply.usage, reply.usd), replayed=True, attempts=0)

    async def _persist(self, key: str, request: Request, ledger: Ledger) -> Outcome:
        """Try until it works, may not work, or there is nothing left to try with."""
        fault: CallError | None = None
        attempt = 0
        while True:
            attempt += 1
            try:
                reply = await self._hedged(request, ledger)
            except BudgetSpent as spent:
                spent.__cause__ = fault
                return spent.with_traceback(None)
            except CallError as error:
                fault = error.with_traceback(None)
                fault.sent = attempt
            else:
                if self._memo is not None:
                    self._memo[key] = reply
                return Answered(reply, self._cost(reply.usage, reply.usd), attempts=attempt)
            most = min(self._attempts, ATTEMPTS_PAID) if isinstance(fault, EmptyReply) else self._attempts
            if not fault.transient or attempt >= most:
                return fault
            wait = self._wait(key, attempt, fault)
            if wait >= ledger.seconds_left():
                return fault
            await self._sleep(wait)

    def _wait(self, key: str, attempt: int, fault: CallError) -> float:
        """Seconds before the next attempt: a part of a doubling time, on top of what the server asks for."""
        drawn = hashlib.sha256(f"{self._seed}/{key}/{attempt}".encode()).digest()
        part = int.from_bytes(drawn[:6]) / 2**48
        asked = fault.retry_after if isinstance(fault, RateLimited | ServerFault) else None
        backoff = part * min(LONGEST_BACKOFF, BASE_SECONDS * 2 ** (attempt - 1))
        return backoff if asked is None else min(asked, LONGEST_WAIT) + part * BASE_SECONDS

    # ── one attempt ─────────────────────────────────────────────────────────────────────────────────────

    async def _hedged(self, request: Request, ledger: Ledger) -> Reply:
        if self._hedge_after is None:
            return await self._attempt(request, ledger)
        running = {asyncio.ensure_future(self._attempt(request, ledger))}
        try:
            done, _ = await asyncio.wait(running, timeout=self._hedge_after)
            if not done:
                running.add(asyncio.ensure_future(self._attempt(request, ledger)))
            while True:
                done, rest = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                well = [task for task in done if task.exception() is None]
                if well or not rest:
                    # Where both failed, the call's own fault tells more than an empty purse of the second.
                    return max(
                        well or done, key=lambda task: isinstance(task.exception(), CallError)
                    ).result()
                running = rest
        finally:
            await _end(running)

    async def _attempt(self, request: Request, ledger: Ledger) -> Reply:
        """One request to the server: through the gate, paid for, within the time."""
        epoch = await self.pace.enter()
        try:
            reserved = await self._room.reserve(ledger, self._most(request))
            used = Amount(calls=1)
            try:
                reply = await self._in_time(request, ledger)
                used = self._used(reply.usage, reply.usd)
            except ReplayMissed:
                used = NOTHING  # nobody was asked
                raise
            except EmptyReply as fault:
                if fault.usage is not None:
                    used = self._used(fault.usage, fault.usd)
                raise
            finally:
                self._room.settle(ledger, reserved, used)
            self.pace.succeeded()
        except CallError as fault:
            if isinstance(fault, RateLimited) or (
                isinstance(fault, ServerFault) and fault.status in OVERLOADED
            ):
                self.pace.throttled(epoch, fault.retry_after)
            raise
        finally:
            self.pace.leave()
        return reply

    async def _in_time(self, request: Request, ledger: Ledger) -> Reply:
        left = ledger.seconds_left()
        if left == math.inf:
            return await self.client.send(request)
        limit = asyncio.timeout(left)
        try:
            async with limit:
                return await self.client.send(request)
        except TimeoutError:
            if not limit.expired():
                raise
            spent = BudgetSpent("seconds", ledger.budget.seconds or 0.0)
        raise spent

    def _most(self, request: Request) -> Amount:
        most = most_tokens(request)
        return Amount(calls=1, tokens=most.total, usd=0.0 if self.price is None else self.price.of(most))

    def _used(self, usage: Usage, usd: float | None) -> Amount:
        return Amount(calls=1, tokens=usage.total, usd=self._cost(usage, usd) or 0.0)

    def _cost(self, usage: Usage, usd: float | None) -> float | None:
        if usd is not None or self.price is None:
            return usd
        return self.price.of(usage)


async def _end(tasks: Iterable[asyncio.Task[T]]) -> None:
    """Cancel what still runs and wait until it has given back what it holds."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
