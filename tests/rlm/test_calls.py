"""Asking: from a budget that is never overshot, once for identical questions, again where that may help."""

import asyncio
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm.clients.loopback import ask, completion, in_turn, send, serving
from whence.rlm.calling.budget import Amount, Budget, Ledger
from whence.rlm.calling.calls import Answered, Caller
from whence.rlm.calling.pace import Pace
from whence.rlm.calling.pricing import Price, most_tokens
from whence.rlm.clients.openai import OpenAIClient
from whence.rlm.errors import (
    BudgetSpent,
    CallError,
    ConnectionLost,
    EmptyReply,
    RateLimited,
    ReplayMissed,
    RequestRefused,
    ServerFault,
    UnreadableReply,
)
from whence.rlm.messages import Message, Reply, Request, Usage
from whence.runtime.errors import InvalidOption


class Scripted:
    """A client that does what its function says for the number of the call, and counts what is under way."""

    host = "scripted"

    def __init__(self, does=None) -> None:
        self.does = does or (
            lambda number, request: Reply(request.messages[-1].content.upper(), Usage(10, 5))
        )
        self.sent: list[Request] = []
        self.open = 0
        self.most_open = 0

    async def send(self, request: Request) -> Reply:
        number = len(self.sent)
        self.sent.append(request)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await asyncio.sleep(0)
            done = self.does(number, request)
            done = await done if asyncio.iscoroutine(done) else done
        finally:
            self.open -= 1
        if isinstance(done, BaseException):
            raise done
        return done

    async def aclose(self) -> None: ...


