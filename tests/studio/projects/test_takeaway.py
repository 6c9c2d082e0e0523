"""What is taken away stands by itself: the script makes the same answer, the files have safe names."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import whence as wh
from studio.projects.edit_strategies import HOSTILE, MARKS
from whence.examples import path
from whence.explanation.answer import Answer
from whence.language.graph import Edge, Graph
from whence.language.graph_text import graph
from whence.runtime.errors import GraphError
from whence.runtime.journal import entries
from whence.studio.projects.asking import options_of, question_of
from whence.studio.projects.checking import nameable, parts_of_text
from whence.studio.projects.edits import (
    AddEdge,
    AddNode,
    Derive,
    LoadData,
    Rename,
    SetContrast,
    SetGraph,
    SetPart,
    Where,
)
from whence.studio.projects.errors import UnknownRun
from whence.studio.projects.script import graph_lines, numbers
from whence.studio.projects.sheet import Dataset, Sheet
from whence.studio.projects.shelf import Shelf
from whence.studio.projects.takeaway import answer_json, dagitty, dagitty_text, filename, log, report, script

SOURCE = str(Path(wh.__file__).parent.parent)
COLUMNS = ("treat", "age", "education", "re74", "re75", "re78")
DRAWN = (
    SetGraph("education -> treat; age -> treat; age -> re78; education -> re78; treat -> re78"),
    SetPart("treat", "treatment"),
    SetPart("re78", "outcome"),
    SetContrast(("0", "1")),
)


@pytest.fixture
def shelf(tmp_path):
    found = Shelf(tmp_path / "home")
    yield found
    found.close()


def answered(project, source):
    sheet = project.sheet
    known = sheet.graph if sheet.graph.nodes else None
    run = project.begin_run(question_of(sheet))
    table = None if source is None else wh.table(source)
    answer = wh.ask(run.question, table, known, **options_of(sheet))
    project.end_run(run.number, "answered", answer)
    return answer


def run_file(file, *arguments):
    """Run a script as whoever took it away would, in its own folder."""
    return subprocess.run(
        [sys.executable, "-W", "error", file.name, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=file.parent,
        env={**os.environ, "PYTHONPATH": SOURCE},
    )


def run_script(project, tmp_path, *arguments):
    file = tmp_path / "again.py"
    file.write_bytes(script(project, 1).content)
    return run_file(file, *arguments)


def test_the_script_of_an_answer_from_bundled_data_finds_the_same_numbers(shelf, tmp_path):
    project = shelf.create(
        "Job training",
        LoadData(Dataset("k", "nsw.parquet", "nsw"), COLUMNS),
        *DRAWN,
        Derive("u74", "re74 = 0"),
        Where("age > 20"),
        SetPart("re75", "placebo"),
    )
    answer = answered(project, path("nsw"))
    assert answer.estimate is not None
    ended = run_script(project, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert f"{answer.estimate.value:,.0f}"[:3] in ended.stdout
    assert repr(numbers(answer)) in script(project, 1).content.decode()


@pytest.fixture
def wages(tmp_path):
    rows = "\n".join(f"{number % 2},{number % 3},{number % 5 + number % 2}" for number in range(90))
    file = tmp_path / "wages.csv"
    file.write_text(f'"it\'s ""x""",z,"y; {{}}"\n{rows}\n')
    return file


def test_the_script_of_an_answer_from_a_file_takes_the_file_and_no_other(shelf, tmp_path, wages):
    x, y = 'it\'s "x"', "y; {}"
    project = shelf.create(
        '"""; raise SystemExit(9)',
        LoadData(Dataset("k", '"; import os  # wages.csv'), (x, "z", y)),
        AddEdge(x, y),
        AddEdge("z", x),
        AddEdge("z", y),
        SetPart(x, "treatment"),
        SetPart(y, "outcome"),
        SetContrast(("0", "1")),
    )
    answered(project, wages)
    ended = run_script(project, tmp_path, str(wages))
    assert ended.returncode == 0, ended.stderr
    other = tmp_path / "other.csv"
    other.write_text(wages.read_text().replace("\n1,", "\n0,", 1))
    ended = run_script(project, tmp_path, str(other))
    assert ended.returncode == 1
    assert "does not hold the data" in ended.stderr


def test_the_script_says_so_if_it_finds_something_else(shelf, tmp_path, wages):
    project = shelf.create("Wages", LoadData(Dataset("k", str(wages))), SetGraph("z"))
    project.begin_run('E["y; {}"]')
    answer = wh.ask('E["y; {}"]', wh.table(wages), None)
    assert answer.estimate is not None
    project.end_run(1, "answered", answer)
    assert run_script(project, tmp_path, str(wages)).returncode == 0
    text = script(project, 1).content.decode()
    changed = text.replace(repr(answer.estimate.value), "0.5", 1)
    assert changed != text
    file = tmp_path / "changed.py"
    file.write_text(changed)
    ended = run_file(file)
    assert ended.returncode == 1
    assert "0.5" in ended.stderr


