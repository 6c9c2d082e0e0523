"""Anthropic's messages: what is sent, what is marked for the cache, what is read."""

import asyncio
from typing import Any

import pytest

from rlm.clients.loopback import Answer, Loopback, send, serving
from whence.rlm.clients.anthropic import AnthropicClient, fields
from whence.rlm.errors import (
    CallError,
    EmptyReply,
    MissingKey,
    RateLimited,
    RequestRefused,
    ServerFault,
    UnreadableReply,
)
from whence.rlm.messages import Message, Reply, Request, Usage

ONE = Request("claude-x", (Message("system", "S"), Message("user", "U")), temperature=0.0, seed=1, schema={})


def conversation(turns: int) -> Request:
    """A run after so many replies."""
    told = [Message("system", "S"), Message("user", "U0")]
    for turn in range(turns):
        told += [Message("assistant", f"A{turn}"), Message("user", f"U{turn + 1}")]
    return Request("claude-x", tuple(told))


def said(text: str | None = "four", stop: str = "end_turn", **usage) -> dict:
    content = [] if text is None else [{"type": "thinking", "text": "no"}, {"type": "text", "text": text}]
    counts = {"input_tokens": 10, "output_tokens": 2, **usage}
    return {
        "type": "message",
        "model": "claude-x-1",
        "content": content,
        "stop_reason": stop,
        "usage": counts,
    }


def put(answer: Answer, request: Request = ONE, suffix: str = "") -> tuple[Reply | CallError, Loopback]:
    async def scene() -> tuple[Reply | CallError, Loopback]:
        async with serving(answer) as server:
            client = AnthropicClient(server.url.removesuffix("/v1") + suffix)
            try:
                return await client.send(request), server
            except CallError as error:
                return error, server
            finally:
                await client.aclose()

    return asyncio.run(scene())


def marked(request: Request) -> list[str]:
    """The texts that are marked."""
    sent: dict[str, Any] = {**fields(request)}
    blocks = [*sent.get("system", []), *(block for turn in sent["messages"] for block in turn["content"])]
    return [block["text"] for block in blocks if "cache_control" in block]


def test_a_request_is_sent_as_the_interface_wants_it(monkeypatch):
    monkeypatch.setenv("WHENCE_LM_KEY", "sk-canary-claude")
    _, server = put(send(said()))
    (got,) = server.got
    assert got.path == "/v1/messages"
    assert got.headers["x-api-key"] == "sk-canary-claude"
    assert got.headers["anthropic-version"] == "2023-06-01"
    assert got.json == {
        "model": "claude-x",
        "max_tokens": 4_096,
        "temperature": 0.0,
        "system": [{"type": "text", "text": "S", "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "U"}]}],
    }


def test_the_version_may_be_part_of_the_base_url_or_not():
    assert put(send(said()), suffix="/v1")[1].got[0].path == "/v1/messages"
    assert put(send(said()), suffix="/proxy")[1].got[0].path == "/proxy/v1/messages"


def test_a_single_question_is_not_kept_and_a_growing_conversation_is():
    assert marked(Request("m", (Message("user", "U"),))) == []
    assert marked(conversation(0)) == ["S"]
    assert marked(conversation(1)) == ["S", "U1"]
    assert marked(conversation(5)) == ["S", "U5"]


def test_the_beginning_of_a_conversation_never_changes_but_for_the_marks():
    def bare(request: Request) -> list:
        sent: dict[str, Any] = {**fields(request)}
        return [(turn["role"], turn["content"][0]["text"]) for turn in sent["messages"]]

    assert bare(conversation(5))[: len(bare(conversation(4)))] == bare(conversation(4))


def test_a_reply_is_read_with_all_three_kinds_of_input():
    reply, _ = put(send(said(cache_read_input_tokens=100, cache_creation_input_tokens=30)))
    assert reply.text == "four"
    assert reply.usage == Usage(input=140, output=2, cached=100)
    assert reply.finish == "stop"
    assert reply.model == "claude-x-1"


def test_a_reply_cut_off_says_so():
    assert put(send(said(stop="max_tokens")))[0].finish == "length"


FAULTS: dict[str, tuple[Answer, type[CallError], str]] = {
    "overloaded": (
        send({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, 529),
        ServerFault,
        '(529): "Overloaded"',
    ),
    "too many": (
        send({"type": "error", "error": {"message": "slow"}}, 429, {"retry-after": "4"}),
        RateLimited,
        "4 s",
    ),
    "a wrong key": (
        send({"type": "error", "error": {"message": "invalid x-api-key"}}, 401),
        RequestRefused,
        "x-api",
    ),
    "no text": (send(said(None)), EmptyReply, "no text (it stopped for 'end_turn')"),
    "a refusal": (send(said(None, "refusal")), EmptyReply, "refusal"),
    "another shape": (send({"completion": "four"}), UnreadableReply, "no content"),
    "no JSON": (send(b"<html>"), UnreadableReply, "not JSON"),
}


@pytest.mark.parametrize(("answer", "kind", "cause"), FAULTS.values(), ids=FAULTS.keys())
def test_each_fault_has_its_own_error_that_shows_the_cause(answer, kind, cause):
    error, _ = put(answer)
    assert type(error) is kind
    assert cause in str(error)


def test_an_empty_reply_tells_what_it_cost():
    error, _ = put(send(said(None)))
    assert error.usage == Usage(input=10, output=2)


def test_without_a_key_the_vendor_is_not_asked(monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(MissingKey, match="ANTHROPIC_API_KEY"):
        AnthropicClient()
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-canary")
    assert AnthropicClient().host == "api.anthropic.com"
