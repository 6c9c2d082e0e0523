"""An executor with a journal does what it does without one; what was done once is not done again."""

import hashlib
import pickle
import re
import sqlite3
import threading

import numpy as np
import pytest

import whence as wh
from runtime.results import counting
from runtime.results.counting import Dies, Draws, Fails, Gives, Kinds, Nested, Squares, noted
from whence.runtime.errors import Cancelled, TaskFailed, UnknownVariable
from whence.runtime.events import Cancellation, Progress, Warned, cancellable, listening
from whence.runtime.executor import TasksSetAside, executor
from whence.runtime.results import JournalFull, NoFingerprint, Recalled, journaled
from whence.runtime.results.keys import keys_of
from whence.runtime.results.store import Store


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.sqlite"


@pytest.fixture
def log(tmp_path):
    return bytes(tmp_path / "log")


def heard(call):
    events = []
    with listening(events.append):
        result = call()
    return result, events


@pytest.mark.parametrize("backend", ["serial", "threads:3", "processes:2", "auto"])
def test_what_was_done_once_is_found_again_and_is_the_same(path, log, backend):
    items = [5, 3, 3, 8, 0]
    workers = executor(backend)
    without = workers.map(Draws(log), items, stage="work")
    first = journaled(workers, path).map(Draws(log), items, stage="work")
    assert len(noted(log)) == 10
    again, events = heard(lambda: journaled(workers, path).map(Draws(log), items, stage="work"))
    assert len(noted(log)) == 10
    assert pickle.dumps(first) == pickle.dumps(without)
    assert repr(again) == repr(without)
    assert all(
        mine.tobytes() == theirs.tobytes() for (mine, _), (theirs, _) in zip(again, without, strict=True)
    )
    assert events == [
        Recalled(stage="work", found=5, total=5),
        Progress(stage="work", done=5, total=5),
    ]
    workers.close()


def test_backends_and_workers_share_one_journal(path, log):
    for done, backend in enumerate(["serial", "threads:2", "threads:7"]):
        assert journaled(executor(backend), path).map(Squares(log), range(3 + done), stage=backend)[-1] >= 4
    assert sorted(noted(log)) == ["0", "1", "2", "3", "4"]


def test_a_constant_changed_in_this_program_is_not_taken_for_the_one_that_workers_load(path, monkeypatch):
    # Workers of other processes load the module anew, so the same task gives something else there.
    monkeypatch.setattr(counting, "FACTOR", 5)
    for backend, expected in [("processes:2", [2, 4]), ("serial", [5, 10])] * 2:
        workers = journaled(executor(backend), path)
        assert workers.map(counting.times_factor, [1, 2], stage="work") == expected
        workers.close()


def test_work_of_whences_and_pythons_own_is_found_whoever_did_it():
    one, *others = (keys_of(abs, [1, -2], backend).by_place for backend in ("serial", "processes", "dask"))
    assert others == [one, one]


def test_only_what_is_missing_is_done_and_everything_is_in_its_place(path, log):
    journaled(executor("serial"), path).map(Squares(log), [2, 4], stage="work")
    told = []
    result, events = heard(
        lambda: journaled(executor("threads:2"), path).map(
            Squares(log), range(6), stage="work", each=lambda index, value: told.append((index, value))
        )
    )
    assert result == [0, 1, 4, 9, 16, 25]
    assert told[:2] == [(2, 4), (4, 16)]
    assert sorted(told) == [(0, 0), (1, 1), (2, 4), (3, 9), (4, 16), (5, 25)]
    progress = [(event.done, event.total) for event in events if isinstance(event, Progress)]
    assert progress[0] == (2, 6)
    assert progress[-1] == (6, 6)
    assert progress == sorted(progress)
    assert sorted(noted(log)) == ["0", "1", "2", "3", "4", "5"]


def test_equal_items_are_done_as_often_as_they_come(path, log):
    workers = journaled(executor("serial"), path)
    assert workers.map(Squares(log), [3, 3, 3], stage="work") == [9, 9, 9]
    assert noted(log) == ["3", "3", "3"]
    assert workers.map(Squares(log), [3, 3, 3, 3], stage="work") == [9] * 4
    assert noted(log) == ["3"] * 4


