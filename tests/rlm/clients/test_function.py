"""A function as a model, and which client a model's name leads to."""

import asyncio
import threading

import pytest

from rlm.clients.loopback import ask
from whence.rlm.clients.anthropic import AnthropicClient
from whence.rlm.clients.choosing import client_for
from whence.rlm.clients.function import FunctionClient
from whence.rlm.clients.openai import OpenAIClient
from whence.rlm.errors import ConnectionLost, EmptyReply, FunctionFailed, HostNotAllowed, RateLimited
from whence.rlm.messages import Message, Reply, Request, Usage
from whence.runtime.errors import InvalidOption

TALK = Request(
    "m", (Message("system", "S"), Message("user", "U"), Message("assistant", "A"), Message("user", "V"))
)


def put(function, request: Request = TALK, **options) -> Reply:
    return asyncio.run(FunctionClient(function, **options).send(request))


def test_a_function_is_given_messages_or_one_prompt():
    seen: list[object] = []

    def keep(given) -> str:
        seen.append(given)
        return "ok"

    put(keep)
    put(keep, takes="prompt")
    put(keep, ask("alone"), takes="prompt")
    assert seen == [
        [
            {"role": "system", "content": "S"},
            {"role": "user", "content": "U"},
            {"role": "assistant", "content": "A"},
            {"role": "user", "content": "V"},
        ],
        "S\n\nUser: U\n\nAssistant: A\n\nUser: V",
        "alone",
    ]


class Object:
    async def __call__(self, messages) -> str:
        await asyncio.sleep(0)
        return "object"


async def asynchronous(messages) -> str:
    await asyncio.sleep(0)
    return "async"


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda m: "sync", "sync"),
        (asynchronous, "async"),
        (Object(), "object"),
        (lambda m: asynchronous([m]), "async"),
    ],
)
def test_a_function_may_be_of_any_kind(function, text):
    assert put(function).text == text


def test_synchronous_functions_wait_side_by_side():
    together = threading.Barrier(64)

    def wait(prompt: str) -> str:
        together.wait(20)
        return prompt

    async def scene() -> list[str]:
        client = FunctionClient(wait, takes="prompt")
        replies = await asyncio.gather(*(client.send(ask(str(k))) for k in range(64)))
        return [reply.text for reply in replies]

    assert asyncio.run(scene()) == [str(k) for k in range(64)]


def test_what_a_function_tells_is_kept_and_what_it_does_not_is_estimated():
    assert put(lambda m: "x" * 40).usage == Usage(input=2, output=11, estimated=True)
    told = put(lambda m: {"text": "x", "input": 9, "output": 4, "cached": 3, "usd": 0.5})
    assert (told.usage, told.usd) == (Usage(9, 4, 3), 0.5)
    whole = Reply("y", Usage(1, 2), 0.25, 3.0, "mine", "length")
    assert put(lambda m: whole) == whole


def test_an_error_in_the_function_ends_the_call_with_its_cause():
    def broken(messages):
        raise KeyError("prompt")

    with pytest.raises(FunctionFailed, match="KeyError: 'prompt'") as caught:
        put(broken)
    assert isinstance(caught.value.__cause__, KeyError)
    assert not caught.value.transient
    assert "broken" in str(caught.value)


def test_an_error_of_the_network_may_be_tried_again_and_ours_stay_themselves():
    def refused(messages):
        raise ConnectionRefusedError("nobody there")

    def limited(messages):
        raise RateLimited("lm", 2.0)

    with pytest.raises(ConnectionLost, match="nobody there") as caught:
        put(refused)
    assert caught.value.transient
    with pytest.raises(RateLimited, match="2 s"):
        put(limited)


@pytest.mark.parametrize("returned", [None, 5, b"bytes", ["x"], {}, {"text": None}])
def test_what_is_no_reply_is_said_to_be_none(returned):
    with pytest.raises(FunctionFailed, match="not text"):
        put(lambda m: returned)


@pytest.mark.parametrize("returned", ["", {"text": ""}])
def test_an_empty_text_is_an_empty_reply(returned):
    with pytest.raises(EmptyReply):
        put(lambda m: returned)


def test_what_is_no_function_is_an_error():
    with pytest.raises(InvalidOption):
        FunctionClient("gpt")
    with pytest.raises(InvalidOption):
        FunctionClient(asynchronous, takes="both")


def test_a_name_or_a_base_url_leads_to_the_right_client(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-choose")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-canary-choose")
    assert isinstance(client_for("gpt-9"), OpenAIClient)
    assert isinstance(client_for("claude-9"), AnthropicClient)
    assert isinstance(client_for("anything", "https://" + "api.anthropic.com"), AnthropicClient)
    assert isinstance(client_for("claude-9", "http://localhost:4000/v1"), OpenAIClient)
    assert isinstance(client_for(asynchronous), FunctionClient)
    assert client_for("m", "http://lm.example/v1", allow_hosts=["lm.example"]).host == "lm.example"
    with pytest.raises(HostNotAllowed):
        client_for("m", "http://lm.example/v1")
