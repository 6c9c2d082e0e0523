"""Asking: what is sent, what comes back, and what is refused before anything is sent."""

from __future__ import annotations

import pytest

from rlm.worker.hosting import Scripted, failure
from whence.rlm.worker import asking
from whence.rlm.worker.replies import FailedCall, Replies
from whence.rlm.worker.text import Context, Text
from whence.rlm.worker.text_index import Source


@pytest.fixture
def host():
    made = Scripted()
    asking.connect(made)
    return made


def test_one_question_is_one_call_with_what_was_said_of_it(host):
    reply = asking.llm_query("hi", "m", schema={"type": "string"}, max_tokens=5, sample=2)
    assert reply == "re: hi" and reply.ok
    told = {"prompts": ["hi"], "model": "m", "schema": {"type": "string"}, "max_tokens": 5, "sample": 2}
    assert host.calls == [("llm", told)]


def test_many_questions_keep_their_order_and_any_iterable_will_do(host):
    assert asking.llm_query_batched(f"q{n}" for n in range(3)) == ["re: q0", "re: q1", "re: q2"]
    assert asking.llm_query_batched(("a", "b")).ok
    assert asking.llm_query_batched([]) == [] and len(host.calls) == 2


def test_more_text_than_goes_in_a_frame_goes_in_several(host, monkeypatch):
    monkeypatch.setattr(asking, "LONGEST", 10)
    assert asking.llm_query_batched(["a" * 6, "b" * 6, "c" * 3]) == ["re: aaaaaa", "re: bbbbbb", "re: ccc"]
    assert [len(arguments["prompts"]) for _, arguments in host.calls] == [1, 2]
    with pytest.raises(ValueError, match="chunk"):
        asking.llm_query("a" * 11)


BAD = [None, 3, 3.5, b"x", [], ["x"], {"a": 1}, object(), len]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: type(bad).__name__)
def test_what_is_no_text_is_refused_with_what_to_pass(host, bad):
    for ask in (asking.llm_query, asking.llm_submit, asking.rlm_query):
        with pytest.raises(TypeError, match="takes text as its prompt"):
            ask(bad)
    with pytest.raises(TypeError, match="prompt 1"):
        asking.llm_query_batched(["x", bad])
    assert host.calls == []


@pytest.mark.parametrize("bad", [None, 3, "one text", b"x", {"a": "b"}, Context.of("x")], ids=repr)
def test_what_is_no_list_of_prompts_is_refused(host, bad):
    with pytest.raises(TypeError, match="takes a list of texts"):
        asking.llm_query_batched(bad)


def test_blank_prompts_and_models_that_are_no_names_are_refused(host):
    with pytest.raises(ValueError, match="empty prompt"):
        asking.llm_query("  ")
    with pytest.raises(TypeError, match="name of a model"):
        asking.llm_query("x", {"type": "string"})


def test_a_context_is_sent_as_a_part_and_text_as_text(host):
    source = Source("hällo welt".encode(), name="d", document=4)
    view = Context(source)
    asking.rlm_query("q", view)
    asking.rlm_query("q", view[1:3])
    asking.rlm_query("q", Text("hällo welt", source)[1:3])
    asking.rlm_query("q", "plain")
    asking.rlm_query("q", Context.of("small"))
    asking.rlm_query("q")
    assert [arguments["queries"][0]["context"] for _, arguments in host.calls] == [
        {"document": 4, "start": 0, "end": 11},
        {"document": 4, "start": 1, "end": 4},
        {"document": 4, "start": 1, "end": 4},
        {"text": "plain"},
        {"text": "small"},
        None,
    ]
    asking.rlm_query("q", ["a", view[1:3]])
    assert host.calls[-1][1]["queries"][0]["context"] == {
        "parts": [{"text": "a"}, {"document": 4, "start": 1, "end": 4}]
    }
    with pytest.raises(TypeError, match=r"json\.dumps"):
        asking.rlm_query("q", [1, 2])


def test_contexts_go_with_their_prompts(host):
    found = asking.rlm_query_batched(["a", "b"], ["x", "y"], model="m")
    assert found == ["rlm: a {'text': 'x'}", "rlm: b {'text': 'y'}"]
    assert len(host.calls) == 1 and host.calls[0][1]["model"] == "m"
    with pytest.raises(ValueError, match="one context for each prompt"):
        asking.rlm_query_batched(["a", "b"], ["x"])


def test_failures_stand_in_their_places(host):
    host.answer = lambda kind, arguments: [
        failure(),
        {"ok": True, "text": "b"},
        "nonsense",
        {"ok": True, "value": 3},
    ]
    replies = asking.llm_query_batched(["a", "b", "c", "d"])
    assert isinstance(replies, Replies)
    assert replies.failed == [0, 2]
    assert replies[1] == "b" and replies[3].value == 3
    host.answer = lambda kind, arguments: failure("budget_spent", "no calls left")
    assert asking.llm_query("x").error == "budget_spent: no calls left"
    assert all(isinstance(reply, FailedCall) for reply in asking.llm_query_batched(["a", "b"]))


def test_an_answer_to_other_questions_is_no_answer(host):
    host.answer = lambda kind, arguments: [{"ok": True, "text": "only one"}]
    with pytest.raises(RuntimeError, match="did not answer each"):
        asking.llm_query_batched(["a", "b"])


def test_a_failed_call_in_a_prompt_raises_its_cause(host):
    with pytest.raises(Exception, match="timed_out"):
        asking.llm_query_batched(["a", FailedCall("timed_out", "60 s")])


def test_what_is_submitted_is_waited_for_when_its_result_is_asked(host):
    under_way = asking.llm_submit("x")
    assert under_way.done() and under_way.result() == "re: x"


def test_an_estimate_tells_calls_tokens_and_what_is_left(host):
    found = asking.estimate_cost(["abcd" * 10, "x" * 60])
    assert (found.calls, found.tokens, found.usd, found.left) == (2, 25, None, {"calls": 100.0})
    assert repr(found) == "<2 calls, about 25 tokens, price unknown, about 1 s; left: calls=100>"
    assert asking.estimate_cost(3, characters=100).calls == 3
    assert asking.estimate_cost("one prompt").calls == 1
    assert all(kind == "estimate" for kind, _ in host.calls)
