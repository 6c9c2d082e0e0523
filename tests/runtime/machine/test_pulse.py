"""A thread that works is told from one that waits, and a lock that is held from one that is free."""

import threading
import time

import pytest

from whence.runtime.machine.gil import gil_enabled
from whence.runtime.machine.knocking import Knocks, knock, knocking
from whence.runtime.machine.pulse import Pulse, at_work, lane, pulse, tells_waiting


def spin(until):
    total = 0
    while time.thread_time() < until:
        total += sum(range(200))
    return total


def test_waiting_for_a_core_is_not_held_against_a_thread():
    # Four seconds on the wall, of which three were others': it was at work all its own time.
    assert at_work(Pulse(0, 0, 0), Pulse(wall=4.0, ran=1.0, waited=3.0)) == 1.0


def test_a_thread_that_is_blocked_half_of_its_time_is_half_at_work():
    assert at_work(Pulse(10, 5, 1), Pulse(wall=14.0, ran=6.0, waited=3.0)) == 0.5


def test_a_span_of_nothing_and_clocks_that_disagree_by_a_little_are_no_fault():
    assert at_work(Pulse(0, 0, 0), Pulse(0, 0, 0)) == 1.0
    assert at_work(Pulse(0, 0, 0), Pulse(1.0, 1.01, 0.0)) == 1.0


def test_sleeping_is_not_working():
    before = pulse()
    time.sleep(0.05)
    assert at_work(before, pulse()) < 0.5


@pytest.mark.skipif(
    not tells_waiting(), reason="this system does not count the time a thread waits for a core"
)
def test_computing_is_working_on_a_busy_machine_too():
    before = pulse()
    spin(time.thread_time() + 0.05)
    assert at_work(before, pulse()) > 0.6


def test_each_thread_has_a_lane_of_its_own():
    lanes = {lane()}
    other = threading.Thread(target=lambda: lanes.add(lane()))
    other.start()
    other.join()
    assert len(lanes) == 2


def test_the_lock_is_found_held_by_pure_python_and_free_while_all_sleep():
    with knocking() as sleeping:
        time.sleep(0.1)
    assert sleeping.knocks.held_long < 0.3
    if not gil_enabled():
        pytest.skip("this interpreter runs without its lock")
    with knocking() as spinning:
        spin(time.thread_time() + 0.2)
    assert spinning.knocks.held_long > 0.5


def test_knocking_ends_when_the_work_does():
    naps = iter([False, False, True])
    assert len(knock(100, lambda seconds: next(naps)).waits) == 2


def test_no_knock_says_that_nothing_was_held():
    assert Knocks(()).held == Knocks(()).held_long == 0.0
