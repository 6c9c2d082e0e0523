"""The gallery: which runs can be watched, and how what is watched follows what happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from whence.rlm.demo import RECORDING
from whence.rlm.events import CellRan, RunEnded, RunEvent, RunStarted
from whence.rlm.journal.record import header_of, run_events
from whence.rlm.views.tree import tree_of
from whence.studio.watching import gallery as galleries
from whence.studio.watching.demonstration import PAUSES, RECORDED, Clock, played
from whence.studio.watching.gallery import Gallery, TooManyDemonstrations, UnknownJournal
from whence.studio.watching.journals import cards, journal_id
from whence.studio.watching.watched import Watched

LINES = RECORDING.read_bytes().splitlines(keepends=True)
EVENTS = tuple(run_events(RECORDING))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(galleries, "PATIENCE", 0.001)


def a_folder(path: Path) -> Path:
    (path / "whole.jsonl").write_bytes(b"".join(LINES))
    (path / "begun.jsonl").write_bytes(b"".join(LINES[:12]))
    (path / "other.jsonl").write_text('{"kind": "something"}\n')
    (path / "empty.jsonl").write_text("")
    (path / "notes.txt").write_bytes(b"".join(LINES))
    (path / "folder.jsonl").mkdir()
    (path / "link.jsonl").symlink_to(RECORDING)
    return path


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.002)


def test_only_journals_of_the_folder_itself_are_listed(tmp_path: Path):
    found = {card.journal: card for card in cards(a_folder(tmp_path))}
    assert set(found) == {journal_id("whole.jsonl"), journal_id("begun.jsonl")}
    assert found[journal_id("whole.jsonl")].state == "answered"
    assert found[journal_id("begun.jsonl")].state == "open"
    question = header_of(RECORDING).question
    assert question is not None
    assert found[journal_id("whole.jsonl")].question[:300] == question[:300]


def test_a_run_that_two_pages_ask_for_at_once_is_followed_once(tmp_path: Path):
    async def both() -> tuple[bool, int]:
        gallery = Gallery(a_folder(tmp_path), lambda _: None)
        wanted = journal_id("whole.jsonl")
        begun = asyncio.all_tasks()
        one, other = await asyncio.gather(gallery.watch(wanted), gallery.watch(wanted))
        follow = len(asyncio.all_tasks() - begun)
        await gallery.close()
        return one is other, follow

    assert asyncio.run(both()) == (True, 1)


def test_without_a_folder_there_is_nothing_to_list(tmp_path: Path):
    assert cards(None) == cards(tmp_path / "nowhere") == ()


@pytest.mark.parametrize("name", ["other.jsonl", "link.jsonl", "notes.txt", "../whole.jsonl", "nothing"])
def test_what_is_not_listed_cannot_be_watched(tmp_path: Path, name: str):
    async def tried() -> None:
        gallery = Gallery(a_folder(tmp_path), lambda _: None)
        for each in (journal_id(name), name):
            with pytest.raises(UnknownJournal):
                await gallery.watch(each)

    asyncio.run(tried())


def test_a_journal_is_followed_while_it_grows(tmp_path: Path):
    async def followed() -> None:
        told: list[str] = []
        path = tmp_path / "run.jsonl"
        path.write_bytes(b"".join(LINES[:30]))
        gallery = Gallery(tmp_path, told.append)
        watched = await gallery.watch(journal_id("run.jsonl"))
        assert watched.shown().state == "going"
        before = watched.shown()
        assert await gallery.watch(journal_id("run.jsonl")) is watched
        with path.open("ab") as file:
            file.write(b"".join(LINES[30:]))
        await until(lambda: watched.over)
        after = watched.shown()
        assert after.state == "ended"
        assert after.version > before.version
        assert after.tree == tree_of(EVENTS)
        assert set(told) == {journal_id("run.jsonl")}
        assert before.tree != after.tree
        await gallery.close()

    asyncio.run(followed())


def test_a_journal_that_was_tampered_with_stops_with_its_reason(tmp_path: Path):
    async def followed() -> None:
        path = tmp_path / "run.jsonl"
        path.write_bytes(b"".join([*LINES[:30], *LINES[31:]]))
        gallery = Gallery(tmp_path, lambda _: None)
        watched = await gallery.watch(journal_id("run.jsonl"))
        assert watched.shown().state == "broken"
        assert "line 31" in watched.shown().trouble
        assert str(tmp_path) not in watched.shown().trouble
        assert watched.shown().tree.turns
        await gallery.close()

    asyncio.run(followed())


def test_a_run_that_is_gone_on_with_goes_on_here_too():
    watched = Watched("j", "run.jsonl", "journal")
    for event in EVENTS:
        watched.add(event)
    assert watched.over
    watched.add(next(event for event in EVENTS if isinstance(event, RunStarted)))
    assert watched.shown().state == "going"
    assert watched.shown().tree.turns == ()


def test_the_end_of_a_child_is_not_the_end():
    watched = Watched("j", "run.jsonl", "journal")
    ends = [event for event in EVENTS if isinstance(event, RunEnded)]
    watched.add(ends[0])
    assert not watched.over
    watched.add(ends[-1])
    assert watched.over


def test_the_demonstration_plays_to_its_end_confined_or_as_recorded():
    async def play() -> tuple[list[str], Watched]:
        notes: list[str] = []
        watched = Watched("d", "Demonstration", "demonstration")
        async for event in played(notes.append, {}):
            watched.add(event)
        return notes, watched

    notes, watched = asyncio.run(play())
    ended = watched.shown().tree.ended
    assert ended is not None
    assert ended.answer == "232"
    assert all("SIMULATED" in note for note in notes)
    if RECORDED in notes:
        assert watched.shown().tree == tree_of(EVENTS)
    else:
        assert all(turn.reply.replayed for turn in watched.shown().tree.turns if turn.reply)


def test_only_so_many_demonstrations_play_at_once_and_closing_ends_them():
    async def play() -> None:
        told: list[str] = []
        gallery = Gallery(None, told.append)
        first = gallery.demo()
        gallery.demo()
        with pytest.raises(TooManyDemonstrations):
            gallery.demo()
        await until(lambda: first in told)
        assert (await gallery.watch(first)).shown().state == "going"
        await gallery.close()
        with pytest.raises(UnknownJournal):
            await gallery.watch(first)

    asyncio.run(play())


def test_what_is_shown_slowly_has_the_times_of_the_showing():
    async def slowed() -> list[RunEvent]:
        clock = Clock(dict.fromkeys(PAUSES, 0.001))
        return [await clock.shown(event) for event in EVENTS]

    shown = asyncio.run(slowed())
    times = [event.at for event in shown]
    assert times == sorted(times)
    assert tree_of(shown).seconds == pytest.approx(times[-1])
    assert [replace(event, at=0.0) for event in shown if isinstance(event, CellRan)] == [
        replace(event, at=0.0) for event in EVENTS if isinstance(event, CellRan)
    ]
