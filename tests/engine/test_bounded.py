"""`ask` where no number can be had: limits, in every view, and refusals where there are not even those."""

import json

import numpy as np
import pytest

import whence as wh
from whence.cli.main import run
from whence.explanation.answer import Answer

GRAPH = "assigned -> taken -> improved; taken <-> improved"
TRIAL = {  # Lipid Research Clinics trial; Balke and Pearl (1997)
    "assigned": [0, 0, 1, 1, 1, 1],
    "taken": [0, 0, 0, 0, 1, 1],
    "improved": [0, 1, 0, 1, 0, 1],
    "count": [158, 14, 52, 12, 23, 78],
}


@pytest.fixture(scope="module")
def answer() -> Answer:
    return wh.ask("effect of taken on improved", TRIAL, GRAPH, weights="count")


def test_an_effect_that_is_not_identified_is_bounded_and_the_refusal_stays_as_the_reason(answer):
    assert answer.status == "bounded"
    assert answer.refusal is not None and answer.refusal.kind == "not_identified"
    assert answer.verified
    assert (answer.bounds["lower"], answer.bounds["upper"]) == pytest.approx((0.3913319, 0.7792107), abs=1e-6)
    assert answer.text == (
        "The effect of taken on improved is not fixed by these variables, but it lies between 0.391 and "
        "0.779 whatever the hidden causes are (no narrower limits follow; 95 %: 0.148 to 0.900; n = 337)."
    )
    sources = {each.source for each in answer.assumptions}
    assert sources == {"graph", "default"}


def test_every_view_shows_the_limits(answer):
    assert "limits  0.391 to 0.779  (95 %: 0.148 to 0.900; n = 337)" in answer.to_text()
    assert "| limits | 0.391 to 0.779 | 95 %: 0.148 to 0.900 | 337 |" in answer.to_markdown()
    assert "limits & 0.391 to 0.779" in answer.to_latex()
    page = answer.to_html()
    assert "The limits on a number line" in page
    assert "no single value follows" in page
    told = json.loads(answer.to_json())
    assert told["status"] == "bounded"
    assert told["bounds"]["sharp"] is True
    assert sum(each["share"] for each in told["bounds"]["witnesses"]["lower"]) == pytest.approx(1.0)
    assert Answer.from_json(answer.to_json()).to_dict() == answer.to_dict()
    assert "0.391 to 0.779" in repr(answer)


def test_an_assumption_narrows_the_limits_and_stands_in_the_sentence_and_the_ledger():
    question = "E[improved | do(taken=1)] - E[improved | do(taken=0)] assuming monotone(taken -> improved)"
    found = wh.ask(question, TRIAL, GRAPH, weights="count", assume=["The records are right."])
    assert found.bounds["lower"] == pytest.approx(0.4642, abs=1e-3)
    assert "if raising taken never lowers improved, for anybody" in found.text
    assert {each.statement for each in found.assumptions if each.source == "user"} == {
        "Raising taken never lowers improved, for anybody.",
        "The records are right.",
    }


def test_limits_that_meet_are_said_as_a_number():
    question = (
        "E[improved_{taken=1} - improved_{taken=0} | taken_{assigned=1}=1, taken_{assigned=0}=0]"
        " assuming monotone(assigned -> taken)"
    )
    found = wh.ask(question, TRIAL, GRAPH, weights="count")
    assert found.status == "bounded"
    assert found.bounds["upper"] - found.bounds["lower"] < 1e-9
    assert " is 0.7" in found.text


def test_a_ratio_without_an_upper_limit_is_shown_in_every_view():
    rows = {"x": [0, 0, 1, 1], "y": [0, 1, 0, 1], "n": [30, 0, 10, 10]}
    found = wh.ask("P(y=1 | do(x=1)) / P(y=1 | do(x=0))", rows, "x -> y; x <-> y", weights="n")
    assert found.status == "bounded"
    assert "∞" in found.text
    assert Answer.from_json(found.to_json()).to_dict() == found.to_dict()
    assert "∞" in Answer.from_json(found.to_json()).to_html()
    assert "∞" in found.to_text()


def test_where_there_are_no_limits_the_refusal_stands():
    rng = np.random.default_rng(0)
    many = {"x": rng.integers(0, 2, 200), "y": rng.normal(size=200)}
    assert wh.ask("effect of x on y", many, "x -> y; x <-> y").status == "refused"
    assert wh.ask("effect of x on y", None, "x -> y; x <-> y").status == "refused"
    assert wh.ask("P(y | do(x))", {"x": [0, 1] * 50, "y": [0, 1] * 50}, "x -> y; x <-> y").status == "refused"


def test_data_that_contradict_the_graph_are_said_to():
    rows = {"z": [0, 1], "x": [0, 0], "y": [1, 0], "n": [5000, 5000]}
    more = {"z": [0, 1], "x": [1, 1], "y": [1, 0], "n": [5, 5]}
    both = {name: rows[name] + more[name] for name in rows}
    found = wh.ask("effect of x on y", both, "z -> x -> y; x <-> y", weights="n")
    assert found.status == "refused"
    assert any(each.code == "contradiction" for each in found.warnings)


def test_the_command_line_counts_limits_as_an_answer(tmp_path, capsys):
    rows = zip(*TRIAL.values(), strict=True)
    lines = [",".join(TRIAL), *(",".join(map(str, row)) for row in rows)]
    (tmp_path / "trial.csv").write_text("\n".join(lines), "utf-8")
    arguments = ["--data", str(tmp_path / "trial.csv"), "--graph", GRAPH, "--weights", "count"]
    assert run(["ask", "effect of taken on improved", *arguments]) == 0
    assert "between 0.391 and 0.779" in " ".join(capsys.readouterr().out.split())


def test_a_cause_without_a_list_of_values_is_named_and_not_stumbled_over():
    steps = [place / 60 for place in range(60)]
    columns = {"x": [0, 1] * 30, "z": steps, "y": [0, 1, 1] * 20}
    answer = wh.ask("P(y_{x=0}=1 | x=1, y=1)", columns, "x -> y; z -> y")
    assert answer.status == "refused"
    limits = wh.bounds("P(y_{x=0}=1 | x=1, y=1)", "x -> y; z -> y", columns)
    assert isinstance(limits, wh.NotYetAnswerable) and "No values are listed for z" in limits.message