def test_equal_results_are_not_one_and_the_same_object(path, log):
    workers = journaled(executor("serial"), path)
    workers.map(Draws(log), [1, 1], stage="work")
    one, other = workers.map(Draws(log), [1, 1], stage="work")
    one[0][:] = 0.0
    assert other[0].all()


def test_another_task_finds_nothing_of_this_one(path, log):
    workers = journaled(executor("serial"), path)
    workers.map(Squares(log), [1, 2], stage="work")
    workers.map(Squares(log, 1e-9), [1, 2], stage="work")
    workers.map(Draws(log), [1, 2], stage="work")
    assert len(noted(log)) == 6


def test_the_array_that_a_map_is_about_belongs_to_the_key(path):
    workers, numbers = journaled(executor("serial"), path), np.arange(5.0)

    def total(scale):
        return float(numbers.sum()) * scale

    assert workers.map(total, [1.0, 2.0], stage="work") == [10.0, 20.0]
    numbers[0] = 100.0
    assert workers.map(total, [1.0, 2.0], stage="work") == [110.0, 220.0]


def test_an_array_with_gaps_is_the_same_the_first_time_and_the_second(path, log):
    workers = journaled(executor("serial"), path)
    first = workers.map(Gives(log, what="gaps"), [0, 1, 2], stage="work")
    again = workers.map(Gives(log, what="gaps"), [0, 1, 2], stage="work")
    assert [(each.tolist(), each.strides) for each in first] == [
        (each.tolist(), each.strides) for each in again
    ]
    assert len(noted(log)) == 3


# ── failures ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("backend", ["serial", "threads:2"])
def test_an_error_says_which_item_of_all_it_came_from(path, log, backend):
    workers = journaled(executor(backend), path)
    workers.map(Fails(log), [0, 1, 2], stage="work")
    with pytest.raises(TaskFailed, match=r"Item 3 of the work failed: ValueError: cannot") as raised:
        workers.map(Fails(log), range(6), stage="work")
    assert raised.value.index == 3
    assert isinstance(raised.value.__cause__, ValueError)
    with pytest.raises(UnknownVariable) as raised:
        journaled(executor(backend), path).map(Fails(log, ours=True), [9, 3, 1], stage="work")
    assert "in item 1 of work" in raised.value.__notes__
    journaled(executor("serial"), path).map(Fails(log, ours=True), [9], stage="work")
    with pytest.raises(UnknownVariable) as raised:
        journaled(executor(backend), path).map(Fails(log, ours=True), [9, 1, 3], stage="work")
    assert "in item 2 of work" in raised.value.__notes__


def test_what_failed_is_tried_again_and_the_rest_is_not(path, log):
    for _ in range(2):
        with pytest.raises(TaskFailed):
            journaled(executor("serial"), path).map(Fails(log), range(6), stage="work")
    assert noted(log) == ["0", "1", "2", "3", "3"]


def test_items_that_kill_their_workers_are_named_by_their_place_among_all(path, log):
    workers = executor("processes:2")
    journaled(workers, path).map(Dies(log), [0, 1], stage="work")
    with pytest.raises(TasksSetAside, match="Item 3 of work was set aside") as raised:
        journaled(workers, path).map(Dies(log), range(6), stage="work")
    assert raised.value.indices == (3,)
    assert raised.value.total == 6
    done = len(noted(log))
    with pytest.raises(TasksSetAside):
        journaled(workers, path).map(Dies(log), range(6), stage="work")
    assert set(noted(log)[done:]) == {"3"}
    workers.close()


def test_cancelled_work_keeps_what_it_has(path, log):
    token = Cancellation()

    def stop(index, value):
        if index == 2:
            token.cancel()

    with cancellable(token), pytest.raises(Cancelled):
        journaled(executor("serial"), path).map(Squares(log), range(9), stage="work", each=stop)
    assert journaled(executor("serial"), path).map(Squares(log), range(9), stage="work")[8] == 64
    assert len(noted(log)) == 9