def test_the_script_of_a_refusal_without_data_refuses_again(shelf, tmp_path):
    project = shelf.create(
        "Smoking", SetGraph("x -> y; x <-> y"), SetPart("x", "treatment"), SetPart("y", "outcome")
    )
    answer = answered(project, None)
    assert answer.status == "refused"
    ended = run_script(project, tmp_path)
    assert ended.returncode == 0, ended.stderr


NAMES = st.text(max_size=8).filter(nameable) | st.sampled_from([name for name in HOSTILE if nameable(name)])


def test_a_variable_that_is_called_like_a_file_is_a_variable(shelf, tmp_path):
    (tmp_path / "y.txt").write_text("secret -> found")
    project = shelf.create("Names", AddNode("y.txt"))
    project.begin_run('E["y.txt"]')
    project.end_run(1, "answered", wh.ask('E["y.txt"]', None, project.sheet.graph))
    ended = run_script(project, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "secret" not in ended.stdout


@settings(max_examples=60, deadline=None)
@given(
    st.lists(NAMES, max_size=5),
    st.lists(st.tuples(NAMES, NAMES, st.sampled_from(MARKS)), max_size=6),
    st.data(),
)
def test_a_graph_in_a_script_reads_back_with_everything_in_order(nodes, edges, data):
    try:
        drawn = Graph.of(nodes, [Edge(*edge) for edge in edges])
        hidden = data.draw(st.sets(st.sampled_from(drawn.nodes))) if drawn.nodes else ()
        drawn = Graph.of(drawn.nodes, drawn.edges, latent=hidden)
    except GraphError:
        return
    lines = graph_lines(drawn)
    assert all(isinstance(ast.literal_eval(repr(line)), str) and "\n" not in line for line in lines)
    back = graph("\n".join([*lines, ""])) if drawn.nodes else drawn
    assert (back, back.nodes, back.edges) == (drawn, drawn.nodes, drawn.edges)


def test_report_and_json_are_those_of_the_answer(shelf):
    project = shelf.create("Löhne", SetGraph("x -> y"), SetPart("x", "treatment"), SetPart("y", "outcome"))
    answer = answered(project, None)
    page, told = report(project, 1), answer_json(project, 1)
    shown, made = (re.sub(r"wh-[a-z]+\d+", "", each) for each in (page.content.decode(), answer.to_html()))
    assert shown == made  # but for the ids of its pictures, which are counted on
    assert Answer.from_json(told.content) == answer
    assert (page.filename, told.filename) == ("lohne-report-1.html", "lohne-answer-1.json")
    assert page.media_type.startswith("text/html")
    for take in (report, answer_json, script):
        with pytest.raises(UnknownRun):
            take(project, 2)


def test_the_graph_and_the_log_are_as_they_are_now(shelf, tmp_path):
    project = shelf.create("Wages", SetGraph("x -> y; u [latent] -> y"), Rename("Pay"))
    taken = dagitty(project)
    assert graph(taken.content.decode()) == project.sheet.graph
    assert taken.filename == "pay-graph.dagitty"
    file = tmp_path / "log.jsonl"
    file.write_bytes(log(project).content)
    assert [entry["does"] for entry in entries(file)] == ["begin", "edit", "edit", "edit"]
    assert all(json.loads(line) for line in file.read_text().splitlines())


@settings(deadline=None)
@given(st.text(max_size=300))
def test_no_title_makes_a_file_name_that_is_unsafe(title):
    found = filename(title, "report", "html")
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*\.html", found)
    assert len(found) < 100


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("", "log.jsonl"),
        ("../../etc/passwd", "etc-passwd-log.jsonl"),
        ("名前", "log.jsonl"),
        ("A  b", "a-b-log.jsonl"),
    ],
)
def test_a_file_name_begins_with_what_letters_the_title_has(title, found):
    assert filename(title, "log", "jsonl") == found


def test_dagitty_goes_out_and_comes_back_with_its_treatment_and_its_outcome():
    graph = wh.graph('age -> "the dose" -> y; u -> y', latent=["u"])
    sheet = Sheet(graph=graph, parts={"the dose": "treatment", "y": "outcome", "z": "weights"})
    text = dagitty_text(sheet)
    assert wh.graph(text) == graph
    assert parts_of_text(text) == {"the dose": "treatment", "y": "outcome"}
    pasted = 'dag {\nbb="0,0,1,1"\n"x 1" [exposure,pos="-2.2,-1.5"]\nY [outcome]\n"x 1" -> Y\n}'
    assert parts_of_text(pasted) == {"x 1": "treatment", "Y": "outcome"}
    assert parts_of_text("x -> y") == {}
    assert parts_of_text("dag { a [exposure] b [exposure] a -> b }") == {}
