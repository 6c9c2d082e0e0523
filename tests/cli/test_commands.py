"""Each command does what it says, on the right stream, with the right code."""

import csv
import io
import json
import re
import sys

import pytest

from whence.cli.main import run
from whence.explanation.answer import Answer

GRAPH = "z -> x -> y; z -> y"
COUNTS = [
    {"x": x, "y": y, "z": z, "count": count}
    for (x, y, z), count in {
        (0, 0, 0): 60, (0, 1, 0): 20, (1, 0, 0): 10, (1, 1, 0): 10,
        (0, 0, 1): 10, (0, 1, 1): 10, (1, 0, 1): 20, (1, 1, 1): 60,
    }.items()
]  # fmt: skip
EFFECT = 0.25  # in both strata: 1/2 - 1/4 and 3/4 - 1/2


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "counts.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(COUNTS[0]))
        writer.writeheader()
        writer.writerows(COUNTS)
    return tmp_path


@pytest.fixture
def said(capsys):
    """Run a command; its code, stdout and stderr."""

    def ask(*arguments):
        code = run(list(arguments))
        words = capsys.readouterr()
        return code, words.out, words.err

    return ask


ASK = ("ask", "effect of x on y", "--data", "counts.csv", "--weights", "count", "--graph", GRAPH)


# ── ask ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_is_printed_and_nothing_else(said):
    code, out, err = said(*ASK)
    assert code == 0
    assert err == ""
    assert "0.25" in out
    assert "\x1b" not in out


def test_json_is_an_answer_that_can_be_read_back(said):
    code, out, _ = said(*ASK, "--format", "json")
    assert code == 0
    answer = Answer.from_json(out.encode())
    assert answer.estimate.value == pytest.approx(EFFECT)
    assert answer.estimate.n == 200


@pytest.mark.parametrize(
    ("ending", "sign"),
    [
        ("json", '"whence.answer/1"'),
        ("md", "#"),
        ("html", "<!doctype html>"),
        ("tex", "\\section"),
        ("txt", "0.25"),
    ],
)
def test_the_ending_of_the_file_decides_the_format(said, folder, ending, sign):
    code, out, err = said(*ASK, "--out", f"a.{ending}")
    assert code == 0
    assert out == ""
    assert f"a.{ending}" in err
    text = (folder / f"a.{ending}").read_text("utf-8")
    assert sign in text.lower() or sign in text
    assert "\x1b" not in text
    assert sorted(path.name for path in folder.iterdir()) == [f"a.{ending}", "counts.csv"]


def test_full_shows_the_proof_and_the_ledger(said):
    short, full = said(*ASK)[1], said(*ASK, "--full")[1]
    assert len(full) > len(short)
    assert "No unobserved confounder" in full


@pytest.mark.parametrize("stream", ["--data", "--graph"])
def test_a_dash_reads_stdin(said, folder, monkeypatch, stream):
    data = (folder / "counts.csv").read_bytes()
    given = data if stream == "--data" else GRAPH.encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    arguments = list(ASK)
    arguments[arguments.index(stream) + 1] = "-"
    code, out, _ = said(*arguments, "--format", "json")
    assert code == 0
    assert json.loads(out)["estimate"]["value"] == pytest.approx(EFFECT)


def test_stdin_cannot_be_two_things(said):
    code, _, err = said("ask", "effect of x on y", "--data", "-", "--graph", "-")
    assert code == 2
    assert "stdin" in err