class Full(Store):
    """A store whose disk fills up."""

    room = 3

    def put(self, key, stage, value):
        if self.added == self.room:
            raise JournalFull(self.path, "no space left")
        super().put(key, stage, value)


@pytest.mark.parametrize("backend", ["serial", "threads:2"])
def test_a_full_disk_stops_the_work_with_an_error_and_keeps_what_was_done(path, log, backend):
    workers = journaled(executor(backend), path)
    workers.store = Full(path)
    with pytest.raises(JournalFull, match="Make room and run again"):
        workers.map(Squares(log, 0.01), range(30), stage="work")
    began = len(noted(log))
    assert began < 30
    assert journaled(executor(backend), path).map(Squares(log, 0.01), range(30), stage="work")[-1] == 841
    assert len(noted(log)) == began + 27


def test_results_that_are_all_there_are_given_though_the_last_could_not_be_kept(path, log):
    workers = journaled(executor("serial"), path)
    workers.store = Full(path)
    result, events = heard(lambda: workers.map(Squares(log), range(4), stage="work"))
    assert result == [0, 1, 4, 9]
    assert [event.code for event in events if isinstance(event, Warned)] == ["journal_full"]


def test_a_damaged_row_is_done_again_and_said(path, log):
    journaled(executor("serial"), path).map(Squares(log), range(4), stage="work")
    file = sqlite3.connect(path)
    file.execute("UPDATE results SET value = x'4e' WHERE rowid = 2")
    file.commit()
    file.close()
    result, events = heard(
        lambda: journaled(executor("serial"), path).map(Squares(log), range(4), stage="work")
    )
    assert result == [0, 1, 4, 9]
    assert noted(log) == ["0", "1", "2", "3", "1"]
    assert [event.code for event in events if isinstance(event, Warned)] == ["journal_damaged"]
    assert journaled(executor("serial"), path).map(Squares(log), range(4), stage="work") == [0, 1, 4, 9]
    assert len(noted(log)) == 5


# ── what is not journaled ───────────────────────────────────────────────────────────────────────────────────


def warnings_of(events):
    return [event.message for event in events if isinstance(event, Warned) and event.code == "not_journaled"]


def test_a_task_that_cannot_be_known_again_is_done_each_time_and_said_once(path):
    lock = threading.Lock()

    def task(item):
        with lock:
            return item

    workers = journaled(executor("serial"), path)
    for said in (1, 0):
        result, events = heard(lambda: workers.map(task, [1, 2], stage="work"))
        assert result == [1, 2]
        assert len(warnings_of(events)) == said
    assert "lock" in warnings_of(heard(lambda: workers.map(task, [1, 2], stage="other"))[1])[0]
    assert len(workers.store) == 0


def test_an_item_that_cannot_be_known_again_is_done_each_time_and_the_others_are_not(path, log):
    items = [1, threading.Lock(), 2]
    task = Kinds(log)
    for _ in range(2):
        result, events = heard(lambda: journaled(executor("serial"), path).map(task, items, stage="work"))
        assert result == ["int", "lock", "int"]
        assert warnings_of(events)[0].startswith("1 of 3 results of work are not kept in the journal.")
    assert noted(log) == ["int", "lock", "int", "lock"]


def test_a_result_that_cannot_be_stored_is_given_and_done_again(path, log):
    for _ in range(2):
        result, events = heard(
            lambda: journaled(executor("serial"), path).map(Gives(log), [1, 2], stage="work")
        )
        assert result == [threading.get_ident] * 2
        assert "cannot be stored" in warnings_of(events)[0]
    assert len(noted(log)) == 4


def test_streams_are_passed_on(path, log):
    workers = journaled(executor("threads:2"), path)
    assert list(workers.stream(Squares(log), iter(range(4)), stage="work")) == [0, 1, 4, 9]
    assert len(workers.store) == 0


