"""The policy at work: wherever an item is done, it is done once, and nothing of the result shows where."""

import os
import threading
from dataclasses import replace

import pytest

from runtime.executor import auto_tasks as tasks
from whence.runtime.errors import Cancelled, TaskFailed, UnsuitableMethod
from whence.runtime.events import Cancellation, Progress, Warned, cancellable, listening
from whence.runtime.executor import executor
from whence.runtime.executor.automatic import elsewhere, familiar, job
from whence.runtime.executor.automatic.auto import Auto
from whence.runtime.executor.automatic.calibration import CAUTIOUS, Calibration, StartUp
from whence.runtime.executor.automatic.familiar import Seen
from whence.runtime.executor.interpreters import why_not
from whence.runtime.executor.losses import WorkersLost
from whence.runtime.executor.mapping import mapped
from whence.runtime.executor.protocol import Reply, WorkerDied
from whence.runtime.executor.threads import Threads
from whence.runtime.executor.work import done
from whence.runtime.machine.gil import gil_enabled
from whence.runtime.machine.knocking import Knocks

KINDS = ("gil_free", "python", "io")
NOTHING = StartUp(0.0, 0.0)
FREE = Calibration({"processes": NOTHING, "interpreters": StartUp(1e6, 1e6)}, {"processes": 0.0}, {}, {})
"""A calibration by which starting processes costs nothing."""


@pytest.fixture(autouse=True)
def two_cores_and_nothing_known(monkeypatch):
    monkeypatch.setenv("WHENCE_CORES", "2")
    monkeypatch.setattr(job, "known", lambda: CAUTIOUS)
    familiar.forget()
    yield
    familiar.forget()


@pytest.fixture
def eager(monkeypatch):
    """Processes are started for anything, as if threads had to take turns; ended afterwards."""
    monkeypatch.setattr(job, "gil_enabled", lambda: True)
    monkeypatch.setattr(job, "came_back", lambda: False)
    monkeypatch.setattr(job, "known", lambda: FREE)
    monkeypatch.setattr(job, "WORTH_LEAVING", 0.0)
    monkeypatch.setattr(job, "WORTH_THREADS", 0.0)
    monkeypatch.setattr(job, "EVIDENCE", 0.0)
    monkeypatch.setattr("whence.runtime.executor.automatic.policy.WORTH_THREADS", 0.0)
    monkeypatch.setattr("whence.runtime.executor.automatic.policy.SHARE", 1e9)
    yield
    elsewhere.close()


@pytest.fixture
def legs(monkeypatch):
    """Which legs a job made, as names."""
    made = []
    for name in ("_here", "_on_threads", "_away"):
        own = getattr(job.Job, name)

        def leg(self, *args, own=own, name=name):
            made.append(name.strip("_"))
            return own(self, *args)

        monkeypatch.setattr(job.Job, name, leg)
    return made


class Elsewhere:
    """A backend that does the first batches here, and then raises what it was made with."""

    name, shares_memory, on_these_cores = "processes", False, True

    def __init__(self, error, batches=3):
        self.error, self.batches = error, batches

    def begin(self, task):
        self.task = task
        return self

    def do(self, items):
        self.batches -= 1
        return done(self.task, items) if self.batches >= 0 else Reply((), 0.0, error=self.error)

    def stop(self): ...

    def end(self): ...

    def close(self): ...


def test_no_executor_named_means_the_policy():
    assert executor(None).name == executor("auto").name == "auto"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [0, 1, 2, 16, 17, 3_000])
def test_every_item_is_done_once_and_comes_in_its_place(kind, count):
    heard = {}

    def each(index, result):
        assert index not in heard
        heard[index] = result

    found = Auto().map(tasks.square, range(count), stage="work", kind=kind, each=each)
    assert found == [item * item for item in range(count)]
    assert heard == dict(enumerate(found))


def test_tiny_work_starts_no_thread(monkeypatch):
    monkeypatch.setattr(threading.Thread, "start", lambda self: pytest.fail("a thread was started"))
    for kind in ("gil_free", "python"):
        assert Auto().map(tasks.square, range(200), stage="tiny", kind=kind)[-1] == 199 * 199


def test_few_items_that_may_be_long_go_to_threads_at_once():
    # Each waits for the other, so neither could be done alone first.
    assert Auto().map(tasks.Meeting(2), range(4), stage="long") == [0, 1, 2, 3]


def test_what_waits_waits_side_by_side_more_than_there_are_cores():
    assert Auto().map(tasks.Meeting(8), range(16), stage="wait", kind="io") == list(range(16))


