"""What a model, a document or a server wrote reaches a terminal as letters only."""

import json
from types import SimpleNamespace

import pytest

from whence.cli import main
from whence.cli.rlm import shown
from whence.rlm.errors import RequestRefused
from whence.runtime.plain import harmless

HOSTILE = "one\x1b]52;c;eA==\x07\x1b[2J\x9b31m\r\x08\x7f\u202etxt.exe\u2066\u2028\U000e0041\ud800 two"
HARMFUL = set(HOSTILE) - set("one]52;c;eA==[2J31mtxt.exe two")


def completion(answer):
    return SimpleNamespace(
        response=answer, summary="m: direct", to_dict=lambda: {"answer": answer}, to_text=lambda full: answer
    )


@pytest.mark.parametrize("way", [{}, {"tree": True}, {"as_json": True}])
def test_an_answer_cannot_steer_the_terminal(way, capsys):
    shown(completion(HOSTILE), None, None, **{"as_json": False, "tree": False, "full": False, **way})
    out = capsys.readouterr().out
    assert not HARMFUL & set(out)
    assert "one" in out and "two" in out


def test_json_says_the_same_as_before(capsys):
    shown(completion(HOSTILE), None, None, as_json=True, tree=False, full=False)
    assert json.loads(capsys.readouterr().out) == {"answer": HOSTILE}


def test_a_file_gets_the_answer_as_it_is(tmp_path):
    answer = HOSTILE.replace("\ud800", "")
    shown(completion(answer), None, tmp_path / "answer", as_json=False, tree=False, full=False)
    assert (tmp_path / "answer").read_bytes().decode().startswith(answer)


@pytest.mark.parametrize("as_json", [False, True])
def test_an_error_of_a_server_cannot_steer_the_terminal(as_json, capsys):
    main.told(RequestRefused("lm.example", 400, HOSTILE), as_json=as_json)
    assert not HARMFUL & set(capsys.readouterr().err)


def test_letters_of_any_script_stay_what_they_are():
    text = "Zażółć 漢字 می‌خواهم 👩‍🔬 10\u00a0%\n\tnext"
    assert harmless(text) == text
