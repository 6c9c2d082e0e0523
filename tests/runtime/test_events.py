"""Events are heard by whoever listens around the call, and cancellation stops what is inside."""

import json
import threading

import pytest

from whence.runtime import events
from whence.runtime.errors import Cancelled, UnknownVariable
from whence.runtime.events import (
    Cancellation,
    Estimated,
    Event,
    Failed,
    Finished,
    Progress,
    Started,
    cancellable,
    check_cancelled,
    emit,
    listening,
    stage,
)
from whence.runtime.plain import plain


def test_nested_listeners_both_hear_and_nobody_hears_afterwards():
    outer: list[Event] = []
    inner: list[Event] = []
    with listening(outer.append):
        emit(Started(stage="a"))
        with listening(inner.append):
            emit(Started(stage="b"))
        emit(Started(stage="c"))
    emit(Started(stage="d"))
    assert [event.stage for event in outer] == ["a", "b", "c"]
    assert [event.stage for event in inner] == ["b"]


def test_a_listener_is_gone_after_an_error():
    heard: list[Event] = []
    with pytest.raises(ValueError, match="no"), listening(heard.append):
        raise ValueError("no")
    emit(Started(stage="later"))
    assert heard == []


def test_two_threads_do_not_hear_one_another():
    heard: dict[str, list[str]] = {"one": [], "two": []}
    together = threading.Barrier(2)

    def talk(name):
        with listening(lambda event: heard[name].append(event.stage)):
            together.wait()
            emit(Started(stage=name))
            together.wait()

    threads = [threading.Thread(target=talk, args=(name,)) for name in heard]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {"one": ["one"], "two": ["two"]}


def test_every_kind_of_event_is_plain_json():
    event = Estimated(stage="estimate", value=float("nan"), interval=(0.0, 1.0))
    told = {"event": "estimated", "stage": "estimate", "value": "nan", "interval": [0.0, 1.0]}
    assert json.loads(json.dumps(event.to_dict(), allow_nan=False)) == told
    kinds = {
        kind.__name__ for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event)
    }
    closed = "Event Started Progress Derived Estimated Refuted Warned Finished Failed"
    assert kinds == set(closed.split())


def test_a_cancelled_token_stops_the_work_inside_and_only_that():
    token = Cancellation()
    check_cancelled()
    with cancellable(token):
        check_cancelled()
        token.cancel()
        with pytest.raises(Cancelled):
            check_cancelled()
        with cancellable(Cancellation()), pytest.raises(Cancelled):
            check_cancelled()
    check_cancelled()


def test_a_stage_tells_its_beginning_and_its_end_or_its_failure():
    heard: list[Event] = []
    with listening(heard.append):
        with stage("identify"):
            emit(Progress(stage="identify", done=1, total=1))
        with pytest.raises(UnknownVariable), stage("estimate"):
            raise UnknownVariable("x")
    assert [type(event) for event in heard] == [Started, Progress, Finished, Started, Failed]
    assert heard[-1].to_dict()["code"] == "unknown_variable"


def test_plain_spells_out_what_json_has_no_word_for():
    numpy = pytest.importorskip("numpy")
    value = {1: {"b", "a"}, "x": (numpy.float64(0.5), numpy.int64(2), numpy.bool_(True)), "i": float("-inf")}
    assert plain(value) == {"1": ["a", "b"], "x": [0.5, 2, True], "i": "-inf"}
