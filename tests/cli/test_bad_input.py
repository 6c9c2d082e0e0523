"""Bad input gets one clear typed error and exit code 2, nothing half-done."""

import csv
import json
import random

import pytest

from whence.cli.main import run

GRAPH = "z -> x -> y; z -> y"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(n=200, seed=0):
    chance = random.Random(seed)
    for _ in range(n):
        z = chance.random() < 0.5
        x = chance.random() < (0.7 if z else 0.3)
        yield {"x": int(x), "y": round(2 * x + 3 * z + chance.gauss(0, 1), 6), "z": int(z)}


def write_csv(path, records):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)


@pytest.fixture
def good(folder):
    write_csv(folder / "good.csv", list(rows()))
    return "good.csv"


class Told:
    """What a run of the command line left behind."""

    def __init__(self, code, captured):
        self.code, self.out, self.err = code, captured.out, captured.err
        self.error = json.loads(captured.err.splitlines()[-1])


@pytest.fixture
def refused(folder, capsys):
    """Run a command that must fail; check that it fails as every bad input should."""

    def ask(*arguments, code=2):
        before = {path.name for path in folder.iterdir()}
        assert run([*arguments, "--out", "report.html"]) == code
        words = capsys.readouterr()
        assert words.out == ""
        assert "Traceback" not in words.err
        assert words.err.startswith("whence: ")
        assert run([*arguments, "--out", "report.html", "--format", "json"]) == code
        told = Told(code, capsys.readouterr())
        assert told.out == ""
        assert len(told.err.splitlines()) == 1
        assert told.error["message"]
        assert {path.name for path in folder.iterdir()} == before
        return told.error

    return ask


def test_a_missing_file_is_named(refused):
    error = refused("ask", "effect of x on y", "--data", "none.csv", "--graph", GRAPH)
    assert error["error"] == "missing_file"
    assert "none.csv" in error["message"]


def test_a_missing_graph_file_is_named_and_not_read_as_a_node(refused, good):
    error = refused("ask", "effect of x on y", "--data", good, "--graph", "no/such.dag")
    assert error["error"] == "missing_file"


@pytest.mark.parametrize("content", ["", "\n", "x,y,z\n"])
def test_an_empty_file_is_refused(refused, folder, content):
    (folder / "empty.csv").write_text(content)
    error = refused("ask", "effect of x on y", "--data", "empty.csv", "--graph", GRAPH)
    assert error["error"] == "empty_data"


def test_a_question_about_no_such_column_names_the_near_miss(refused, good):
    error = refused("ask", "P(y | do(xx=1))", "--data", good, "--graph", GRAPH)
    assert error["error"] in {"unknown_variable", "unknown_column"}
    assert '"x"' in error["cure"]


@pytest.mark.parametrize("option", ["--weights", "--cluster", "--placebo", "--benchmark"])
def test_an_option_that_names_no_column_names_the_near_miss(refused, good, option):
    error = refused("ask", "effect of x on y", "--data", good, "--graph", GRAPH, option, "zz")
    assert error["error"] in {"unknown_column", "unknown_variable"}
    assert '"z"' in error["cure"]


def test_a_cycle_is_shown_as_a_cycle(refused, good):
    error = refused("ask", "effect of x on y", "--data", good, "--graph", "x -> y -> z -> x")
    assert error["error"] == "cyclic_graph"
    assert sorted(error["details"]["cycle"]) == ["x", "y", "z"]


def test_duplicate_columns_are_named(refused, folder):
    (folder / "twice.csv").write_text("x,y,x\n1,2,3\n0,1,2\n")
    error = refused("ask", "effect of x on y", "--data", "twice.csv", "--graph", GRAPH)
    assert error["error"] == "duplicate_columns"
    assert error["details"]["names"] == ["x"]


@pytest.mark.parametrize("question", ["effect of x on x", "ATE(x -> x)", "P(x | do(x=1))"])
def test_a_treatment_that_is_the_outcome_is_refused(refused, good, question):
    error = refused("ask", question, "--data", good, "--graph", GRAPH)
    assert error["error"] == "treatment_is_outcome"


def test_text_in_a_numeric_role_shows_such_a_text(refused, folder):
    records = [record | {"y": "many" if record["x"] else "few"} for record in rows(100)]
    write_csv(folder / "text.csv", records)
    error = refused("ask", "effect of x on y", "--data", "text.csv", "--graph", GRAPH)
    assert error["error"] == "text_in_numeric_role"
    assert error["details"]["column"] == "y"
    assert set(error["details"]["examples"]) <= {"many", "few"}


@pytest.mark.parametrize("infinite", ["inf", "-inf", "Infinity"])
def test_infinite_values_are_counted(refused, folder, infinite):
    records = list(rows(100))
    records[3]["y"] = infinite
    records[50]["y"] = infinite
    write_csv(folder / "infinite.csv", records)
    error = refused("ask", "effect of x on y", "--data", "infinite.csv", "--graph", GRAPH)
    assert error["error"] == "infinite_values"
    assert error["details"] == {"column": "y", "count": 2}


def test_a_graph_node_that_is_no_column_is_named_with_the_near_miss(refused, good):
    error = refused("ask", "effect of x on y", "--data", good, "--graph", "zed -> x -> y; zed -> y; z1 -> y")
    assert error["error"] in {"unknown_column", "unknown_variable"}
    assert "latent" in error["cure"]