def test_results_of_code_that_changed_meanwhile_are_given_but_not_kept(path, log, monkeypatch):
    changed = []

    def check(files):
        if changed:
            raise NoFingerprint("helpers.py was changed while this program runs")

    monkeypatch.setattr("whence.runtime.results.keeping.SECONDS_BETWEEN_LOOKS", 0.0)
    monkeypatch.setattr("whence.runtime.results.keys.check_older_than_this_process", check)
    workers = journaled(executor("serial"), path)
    result, events = heard(
        lambda: workers.map(
            Squares(log), range(5), stage="work", each=lambda index, _: changed.extend([1] * (index == 1))
        )
    )
    assert result == [0, 1, 4, 9, 16]
    assert len(workers.store) == 2
    assert "helpers.py was changed while this program runs" in warnings_of(events)[0]


class MadeWhenAsked:
    """Items that exist one at a time; the last cannot be made."""

    def __len__(self):
        return 5

    def __getitem__(self, place):
        if place == 4:
            raise OSError("no such item")
        return np.full(1000, float(place))


def test_items_may_be_made_as_they_are_asked_for(path):
    workers = journaled(executor("serial"), path)
    with pytest.raises(TaskFailed, match="no such item"):
        executor("serial").map(np.sum, MadeWhenAsked(), stage="work")
    for _ in range(2):
        with pytest.raises(TaskFailed, match="no such item"):
            workers.map(np.sum, MadeWhenAsked(), stage="work")
    assert len(workers.store) == 4


# ── work inside of work ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("backend", ["serial", "threads:2", "processes:2"])
def test_maps_within_an_item_are_not_journaled_for_the_item_is(path, log, backend):
    inner = executor(backend)
    workers = journaled(inner, path)
    task = Nested(log, workers=workers)
    result, events = heard(lambda: workers.map(task, [1, 2, 3], stage="work"))
    assert result == [2, 4, 6]
    assert len(workers.store) == 3
    told = [event.message for event in events if isinstance(event, Warned)]
    assert sorted(told) == ["item 1", "item 2", "item 3"]
    assert workers.map(task, [3, 2], stage="work") == [6, 4]
    assert len(noted(log)) == 3
    inner.close()


def test_it_is_sent_to_another_process_as_one_that_does_the_work_there(path):
    again = pickle.loads(pickle.dumps(journaled(executor("serial"), path)))
    assert (again.name, again.map(abs, [-1], stage="work")) == ("serial", [1])


def test_it_shows_what_it_is_and_can_be_used_again_after_it_was_closed(path, log):
    workers = journaled(executor("threads:2"), path)
    assert (workers.name, workers.workers, workers.shares_memory) == ("threads", 2, True)
    assert "run.sqlite" in repr(workers)
    workers.map(Squares(log), [1], stage="work")
    workers.close()
    assert workers.map(Squares(log), [1, 2], stage="work") == [1, 4]
    assert noted(log) == ["1", "2"]


# ── a whole question ────────────────────────────────────────────────────────────────────────────────────────


def test_a_question_gives_the_same_bytes_without_a_journal_with_a_new_one_half_of_one_and_a_whole_one(path):
    generator = np.random.default_rng(0)
    z = generator.normal(size=300)
    x = (generator.random(300) < 1 / (1 + np.exp(-z))).astype(int)
    data = {"x": x.tolist(), "y": (x + z + generator.normal(size=300)).tolist(), "z": z.tolist()}

    def asked(workers):
        answer = wh.ask("effect of x on y", data, "z -> x -> y; z -> y", learners="linear", executor=workers)
        told = re.sub(r'"elapsed_s": [0-9.]+', "", answer.to_json())
        return hashlib.sha256(told.encode()).hexdigest()

    without = asked("serial")
    workers = journaled(executor("serial"), path)
    first, events = heard(lambda: asked(workers))
    assert warnings_of(events) == []
    kept = len(workers.store)
    assert kept > 10
    file = sqlite3.connect(path)
    file.execute("DELETE FROM results WHERE rowid % 2")
    file.commit()
    file.close()
    half = asked(journaled(executor("threads:2"), path))
    whole, events = heard(lambda: asked(journaled(executor("serial"), path)))
    assert sum(event.found for event in events if isinstance(event, Recalled)) == kept
    assert {first, half, whole} == {without}
