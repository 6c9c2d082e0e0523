"""A project is what follows from its log: after reopening, after a crash, at any revision."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import whence as wh
from studio.projects.edit_strategies import edits
from whence.language.graph_text import graph
from whence.runtime.errors import BrokenRecord, CyclicGraph, InvalidAnswer, WhenceError
from whence.runtime.journal import RecordInUse, UnusableRecord, Writer
from whence.studio.projects import editing, history
from whence.studio.projects.editing import applied
from whence.studio.projects.edits import AddEdge, AddNode, Ask, MoveNode, Rename, SetGraph
from whence.studio.projects.errors import InvalidEdit, UnknownRevision, UnknownRun
from whence.studio.projects.history import WHOLE_EVERY
from whence.studio.projects.project import LOG, Project
from whence.studio.projects.sheet import Sheet

numbers = count()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "p"


@pytest.fixture(scope="session")
def many(tmp_path_factory):
    return tmp_path_factory.mktemp("projects")


@pytest.fixture(scope="session")
def answer():
    data = {"x": [0, 0, 1, 1] * 40, "y": [1, 2, 2, 3] * 40}
    return wh.ask("effect of x on y", data, "x -> y", method="ols")


def state(project):
    return (project.sheet, project.revision, project.can_undo, project.can_redo, project.runs)


# ── the log ─────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.lists(edits | st.sampled_from(["undo", "undo", "redo", "open"]), max_size=30))
@settings(max_examples=60, deadline=None)
def test_any_edits_undone_and_redone_come_to_the_same_sheet_after_reopening(many, done):
    folder = many / str(next(numbers))
    project = Project(folder)
    back, ahead, trail = [Sheet()], [], [Sheet()]
    for each in done:
        if each == "open":
            before = state(project)
            project.close()
            project = Project(folder)
            assert state(project) == before
        elif each == "undo":
            if len(back) > 1:
                ahead.append(back.pop())
                trail.append(back[-1])
            project.undo()
        elif each == "redo":
            if ahead:
                back.append(ahead.pop())
                trail.append(back[-1])
            project.redo()
        else:
            try:
                after = applied(back[-1], each)
            except WhenceError as error:
                with pytest.raises(type(error)):
                    project.apply(each)
            else:
                project.apply(each)
                if after != back[-1]:
                    back.append(after)
                    trail.append(after)
                    ahead.clear()
        assert project.sheet == back[-1]
        assert (project.can_undo, project.can_redo) == (len(back) > 1, bool(ahead))
        assert project.revision == len(trail) - 1
    project.close()
    with Project(folder) as again:
        assert again.sheet == back[-1]
        assert [again.at(revision) for revision in range(len(trail))] == trail


@given(st.lists(edits, min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_undo_then_redo_is_as_if_nothing_had_happened(many, done):
    with Project(many / str(next(numbers))) as project:
        for each in done:
            try:
                project.apply(each)
            except WhenceError:
                continue
            before = (project.sheet, project.can_undo)
            if project.can_undo:
                project.undo()
                project.redo()
            assert (project.sheet, project.can_undo) == before


def test_a_new_edit_leaves_nothing_to_redo_but_every_revision_to_see(folder):
    with Project(folder) as project:
        project.apply(AddNode("x"))
        project.undo()
        project.apply(AddNode("y"))
        assert not project.can_redo
        assert [project.at(number).graph.nodes for number in range(4)] == [(), ("x",), (), ("y",)]


def test_an_edit_that_changes_nothing_is_no_entry(folder):
    with Project(folder) as project:
        project.apply(Rename("Wages"))
        size = project.log.stat().st_size
        assert project.apply(Rename(" Wages ")) is project.sheet
        assert (project.revision, project.log.stat().st_size) == (1, size)


def test_an_edit_that_is_refused_leaves_no_trace(folder):
    with Project(folder) as project:
        project.apply(AddEdge("x", "y"))
        before, size = state(project), project.log.stat().st_size
        with pytest.raises(CyclicGraph):
            project.apply(AddEdge("y", "x"))
        assert (state(project), project.log.stat().st_size) == (before, size)


def test_what_cannot_be_undone_or_redone_is_not(folder):
    with Project(folder) as project:
        assert project.undo() == project.redo() == Sheet()
        assert project.revision == 0


@pytest.mark.parametrize("revision", [-1, 2, 10**9])
def test_a_revision_that_never_was_is_unknown(folder, revision):
    with Project(folder) as project:
        project.apply(AddNode("x"))
        with pytest.raises(UnknownRevision):
            project.at(revision)


def test_a_text_means_what_it_meant_when_it_was_given(folder, monkeypatch):
    with Project(folder) as project:
        project.apply(SetGraph("x -> y"))
    monkeypatch.setattr(editing, "graph_of_text", lambda text: graph("another -> meaning"))
    with Project(folder) as project:
        assert project.sheet.graph == graph("x -> y")


def test_opening_begins_at_the_last_sheet_that_the_log_holds_whole(folder, monkeypatch):
    with Project(folder) as project:
        for number in range(2 * WHOLE_EVERY + 5):
            project.apply(Ask(f"question {number}"))
    done = []
    monkeypatch.setattr(history, "applied", lambda sheet, edit: done.append(edit) or applied(sheet, edit))
    with Project(folder) as project:
        assert project.sheet.question == f"question {2 * WHOLE_EVERY + 4}"
        assert len(done) <= 5
        assert [project.at(number).question for number in (1, 99, 100, 101, 150)] == [
            f"question {number - 1}" for number in (1, 99, 100, 101, 150)
        ]


def test_undoing_a_long_way_back_never_works_out_much_at_a_time(folder, monkeypatch):
    with Project(folder) as project:
        for number in range(3 * WHOLE_EVERY):
            project.apply(Ask(f"question {number}"))
    done = []
    monkeypatch.setattr(history, "applied", lambda sheet, edit: done.append(edit) or applied(sheet, edit))
    with Project(folder) as project:
        while project.can_undo:
            project.undo()
        assert project.sheet == Sheet()
        assert len(done) <= 2 * 3 * WHOLE_EVERY
    with Project(folder) as project:
        while project.can_redo:
            project.redo()
        assert project.sheet.question == f"question {3 * WHOLE_EVERY - 1}"


def test_one_process_at_a_time_has_a_project(folder):
    with Project(folder) as project:
        project.apply(AddNode("x"))
        with pytest.raises(RecordInUse):
            Project(folder)
        project.apply(AddNode("y"))


def test_a_closed_project_takes_no_edits(folder):
    project = Project(folder)
    project.close()
    project.close()
    with pytest.raises(UnusableRecord):
        project.apply(AddNode("x"))
    assert (project.sheet, project.revision) == (Sheet(), 0)


# ── crashes and tampering ───────────────────────────────────────────────────────────────────────────────────


def test_a_log_cut_off_at_any_byte_gives_the_sheet_of_the_entries_before_it(folder):
    sheets = [Sheet()]
    with Project(folder) as project:
        sheets += [project.apply(each) for each in (AddEdge("x", "y"), MoveNode("x", (1, 2)))]
        sheets.append(project.undo())
    whole = (folder / LOG).read_bytes()
    begin = whole.index(b"\n") + 1
    for cut in range(begin, len(whole) + 1):
        (folder / LOG).write_bytes(whole[:cut])
        with Project(folder) as project:
            assert project.revision in (entries := whole[:cut].count(b"\n") - 1, entries + 1)
            assert project.sheet == sheets[project.revision]
            project.apply(Rename("goes on"))
        with Project(folder) as project:
            assert project.sheet.title == "goes on"


KILLED = """
import os, signal, sys
from pathlib import Path
from whence.studio.projects.edits import AddNode
from whence.studio.projects.project import Project