class Naps:
    """Sleeps that take no time but on their own clock, and are kept."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self.now = 0.0

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        await self.past(seconds)

    async def past(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)

    def clock(self) -> float:
        return self.now


def caller_of(does=None, **options) -> tuple[Caller, Scripted, Naps]:
    client, naps = Scripted(does), Naps()
    options.setdefault("pace", Pace(sleep=naps.past, clock=naps.clock))
    return Caller(client, sleep=naps, **options), client, naps


def free() -> Ledger:
    return Ledger(Budget(calls=None, seconds=None))


def first_fails(*faults: Exception):
    """These faults, one after the other, then replies."""
    return lambda number, request: faults[number] if number < len(faults) else Reply("fine", Usage(10, 5))


def settled(ledger: Ledger) -> bool:
    return ledger.reserved == Amount()


# ── one question ────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_is_booked_with_what_it_used_and_nothing_stays_reserved():
    caller, _, _ = caller_of(price=Price(input=1.0, output=2.0))
    ledger = Ledger(Budget(calls=1, tokens=10_000, usd=1.0))
    answered = asyncio.run(caller.ask(ask("hello"), ledger))
    assert answered == Answered(Reply("HELLO", Usage(10, 5)), usd=20 / 1e6)
    assert ledger.spent == Amount(calls=1, tokens=15, usd=20 / 1e6)
    assert settled(ledger)


def test_what_may_be_used_at_most_is_reserved_before_anything_is_sent():
    price = Price(input=1.0, output=2.0)
    request = ask("x" * 100, max_tokens=50)
    ledger = Ledger(Budget(calls=1, tokens=10_000, usd=1.0))
    seen: list[Amount] = []

    def look(number, request):
        seen.append(ledger.reserved)
        return Reply("x", Usage(1, 1))

    caller, _, _ = caller_of(look, price=price)
    asyncio.run(caller.ask(request, ledger))
    most = most_tokens(request)
    assert seen == [Amount(calls=1, tokens=most.total, usd=price.of(most))]


@pytest.mark.parametrize(
    ("price", "said", "usd"), [(None, None, None), (None, 0.5, 0.5), (Price(input=1e6, output=0), 0.5, 0.5)]
)
def test_the_cost_is_what_the_server_says_and_unknown_without_it_or_a_price(price, said, usd):
    caller, _, _ = caller_of(lambda n, r: Reply("x", Usage(1, 1), usd=said), price=price)
    ledger = free()
    assert asyncio.run(caller.ask(ask(), ledger)).usd == usd
    assert ledger.spent.usd == (usd or 0.0)


def test_a_budget_that_does_not_reach_is_said_before_anything_is_sent():
    caller, client, _ = caller_of(price=Price(input=1.0, output=1e6))
    for budget, kind in ((Budget(tokens=100), "tokens"), (Budget(usd=1.0), "usd")):
        with pytest.raises(BudgetSpent) as caught:
            asyncio.run(caller.ask(ask(max_tokens=200), Ledger(budget)))
        assert caught.value.kind == kind
    assert client.sent == []


def test_a_reply_cut_off_is_returned_as_it_is():
    cut = Reply("half", Usage(1, 1), finish="length")
    caller, _, _ = caller_of(lambda n, r: cut)
    assert asyncio.run(caller.ask(ask(), free())).reply is cut


# ── again ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "fault", [RateLimited("s"), ServerFault("s", 500), UnreadableReply("s", "x"), ConnectionLost("s", "x")]
)
def test_a_transient_fault_is_tried_again_and_every_attempt_is_booked(fault: CallError):
    caller, client, naps = caller_of(first_fails(fault, fault))
    ledger = Ledger(Budget(calls=3))
    answered = asyncio.run(caller.ask(ask(), ledger))
    assert (answered.reply.text, answered.attempts) == ("fine", 3)
    assert len(client.sent) == 3
    assert ledger.spent == Amount(calls=3, tokens=15)
    assert len(naps.taken) == 2


def test_attempts_end():
    caller, client, naps = caller_of(lambda n, r: ServerFault("s", 500, "for ever"), attempts=4)
    ledger = free()
    with pytest.raises(ServerFault, match="for ever"):
        asyncio.run(caller.ask(ask(), ledger))
    assert len(client.sent) == 4
    assert len(naps.taken) == 3
    assert ledger.spent == Amount(calls=4)


@pytest.mark.parametrize("fault", [RequestRefused("s", 401), ReplayMissed("k", "p")])
def test_a_permanent_fault_is_not_tried_again(fault: CallError):
    caller, client, naps = caller_of(lambda n, r: fault)
    with pytest.raises(type(fault)):
        asyncio.run(caller.ask(ask(), free()))
    assert len(client.sent) == 1
    assert naps.taken == []


def test_an_empty_reply_is_paid_for_and_tried_once_more_only():
    caller, client, _ = caller_of(lambda n, r: EmptyReply("s", "null", Usage(100, 50), 0.25))
    ledger = free()
    with pytest.raises(EmptyReply):
        asyncio.run(caller.ask(ask(), ledger))
    assert len(client.sent) == 2
    assert ledger.spent == Amount(calls=2, tokens=300, usd=0.5)


def test_waits_grow_are_drawn_from_the_seed_and_stay_below_the_cap():
    def waits(seed: int, attempts: int = 12) -> list[float]:
        caller, _, naps = caller_of(lambda n, r: ServerFault("s", 500), seed=seed, attempts=attempts)
        with pytest.raises(ServerFault):
            asyncio.run(caller.ask(ask(), free()))
        return naps.taken

    assert waits(1) == waits(1)
    assert waits(1) != waits(2)
    drawn = [waits(seed) for seed in range(40)]
    for k, column in enumerate(zip(*drawn, strict=True)):
        most = min(20.0, 0.5 * 2**k)
        assert 0 <= min(column) < 0.25 * most
        assert 0.75 * most < max(column) <= most


def test_nobody_comes_again_before_the_server_asks():
    caller, _, naps = caller_of(first_fails(RateLimited("s", 7.0)))
    asyncio.run(caller.ask(ask(), free()))
    assert 7.0 <= naps.taken[0] <= 7.5
    caller, _, naps = caller_of(first_fails(ServerFault("s", 503, "", 3.0)))
    asyncio.run(caller.ask(ask(), free()))
    assert 3.0 <= naps.taken[0] <= 3.5
    caller, _, naps = caller_of(first_fails(RateLimited("s", 86_400.0)))
    asyncio.run(caller.ask(ask(), free()))
    assert 60.0 <= naps.taken[0] <= 60.5


def test_nobody_waits_beyond_the_time_that_is_left():
    caller, client, naps = caller_of(first_fails(RateLimited("s", 30.0)))
    with pytest.raises(RateLimited, match="30 s"):
        asyncio.run(caller.ask(ask(), Ledger(Budget(seconds=29.0))))
    assert len(client.sent) == 1
    assert naps.taken == []


def test_a_call_ends_with_the_time_that_is_left():
    async def slow() -> Reply:
        await asyncio.sleep(60)
        return Reply("late", Usage())

    caller, _, _ = caller_of(lambda n, r: slow())
    ledger = Ledger(Budget(seconds=0.05))
    with pytest.raises(BudgetSpent) as caught:
        asyncio.run(caller.ask(ask(), ledger))
    assert caught.value.kind == "seconds"
    assert ledger.spent.calls == 1
    assert settled(ledger)


def test_where_no_budget_is_left_for_another_attempt_the_first_fault_is_the_cause():
    caller, client, _ = caller_of(lambda n, r: ServerFault("s", 500, "GPU on fire"))
    with pytest.raises(BudgetSpent) as caught:
        asyncio.run(caller.ask(ask(), Ledger(Budget(calls=2))))
    assert len(client.sent) == 2
    assert isinstance(caught.value.__cause__, ServerFault)
    assert "GPU on fire" in str(caught.value.__cause__)


@pytest.mark.parametrize("fault", [RateLimited("s"), ServerFault("s", 503), ServerFault("s", 529)])
def test_a_crowded_server_slows_everybody_down(fault: CallError):
    caller, _, _ = caller_of(first_fails(fault))
    asyncio.run(caller.ask(ask(), free()))
    assert caller.pace.in_flight == 32


def test_a_fault_of_another_kind_slows_nobody_down():
    caller, _, _ = caller_of(first_fails(ServerFault("s", 500), ConnectionLost("s", "x")))
    asyncio.run(caller.ask(ask(), free()))
    assert caller.pace.in_flight == 64


def test_retry_after_holds_back_the_calls_that_were_not_told():
    naps = Naps()
    pace = Pace(start=1, most=1, clock=naps.clock, sleep=naps.past)
    times: list[float] = []

    def look(number, request):
        times.append(naps.now)
        return RateLimited("s", 5.0) if number == 0 else Reply("x", Usage())

    caller = Caller(Scripted(look), pace=pace, sleep=asyncio.sleep, attempts=1)
    asyncio.run(caller.ask_many([ask("a"), ask("b")], free()))
    assert times == [0.0, 5.0]


# ── many ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_many_answers_are_in_the_order_of_the_questions_whatever_order_they_come_in():
    async def later(number: int, request: Request) -> Reply:
        await asyncio.sleep((50 - number) / 5_000)
        return Reply(request.messages[0].content, Usage(1, 1))

    caller, client, _ = caller_of(later)
    told: list[int] = []
    outcomes = asyncio.run(
        caller.ask_many([ask(str(k)) for k in range(50)], free(), on_each=lambda k, outcome: told.append(k))
    )
    assert [outcome.reply.text for outcome in outcomes] == [str(k) for k in range(50)]
    assert sorted(told) == list(range(50))
    assert told != sorted(told)
    assert client.most_open == 50


def test_errors_among_many_are_values_in_their_place():
    def does(number, request):
        text = request.messages[0].content
        return RequestRefused("s", 400, text) if int(text) % 3 == 0 else Reply(text, Usage(1, 1))

    caller, _, _ = caller_of(does)
    told: dict[int, object] = {}
    outcomes = asyncio.run(caller.ask_many([ask(str(k)) for k in range(9)], free(), told.__setitem__))
    assert [isinstance(outcome, RequestRefused) for outcome in outcomes] == [k % 3 == 0 for k in range(9)]
    assert [told[k] for k in range(9)] == outcomes


def test_no_questions_are_no_answers():
    assert asyncio.run(caller_of()[0].ask_many([], free())) == []


def test_no_more_are_in_flight_than_the_pace_allows():
    caller, client, _ = caller_of(pace=Pace(start=7, most=7))
    asyncio.run(caller.ask_many([ask(str(k)) for k in range(100)], free()))
    assert client.most_open == 7
    assert caller.pace.busy == 0


def test_as_calls_succeed_more_of_them_are_in_flight():
    caller, client, _ = caller_of(pace=Pace(start=2, most=5))
    asyncio.run(caller.ask_many([ask(str(k)) for k in range(100)], free()))
    assert client.most_open == 5


def test_an_error_in_on_each_ends_the_batch_and_gives_everything_back():
    async def slow(number: int) -> Reply:
        await asyncio.sleep(0 if number == 0 else 60)
        return Reply("x", Usage())

    def broken(index, outcome):
        raise ValueError("listener")

    caller, _, _ = caller_of(lambda n, r: slow(n))
    ledger = Ledger(Budget(calls=100))

    async def scene() -> None:
        with pytest.raises(ValueError, match="listener"):
            await caller.ask_many([ask(str(k)) for k in range(10)], ledger, broken)
        assert settled(ledger)
        assert caller.pace.busy == 0

    asyncio.run(scene())


def test_a_batch_cancelled_gives_back_what_it_reserved_and_counts_what_was_sent():
    async def never() -> Reply:
        await asyncio.sleep(60)
        return Reply("x", Usage())

    caller, client, _ = caller_of(lambda n, r: never(), pace=Pace(start=5, most=10))
    ledger = Ledger(Budget(calls=100, tokens=10_000_000))

    async def scene() -> None:
        batch = asyncio.ensure_future(caller.ask_many([ask(str(k)) for k in range(50)], ledger))
        await asyncio.sleep(0.02)
        batch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await batch

    asyncio.run(scene())
    assert len(client.sent) == 5
    assert ledger.spent == Amount(calls=5)
    assert settled(ledger)
    assert caller.pace.busy == 0


# ── identical ones ──────────────────────────────────────────────────────────────────────────────────────────


def test_identical_questions_are_asked_once_and_cost_once():
    caller, client, _ = caller_of(price=Price(input=1.0, output=1.0))
    ledger = Ledger(Budget(calls=3))

    async def scene() -> list[Answered]:
        outcomes = await caller.ask_many([ask("a"), ask("b"), ask("a"), ask("a")], ledger)
        return [*outcomes, await caller.ask(ask("b"), ledger)]

    outcomes = asyncio.run(scene())
    assert [outcome.reply.text for outcome in outcomes] == ["A", "B", "A", "A", "B"]
    assert [outcome.shared for outcome in outcomes] == [False, False, True, True, True]
    assert [outcome.usd for outcome in outcomes] == [15 / 1e6, 15 / 1e6, 0.0, 0.0, 0.0]
    assert len(client.sent) == 2
    assert ledger.spent == Amount(calls=2, tokens=30, usd=30 / 1e6)


def test_votes_are_no_identical_questions():
    caller, client, _ = caller_of()
    asyncio.run(caller.ask_many([ask("a", sample=k) for k in range(3)], free()))
    assert len(client.sent) == 3


def test_a_shared_call_that_fails_fails_for_all_with_the_same_error():
    caller, client, _ = caller_of(lambda n, r: RequestRefused("s", 400, "no"))
    outcomes = asyncio.run(caller.ask_many([ask("a")] * 5, free()))
    assert len(client.sent) == 1
    assert all(outcome is outcomes[0] for outcome in outcomes)
    assert isinstance(outcomes[0], RequestRefused)


def test_a_failure_is_not_kept_for_later():
    caller, client, _ = caller_of(first_fails(RequestRefused("s", 404)))

    async def scene() -> str:
        with pytest.raises(RequestRefused):
            await caller.ask(ask("a"), free())
        return (await caller.ask(ask("a"), free())).reply.text

    assert asyncio.run(scene()) == "fine"
    assert len(client.sent) == 2


def test_who_asked_first_may_be_cancelled_and_the_others_still_get_their_answer():
    async def second_is_quick(number: int) -> Reply:
        await asyncio.sleep(60 if number == 0 else 0)
        return Reply("x", Usage(1, 1))

    caller, client, _ = caller_of(lambda n, r: second_is_quick(n))
    ledger = Ledger(Budget(calls=2))

    async def scene() -> list[Answered]:
        first = asyncio.ensure_future(caller.ask(ask("a"), ledger))
        await asyncio.sleep(0.01)
        others = [asyncio.ensure_future(caller.ask(ask("a"), ledger)) for _ in range(3)]
        await asyncio.sleep(0.01)
        assert len(client.sent) == 1
        first.cancel()
        return await asyncio.gather(*others)

    answers = asyncio.run(scene())
    assert [answer.reply.text for answer in answers] == ["x"] * 3
    assert sum(not answer.shared for answer in answers) == 1
    assert ledger.spent.calls == 2
    assert settled(ledger)


def test_who_waits_along_may_be_cancelled_without_ending_the_call():
    async def slow() -> Reply:
        await asyncio.sleep(0.03)
        return Reply("x", Usage(1, 1))

    caller, client, _ = caller_of(lambda n, r: slow())

    async def scene() -> str:
        first = asyncio.ensure_future(caller.ask(ask("a"), free()))
        await asyncio.sleep(0.005)
        along = asyncio.ensure_future(caller.ask(ask("a"), free()))
        await asyncio.sleep(0.005)
        along.cancel()
        return (await first).reply.text

    assert asyncio.run(scene()) == "x"
    assert len(client.sent) == 1


def test_an_empty_purse_of_one_does_not_fail_another_who_asks_the_same():
    caller, client, _ = caller_of()
    poor, rich = Ledger(Budget(tokens=0)), free()
    caller.pace.throttled(
        caller.pace.epoch, 1.0
    )  # the first one waits at the gate, so that the others join it

    async def scene() -> list[object]:
        return await asyncio.gather(
            caller.ask(ask("a"), poor),
            caller.ask(ask("a"), rich),
            caller.ask(ask("a"), poor),
            return_exceptions=True,
        )

    outcomes = asyncio.run(scene())
    assert isinstance(outcomes[0], BudgetSpent)
    assert isinstance(outcomes[1], Answered)
    assert outcomes[1].reply.text == "A"
    assert len(client.sent) == 1


# ── known already ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_reply_that_is_known_is_booked_and_not_asked_for():
    known = Reply("known", Usage(100, 10))
    caller, client, _ = caller_of(memo={ask("a").key: known}, price=Price(input=1.0, output=1.0))
    ledger = Ledger(Budget(calls=5))
    first, second = asyncio.run(caller.ask_many([ask("a"), ask("a")], ledger))
    assert first == Answered(known, usd=110 / 1e6, replayed=True, attempts=0)
    assert second == Answered(known, usd=0.0, shared=True, attempts=0)
    assert client.sent == []
    assert ledger.spent == Amount(calls=1, tokens=110, usd=110 / 1e6)


def test_every_reply_that_was_paid_for_is_told_to_the_memo_and_is_enough_for_a_second_run():
    memo: dict[str, Reply] = {}
    requests = [ask(str(k)) for k in range(20)]
    caller, client, _ = caller_of(memo=memo)
    before = asyncio.run(caller.ask_many(requests, free()))
    assert set(memo) == {request.key for request in requests}
    again, client, _ = caller_of(memo=memo)
    ledger = Ledger(Budget(calls=20))
    after = asyncio.run(again.ask_many(requests, ledger))
    assert [outcome.reply for outcome in after] == [outcome.reply for outcome in before]
    assert all(outcome.replayed for outcome in after)
    assert client.sent == []


def test_a_recording_that_must_hold_everything_says_what_it_does_not_hold():
    class Strict(dict):
        def get(self, key, default=None):
            raise ReplayMissed(key, "2 + 2?")

    caller, client, _ = caller_of(memo=Strict())
    with pytest.raises(ReplayMissed):
        asyncio.run(caller.ask(ask(), free()))
    assert client.sent == []


def test_a_memo_that_cannot_write_does_not_leave_others_waiting():
    class Full(dict):
        def __setitem__(self, key, reply):
            raise OSError("disk full")

    caller, _, _ = caller_of(memo=Full())

    async def scene() -> list[object]:
        return await asyncio.wait_for(
            asyncio.gather(*(caller.ask(ask(), free()) for _ in range(3)), return_exceptions=True), 10
        )

    assert [str(outcome) for outcome in asyncio.run(scene())] == ["disk full"] * 3


# ── hedging ─────────────────────────────────────────────────────────────────────────────────────────────────


async def slow_then_quick(number: int) -> Reply:
    await asyncio.sleep(60 if number == 0 else 0)
    return Reply(f"reply {number}", Usage(1, 1))


def test_where_it_is_asked_for_a_slow_call_gets_a_second_one_and_both_are_paid_for():
    caller, client, _ = caller_of(lambda n, r: slow_then_quick(n), hedge_after=0.02)
    ledger = Ledger(Budget(calls=2))

    async def scene() -> None:
        assert (await caller.ask(ask(), ledger)).reply.text == "reply 1"
        assert len(client.sent) == 2
        assert client.open == 0
        assert ledger.spent == Amount(calls=2, tokens=2)
        assert settled(ledger)
        assert caller.pace.busy == 0

    asyncio.run(scene())


def test_without_budget_for_a_second_call_the_first_is_waited_for():
    async def slow(number: int) -> Reply:
        await asyncio.sleep(0.05)
        return Reply(f"reply {number}", Usage(1, 1))

    caller, client, _ = caller_of(lambda n, r: slow(n), hedge_after=0.01)
    ledger = Ledger(Budget(calls=1))
    assert asyncio.run(caller.ask(ask(), ledger)).reply.text == "reply 0"
    assert len(client.sent) == 1


def test_hedging_is_off_unless_it_is_asked_for():
    async def slow() -> Reply:
        await asyncio.sleep(0.05)
        return Reply("x", Usage(1, 1))

    caller, client, _ = caller_of(lambda n, r: slow())
    asyncio.run(caller.ask(ask(), free()))
    assert len(client.sent) == 1


def test_a_hedged_call_that_fails_twice_tells_the_fault():
    async def fails(number: int) -> Reply:
        await asyncio.sleep(0.03)
        raise RequestRefused("s", 400, f"no {number}")

    caller, _, _ = caller_of(lambda n, r: fails(n), hedge_after=0.01)
    ledger = free()
    with pytest.raises(RequestRefused):
        asyncio.run(caller.ask(ask(), ledger))
    assert settled(ledger)
    assert caller.pace.busy == 0


# ── a budget that is nearly spent ───────────────────────────────────────────────────────────────────────────


def test_a_call_waits_for_what_others_will_give_back_rather_than_be_told_the_budget_is_spent():
    # Each reserves 4,096 tokens and more, and uses 15; only two fit at once into what all of them use easily.
    caller, client, _ = caller_of()
    ledger = Ledger(Budget(tokens=10_000))
    outcomes = asyncio.run(caller.ask_many([ask(str(k)) for k in range(100)], ledger))
    assert all(isinstance(outcome, Answered) for outcome in outcomes)
    assert client.most_open == 2
    assert ledger.spent.tokens == 1_500
    assert settled(ledger)


def test_what_others_hold_for_longer_is_not_waited_for():
    caller, client, _ = caller_of()
    ledger = Ledger(Budget(tokens=10_000))
    ledger.reserve(Amount(tokens=9_000))  # set aside for the concluding reply, say
    outcomes = asyncio.run(asyncio.wait_for(caller.ask_many([ask("a"), ask("b")], ledger), 10))
    assert [type(outcome) for outcome in outcomes] == [BudgetSpent, BudgetSpent]
    assert client.sent == []


def told_while_the_first_is_under_way(ledger: Ledger, first: Request, second: Request) -> list[object]:
    """What comes of two questions where the first is answered only after the second is over."""
    over = asyncio.Event()

    async def held(number: int) -> Reply:
        if number == 0:
            await over.wait()
        return Reply("x", Usage(1, 1))

    caller, _, _ = caller_of(lambda n, r: held(n))

    async def scene() -> list[object]:
        return await asyncio.wait_for(
            caller.ask_many([first, second], ledger, lambda k, outcome: over.set() if k == 1 else None), 10
        )

    return asyncio.run(scene())


def test_what_cannot_fit_whatever_is_given_back_is_said_at_once():
    ledger = Ledger(Budget(tokens=14_000))
    ledger.reserve(Amount(tokens=9_000))
    outcomes = told_while_the_first_is_under_way(ledger, ask("a"), ask("b", max_tokens=5_000))
    assert [type(outcome) for outcome in outcomes] == [Answered, BudgetSpent]


def test_a_call_under_way_is_a_call_and_not_waited_for():
    outcomes = told_while_the_first_is_under_way(Ledger(Budget(calls=1)), ask("a"), ask("b"))
    assert [type(outcome) for outcome in outcomes] == [Answered, BudgetSpent]


def test_a_child_waits_for_its_own_limits_and_those_above():
    caller, client, _ = caller_of()
    root = Ledger(Budget(tokens=12_000))
    children = [root.share(0.5), root.share(0.5)]

    async def scene() -> list[list[object]]:
        return await asyncio.gather(
            *(
                caller.ask_many([ask(f"{name}{k}") for k in range(30)], child)
                for name, child in zip("ab", children, strict=True)
            )
        )

    for outcomes in asyncio.run(scene()):
        assert all(isinstance(outcome, Answered) for outcome in outcomes)
    assert client.most_open == 2
    assert root.spent.tokens == 2 * 30 * 15


@given(
    limit=st.integers(1, 60),
    asked=st.integers(0, 80),
    start=st.integers(1, 40),
    faults=st.lists(st.booleans(), max_size=40),
    tokens=st.one_of(st.none(), st.integers(0, 40_000)),
)
@settings(max_examples=150)
def test_no_limit_is_overshot_whatever_fails_and_however_many_wait(limit, asked, start, faults, tokens):
    def does(number, request):
        return ServerFault("s", 500) if number < len(faults) and faults[number] else Reply("x", Usage(5, 5))

    caller, client, _ = caller_of(does, pace=Pace(start=start, most=40))
    ledger = Ledger(Budget(calls=limit, tokens=tokens, seconds=None))
    outcomes = asyncio.run(caller.ask_many([ask(str(k)) for k in range(asked)], ledger))
    assert len(outcomes) == asked
    assert len(client.sent) <= limit
    assert ledger.spent.calls == len(client.sent)
    assert tokens is None or ledger.spent.tokens <= tokens
    assert settled(ledger)
    assert all(isinstance(outcome, Answered | BudgetSpent | ServerFault) for outcome in outcomes)
    if len(client.sent) < limit and tokens is None:
        assert not any(isinstance(outcome, BudgetSpent) for outcome in outcomes)


# ── against a server ────────────────────────────────────────────────────────────────────────────────────────


def slow_yes(seconds: float, fault_every: int = 0):
    async def answer(got, writer) -> None:
        await asyncio.sleep(seconds)
        broken = fault_every and got.number % fault_every == 0
        send(b"oops" if broken else completion(), 500 if broken else 200)(got, writer)

    return answer


@pytest.mark.parametrize("fault_every", [0, 7])
def test_a_hundred_calls_allowed_are_a_hundred_that_the_server_sees(fault_every: int):
    async def scene():
        async with serving(slow_yes(0.02, fault_every)) as server:
            client = OpenAIClient(server.url)
            caller = Caller(client, pace=Pace(start=256, most=256), sleep=Naps())
            ledger = Ledger(Budget(calls=100))
            outcomes = await caller.ask_many([ask(str(k)) for k in range(1_000)], ledger)
            await client.aclose()
            return server, ledger, outcomes

    server, ledger, outcomes = asyncio.run(scene())
    assert len(server.got) == 100
    assert server.most_open > 50
    assert ledger.spent.calls == 100
    assert settled(ledger)
    answered = sum(isinstance(outcome, Answered) for outcome in outcomes)
    assert answered == 100 if not fault_every else 80 <= answered < 100
    assert sum(isinstance(outcome, BudgetSpent) for outcome in outcomes) == 1_000 - answered


def test_two_callers_in_two_threads_keep_to_one_ledger():
    ledger = Ledger(Budget(calls=100))
    outcomes: list[object] = []
    ready = threading.Event()
    over = threading.Event()
    found: dict[str, object] = {}

    def serve() -> None:
        async def scene() -> None:
            async with serving(slow_yes(0.02, 9)) as server:
                found["server"] = server
                ready.set()
                while not over.is_set():
                    await asyncio.sleep(0.01)

        asyncio.run(scene())

    def call(name: str) -> None:
        async def scene() -> None:
            client = OpenAIClient(found["server"].url)
            caller = Caller(client, pace=Pace(start=256, most=256), sleep=Naps())
            outcomes.extend(await caller.ask_many([ask(f"{name}{k}") for k in range(500)], ledger))
            await client.aclose()

        asyncio.run(scene())

    serving_thread = threading.Thread(target=serve)
    serving_thread.start()
    assert ready.wait(10)
    threads = [threading.Thread(target=call, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    over.set()
    serving_thread.join(10)
    assert len(found["server"].got) == 100
    assert ledger.spent.calls == 100
    assert settled(ledger)
    assert len(outcomes) == 1_000


def test_three_times_too_many_requests_and_then_fine_is_fine():
    async def scene():
        too_many = send({"error": {"message": "slow"}}, 429, {"Retry-After": "1"})
        async with serving(in_turn(too_many, too_many, too_many, send(completion()))) as server:
            client, naps = OpenAIClient(server.url), Naps()
            caller = Caller(client, sleep=naps, pace=Pace(sleep=naps.past, clock=naps.clock))
            answered = await caller.ask(ask(), Ledger(Budget(calls=4)))
            await client.aclose()
            return answered, naps.taken, caller.pace.in_flight

    answered, naps, in_flight = asyncio.run(scene())
    assert answered.reply.text == "yes"
    assert answered.attempts == 4
    assert len(naps) == 3
    assert all(1 <= nap <= 1.5 for nap in naps)
    assert in_flight == 8


def test_a_caller_that_never_tries_is_an_error():
    with pytest.raises(InvalidOption):
        Caller(Scripted(), attempts=0)


def test_a_system_message_is_part_of_what_is_identical():
    caller, client, _ = caller_of()
    two = [Request("m", (Message("system", s), Message("user", "a"))) for s in ("x", "y")]
    asyncio.run(caller.ask_many(two, free()))
    assert len(client.sent) == 2
