"""The policy sends work only where it is worth what that costs."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.runtime.executor.automatic.calibration import CAUTIOUS, Calibration, StartUp
from whence.runtime.executor.automatic.policy import (
    AWAY,
    LEAST_GAIN,
    SHARE,
    WORTH_THREADS,
    Choice,
    Place,
    Work,
    choose,
    worth_from,
)

LOCKED = Place(cores=2, gil=True)
FREE = Place(cores=2, gil=False)
NEW = Place(cores=2, gil=True, interpreters=True)
LONG = Work("python", left=1000.0, items=1000, sending=0.1)


def test_what_is_left_must_be_worth_a_start():
    assert choose(Work("gil_free", left=0.001, items=50), LOCKED).backend == "serial"
    assert choose(Work("gil_free", left=1.0, items=1), LOCKED).backend == "serial"


def test_on_one_core_only_what_waits_goes_to_threads():
    alone = Place(cores=1, gil=True)
    assert choose(Work("gil_free", left=100.0, items=100), alone).backend == "serial"
    assert choose(LONG, alone).backend == "serial"
    assert choose(Work("io", left=100.0, items=100), alone).backend == "threads"


def test_what_releases_the_lock_goes_to_threads():
    assert choose(Work("gil_free", left=1.0, items=100), LOCKED).backend == "threads"


def test_items_of_some_microseconds_do_not_go_to_threads_that_have_to_take_turns():
    tiny = Work("gil_free", left=1.0, items=100_000)
    assert choose(tiny, LOCKED).backend == "serial"
    assert choose(tiny, FREE).backend == "threads"


def test_python_goes_to_threads_only_if_the_lock_is_really_off():
    short = Work("python", left=1.0, items=100, sending=0.0)
    assert choose(short, FREE).backend == "threads"
    assert choose(short, LOCKED).backend == "serial"


def test_long_python_goes_to_interpreters_where_there_are_such_and_else_to_processes():
    assert choose(LONG, NEW).backend == "interpreters"
    assert choose(LONG, LOCKED).backend == "processes"


def test_a_task_that_interpreters_do_not_take_goes_to_processes():
    assert choose(replace(LONG, shut_out=True), NEW).backend == "processes"


def test_what_cannot_be_sent_stays():
    choice = choose(replace(LONG, sending=None), LOCKED)
    assert choice == Choice("serial", "it holds the lock, and it cannot be sent to another process")


def test_threads_that_were_seen_to_take_turns_are_left_for_processes_or_for_none():
    poor = Work("gil_free", left=1000.0, items=1000, sending=0.1, threads_gain=1.0)
    assert choose(poor, LOCKED).backend == "processes"
    assert choose(replace(poor, left=1.0), LOCKED).backend == "serial"


def test_threads_that_gain_a_little_are_kept_where_processes_are_not_worth_their_start():
    some = Work("gil_free", left=1.0, items=1000, sending=0.0, threads_gain=1.3)
    assert choose(some, LOCKED).backend == "threads"
    assert choose(replace(some, left=1000.0), LOCKED).backend == "processes"


def test_workers_that_run_already_are_worth_less_work():
    medium = replace(LONG, left=10.0, items=100, sending=0.0)
    assert choose(medium, LOCKED).backend == "serial"
    assert choose(medium, replace(LOCKED, warm=frozenset({"processes"}))).backend == "processes"


def test_processes_that_were_measured_to_gain_nothing_are_not_started():
    measured = replace(CAUTIOUS, gains={"python": {"processes": LEAST_GAIN - 0.1}})
    assert choose(LONG, LOCKED, measured).backend == "serial"


def test_a_calibration_without_a_backend_is_filled_up_with_cautious_figures():
    assert choose(LONG, LOCKED, Calibration({}, {}, {}, {})).backend == "processes"


seconds = st.floats(0.0, 1e5)
works = st.builds(
    Work,
    kind=st.sampled_from(["gil_free", "python", "io"]),
    left=seconds,
    items=st.integers(0, 10**6),
    sending=st.none() | st.floats(0.0, 1e3),
    threads_gain=st.none() | st.floats(0.1, 4.0),
    shut_out=st.booleans(),
)
places = st.builds(Place, cores=st.integers(1, 64), gil=st.booleans(), interpreters=st.booleans())
starts = st.builds(StartUp, st.floats(0.0, 10.0), st.floats(0.0, 5.0))
calibrations = st.builds(
    Calibration,
    st.fixed_dictionaries({"processes": starts, "interpreters": starts}),
    st.just({}),
    st.just({}),
    st.just({}),
)


@given(works, places, calibrations)
def test_starting_and_sending_never_cost_more_than_the_promised_share_of_what_is_left(
    work, place, calibration
):
    choice = choose(work, place, calibration)
    if choice.backend in AWAY:
        start = calibration.start_up[choice.backend].seconds(min(place.cores, work.items))
        assert work.sending is not None
        assert start + work.sending <= SHARE * work.left


@given(works, places, calibrations)
def test_the_same_question_gets_the_same_choice_and_a_reason(work, place, calibration):
    choice = choose(work, place, calibration)
    assert choice == choose(work, place, calibration)
    assert choice.why


@given(works, places, calibrations)
def test_what_does_not_pay_for_much_work_does_not_pay_for_less(work, place, calibration):
    if choose(work, place, calibration).backend == "serial" and work.threads_gain is None:
        less = replace(work, left=work.left / 2)
        assert choose(less, place, calibration).backend == "serial"


def test_the_turning_point_is_where_the_start_is_the_share_of_the_work():
    work = Work("python", left=0.0, items=100, sending=0.0)
    choice, start = worth_from(work, LOCKED)
    assert choice.backend == "processes"
    least = CAUTIOUS.start_up["processes"].seconds(2) / SHARE
    assert least <= start <= 1.1 * (least + 100 * CAUTIOUS.per_task["processes"] / SHARE)


def test_threads_are_worth_it_from_some_milliseconds_on():
    choice, start = worth_from(Work("gil_free", left=0.0, items=10), LOCKED)
    assert choice.backend == "threads"
    assert start == pytest.approx(WORTH_THREADS, rel=0.05)
