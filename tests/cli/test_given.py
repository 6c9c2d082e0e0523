"""What is given from the command line and in Python: identified from, checked again from the file alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from whence.cli.main import run
from whence.engine.asking import ask
from whence.explanation.answer import Answer
from whence.language.query_text import query
from whence.language.source import Source
from whence.runtime.errors import InvalidQuery

GRAPH = "x -> z -> y; x <-> y"
SOURCES = ("--given", "P(x, z)", "--given", "P@trial(y | do(z))")
SRC = Path(__file__).parents[2] / "src"

CERTIFICATES = {
    "given": ("P(y | do(x))", "--graph", GRAPH, *SOURCES, "--differs", "trial:x"),
    "counterfactual": ("P(y_{x=1}=1, x=0)", "--graph", "x -> m -> y; x <-> y"),
    "nested": ("NDE(x -> y via m)", "--graph", "x -> m -> y; x -> y"),
    "missing": ("P(x, y)", "--graph", "x -> y; y -> r", "--given", 'P("x*", y, r)', "--recorded", "x:r"),
    "selected": ("P(y | do(x))", "--graph", "x -> y; x -> s", "--given", "P(x, y | s=1)"),
    "refused": ("P(y | do(x))", "--graph", "x -> y; x <-> y"),
    "refused imagining": ("P(y_{x=0}=0, y_{x=1}=1)", "--graph", "x -> y"),
    "refused sources": ("P(y | do(x))", "--graph", GRAPH, *SOURCES, "--differs", "trial:y,z"),
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def said(capsys):
    def ask(*arguments):
        code = run(list(arguments))
        words = capsys.readouterr()
        return code, words.out, words.err

    return ask


def whence(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    """The command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", "from whence.cli.main import main; main()", *arguments],
        input=stdin, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(SRC)},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


# ── identify from what is given ─────────────────────────────────────────────────────────────────────────────


def test_an_experiment_elsewhere_and_a_study_here_together_answer(said):
    code, out, err = said("identify", *CERTIFICATES["given"])
    assert code == 0
    assert err == ""
    assert "Σ_{z} P(z | x) P@trial(y | do(z))" in out
    assert "From P(x, z); P@trial(y | do(z)), where the mechanism of x may differ." in out
    assert "proof holds" in out


def test_what_differs_there_is_no_help_here(said):
    code, out, _ = said("identify", *CERTIFICATES["refused sources"], "--full")
    assert code == 3
    assert "Two worlds look the same in P(x, z) and P@trial(y | do(z))" in out
    assert "y, in trial" in out


def test_a_record_with_gaps_is_given_by_its_starred_name(said):
    code, out, _ = said("identify", *CERTIFICATES["missing"])
    assert code == 0
    assert "recorded: x where r=1" in out


def test_ask_in_python_and_on_the_command_line_say_the_same(said):
    sources = ["P(x, z)", Source(query("P@trial(y | do(z))").body, ("x",))]
    answer = ask("P(y | do(x))", None, GRAPH, given=sources)
    code, out, _ = said("ask", *CERTIFICATES["given"], "--format", "json")
    told = Answer.from_json(out.encode())
    assert code == 3  # a number needs data
    assert told.estimand == answer.estimand
    assert told.refusal == answer.refusal
    assert "P@trial(y | do(z))" in answer.refusal.message


def test_the_answer_says_how_to_ask_it_again_and_that_gives_the_same(said):
    for kind in ("given", "missing", "refused sources"):
        first = Answer.from_json(said("ask", *CERTIFICATES[kind], "--format", "json")[1].encode())
        place: dict[str, Answer] = {}
        exec(first.provenance["script"].replace("print(answer.text)", ""), place)
        assert place["answer"].estimand == first.estimand
        assert place["answer"].refusal == first.refusal
        assert place["answer"].provenance["command"] == first.provenance["command"]


def test_data_and_distributions_together_are_asked_back():
    with pytest.raises(InvalidQuery) as raised:
        ask("P(y | do(x))", {"x": [0, 1], "z": [0, 1], "y": [0, 1]}, GRAPH, given=["P(x, z, y)"])
    assert "Leave the data out" in raised.value.cure


