"""Following a journal that another writes: nothing is missed, shown twice, or shown that was forged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.rlm.demo import RECORDING
from whence.rlm.events import Noted
from whence.rlm.journal.record import entry_of, run_events
from whence.runtime.journal import Writer
from whence.studio.watching.following import Follower, UnreadableJournal

WHOLE = RECORDING.read_bytes()
EVENTS = tuple(run_events(RECORDING))


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, len(WHOLE) - 1), max_size=8, unique=True))
def test_however_the_file_grows_the_events_are_those_of_the_whole_journal(tmp_path_factory, cuts: list[int]):
    path = tmp_path_factory.mktemp("grows") / "run.jsonl"
    path.write_bytes(b"")
    follower, found = Follower(path), []
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(WHOLE)], strict=True):
        with path.open("ab") as file:
            file.write(WHOLE[begin:end])
        assert follower.behind
        found += follower.more()
        assert not follower.behind
    assert tuple(found) == EVENTS
    assert follower.more() == ()


def test_a_large_journal_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("whence.studio.watching.following.MOST_AT_ONCE", 10_000)
    path = tmp_path / "run.jsonl"
    path.write_bytes(WHOLE)
    follower, found = Follower(path), []
    while follower.behind:
        found += follower.more()
    assert tuple(found) == EVENTS


def test_the_half_line_that_a_crash_left_is_cut_off_by_the_next_writer_and_nothing_is_lost(tmp_path: Path):
    path = tmp_path / "run.jsonl"
    with Writer(path) as writer:
        writer.write(entry_of(Noted(message="one")))
    with path.open("ab") as file:
        file.write(b'{"at": "2026-01-01", "entr')
    follower = Follower(path)
    assert [event.message for event in follower.more()] == ["one"]
    with Writer(path) as writer:
        assert follower.more() == ()
        writer.write(entry_of(Noted(message="two")))
    assert [event.message for event in follower.more()] == ["two"]


def changed(line: int, change) -> bytes:
    lines = WHOLE.splitlines(keepends=True)
    lines[line] = change(lines[line])
    return b"".join(lines)


def forged(raw: bytes) -> bytes:
    told = json.loads(raw)
    told["entry"]["text"] = "something else"
    return json.dumps(told).encode() + b"\n"


@pytest.mark.parametrize(
    "change", [forged, lambda _: b"", lambda raw: raw + raw, lambda _: b"{}\n", lambda _: b"[" * 5000 + b"\n"]
)
def test_what_was_forged_is_not_shown_and_what_came_before_it_is(tmp_path: Path, change):
    path = tmp_path / "run.jsonl"
    path.write_bytes(changed(20, change))
    follower = Follower(path)
    before = follower.more()
    assert 0 < len(before) < 20
    assert before == EVENTS[: len(before)]
    assert follower.behind
    for _ in range(2):
        with pytest.raises(UnreadableJournal, match="line 2"):
            follower.more()


def test_a_file_in_the_place_of_another_is_refused(tmp_path: Path):
    path = tmp_path / "run.jsonl"
    path.write_bytes(WHOLE)
    follower = Follower(path)
    follower.more()
    path.write_bytes(WHOLE[:5_000])
    with pytest.raises(UnreadableJournal, match="another file"):
        follower.more()


def test_a_journal_that_is_gone_is_told_without_its_folder(tmp_path: Path):
    follower = Follower(tmp_path / "run.jsonl")
    assert follower.behind
    with pytest.raises(UnreadableJournal) as caught:
        follower.more()
    assert str(tmp_path) not in str(caught.value)


def test_an_event_of_a_later_version_ends_the_watching_with_a_word(tmp_path: Path):
    path = tmp_path / "run.jsonl"
    with Writer(path) as writer:
        writer.write({"kind": "event", "event": "levitated", "run": "0"})
    with pytest.raises(UnreadableJournal, match="levitated"):
        Follower(path).more()