def test_python_stays_where_it_is_under_the_lock(legs):
    if not gil_enabled():
        pytest.skip("needs an interpreter whose lock is on")
    Auto().map(tasks.busy, [20_000] * 30, stage="work", kind="python")
    assert legs == ["here"]


def test_a_task_that_was_tiny_before_is_not_taken_to_threads(legs):
    for _ in range(2):
        Auto().map(tasks.square, range(10), stage="again")
    assert legs == ["on_threads", "here"]


def test_threads_that_take_turns_are_found_out_and_the_rest_is_done_here(legs, monkeypatch):
    monkeypatch.setattr(job, "knock", lambda times, nap: Knocks((0.005,) * times))
    monkeypatch.setattr("whence.runtime.executor.automatic.watching.WINDOW", 0.001)
    items = [30_000] * 600
    found = Auto().map(tasks.busy, items, stage="turns")
    assert found == [tasks.busy(30_000)] * 600
    assert legs[-2:] == ["on_threads", "here"]
    legs.clear()
    Auto().map(tasks.busy, items[:20], stage="turns")
    assert legs == ["here"]  # it is known now


def test_threads_that_wait_for_something_else_are_left_alone(legs, monkeypatch):
    monkeypatch.setattr(job, "knock", lambda times, nap: Knocks((0.0,) * times))
    monkeypatch.setattr("whence.runtime.executor.automatic.watching.WINDOW", 0.001)
    Auto().map(tasks.busy, [30_000] * 300, stage="free")
    assert legs[-1] == "on_threads"


def test_what_is_worth_it_goes_to_processes_and_comes_back_in_order(eager):
    found = Auto().map(tasks.where, range(300), stage="far", kind="python")
    assert [item for item, _ in found] == list(range(300))
    assert {process for _, process in found} - {os.getpid()}
    assert found[0][1] == os.getpid()  # the first were done here, to see how long they take


@pytest.mark.skipif(why_not() is not None, reason=f"sub-interpreters: {why_not()}")
def test_what_is_worth_it_goes_to_interpreters_and_what_they_do_not_take_goes_on_elsewhere(
    eager, legs, monkeypatch
):
    free = replace(FREE, start_up={"processes": StartUp(1.0, 1.0), "interpreters": NOTHING})
    monkeypatch.setattr(job, "known", lambda: free)
    assert Auto().map(tasks.square, range(300), stage="inside", kind="python")[-1] == 299 * 299
    assert "away" in legs
    assert "interpreters" in elsewhere.warm()
    found = Auto().map(tasks.with_numpy, range(100), stage="refused", kind="python")
    assert found == [float(item) for item in range(100)]


@pytest.mark.parametrize("task", [lambda item: item, tasks.of_the_script()])
def test_what_a_process_could_not_find_stays_here(eager, legs, task):
    assert Auto().map(task, range(100), stage="stays", kind="python") == list(range(100))
    assert legs == ["here"]


def test_results_that_cannot_be_sent_are_made_here_after_all(eager):
    home = os.getpid()
    found = Auto().map(tasks.bad_result_away, [home] * 100, stage="results", kind="python")
    assert found == [home] * 100


def test_processes_that_cannot_be_started_cost_nothing_but_a_warning(eager, monkeypatch):
    class Stillborn(Elsewhere):
        def do(self, items):
            raise WorkerDied("exit code 1", started=False)

    monkeypatch.setattr(elsewhere, "backend", lambda name: Stillborn(None))
    heard = []
    with listening(heard.append):
        found = Auto().map(tasks.square, range(100), stage="lost", kind="python")
    assert found == [item * item for item in range(100)]
    assert {event.code for event in heard if isinstance(event, Warned)} >= {"workers_lost"}


def test_what_ends_every_process_it_is_sent_to_is_not_tried_in_this_one(eager):
    with pytest.raises(WorkersLost):
        Auto().map(tasks.leaves_elsewhere, [os.getpid()] * 100, stage="lost", kind="python")


def test_what_was_done_elsewhere_before_it_failed_there_is_not_done_again(eager, monkeypatch):
    counts = dict.fromkeys(range(500), 0)

    def count(item):
        counts[item] += 1
        return item

    monkeypatch.setattr(job, "estimate", lambda *_: job_sending())
    monkeypatch.setattr(elsewhere, "backend", lambda name: Elsewhere(UnsuitableMethod("processes", "no")))
    told = []
    found = Auto().map(
        count, range(500), stage="once", kind="python", each=lambda index, _: told.append(index)
    )
    assert found == list(range(500))
    assert set(counts.values()) == {1}
    assert sorted(told) == list(range(500))


