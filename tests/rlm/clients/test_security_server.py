"""The clients against a server that wants the key shown, or our memory."""

import asyncio
import json
import traceback

import pytest

from rlm.clients.loopback import ask, send, serving
from whence.rlm.clients.anthropic import AnthropicClient
from whence.rlm.clients.openai import OpenAIClient
from whence.rlm.errors import CallError, RequestRefused, ServerFault, UnreadableReply

KEY = "sk-canary-0123456789"
SPELT = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
CLIENTS = {
    OpenAIClient: '{"model": "%s", "choices": [{"message": {"content": "%s"}, "finish_reason": "%s"}]}',
    AnthropicClient: '{"model": "%s", "content": [{"type": "text", "text": "%s"}], "stop_reason": "%s"}',
}


def answered(kind, body: bytes, status: int = 200):
    async def scene():
        async with serving(send(body, status)) as server:
            client = kind(server.url)
            try:
                return await client.send(ask())
            except CallError as error:
                return error
            finally:
                await client.aclose()

    return asyncio.run(scene())


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("WHENCE_LM_KEY", KEY)


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("said", [KEY, SPELT])
def test_a_key_that_comes_back_in_whatever_spelling_is_masked(kind, said):
    reply = answered(kind, (CLIENTS[kind] % (said, said, said)).encode())
    assert KEY not in repr(reply)
    assert reply.text == "Secret(…)"
    refused = answered(kind, (f'{{"error": {{"message": "{said}", "type": "{said}"}}}}').encode(), 400)
    assert isinstance(refused, RequestRefused)
    assert KEY not in "".join(traceback.format_exception(refused)) + json.dumps(refused.to_dict())


def test_the_name_of_a_model_is_short_and_no_half_of_a_character():
    shape = CLIENTS[OpenAIClient]
    assert answered(OpenAIClient, (shape % ("\\ud83d", "hello", "stop")).encode()).model == "?"
    assert len(answered(OpenAIClient, (shape % ("x" * 10_000, "hello", "stop")).encode()).model) <= 200


@pytest.mark.parametrize("part", [b"[],", b"{},"])
def test_a_reply_made_of_very_many_parts_is_not_unfolded(part):
    heap = b'{"x": [' + part * 600_000 + b"1]}"
    assert isinstance(found := answered(OpenAIClient, heap), UnreadableReply)
    assert "lists and objects" in found.message
    assert isinstance(answered(OpenAIClient, heap, 500), ServerFault)
