"""What was measured is read back for the same machine, and for no other; what is damaged is passed over."""

import json
import math
import os
from dataclasses import replace

import pytest

from whence.runtime.events import Warned, listening
from whence.runtime.executor.automatic import calibration
from whence.runtime.executor.automatic.calibration import (
    CAUTIOUS,
    Calibration,
    StartUp,
    calibration_file,
    known,
    save,
)

MEASURED = Calibration(
    {"processes": StartUp(0.31, 0.12)},
    {"processes": 2e-5},
    {"python": {"processes": 1.93}},
    {"sklearn": 1.1},
    "2026-11-22T20:00:00+00:00",
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "whence" / "calibration.json"


def test_without_a_measurement_the_figures_are_cautious(cache):
    assert known() is CAUTIOUS
    assert not cache.exists()


def test_what_is_saved_is_read_back(cache):
    assert save(MEASURED) == cache
    assert known() == MEASURED
    assert not list(cache.parent.glob(".*"))


def test_a_newer_measurement_takes_the_place_of_the_older():
    save(MEASURED)
    newer = replace(MEASURED, measured="2026-11-23T20:00:00+00:00")
    save(newer)
    assert known() == newer


@pytest.mark.parametrize("what", ["cores", "python", "gil", "versions"])
def test_figures_of_another_machine_or_version_are_not_ours(what, monkeypatch):
    save(MEASURED)
    here = calibration.this_machine()
    monkeypatch.setattr(calibration, "this_machine", lambda: {**here, what: "another"})
    calibration._read.cache_clear()
    assert known() is CAUTIOUS


def test_machines_that_share_a_home_keep_their_own_figures_the_oldest_being_dropped(cache, monkeypatch):
    here = calibration.this_machine()
    machines = calibration.MOST_MACHINES + 3
    for number in range(machines):
        monkeypatch.setattr(calibration, "this_machine", lambda number=number: {**here, "cores": number})
        save(replace(MEASURED, measured=str(number)))
    assert known().measured == str(machines - 1)
    assert len(json.loads(cache.read_text())["machines"]) == calibration.MOST_MACHINES


DAMAGED = [
    "",
    "not JSON",
    "[]",
    "null",
    '{"schema": "another", "machines": {}}',
    '{"schema": "whence.calibration/1", "machines": []}',
    "[" * 100_000,
]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_file_is_passed_over_with_a_warning_and_written_anew(cache, text):
    cache.parent.mkdir()
    cache.write_text(text)
    heard = []
    with listening(heard.append):
        assert known() is CAUTIOUS
    assert [event.code for event in heard if isinstance(event, Warned)] == ["calibration_unreadable"]
    save(MEASURED)
    assert known() == MEASURED


@pytest.mark.parametrize("figure", [-1.0, math.nan, math.inf, 10**400, "fast", True, None])
def test_figures_that_are_no_seconds_are_refused(cache, figure):
    save(MEASURED)
    told = json.loads(cache.read_text())
    (entry,) = told["machines"].values()
    entry["calibration"]["per_task"]["processes"] = figure
    cache.write_text(json.dumps(told))
    calibration._read.cache_clear()
    assert known() is CAUTIOUS


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_in_its_place_is_not_waited_for(cache):
    cache.parent.mkdir()
    os.mkfifo(cache)
    assert known() is CAUTIOUS
    assert save(MEASURED) == cache
    assert known() == MEASURED


def test_a_cache_that_cannot_be_written_is_no_fault(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert save(MEASURED) is None
    assert known() is CAUTIOUS


def test_a_user_without_a_home_has_no_cache(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(calibration.Path, "home", lambda: (_ for _ in ()).throw(RuntimeError))
    assert calibration_file() is None
    assert save(MEASURED) is None
    assert known() is CAUTIOUS