def test_an_empty_stdin_is_empty_data(said, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    code, _, err = said("ask", "effect of x on y", "--data", "-", "--graph", GRAPH)
    assert code == 2
    assert "stdin" in err


def test_a_refusal_is_code_3_and_says_what_would_help(said):
    code, out, err = said("ask", "effect of x on y", "--data", "counts.csv", "--weights", "count")
    assert code == 3
    assert err == ""
    assert "graph" in out
    code, out, _ = said("ask", "effect of x on y", "--graph", GRAPH, "--format", "json")
    assert code == 3
    told = json.loads(out)
    assert told["refusal"]["kind"] == "needs_data"
    assert told["estimand"]["verified"] is True


def test_a_failed_refutation_is_code_4_only_under_strict(said):
    # y copies x, so that y as a placebo outcome of another y must fail.
    arguments = (*ASK, "--placebo", "w", "--derive", "w=y")
    assert said(*arguments)[0] == 0
    code, out, _ = said(*arguments, "--strict", "--format", "json")
    told = json.loads(out)
    assert "failed" in {each["verdict"] for each in told["refutations"]}
    assert code == 4


def test_options_reach_the_answer(said):
    code, out, _ = said(
        *ASK, "--where", "z = 0", "--derive", "u=1 - z", "--method", "ols", "--level", "0.9", "--seed", "5",
        "--assume", "counts are right", "--format", "json",
    )  # fmt: skip
    told = json.loads(out)
    assert code == 0
    assert told["estimate"]["n"] == 100
    assert told["estimate"]["level"] == 0.9
    assert told["estimate"]["method"] == "ols"
    assert told["provenance"]["seed"] == 5
    assert "counts are right" in {each["statement"] for each in told["assumptions"]}


@pytest.mark.parametrize("workers", ["serial", "threads:2", "processes:2"])
def test_the_number_of_workers_changes_nothing(said, workers):
    told = json.loads(said(*ASK, "--format", "json", "--workers", workers)[1])
    assert told["estimate"]["value"] == pytest.approx(EFFECT)


def test_a_record_keeps_every_answer(said, folder):
    said(*ASK, "--record", "record.jsonl")
    said(*ASK, "--record", "record.jsonl")
    assert len((folder / "record.jsonl").read_text().splitlines()) == 2


def test_progress_is_shown_on_a_terminal_only_and_leaves_an_empty_line(said, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert run(list(ASK)) == 0
    shown = terminal.getvalue()
    assert "estimating" in shown
    assert shown.endswith("\r\x1b[2K")
    assert "\n" not in shown


# ── identify and verify ─────────────────────────────────────────────────────────────────────────────────────


def test_identify_prints_the_estimand_and_that_its_proof_was_checked(said):
    code, out, err = said("identify", "P(y | do(x))", "--graph", GRAPH)
    assert code == 0
    assert err == ""
    assert "P(y | x, z)" in out
    assert "proof holds" in out


def test_identify_shows_each_step_when_asked(said):
    out = said("identify", "P(y | do(x))", "--graph", "x -> m -> y; x <-> y", "--full")[1]
    assert out.count("because") >= 2
    assert "It rests on" in out


def test_identify_refuses_with_the_hedge_and_what_would_help(said):
    code, out, _ = said("identify", "P(y | do(x))", "--graph", "x -> y; x <-> y", "--full")
    assert code == 3
    assert "hedge" in out
    assert "What would help" in out


def test_identify_without_a_graph_needs_one(said):
    code, out, _ = said("identify", "P(y | do(x))")
    assert code == 3
    assert "graph" in out


def test_verify_accepts_what_identify_and_ask_write(said, folder):
    said("identify", "P(y | do(x))", "--graph", "x -> m -> y; x <-> y", "--out", "proof.json")
    code, out, _ = said("verify", "proof.json", "--full")
    assert code == 0
    assert "proof holds" in out
    said(*ASK, "--out", "answer.json")
    code, out, _ = said("verify", "answer.json", "--format", "json")
    told = json.loads(out)
    assert code == 0
    assert told["proved"] is True
    assert [step["step"] for step in told["steps"]] == list(range(1, len(told["steps"]) + 1))


def test_verify_accepts_a_proof_of_impossibility(said):
    assert said("identify", "P(y | do(x))", "--graph", "x -> y; x <-> y", "--out", "hedge.json")[0] == 3
    code, out, _ = said("verify", "hedge.json", "--full")
    assert code == 0
    assert "hedge" in out


@pytest.mark.parametrize("question", ["P(y_{x=1}=1 | x=0)", "PNS(x=1 -> y=1)"])
def test_verify_accepts_two_models_without_a_hedge(said, question):
    assert said("identify", question, "--graph", "x -> y; x <-> y", "--out", "models.json")[0] == 3
    code, out, _ = said("verify", "models.json")
    assert code == 0
    assert "is not determined" in out


def test_verify_rejects_the_proof_in_a_graph_where_it_does_not_hold(said):
    said("identify", "P(y | do(x))", "--graph", GRAPH, "--out", "proof.json")
    assert said("verify", "proof.json", "--graph", GRAPH)[0] == 0
    code, out, err = said("verify", "proof.json", "--graph", GRAPH + "; x <-> y")
    assert code == 2
    assert out == ""
    assert "rejected" in err


def test_a_rejected_proof_is_told_in_words(said):
    said("identify", "P(y | do(x))", "--graph", "x -> m -> y; x <-> y", "--out", "proof.json")
    err = said("verify", "proof.json", "--graph", "x -> m -> y; x <-> y; x <-> m")[2]
    assert "it is not true that" in err
    for sign_of_python in ("Fact(", "Term(", "frozenset", "('"):
        assert sign_of_python not in err


def other_text(told):
    told["estimand"]["text"] = "P(y | x)"


def other_query(told):
    told["query"] = "P(x | do(y))"


def other_graph(told):
    told["graph"]["edges"] += [{"source": "x", "target": "y", "mark": "<->"}]


def other_graph_throughout(told):
    other_graph(told)
    told["estimand"]["graph"] = told["graph"]


def other_formula(told):
    simpler = json.loads(json.dumps(told["estimand"]["expression"]).replace('"z"', '"x"'))
    told["estimand"]["expression"] = simpler


def no_facts(told):
    for step in told["estimand"]["derivation"]:
        step["because"] = []


def other_rule(told):
    told["estimand"]["derivation"][0]["rule"] = "observation"


def no_steps(told):
    told["estimand"]["derivation"] = []


TAMPERED = [
    *(other_text, other_query, other_graph, other_graph_throughout),
    *(other_formula, no_facts, other_rule, no_steps),
]


@pytest.mark.parametrize("tamper", TAMPERED, ids=lambda tamper: tamper.__name__)
def test_verify_rejects_an_answer_that_was_tampered_with(said, folder, tamper):
    said("identify", "P(y | do(x))", "--graph", GRAPH, "--out", "proof.json")
    told = json.loads((folder / "proof.json").read_text("utf-8"))
    before = json.dumps(told)
    tamper(told)
    assert json.dumps(told) != before
    (folder / "tampered.json").write_text(json.dumps(told), "utf-8")
    code, out, err = said("verify", "tampered.json")
    assert code == 2
    assert out == ""
    assert err


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"schema": "whence.answer/1"}', '"answer.json"', "\x00"]
)
def test_verify_takes_nothing_but_an_answer(said, folder, text):
    (folder / "no.json").write_text(text)
    code, out, err = said("verify", "no.json")
    assert code == 2
    assert out == ""
    assert "answer" in err


