"""The pace: additive increase, multiplicative decrease, and a pause for all."""

import asyncio

import pytest

from whence.rlm.calling.pace import Pace
from whence.runtime.errors import InvalidOption


class Clock:
    """Time that goes on when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def paced(**options) -> tuple[Pace, Clock]:
    clock = Clock()
    return Pace(clock=clock, sleep=clock.sleep, **options), clock


def full_window(pace: Pace) -> None:
    """As many successes as may be in flight, while that many are."""
    window = pace.in_flight
    pace.busy = window
    for _ in range(window):
        pace.succeeded()
    pace.busy = 0


def test_one_more_may_be_in_flight_after_a_full_window_of_successes():
    pace, _ = paced(start=4, most=6)
    seen = [pace.in_flight]
    for _ in range(4):
        full_window(pace)
        seen.append(pace.in_flight)
    assert seen == [4, 5, 6, 6, 6]


def test_successes_while_fewer_are_in_flight_teach_nothing():
    pace, _ = paced(start=4)
    pace.busy = 3
    for _ in range(100):
        pace.succeeded()
    assert pace.in_flight == 4


def test_a_crowded_server_halves_it_once_for_all_calls_under_way():
    pace, _ = paced(start=64)
    epoch = pace.epoch
    for _ in range(64):
        pace.throttled(epoch)
    assert pace.in_flight == 32
    pace.throttled(pace.epoch)
    assert pace.in_flight == 16


def test_it_never_falls_below_one():
    pace, _ = paced(start=3)
    for _ in range(10):
        pace.throttled(pace.epoch)
    assert pace.in_flight == 1


def test_a_decrease_begins_the_count_of_successes_anew():
    pace, _ = paced(start=8)
    pace.busy = 8
    for _ in range(7):
        pace.succeeded()
    pace.throttled(pace.epoch)
    pace.busy = 4
    pace.succeeded()
    assert pace.in_flight == 4


def test_retry_after_holds_everybody_back_and_no_longer_than_a_minute():
    pace, clock = paced(start=4)
    pace.throttled(pace.epoch, 3.0)
    pace.throttled(pace.epoch - 1, 1.0)  # a shorter one does not shorten it
    assert pace.pause == 3.0

    async def enter() -> int:
        epoch = await pace.enter()
        pace.leave()
        return epoch

    assert asyncio.run(enter()) == pace.epoch
    assert clock.now == 103.0
    pace.throttled(pace.epoch, 86_400.0)
    assert pace.pause == 60.0


def test_no_more_pass_the_gate_than_may_and_all_get_through():
    pace, _ = paced(start=5, most=5)
    most = 0

    async def one() -> None:
        nonlocal most
        await pace.enter()
        most = max(most, pace.busy)
        await asyncio.sleep(0)
        pace.leave()

    async def all_of_them() -> None:
        await asyncio.gather(*(one() for _ in range(200)))

    asyncio.run(all_of_them())
    assert most == 5
    assert pace.busy == 0


def test_they_pass_in_the_order_in_which_they_came():
    pace, _ = paced(start=1, most=1)
    order: list[int] = []

    async def one(number: int) -> None:
        await pace.enter()
        order.append(number)
        await asyncio.sleep(0)
        pace.leave()

    async def all_of_them() -> None:
        await asyncio.gather(*(one(number) for number in range(20)))

    asyncio.run(all_of_them())
    assert order == list(range(20))


def test_who_is_cancelled_in_the_queue_or_in_the_pause_leaves_no_place_taken():
    async def scene() -> None:
        pace = Pace(start=1, most=1)
        await pace.enter()
        waiting = [asyncio.ensure_future(pace.enter()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        pace.leave()  # lets the second in …
        waiting[1].cancel()  # … which is cancelled in the same moment
        await asyncio.sleep(0)
        assert await asyncio.wait_for(waiting[2], 5) == 0
        pace.throttled(pace.epoch, 30.0)
        pace.leave()
        paused = asyncio.ensure_future(pace.enter())
        await asyncio.sleep(0)
        assert pace.busy == 1
        paused.cancel()
        await asyncio.gather(paused, return_exceptions=True)
        assert pace.busy == 0

    asyncio.run(scene())


@pytest.mark.parametrize("options", [{"start": 0}, {"start": 9, "most": 8}, {"most": 0}])
def test_a_pace_that_lets_nobody_pass_is_an_error(options: dict[str, int]):
    with pytest.raises(InvalidOption):
        Pace(**options)
