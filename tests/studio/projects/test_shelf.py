"""All projects: found by their ids and nothing else, listed without reading their logs, never destroyed."""

from __future__ import annotations

import json
import os
import sys

import pytest

from whence.runtime.errors import BrokenRecord, CyclicGraph
from whence.studio.projects import shelf as shelf_module
from whence.studio.projects.edits import AddEdge, AddNode, LoadData, Rename
from whence.studio.projects.errors import UnknownProject
from whence.studio.projects.project import LOG, Project
from whence.studio.projects.sheet import Dataset
from whence.studio.projects.shelf import ID, UNREADABLE, Shelf
from whence.studio.view import ProjectCard


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def shelf(home):
    found = Shelf(home)
    yield found
    found.close()


def test_a_new_project_has_its_title_and_what_was_to_be_done_in_it(shelf):
    project = shelf.create("Wages", LoadData(Dataset("k", "wages.csv"), ("x", "y")), AddEdge("x", "y"))
    assert ID.fullmatch(project.id)
    assert shelf.cards() == (ProjectCard(project.id, "Wages", project.changed_at, 2, "wages.csv", 0),)


def test_a_project_that_cannot_be_begun_leaves_nothing_behind(shelf, home):
    with pytest.raises(CyclicGraph):
        shelf.create("Circles", AddEdge("x", "y"), AddEdge("y", "x"))
    assert (shelf.cards(), list((home / "projects").iterdir())) == ((), [])


def test_an_open_project_is_one_and_the_same(shelf):
    project = shelf.create("Wages")
    assert shelf.open(project.id) is project
    project.close()
    again = shelf.open(project.id)
    assert again is not project
    assert again.sheet == project.sheet


def test_ids_are_not_to_be_guessed(shelf):
    assert len({shelf.create("").id for _ in range(50)}) == 50


@pytest.mark.parametrize(
    "project",
    [
        "",
        ".",
        "..",
        "../removed",
        "a" * 12,
        "A" * 12,
        "a" * 11,
        "/etc",
        "a" * 12 + "\n",
        "\x00" * 12,
        "a/../b" * 2,
    ],
)
def test_an_id_leads_to_no_other_folder(shelf, home, project):
    (home / "removed" / ("b" * 12)).mkdir(parents=True)
    with pytest.raises(UnknownProject):
        shelf.open(project)
    with pytest.raises(UnknownProject):
        shelf.delete(project)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_is_no_project(shelf, home, tmp_path):
    Project(tmp_path / "elsewhere").close()
    (home / "projects" / ("c" * 12)).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnknownProject):
        shelf.open("c" * 12)
    assert shelf.cards() == ()


def test_a_deleted_project_is_out_of_sight_but_not_destroyed(shelf, home):
    project = shelf.create("Wages")
    shelf.delete(project.id)
    assert shelf.cards() == ()
    assert project.closed
    with pytest.raises(UnknownProject):
        shelf.open(project.id)
    with Project(home / "removed" / project.id) as kept:
        assert kept.sheet.title == "Wages"


# ── the list ────────────────────────────────────────────────────────────────────────────────────────────────


def at(home, project, seconds):
    os.utime(home / "projects" / project / LOG, (seconds, seconds))


def test_the_list_begins_with_what_changed_last(shelf, home):
    ids = [shelf.create(title).id for title in "abc"]
    shelf.close()
    for project, seconds in zip(ids, (300, 100, 200), strict=True):
        at(home, project, seconds)
    assert [card.title for card in shelf.cards()] == ["a", "c", "b"]


def test_the_list_reads_a_log_once_and_again_only_if_it_has_grown(shelf, home, monkeypatch):
    ids = [shelf.create(title).id for title in "abc"]
    shelf.close()
    before = shelf.cards()
    read = []
    folded = shelf_module.folded
    monkeypatch.setattr(shelf_module, "folded", lambda folder: read.append(folder.name) or folded(folder))
    assert Shelf(home).cards() == before
    assert read == []
    with Project(home / "projects" / ids[1]) as project:
        project.apply(AddNode("x"))
    assert {card.project: card.nodes for card in Shelf(home).cards()} == {ids[0]: 0, ids[1]: 1, ids[2]: 0}
    assert read == [ids[1]]


def test_the_list_shows_an_open_project_as_it_is(shelf):
    project = shelf.create("Wages")
    project.begin_run("why?")
    project.end_run(1, "failed", error="There are no data.")
    project.apply(Rename("Pay"))
    (card,) = shelf.cards()
    assert (card.title, card.runs, card.last) == ("Pay", 1, "There are no data.")
    shelf.close()
    assert shelf.cards() == (card,)


@pytest.mark.parametrize("noted", ["", "no JSON", "[]", "{}", '{"log": SIZE, "title": 1}', "[" * 100_000])
def test_a_note_that_is_none_is_made_anew(shelf, home, noted):
    project = shelf.create("Wages").id
    shelf.close()
    folder = home / "projects" / project
    (folder / "card.json").write_text(noted.replace("SIZE", str((folder / LOG).stat().st_size)))
    assert [card.title for card in shelf.cards()] == ["Wages"]
    assert json.loads((folder / "card.json").read_text())["title"] == "Wages"


def test_a_note_or_a_log_that_is_a_link_is_not_followed(shelf, home, tmp_path):
    kept, linked = shelf.create("Wages").id, shelf.create("Prices").id
    shelf.close()
    for project, name in ((kept, "card.json"), (linked, LOG)):
        file = home / "projects" / project / name
        told = file.read_text().replace("Wages", "Elsewhere")  # a device in its place would have no end
        file.unlink()
        (tmp_path / name).write_text(told)
        file.symlink_to(tmp_path / name)
    assert [(card.project, card.title) for card in shelf.cards()] == [(kept, "Wages")]


def test_a_project_that_was_tampered_with_is_listed_with_what_is_wrong_and_spoils_no_other(shelf, home):
    good, bad = shelf.create("good").id, shelf.create("bad").id
    shelf.close()
    log = home / "projects" / bad / LOG
    log.write_bytes(log.read_bytes().replace(b"bad", b"worse"))
    cards = {card.project: card for card in shelf.cards()}
    assert cards[good].title == "good"
    assert (cards[bad].title, cards[bad].last) == (UNREADABLE, "Its log does not hang together at line 2.")
    with pytest.raises(BrokenRecord):
        shelf.open(bad)
    shelf.delete(bad)
    assert [card.project for card in shelf.cards()] == [good]


def test_what_is_no_project_is_not_listed(shelf, home):
    (home / "projects" / ("d" * 12)).mkdir()
    (home / "projects" / "notes.txt").write_text("mine")
    assert shelf.cards() == ()


def test_data_that_undo_could_bring_back_are_kept(tmp_path):
    shelf = Shelf(tmp_path)
    project = shelf.create("One", LoadData(Dataset("a" * 64, "a.csv"), ("x",)))
    project.apply(LoadData(Dataset("b" * 64, "b.csv"), ("x",)))
    project.undo()
    gone = shelf.create("Two", LoadData(Dataset("c" * 64, "c.csv"), ("x",)))
    assert shelf.data_kept() == {letter * 64 for letter in "abc"}
    shelf.delete(gone.id)
    assert shelf.data_kept() == {"a" * 64, "b" * 64}
    shelf.close()