def test_distributions_without_a_graph_need_one(said):
    for question in ("P(y | x)", "P(y | do(x))"):
        code, out, _ = said("identify", question, "--given", "P(x, y)")
        assert code == 3
        assert "graph of what causes what" in out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--given", "P(x, q)"), '"q"'),
        (("--given", "x"), "P(Y | do(X=1))"),
        (("--given", "E[y | x]"), "no distribution"),
        (("--given", "P(y_{x=1})"), "no distribution"),
        (("--given", "P(x)", "--differs", "trial:z"), "a population of --given"),
        (("--given", "P@trial(x)", "--differs", "trial"), "trial:z"),
        (("--given", "P@trial(x)", "--differs", "trial:q"), '"q"'),
        (("--given", 'P("x*", r)', "--recorded", "x"), "x:r"),
    ],
)
def test_what_cannot_be_given_is_named_with_its_cure(said, arguments, word):
    for form in ("text", "json"):
        code, out, err = said("identify", "P(y | do(x))", "--graph", GRAPH, *arguments, "--format", form)
        assert code == 2
        assert out == ""
        assert word in (json.loads(err)["message"] + json.loads(err)["cure"] if form == "json" else err)


# ── verify, from the file alone ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_every_kind_of_certificate_is_verified_from_its_json_alone(said, folder, kind):
    refused = kind.startswith("refused")
    assert said("identify", *CERTIFICATES[kind], "--out", "a.json")[0] == (3 if refused else 0)
    code, out, err = said("verify", "a.json", "--full")
    assert (code, err) == (0, "")
    assert "Proved" in out
    assert ("Two worlds look the same" in out) == refused
    told = json.loads(said("verify", "a.json", "--format", "json")[1])
    assert told["proved"] is True
    again = Answer.from_json(folder / "a.json")
    assert again.verified
    assert again.to_dict() == json.loads((folder / "a.json").read_text("utf-8"))


def changed_value(told):
    told["refusal"]["witness"]["models"][0]["value"] = "7/8"


def changed_mechanism(told):
    told["refusal"]["witness"]["models"][1]["mechanisms"][-1]["table"].reverse()


def changed_share(told):
    told["refusal"]["witness"]["models"][0]["hidden"][0]["probabilities"] = ["1/3", "2/3"]


def same_twice(told):
    models = told["refusal"]["witness"]["models"]
    models[1] = models[0]


def changed_at(told):
    told["refusal"]["witness"]["at"] = []


def no_models(told):
    told["refusal"]["witness"]["models"] = []


def one_model(told):
    told["refusal"]["witness"]["models"].pop()


def more_given(told):
    told["refusal"]["given"] = [{"distribution": {"P": ["y"], "do": ["x"]}}]


TAMPERED = [
    changed_value, changed_mechanism, changed_share, same_twice, changed_at, no_models, one_model, more_given,
]  # fmt: skip


@pytest.mark.parametrize("tamper", TAMPERED, ids=lambda tamper: tamper.__name__)
def test_a_refusal_that_was_tampered_with_is_rejected_with_the_reason(said, folder, tamper):
    said("identify", *CERTIFICATES["refused"], "--out", "a.json")
    told = json.loads((folder / "a.json").read_text("utf-8"))
    before = json.dumps(told)
    tamper(told)
    assert json.dumps(told) != before
    (folder / "b.json").write_text(json.dumps(told), "utf-8")
    code, out, err = said("verify", "b.json")
    assert code == 2
    assert out == ""
    assert "model" in err


def test_a_formula_from_what_was_not_given_is_rejected(said, folder):
    said("identify", *CERTIFICATES["given"], "--out", "a.json")
    told = json.loads((folder / "a.json").read_text("utf-8"))
    told["estimand"]["given"].pop()
    (folder / "b.json").write_text(json.dumps(told), "utf-8")
    code, out, err = said("verify", "b.json")
    assert code == 2
    assert out == ""
    assert "rejected" in err


def test_what_differs_cannot_be_struck_from_the_file(said, folder):
    said("identify", *CERTIFICATES["given"], "--out", "a.json")
    told = json.loads((folder / "a.json").read_text("utf-8"))
    told["estimand"]["given"][1]["differs"] = ["y"]
    (folder / "b.json").write_text(json.dumps(told), "utf-8")
    assert said("verify", "b.json")[0] == 2


@pytest.mark.parametrize("kind", ["given", "refused imagining"])
def test_a_pipe_from_identify_to_verify(kind):
    _, written, _ = whence("identify", *CERTIFICATES[kind], "--format", "json")
    code, out, err = whence("verify", "-", stdin=written)
    assert (code, err) == (0, "")
    assert "Proved" in out
    code, out, err = whence(
        "verify", "-", stdin=written.replace('"schema": "whence.answer/1"', '"schema": 1')
    )
    assert (code, out) == (2, "")
    assert "whence.answer/1" in err
