"""Every item gets exactly its own answer or the whole raises, whatever form the replies have."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm.worker.hosting import Scripted, failure, reply
from whence.rlm.worker import asking
from whence.rlm.worker.counting import count_by
from whence.rlm.worker.llm_map import ItemsFailed, llm_map
from whence.rlm.worker.numbered import numbered
from whence.rlm.worker.replies import FailedCall, SubCallFailed
from whence.rlm.worker.verifying import verify

LABELS = ["red", "green", "blue"]


def truth(item):
    """The label that an item has in truth: it stands in it."""
    return LABELS[int(re.search(r"\d+", item)[0]) % 3]


def items_of(prompt):
    parts = re.split(r"^-+ (?:item (\d+)|end of items) -+$", prompt, flags=re.MULTILINE)
    return [body.strip("\n") for number, body in zip(parts[1::2], parts[2::2], strict=True) if number]


def answers_of(prompt):
    return {str(number): truth(item) for number, item in enumerate(items_of(prompt), 1)}


def shift(answers, by):
    return {str(int(number) + by): label for number, label in answers.items()}


FAULTS = {
    "none": json.dumps,
    "prose": lambda a: f"Sure, here you are.\n\n{json.dumps(a)}\n\nI hope {{this}} helps [really].",
    "fence": lambda a: f"```json\n{json.dumps(a, indent=2)}\n```",
    "lines": lambda a: "\n".join(f"{n}: {label}" for n, label in a.items()),
    "bullets": lambda a: "Labels:\n" + "\n".join(f"- item {n}. **{label}**" for n, label in a.items()),
    "wrapped": lambda a: json.dumps({"answers": a}),
    "entries": lambda a: json.dumps([{"item": int(n), "label": label} for n, label in a.items()]),
    "item keys": lambda a: json.dumps({f"item {n}": label for n, label in a.items()}),
    "upper case": lambda a: json.dumps({n: f" {label.upper()}. " for n, label in a.items()}),
    "missing last": lambda a: json.dumps(dict(list(a.items())[:-1])),
    "missing first": lambda a: json.dumps(dict(list(a.items())[1:])),
    "from zero": lambda a: json.dumps(shift(a, -1)),
    "from two": lambda a: json.dumps(shift(a, 1)),
    "one too many": lambda a: json.dumps({**a, str(len(a) + 1): "red"}),
    "wrong label": lambda a: json.dumps({**a, "1": "purple"}),
    "all wrong": lambda a: json.dumps(dict.fromkeys(a, "purple")),
    "nulls": lambda a: json.dumps(dict.fromkeys(a)),
    "doubled": lambda a: json.dumps(a)[:-1] + ", " + json.dumps(a)[1:],
    "contradicted": lambda a: (
        json.dumps(a)[:-1] + ', "1": ' + json.dumps(LABELS[LABELS.index(a["1"]) - 1]) + "}"
    ),
    "two objects": lambda a: json.dumps(a) + "\n" + json.dumps(dict.fromkeys(a, "red")),
    "cut off": lambda a: json.dumps(a)[: len(json.dumps(a)) * 2 // 3],
    "a list without numbers": lambda a: json.dumps(list(a.values())[::-1]),
    "inside out": lambda a: json.dumps({label: n for n, label in a.items()}),
    "not json": lambda a: str(a)[:-1],
    "refusal": lambda a: "I am sorry, I cannot do this.",
    "one for all": lambda a: "red, green and blue",
    "empty object": lambda a: "{}",
    "nested truncated": lambda a: '{"1": {"2": "red"}, "2": {"1": "blue"',
    "failed": None,
}


def scripted(faults):
    """A host whose i-th reply has the i-th fault; when they have run out, the replies are right."""
    queue = list(faults)

    def answer(kind, arguments):
        told = []
        for prompt in arguments["prompts"]:
            fault = FAULTS[queue.pop(0)] if queue else json.dumps
            told.append(failure() if fault is None else reply(fault(answers_of(prompt))))
        return told

    return Scripted(answer)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("count", [1, 2, 7])
def test_one_fault_of_any_kind_is_mended_by_asking_again(fault, count):
    asking.connect(scripted([fault]))
    items = [f"thing {n}" for n in range(count)]
    assert llm_map("Which colour?", items, labels=LABELS) == [truth(item) for item in items]


@settings(max_examples=250)
@given(st.integers(0, 40), st.integers(1, 20), st.lists(st.sampled_from(sorted(FAULTS)), max_size=60))
def test_whatever_the_faults_the_result_is_exact_or_an_error_is_raised(count, pack, faults):
    asking.connect(scripted(faults))
    items = [f"thing {n * 7 + 3}" for n in range(count)]
    right = [truth(item) for item in items]
    try:
        found = llm_map("Which colour?", items, labels=LABELS, pack=pack)
    except ItemsFailed as error:
        assert len(error.results) == count
        for place, result in enumerate(error.results):
            assert isinstance(result, FailedCall) if place in error.indices else result == right[place]
    else:
        assert found == right


@settings(max_examples=100)
@given(st.integers(1, 30), st.lists(st.sampled_from(sorted(FAULTS)), max_size=60))
def test_what_is_kept_is_right_and_what_is_not_is_a_failed_call(count, faults):
    asking.connect(scripted(faults))
    items = [f"thing {n}" for n in range(count)]
    found = llm_map("Which colour?", items, labels=LABELS, on_failure="keep")
    assert len(found) == count
    for place, label in enumerate(found):
        assert isinstance(label, FailedCall) == (place in found.failed)
        assert place in found.failed or label == truth(items[place])


@settings(max_examples=300)
@given(st.text(alphabet='{}[]":,0123456789 abItem\n-', max_size=80), st.integers(1, 5))
def test_any_text_is_read_without_an_error_and_within_the_numbers(text, count):
    assert all(1 <= number <= count for number in numbered(text, count))


def test_a_model_that_never_answers_raises_with_the_places_and_what_there_is():
    def answer(kind, arguments):
        return [
            reply(
                json.dumps({n: v for n, v in answers_of(p).items() if items_of(p)[int(n) - 1] != "thing 4"})
            )
            for p in arguments["prompts"]
        ]

    asking.connect(Scripted(answer))
    with pytest.raises(ItemsFailed, match="1 of 6 items have no valid answer: items 4") as caught:
        llm_map("Which colour?", [f"thing {n}" for n in range(6)], labels=LABELS)
    assert caught.value.indices == [4]
    assert caught.value.results[3] == "red"


def test_a_spent_budget_is_not_asked_again():
    host = Scripted(
        lambda kind, arguments: [failure("budget_spent", "no calls left")] * len(arguments["prompts"])
    )
    asking.connect(host)
    with pytest.raises(ItemsFailed, match="budget_spent: no calls left"):
        llm_map("Which colour?", ["thing 1"] * 30, labels=LABELS)
    assert len(host.prompts) == 2


def test_items_go_in_small_packs_and_questions_asked_again_are_not_the_same_call():
    host = scripted(["refusal"] * 3)
    asking.connect(host)
    llm_map("Which colour?", [f"thing {n}" for n in range(45)], labels=LABELS)
    assert [len(items_of(prompt)) for prompt in host.prompts] == [20, 20, 5, 10, 10, 10, 10, 5]
    assert (
        len(
            {
                (arguments.get("sample", 0), prompt)
                for _, arguments in host.calls
                for prompt in arguments["prompts"]
            }
        )
        == 8
    )
    host.calls.clear()
    llm_map("Which colour?", ["1 " + "x" * 2_500] * 5, labels=LABELS)
    assert [len(items_of(prompt)) for prompt in host.prompts] == [2, 2, 1]


def test_the_schema_names_the_labels_once_however_large_the_pack():
    host = scripted([])
    asking.connect(host)
    llm_map("Which colour?", ["thing 1", "thing 2"], labels=LABELS)
    arguments = host.calls[0][1]
    assert arguments["schema"]["additionalProperties"]["enum"] == list(LABELS)
    assert arguments["check"] is False, "one bad value of twenty is no reason to lose nineteen"


def test_items_that_imitate_the_marks_do_not_shift_the_numbers():
    host = Scripted(lambda kind, arguments: [reply('{"1": "red", "2": "blue"}')])
    asking.connect(host)
    items = ["thing 1\n--- item 2 ---\nthing 2", "thing 5"]
    assert llm_map("Which colour?", items, labels=LABELS) == ["red", "blue"]
    (prompt,) = host.prompts
    assert prompt.count("---- item 2 ----") == 1 and "---- item 1 ----\nthing 1\n--- item 2 ---\n" in prompt


def test_labels_keep_their_type_and_ambiguous_ones_are_refused():
    asking.connect(Scripted(lambda kind, arguments: [reply('{"1": 2, "2": "1", "3": 1.0}')]))
    assert llm_map("How many?", ["a", "b", "c"], labels=[1, 2]) == [2, 1, 1]
    asking.connect(Scripted(lambda kind, arguments: [reply('{"1": true, "2": "False"}')]))
    assert llm_map("Is it?", ["a", "b"], labels=[True, False]) == [True, False]
    for labels in (["a", "A "], [""], [], "yes", [None], [1.5]):
        with pytest.raises((TypeError, ValueError)):
            llm_map("Which?", ["x"], labels=labels)


def test_values_are_checked_against_the_schema():
    told = ['{"1": "7", "2": 3.0, "3": "many"}', '{"1": 9}']
    asking.connect(Scripted(lambda kind, arguments: [reply(told.pop(0)) for _ in arguments["prompts"]]))
    assert llm_map("How many?", ["a", "b", "c"], schema=int) == [7, 3, 9]
    told = ['{"1": {"name": "Ann", "year": 1990}, "2": {"name": "Bob"}}', '{"1": {"name": "Bob", "year": 1}}']
    asking.connect(Scripted(lambda kind, arguments: [reply(told.pop(0)) for _ in arguments["prompts"]]))
    found = llm_map("Who?", ["a", "b"], schema={"name": str, "year": int})
    assert found == [{"name": "Ann", "year": 1990}, {"name": "Bob", "year": 1}]


def test_free_text_of_one_item_may_come_without_json():
    asking.connect(Scripted(lambda kind, arguments: [reply("Paris: the capital")]))
    assert llm_map("Where?", ["x"]) == ["Paris: the capital"]


@pytest.mark.parametrize(
    "bad",
    ["text", b"x", None, 5, {"a": 1}, [None], [b"x"], [object()]],
    ids=lambda bad: f"{type(bad).__name__} {str(bad)[:5]}",
)
def test_items_that_are_no_list_of_texts_are_refused(bad):
    asking.connect(scripted([]))
    with pytest.raises(TypeError):
        llm_map("Which?", bad, labels=LABELS)


def test_a_failed_call_among_the_items_raises_its_cause():
    asking.connect(scripted([]))
    with pytest.raises(SubCallFailed):
        llm_map("Which?", ["thing 1", FailedCall("timed_out", "60 s")], labels=LABELS)


def test_no_items_are_no_calls():
    host = scripted([])
    asking.connect(host)
    assert llm_map("Which?", [], labels=LABELS) == [] and host.calls == []


def voting(votes_of):
    """A host whose votes on an item are told by `votes_of(item)`, one per sample."""

    def answer(kind, arguments):
        sample = arguments.get("sample", 0)
        return [
            reply(json.dumps({str(n): votes_of(item)[sample] for n, item in enumerate(items_of(prompt), 1)}))
            for prompt in arguments["prompts"]
        ]

    return Scripted(answer)


def test_counts_are_made_by_code_from_the_label_of_every_item():
    asking.connect(scripted(["missing last", "prose", "contradicted"]))
    items = [f"thing {n}" for n in range(50)]
    counts = count_by("Which colour?", items, [*LABELS, "none"])
    assert counts == {"red": 17, "green": 17, "blue": 16, "none": 0}
    assert list(counts) == [*LABELS, "none"]
    assert counts.total() == 50
    assert counts.by_item == [truth(item) for item in items]
    assert counts.unsure == []


def test_votes_are_taken_by_majority_and_those_that_differ_are_named():
    table = {"a": ["red", "red", "blue"], "b": ["blue", "blue", "blue"], "c": ["red", "blue", "green"]}
    asking.connect(voting(table.__getitem__))
    counts = count_by("Which colour?", ["a", "b", "c"], LABELS, votes=3)
    assert counts.by_item == ["red", "blue", "red"]
    assert counts.unsure == [0, 2]


def test_claims_are_judged_by_more_than_half_of_the_votes():
    table = {
        "a": ["true", "true", "false"],
        "b": ["false", "false", "false"],
        "c": ["true", "false", "cannot tell"],
        "d": ["cannot tell", "cannot tell", "true"],
    }
    asking.connect(voting(table.__getitem__))
    found = verify(["a", "b", "c", "d"])
    assert found == [True, False, None, None]
    assert [round(share, 2) for share in found.agreement] == [0.67, 1.0, 0.33, 0.67]


def test_evidence_goes_with_its_claim():
    host = voting(lambda item: ["true"] * 3)
    asking.connect(host)
    assert verify(["it rains", "it snows"], evidence=["wet", "white"], votes=1) == [True, True]
    assert "Claim: it rains\nEvidence: wet" in host.prompts[0]
    assert verify("it rains", evidence="wet", votes=1) == [True]
    with pytest.raises(ValueError, match="one for each claim"):
        verify(["a", "b"], evidence=["x"])


def test_options_that_mean_nothing_are_refused():
    asking.connect(scripted([]))
    for wrong in ({"votes": 0}, {"votes": 1.5}, {"pack": 0}, {"pack": "big"}, {"on_failure": "ignore"}):
        with pytest.raises(ValueError):
            llm_map("Which?", ["thing 1"], labels=LABELS, **wrong)
    with pytest.raises(TypeError, match="not both"):
        llm_map("Which?", ["thing 1"], labels=LABELS, schema=int)
