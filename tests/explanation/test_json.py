"""An answer as JSON has the keys that were promised, and comes back equal; garbage is refused."""

import json
from dataclasses import replace

import pytest

from explanation.answers import HOSTILE, every_kind, hostile, job_training, not_identified
from whence.explanation.answer import Answer
from whence.refutation.result import Refutation
from whence.runtime.errors import InvalidAnswer

KEYS = [
    *(
        "schema",
        "question",
        "parsed_by",
        "query",
        "rung",
        "status",
        "verdict",
        "refusal",
        "graph",
        "estimand",
    ),
    *("estimate", "estimates", "bounds", "assumptions", "refutations", "warnings", "provenance"),
]


@pytest.mark.parametrize("kind", every_kind())
def test_every_answer_has_exactly_the_keys_of_the_schema_in_their_order(kind: str):
    data = every_kind()[kind].to_dict()
    assert list(data) == KEYS
    assert data["schema"] == "whence.answer/1"
    assert data["status"] in ("answered", "bounded", "refused")


@pytest.mark.parametrize("kind", every_kind())
def test_every_answer_comes_back_equal_from_json_text_and_from_a_file(kind: str, tmp_path):
    answer = every_kind()[kind]
    text = answer.to_json(tmp_path / "answer.json")
    assert Answer.from_json(text) == answer
    assert Answer.from_json(tmp_path / "answer.json") == answer
    assert Answer.from_dict(json.loads(text)) == answer


def test_the_parts_have_the_keys_that_are_promised():
    data = job_training().to_dict()
    assert {"nodes", "edges", "latent"} <= set(data["graph"])
    assert {"text", "latex", "expression", "derivation", "verified"} <= set(data["estimand"])
    step = data["estimand"]["derivation"][0]
    assert {"rule", "from", "to", "because", "words"} <= set(step)
    assert {"fact", "x", "in"} <= set(step["because"][0])
    promised = {"value", "se", "interval", "level", "n", "naive", "method", "why", "diagnostics"}
    assert promised <= set(data["estimate"])
    assert {"statement", "source", "testable", "status"} <= set(data["assumptions"][0])
    assert {"name", "verdict", "statistic", "p", "power", "sentence"} <= set(data["refutations"][0])
    assert {"code", "message"} == set(data["warnings"][0])
    refusal = not_identified().to_dict()["refusal"]
    assert {"kind", "message", "witness", "would_help"} <= set(refusal)
    assert {"hedge", "models"} <= set(refusal["witness"])
    assert refusal["witness"]["hedge"]["forest"] == ["tutoring", "grades"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_come_back_as_they_were(name: str):
    answer = hostile(name)
    assert Answer.from_json(answer.to_json()) == answer


def test_numbers_that_json_has_no_word_for_come_back_as_numbers():
    check = Refutation("odd", "inconclusive", "null", float("inf"), None, None, "", "")
    answer = replace(job_training(), refutations=(check,))
    assert Answer.from_json(answer.to_json()).refutations[0].statistic == float("inf")


@pytest.mark.parametrize(
    "text",
    ["", "nothing.json", "[]", "{}", "{", "[1, 2", '{"schema": "whence.answer/2"}', "null", "[" * 100_000],
)
def test_what_is_no_answer_is_refused_with_a_reason(text: str):
    with pytest.raises(InvalidAnswer):
        Answer.from_json(text)


@pytest.mark.parametrize("kind", ["job_training", "not_identified", "distribution"])
def test_no_part_of_an_answer_can_be_swapped_for_garbage_without_a_typed_error(kind: str):
    data = json.loads(every_kind()[kind].to_json())
    refused = 0
    for key in data:
        for garbage in (7, "x", [1], {"a": 1}, [{}], [None], {"kind": "none"}):
            try:
                read = Answer.from_dict({**data, key: garbage})
            except InvalidAnswer:
                refused += 1
                continue
            # What is let through (a question "x", say) is held as it was read.
            assert Answer.from_dict(read.to_dict()) == read
    assert refused > 5 * len(data)


def test_a_status_that_contradicts_the_rest_is_refused():
    data = json.loads(job_training().to_json())
    with pytest.raises(InvalidAnswer, match="status"):
        Answer.from_dict({**data, "status": "refused"})


def test_a_cyclic_graph_in_the_json_is_refused():
    data = json.loads(not_identified().to_json())
    data["graph"]["edges"].append({"source": "grades", "target": "tutoring", "mark": "->"})
    with pytest.raises(InvalidAnswer):
        Answer.from_dict(data)
