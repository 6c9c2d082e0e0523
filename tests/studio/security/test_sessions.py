"""Tokens are good once or for a time, and what is stored of them lets nobody in."""

import json
import os
import stat
import sys

import pytest

from whence.studio.security import sessions as module
from whence.studio.security.session_file import SCHEMA
from whence.studio.security.sessions import (
    DAY,
    IDLE_SECONDS,
    LAUNCH_SECONDS,
    LAUNCHES,
    SESSION_SECONDS,
    SESSIONS,
    Sessions,
    hashed,
)


class Clock:
    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def begun(sessions):
    token = sessions.exchange(sessions.launch())
    assert token is not None
    return token


def test_tokens_are_long_and_never_the_same(tmp_path):
    sessions = Sessions(tmp_path)
    tokens = {sessions.launch() for _ in range(100)} | {begun(sessions) for _ in range(100)}
    assert len(tokens) == 200
    assert all(len(token) == 43 for token in tokens)


def test_a_launch_token_opens_no_session_twice_and_is_none_itself(tmp_path):
    sessions = Sessions(tmp_path)
    launch = sessions.launch()
    assert sessions.known(launch) is None
    token = sessions.exchange(launch)
    assert sessions.exchange(launch) is None
    assert sessions.exchange(token) is None
    assert sessions.known(token) is not None


@pytest.mark.parametrize(
    "token", ["", "x", "A" * 43, "A" * 44, "ü" * 43, "\ud800" * 43, "\0" * 43, "A" * 100_000]
)
def test_a_token_that_was_made_up_is_not_known(tmp_path, token):
    sessions = Sessions(tmp_path)
    begun(sessions)
    sessions.launch()
    assert sessions.known(token) is None
    assert sessions.exchange(token) is None


def test_a_launch_token_runs_out(tmp_path, clock):
    sessions = Sessions(tmp_path, clock=clock)
    launch = sessions.launch()
    clock.now += LAUNCH_SECONDS
    assert sessions.exchange(launch) is None


def test_only_so_many_launch_tokens_are_good_at_once(tmp_path):
    sessions = Sessions(tmp_path)
    tokens = [sessions.launch() for _ in range(LAUNCHES + 1)]
    assert sessions.exchange(tokens[0]) is None
    assert sessions.exchange(tokens[-1]) is not None


def test_a_session_ends_when_it_is_not_used(tmp_path, clock):
    sessions = Sessions(tmp_path, clock=clock)
    token = begun(sessions)
    for _ in range(5):
        clock.now += IDLE_SECONDS - 1_000
        assert sessions.known(token) is not None
    clock.now += IDLE_SECONDS
    assert sessions.known(token) is None


def test_a_session_ends_in_any_case(tmp_path, clock):
    sessions = Sessions(tmp_path, clock=clock)
    token = begun(sessions)
    for _ in range(int(SESSION_SECONDS / DAY) - 1):
        clock.now += DAY
        assert sessions.known(token) is not None
    clock.now += DAY
    assert sessions.known(token) is None


def test_a_clock_that_was_set_back_does_not_make_a_session_live_longer(tmp_path, clock):
    sessions = Sessions(tmp_path, clock=clock)
    token = begun(sessions)
    clock.now -= 10 * DAY
    assert sessions.known(token) is None


def test_only_so_many_sessions_are_kept_and_the_one_unused_for_longest_goes(tmp_path, clock):
    sessions = Sessions(tmp_path, clock=clock)
    first = begun(sessions)
    clock.now += 1
    second = begun(sessions)
    clock.now += 700
    sessions.known(first)
    for _ in range(SESSIONS - 1):
        begun(sessions)
    assert sessions.known(second) is None
    assert sessions.known(first) is not None


def test_sessions_outlive_a_restart_and_launch_tokens_do_not(tmp_path):
    sessions = Sessions(tmp_path)
    token, launch = begun(sessions), sessions.launch()
    again = Sessions(tmp_path)
    assert again.known(token) is not None
    assert again.exchange(launch) is None


def test_a_session_that_was_ended_stays_ended(tmp_path):
    sessions = Sessions(tmp_path)
    token = begun(sessions)
    sessions.end(sessions.known(token))
    assert sessions.known(token) is None
    assert Sessions(tmp_path).known(token) is None


def test_the_file_gives_no_token_away(tmp_path):
    sessions = Sessions(tmp_path)
    token = begun(sessions)
    text = (tmp_path / "sessions.json").read_text()
    assert token not in text
    assert hashed(token) in text
    assert sessions.known(hashed(token)) is None
    assert [path.name for path in tmp_path.iterdir()] == ["sessions.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_the_file_is_for_its_owner_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        begun(Sessions(tmp_path / "home"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "home" / "sessions.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


ROW = ["0" * 64, 1.0, 1.0]
UNTRUSTED = [
    b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"sessions": []}', b"[" * 60_000, b" " * 100_000,
    json.dumps({"schema": SCHEMA, "sessions": 3}).encode(),
    json.dumps({"schema": SCHEMA, "sessions": [["x", 1.0, 1.0]]}).encode(),
    json.dumps({"schema": SCHEMA, "sessions": [[*ROW, 1]]}).encode(),
    json.dumps({"schema": SCHEMA, "sessions": [["0" * 64, "1", 1]]}).encode(),
    b'{"schema": "whence.sessions/1", "sessions": [["' + b"0" * 64 + b'", NaN, Infinity]]}',
    b'{"schema": "whence.sessions/1", "sessions": [["' + b"0" * 64 + b'", 1' + b"0" * 400 + b", 1]]}",
]  # fmt: skip


@pytest.mark.parametrize("content", UNTRUSTED, ids=range(len(UNTRUSTED)))
def test_a_file_that_is_none_of_ours_means_no_sessions(tmp_path, content):
    path = tmp_path / "sessions.json"
    path.write_bytes(content)
    path.chmod(0o600)
    sessions = Sessions(tmp_path)
    assert sessions._sessions == {}
    token = begun(sessions)
    assert Sessions(tmp_path).known(token) is not None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
@pytest.mark.parametrize("mode", [0o644, 0o660, 0o602])
def test_a_file_that_others_could_write_or_read_is_not_believed(tmp_path, mode):
    token = begun(Sessions(tmp_path))
    (tmp_path / "sessions.json").chmod(mode)
    assert Sessions(tmp_path).known(token) is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such links")
def test_a_link_or_a_pipe_in_its_place_is_not_followed(tmp_path):
    token = begun(Sessions(tmp_path / "a"))
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "sessions.json").symlink_to(tmp_path / "a" / "sessions.json")
    assert Sessions(tmp_path / "b").known(token) is None
    (tmp_path / "c").mkdir()
    os.mkfifo(tmp_path / "c" / "sessions.json", 0o600)
    assert Sessions(tmp_path / "c").known(token) is None


def test_a_folder_that_cannot_be_written_costs_the_restart_and_not_the_session(tmp_path, monkeypatch):
    sessions = Sessions(tmp_path)
    monkeypatch.setattr(sessions, "_file", tmp_path / "not" / "there" / "sessions.json")
    assert sessions.known(begun(sessions)) is not None


def test_being_seen_is_written_down_seldom(tmp_path, clock, monkeypatch):
    sessions = Sessions(tmp_path, clock=clock)
    token = begun(sessions)
    written = []
    monkeypatch.setattr(module, "write_sessions", lambda *_: written.append(clock.now))
    for _ in range(1_000):
        clock.now += 1
        sessions.known(token)
    assert len(written) == 1