def test_verify_names_a_missing_file(said):
    code, _, err = said("verify", "none.json")
    assert code == 2
    assert "none.json" in err


# ── graph ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_graph_lists_what_can_be_tested_and_what_to_adjust_for(said):
    code, out, _ = said("graph", "z -> x -> y; z -> y; z -> w", "--effect", "x -> y")
    assert code == 0
    assert "w ⟂ x | z" in out or "x ⟂ w | z" in out
    assert "minimal adjustment sets: {z}" in out
    assert "proof checked" in out


def test_graph_says_where_an_effect_cannot_be_known(said):
    code, out, _ = said("graph", "x -> y; x <-> y; i -> x", "--effect", "x -> y")
    assert code == 0
    assert "not determined" in out
    assert "adjustment sets: none" in out
    assert "instrument: i" in out


def test_graph_holds_its_independences_to_data(said):
    wrong, right = "x -> y; z -> y", GRAPH
    told = json.loads(
        said("graph", wrong, "--data", "counts.csv", "--weights", "count", "--format", "json")[1]
    )
    assert [test["failed"] for test in told["tests"]] == [True]
    out = said("graph", wrong, "--data", "counts.csv", "--weights", "count")[1]
    assert "failed" in out
    assert "no independence" in said("graph", right, "--data", "counts.csv", "--weights", "count")[1]