project = Project(Path(sys.argv[1]))
for number in range(50):
    project.apply(AddNode(f"x{number}"))
    print(number, flush=True)
    if number == 20:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_a_process_that_is_killed_loses_no_edit_that_it_had_made(folder):
    source = str(Path(wh.__file__).parent.parent)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder)],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": source},
    )
    assert ended.returncode == -9, ended.stderr
    told = len(ended.stdout.split())
    with Project(folder) as project:
        assert (project.revision, len(project.sheet.graph.nodes)) == (told, told)
        assert told == 21


def test_a_line_that_was_changed_is_told(folder):
    with Project(folder) as project:
        for name in "abc":
            project.apply(AddNode(name))
    lines = (folder / LOG).read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        for changed in (line.replace(b"o", b"0", 1), b"", b"{}\n"):
            if number == len(lines) and changed == b"":
                continue  # what is cut off at the end does not show
            (folder / LOG).write_bytes(b"".join([*lines[: number - 1], changed, *lines[number:]]))
            with pytest.raises(BrokenRecord) as error:
                Project(folder)
            assert error.value.line == number
    (folder / LOG).write_bytes(b"".join(lines))
    with Project(folder) as project:
        assert project.revision == 3


@pytest.mark.parametrize(
    "entry",
    [
        {"does": "explode"},
        {"does": "redo"},
        {"does": "edit", "edit": {"kind": "Explode"}},
        {"does": "edit", "edit": {"kind": "RemoveNode", "name": "not there"}},
        {"does": "edit"},
        {"does": "run", "number": 7, "revision": 0, "question": "?"},
        {"does": "run", "number": 1, "revision": 7, "question": "?"},
        {"does": "end", "number": 1, "state": "answered", "error": "", "sentence": "", "answer": ""},
        {"does": "begin", "format": "whence.project/1"},
        {},
    ],
)
def test_an_entry_that_no_project_has_written_is_refused_with_its_line(folder, entry):
    with Project(folder) as project:
        project.apply(AddNode("x"))
    with Writer(folder / LOG) as writer:
        writer.write(entry)
    with pytest.raises(BrokenRecord) as error:
        Project(folder)
    assert error.value.line == 3


