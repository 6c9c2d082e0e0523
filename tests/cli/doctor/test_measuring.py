"""What the doctor measures, it measures honestly: the same items, gains that are gains, digests compared."""

import pytest

from whence.cli.doctor import measuring
from whence.cli.doctor.measuring import Gain, Run, measured, overhead
from whence.cli.doctor.work import WORK, KindOfWork, Trace, Traced
from whence.runtime.executor import processes, serial, threads
from whence.runtime.machine.pulse import Pulse


def trace(lane, start, stop, ran, waited=0.0, digest="x"):
    """An item that a lane did between two times, after `start` seconds at work elsewhere in all."""
    return Trace(digest, lane, Pulse(start, 0.0, 0.0), Pulse(stop, ran, waited))


def test_two_lanes_at_work_all_the_time_are_two():
    run = Run(1.0, [trace("a", 0, 1, 1.0), trace("b", 0, 1, 1.0)])
    assert run.lanes_at_work == pytest.approx(2.0)


def test_two_lanes_that_take_turns_are_one():
    run = Run(1.0, [trace("a", 0, 1, 0.5), trace("b", 0, 1, 0.5)])
    assert run.lanes_at_work == pytest.approx(1.0)


def test_waiting_for_a_core_is_the_neighbours_fault():
    run = Run(2.0, [trace("a", 0, 2, 1.0, waited=1.0), trace("b", 0, 2, 1.0, waited=1.0)])
    assert run.lanes_at_work == pytest.approx(2.0)
    assert run.waited == pytest.approx(0.5)


def test_items_that_are_dearer_in_company_gain_less():
    alone = Run(2.0, [trace("a", 0, 1, 1.0), trace("a", 1, 2, 1.0)])
    company = Run(2.0, [trace("a", 0, 2, 2.0), trace("b", 0, 2, 2.0)])
    assert measuring._gain(alone, company, of_wall=False) == pytest.approx(1.0)


def test_an_estimate_is_never_above_the_number_of_workers():
    alone = Run(2.0, [trace("a", 0, 1, 1.0)])
    company = Run(1.0, [trace("a", 0, 1, 0.5), trace("b", 0, 1, 0.5)])
    assert measuring._gain(alone, company, of_wall=False) == pytest.approx(2.0)


def test_the_middle_is_the_median_and_the_spread_the_extremes():
    assert Gain.of([1.0, 3.0, 2.0]) == Gain(2.0, 1.0, 3.0)


@pytest.mark.parametrize("key", [key for key, kind in WORK.items() if kind.there])
def test_the_same_item_has_the_same_bytes_and_another_has_others(key):
    assert Traced(key)(3).digest == Traced(key)(3).digest
    assert Traced(key)(3).digest != Traced(key)(4).digest


@pytest.mark.parametrize("clock", ["wall", "threads"])
def test_a_kind_of_work_is_measured_on_every_backend(clock):
    found = measured("waiting", serial(), {"threads": threads(2)}, rounds=2, seconds=0.05, clock=clock)
    assert found.seconds >= 0.019
    assert found.gains["threads"].least > 0
    assert found.same == {"threads": True}


def test_bytes_that_differ_are_seen(monkeypatch):
    calls = iter(range(10**6))
    fickle = KindOfWork("fickle", "", "gil_free", lambda item: str(next(calls)).encode())
    monkeypatch.setitem(WORK, "fickle", fickle)
    found = measured("fickle", serial(), {"threads": threads(2)}, rounds=1, seconds=0.01, clock="wall")
    assert found.same == {"threads": False}


def test_work_that_holds_the_lock_cannot_seem_to_gain_on_threads_of_a_busy_machine(monkeypatch):
    monkeypatch.setattr(measuring, "_holds", lambda *_: 1.0)
    found = measured("python", serial(), {"threads": threads(2)}, rounds=1, seconds=0.05, clock="threads")
    assert found.gains["threads"].most <= 1.0


def test_starting_processes_costs_more_than_starting_threads():
    quick, slow = overhead(lambda: threads(2)), overhead(lambda: processes(2))
    assert quick.per_task > 0
    assert slow.start.wall > quick.start.wall
    assert slow.start.cpu_each >= 0