def job_sending():
    from whence.runtime.executor.automatic.sending import Sending

    return Sending(0.0, 0.0, frozenset())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("start", [0, 50])
def test_the_first_failing_item_is_named_whatever_leg_it_was_on(kind, start):
    with pytest.raises(TaskFailed) as caught:
        Auto().map(tasks.fails_at_seventy, range(start, 400), stage="work", kind=kind)
    assert caught.value.index == 70 - start


def test_the_first_failing_item_is_named_by_processes_too(eager):
    with pytest.raises(TaskFailed) as caught:
        Auto().map(tasks.fails_at_seventy, range(400), stage="work", kind="python")
    assert caught.value.index == 70


@pytest.mark.parametrize("kind", KINDS)
def test_progress_starts_at_nothing_never_falls_and_ends_at_everything(kind):
    heard = []
    with listening(heard.append):
        Auto().map(tasks.busy, [20_000] * 100, stage="work", kind=kind)
    done = [event.done for event in heard if isinstance(event, Progress)]
    assert done[0] == 0
    assert done == sorted(done)
    assert done[-1] == 100


@pytest.mark.parametrize("kind", KINDS)
def test_it_can_be_stopped(kind):
    token = Cancellation()

    def stop(item):
        if item == 80:
            token.cancel()
        return item

    with cancellable(token), pytest.raises(Cancelled):
        Auto().map(stop, range(100_000), stage="work", kind=kind)


def test_work_inside_of_work_starts_nothing(monkeypatch):
    def outer(item):
        before = threading.active_count()
        Auto().map(tasks.busy, [1000] * 10, stage="inner")
        return threading.active_count() <= before or item

    assert Auto().map(outer, range(4), stage="outer") == [True] * 4


def test_a_map_does_only_what_is_not_there_yet_and_stops_when_it_is_told_enough():
    asked = []

    def task(item):
        asked.append(item)
        return item

    had = {index: index for index in range(0, 100, 3)}
    found = mapped(Threads(), task, range(100), lanes=2, stage="rest", had=had)
    assert [found[index] for index in range(100)] == list(range(100))
    assert sorted(asked) == [index for index in range(100) if index % 3]
    part = mapped(
        Threads(),
        tasks.busy,
        [200_000] * 1000,
        lanes=2,
        stage="part",
        enough=lambda batches: batches.done > 5,
    )
    assert 5 < len(part) < 1000


def test_a_lock_that_was_turned_back_on_is_told_once(monkeypatch):
    monkeypatch.setattr(job, "gil_enabled", lambda: True)
    monkeypatch.setattr(job, "came_back", lambda: True)
    job._tell_of_the_lock.cache_clear()
    heard = []
    with listening(heard.append):
        for _ in range(3):
            Auto().map(tasks.square, range(20), stage="work", kind="python")
    assert [event.code for event in heard if isinstance(event, Warned)] == ["gil_turned_on"]


# ── streams ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("turns", [1, 60_000])
def test_a_stream_gives_every_result_in_order_small_or_large(turns):
    def task(item):
        tasks.busy(turns)
        return item

    heard = []
    with listening(heard.append):
        assert list(Auto().stream(task, iter(range(50)), stage="stream", total=50)) == list(range(50))
    told = [event.done for event in heard if isinstance(event, Progress)]
    assert told == sorted(told)
    assert told[-1] == 50


def test_a_stream_takes_items_only_as_they_are_needed():
    taken = []

    def items():
        for item in range(1000):
            taken.append(item)
            yield item

    stream = Auto().stream(lambda item: tasks.busy(60_000), items(), stage="stream")
    next(stream)
    next(stream)
    assert len(taken) < 10
    stream.close()


def test_the_failing_item_of_a_stream_is_named():
    def task(item):
        tasks.busy(60_000)
        return tasks.fails_at_seventy(item)

    with pytest.raises(TaskFailed) as caught:
        list(Auto().stream(task, range(60, 100), stage="stream"))
    assert caught.value.index == 10


# ── memory ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_remembered_is_bounded():
    for number in range(2 * familiar.MOST):
        familiar.remember(("stage", "module", str(number)), Seen(seconds=1.0))
    assert len(familiar._seen) == familiar.MOST
    assert familiar.seen(("stage", "module", "0")) == Seen()
    assert familiar.seen(("stage", "module", str(2 * familiar.MOST - 1))).seconds == 1.0