@pytest.mark.parametrize("language", ["arrows", "dagitty", "dot", "gml", "json"])
def test_graph_translates_between_languages(said, folder, language):
    text = said("graph", "z -> x -> y; x <-> y; u [latent] -> y", "--to", language)[1]
    (folder / "graph.txt").write_text(text)
    again = said("graph", "graph.txt", "--to", "arrows")[1]
    assert sorted(again.strip().split("; ")) == sorted(
        ["u [latent]", "z -> x", "x -> y", "x <-> y", "u -> y"]
    )


def test_graph_of_a_thousand_nodes_stops_counting_what_it_implies(said):
    chain = " -> ".join(f"v{number}" for number in range(1_000))
    code, out, _ = said("graph", chain)
    assert code == 0
    assert "It implies more than 1,000 independences" in out
    assert "… and more than 980 more" in out
    told = json.loads(said("graph", chain, "--format", "json")[1])
    assert len(told["independences"]) == 1_000
    assert told["more_independences"]
    assert not json.loads(said("graph", "a -> b -> c", "--format", "json")[1])["more_independences"]


@pytest.mark.parametrize("effect", ["x", "x -> ", "-> y", "x -> y -> z"])
def test_graph_wants_an_effect_written_as_an_arrow(said, effect):
    code, _, err = said("graph", GRAPH, "--effect", effect)
    assert code == 2
    assert "x -> y" in err


def test_graph_names_the_near_miss_of_an_effect(said):
    code, _, err = said("graph", "price -> sales", "--effect", "price -> sale")
    assert code == 2
    assert 'Did you mean "sales"' in err


# ── demo ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_demo_answers_on_real_data_and_writes_the_report(said, folder):
    code, out, err = said("demo")
    assert code == 0
    assert "$1,794" in out  # the experiment
    assert "−$8,498" in out  # the naive comparison
    assert "failed" in out  # the placebo outcome, loudly
    assert "Try next" in out
    assert "report.html" in err
    page = (folder / "report.html").read_text("utf-8")
    assert "<!doctype html>" in page.lower()
    assert re.findall(r"https?:(?!//www\.w3\.org)", page) == []


def test_demo_gives_a_number_near_the_experiment(said, monkeypatch):
    from whence.cli import demo
    from whence.engine.asking import ask
    from whence.examples import path

    answer = ask(demo.QUESTION, path("lalonde"), demo.GRAPH, derive=demo.NO_EARNINGS)
    assert abs(answer.estimate.value - 1794.34) < answer.estimate.se <= 800
    assert answer.estimate.naive == pytest.approx(-8497.52, abs=0.005)


def test_a_file_of_a_graph_needs_no_ending_and_a_missing_one_is_named(said, folder):
    (folder / "mygraph").write_text("x -> y", "utf-8")
    for name in ("mygraph", "./mygraph"):
        assert "x -> y" in said("graph", name)[1]
    for name in ("./nosuch", "data/nosuch"):
        code, _, err = said("graph", name)
        assert code == 2
        assert "There is no file" in err
    assert "1 node, 0 edges" in said("graph", '"a/b"')[1]
    assert "1 node, 0 edges" in said("graph", "x // a comment")[1]


def test_a_folder_is_no_graph_and_is_refused_in_words(said, folder):
    code, _, err = said("graph", str(folder))
    assert code == 2
    assert "is a folder" in err
    assert "Errno" not in err


def test_one_edge_is_not_edges(said):
    assert "2 nodes, 1 edge\n" in said("graph", "x -> y")[1]