def test_a_log_of_another_format_is_refused(folder):
    folder.mkdir()
    with Writer(folder / LOG) as writer:
        writer.write({"does": "begin", "format": "whence.project/99"})
    with pytest.raises(BrokenRecord) as error:
        Project(folder)
    assert error.value.line == 1


def test_a_refused_log_is_let_go_of(folder):
    with Project(folder) as project:
        project.apply(AddNode("x"))
    good = (folder / LOG).read_bytes()
    (folder / LOG).write_bytes(good.replace(b"AddNode", b"AddNodE"))
    with pytest.raises(BrokenRecord):
        Project(folder)
    (folder / LOG).write_bytes(good)
    Project(folder).close()


# ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_run_is_noted_with_its_question_and_revision_and_its_answer_kept(folder, answer):
    with Project(folder) as project:
        project.apply(AddEdge("x", "y"))
        run = project.begin_run("effect of x on y")
        assert (run.number, run.revision, run.state) == (1, 1, "going")
        project.apply(AddNode("z"))
        ended = project.end_run(1, "answered", answer)
        assert (ended.state, ended.sentence) == ("answered", answer.text)
        assert project.revision == 2
        before = state(project)
    with Project(folder) as project:
        assert state(project) == before
        assert project.answer(1) == answer
        assert project.at(project.run(1).revision).graph == graph("x -> y")


def test_a_run_that_a_crash_cut_off_is_still_going(folder):
    with Project(folder) as project:
        project.begin_run("one")
        project.begin_run("two")
        project.end_run(1, "failed", error="no data")
    with Project(folder) as project:
        assert [(run.question, run.state, run.error) for run in project.runs] == [
            ("one", "failed", "no data"),
            ("two", "going", ""),
        ]


def test_a_run_ends_once_and_in_a_way_that_a_run_can_end(folder, answer):
    with Project(folder) as project:
        project.begin_run("one")
        for how in ({"state": "going"}, {"state": "answered"}, {"state": "failed", "answer": answer}):
            with pytest.raises(InvalidEdit):
                project.end_run(1, **how)
        project.end_run(1, "cancelled")
        with pytest.raises(UnknownRun, match="over"):
            project.end_run(1, "cancelled")
        for number in (0, 2):
            with pytest.raises(UnknownRun):
                project.end_run(number, "cancelled")
        for number in (0, 1):
            with pytest.raises(UnknownRun):
                project.answer(number)


def test_an_answer_that_was_changed_on_the_disk_is_refused(folder, answer):
    with Project(folder) as project:
        project.begin_run("one")
        project.end_run(1, "answered", answer)
        file = folder / "answers" / "1.json"
        told = json.loads(file.read_bytes())
        told["estimate"]["value"] = 1e6
        file.write_text(json.dumps(told))
        with pytest.raises(InvalidAnswer, match="changed"):
            project.answer(1)
        project.begin_run("two")
        project.end_run(2, "answered", answer)
        (folder / "answers" / "2.json").rename(folder / "kept.json")
        (folder / "answers" / "2.json").symlink_to(folder / "kept.json")
        with pytest.raises(InvalidAnswer, match="changed"):
            project.answer(2)
        file.unlink()
        with pytest.raises(InvalidAnswer, match="not there"):
            project.answer(1)


def test_an_answer_that_was_half_written_when_the_process_died_is_written_anew(folder, answer):
    with Project(folder) as project:
        project.begin_run("one")
    (folder / "answers" / "1.part").write_text("half")
    (folder / "answers" / "1.json").write_text("of a run that was not noted as over")
    with Project(folder) as project:
        assert project.run(1).state == "going"
        project.end_run(1, "answered", answer)
        assert project.answer(1) == answer