def test_an_unreadable_encoding_is_said(refused, folder):
    (folder / "latin.csv").write_bytes("x,y,z\n1,2,é\n0,1,ü\n".encode("latin-1"))
    error = refused("ask", "effect of x on y", "--data", "latin.csv", "--graph", GRAPH)
    assert error["error"] == "unreadable_data"
    assert "UTF-8" in error["message"] + error["cure"]


@pytest.mark.parametrize("content", [b"\x00\x01\x02\xff\xfe" * 100, b"PAR1 this is no parquet"])
def test_a_file_that_is_no_table_is_said_to_be_none(refused, folder, content):
    (folder / "noise.parquet").write_bytes(content)
    error = refused("ask", "effect of x on y", "--data", "noise.parquet", "--graph", GRAPH)
    assert error["error"] == "unreadable_data"


def test_ten_thousand_columns_are_too_many_or_are_read(refused, folder):
    names = [f"v{i}" for i in range(10_000)]
    with (folder / "wide.csv").open("w") as file:
        for line in (names, ["1"] * 10_000, ["0"] * 10_000):
            file.write(",".join(line) + "\n")
    error = refused("ask", "effect of v1 on v2", "--data", "wide.csv", "--graph", "v1 -> v2")
    assert error["error"] == "too_many_columns"
    assert error["details"]["count"] == 10_000


@pytest.mark.parametrize(
    ("question", "column"),
    [("P(y | do(x=1)", 14), ("P(y | do(x=)", 12), ("E[y | do(x=1)] -", 17), ("P(y || x)", 6)],
)
def test_a_malformed_query_points_at_its_column(refused, good, question, column):
    error = refused("ask", question, "--data", good, "--graph", GRAPH)
    assert error["error"] == "query_syntax"
    assert error["details"]["column"] == column
    assert error["cure"]


@pytest.mark.parametrize("text", ["x -> -> y", "x -> ", "x => y", "{x, y -> z"])
def test_a_malformed_graph_points_at_its_column(refused, good, text):
    error = refused("ask", "effect of x on y", "--data", good, "--graph", text)
    assert error["error"] in {"graph_syntax", "invalid_graph"}


@pytest.mark.parametrize(
    "where",
    [
        "x >",
        "1; DROP TABLE data",
        "x IN (SELECT x FROM read_csv('/etc/passwd'))",
        "read_text('/etc/passwd') = ''",
        "nosuch > 1",
        "getenv('HOME') = ''",
    ],
)
def test_a_filter_that_is_no_plain_expression_over_columns_is_refused(refused, good, where):
    error = refused("ask", "effect of x on y", "--data", good, "--graph", GRAPH, "--where", where)
    assert error["error"] in {"invalid_filter", "unknown_column"}


@pytest.mark.parametrize("derive", ["u", "u=", "=x", "u=(SELECT 1)", "u=x +"])
def test_a_derived_column_that_is_none_is_refused(refused, good, derive):
    error = refused("ask", "effect of x on y", "--data", good, "--graph", GRAPH, "--derive", derive)
    assert error["error"] == "invalid_filter"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--method", "aipv"),
        ("--errors", "jackknife"),
        ("--workers", "forks"),
        ("--level", "2"),
        ("--seed", "-1"),
    ],
)
def test_an_option_out_of_range_is_met_with_its_choices(refused, good, option, value):
    error = refused("ask", "effect of x on y", "--data", good, "--graph", GRAPH, option, value)
    assert error["error"] in {"invalid_option", "usage"}


def test_an_unknown_option_is_a_usage_error(refused):
    assert refused("ask", "effect of x on y", "--dat", "x.csv")["error"] == "usage"


def test_a_question_that_nobody_can_read_is_met_with_the_forms_that_can_be_read(refused, good):
    error = refused("ask", "colourless green ideas sleep furiously", "--data", good, "--graph", GRAPH)
    assert error["error"] == "query_syntax"
    assert "effect of" in error["cure"]


def test_two_labels_ask_back_which_way(refused, folder):
    records = [record | {"x": "drug" if record["x"] else "placebo"} for record in rows(100)]
    write_csv(folder / "labels.csv", records)
    error = refused("ask", "effect of x on y", "--data", "labels.csv", "--graph", GRAPH)
    assert error["error"] == "ambiguous_question"
    readings = error["details"]["readings"]
    assert len(readings) == 2
    assert all("drug" in reading and "placebo" in reading for reading in readings)


def test_a_folder_in_place_of_a_file_is_refused(refused, folder):
    (folder / "data").mkdir()
    error = refused("ask", "effect of x on y", "--data", "data", "--graph", GRAPH)
    assert error["error"] in {"unreadable_data", "missing_file"}


def test_an_ending_that_is_no_format_is_refused_before_the_work(folder, good, capsys):
    assert run(["ask", "effect of x on y", "--data", good, "--graph", GRAPH, "--out", "a.docx"]) == 2
    assert not (folder / "a.docx").exists()
    assert ".html" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_refused_before_the_work(folder, good, capsys):
    assert run(["ask", "effect of x on y", "--data", good, "--graph", GRAPH, "--out", "no/a.html"]) == 2
    assert "--out" in capsys.readouterr().err


def test_an_error_never_touches_what_was_there(folder, good, capsys):
    (folder / "report.html").write_text("yesterday")
    assert run(["ask", "effect of x on q", "--data", good, "--graph", GRAPH, "--out", "report.html"]) == 2
    assert (folder / "report.html").read_text() == "yesterday"
