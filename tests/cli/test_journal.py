"""`whence ask --journal`: what was done is kept, is told on stderr, and is not done again."""

import csv
import json
import random

import pytest

from whence.cli.main import run

GRAPH = "z -> x -> y; z -> y"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chance = random.Random(0)
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["z", "x", "y"])
        for _ in range(200):
            z = chance.gauss(0, 1)
            x = int(chance.random() < 0.5)
            writer.writerow([z, x, x + z + chance.gauss(0, 1)])
    return tmp_path


@pytest.fixture
def said(capsys):
    def ask(*more):
        code = run(
            ["ask", "effect of x on y", "--data", "rows.csv", "--graph", GRAPH, "--learners", "linear", *more]
        )
        words = capsys.readouterr()
        return code, words.out, words.err

    return ask


def without_time(answer):
    told = json.loads(answer)
    del told["provenance"]["elapsed_s"]
    return told


def test_a_second_run_finds_what_the_first_one_kept(said, folder):
    code, first, err = said("--executor", "threads:2", "--journal", "run.sqlite", "--format", "json")
    assert code == 0
    assert err.startswith('whence: 0 results were found in "run.sqlite", ')
    added = int(err.split(", ")[1].split()[0])
    assert added > 0
    code, again, err = said("--executor", "serial", "--journal", "run.sqlite", "--format", "json")
    assert err == f'whence: {added} results were found in "run.sqlite", 0 added.\n'
    assert without_time(again) == without_time(first)
    assert (folder / "run.sqlite").stat().st_mode & 0o777 == 0o600
    assert not (folder / "run.sqlite-wal").exists()


def test_other_rows_find_nothing(said, folder):
    said("--journal", "run.sqlite")
    rows = (folder / "rows.csv").read_text().splitlines()
    (folder / "rows.csv").write_text("\n".join(rows[:-1]) + "\n")
    assert 'whence: 0 results were found in "run.sqlite"' in said("--journal", "run.sqlite")[2]


def test_a_file_that_is_no_journal_is_a_mistake_and_stays_as_it_is(said, folder):
    before = (folder / "rows.csv").read_bytes()
    code, out, err = said("--journal", "rows.csv", "--format", "json")
    assert (code, out) == (2, "")
    assert json.loads(err)["error"] == "unusable_journal"
    assert (folder / "rows.csv").read_bytes() == before


def test_an_executor_that_nobody_knows_makes_no_journal(said, folder):
    code, _, err = said("--executor", "forks", "--journal", "run.sqlite")
    assert code == 2
    assert "forks" in err
    assert not (folder / "run.sqlite").exists()
