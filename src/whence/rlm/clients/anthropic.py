"""The client for Anthropic's messages.

The conversation of a run only grows at its end, so the vendor can keep its beginning: the system prompt is
marked for its cache, and so is the last message once there is more than one turn. A single question is not
marked, since keeping what never comes again costs more than sending it. The interface has no seed and no JSON
schema; both are left out, and the caller checks what comes back in any case.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

from whence.rlm.calling.pricing import MOST_OUTPUT
from whence.rlm.clients.hosts import ANTHROPIC, place_of
from whence.rlm.clients.http import Http, cut
from whence.rlm.clients.openai import key_for
from whence.rlm.clients.replies import (
    as_text,
    count,
    empty,
    fault_of,
    model_of,
    object_of,
    read_json,
    to_body,
    usage_of,
)
from whence.rlm.errors import UnreadableReply
from whence.rlm.messages import Reply, Request, Usage
from whence.runtime.plain import JSON
from whence.runtime.secrets import Secret

ANTHROPIC_URL = f"https://{ANTHROPIC}/v1"
VERSION = "2023-06-01"

_KEYS = {ANTHROPIC: "ANTHROPIC_API_KEY"}
_MARK: dict[str, JSON] = {"type": "ephemeral"}


class AnthropicClient:
    """Sends requests to one server, with the key in `key_env`, by default ANTHROPIC_API_KEY."""

    def __init__(
        self,
        base_url: str = ANTHROPIC_URL,
        *,
        key_env: str | None = None,
        timeout: float = 120.0,
        allow_hosts: Sequence[str] = (),
    ) -> None:
        place = place_of(base_url, allow_hosts)
        self.host = place.server
        self._headers: dict[str, str | Secret] = {
            "Content-Type": "application/json",
            "anthropic-version": VERSION,
        }
        key = key_for(place, key_env, _KEYS)
        if key is not None:
            self._headers["x-api-key"] = key
        self._path = "/messages" if place.path.endswith("/v1") else "/v1/messages"
        self._http = Http(place, timeout=timeout)

    async def send(self, request: Request) -> Reply:
        """Send `request` once; raises a `CallError`."""
        began = time.perf_counter()
        received = await self._http.post(self._path, self._headers, to_body(fields(request)))
        fault = fault_of(self.host, received)
        if fault is not None:
            raise fault
        return self._reply(request, received.body, time.perf_counter() - began)

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        await self._http.aclose()

    def _reply(self, request: Request, body: bytes, seconds: float) -> Reply:
        reply = read_json(self.host, body)
        blocks = reply.get("content")
        if not isinstance(blocks, list):
            shown = cut(body[:4_000].decode("utf-8", "replace"), 120)
            raise UnreadableReply(self.host, f"it holds no content: {shown}")
        texts = [object_of(block).get("text") for block in blocks if object_of(block).get("type") == "text"]
        text = "".join(part for part in texts if isinstance(part, str))
        usage = _usage(request, text, object_of(reply.get("usage")))
        finish = reply.get("stop_reason")
        if not text:
            raise empty(self.host, "its content holds no text", finish, usage)
        stopped: Literal["stop", "length"] = "length" if finish == "max_tokens" else "stop"
        return Reply(as_text(text), usage, None, seconds, model_of(reply, request), stopped)


def fields(request: Request) -> dict[str, JSON]:
    """The JSON of a request, with what the vendor is to keep marked (at most two marks).

    >>> from whence.rlm.messages import Message
    >>> ask = Request("m", (Message("system", "Be brief."), Message("user", "2 + 2?")), max_tokens=5)
    >>> fields(ask)["system"]
    [{'type': 'text', 'text': 'Be brief.', 'cache_control': {'type': 'ephemeral'}}]
    >>> fields(ask)["messages"]
    [{'role': 'user', 'content': [{'type': 'text', 'text': '2 + 2?'}]}]
    """
    system = "\n\n".join(one.content for one in request.messages if one.role == "system")
    turns = [one for one in request.messages if one.role != "system"]
    growing = any(one.role == "assistant" for one in turns)
    last = max((k for k, one in enumerate(turns) if one.role == "user"), default=-1)
    sent: dict[str, JSON] = {
        "model": request.model,
        "max_tokens": MOST_OUTPUT if request.max_tokens is None else request.max_tokens,
        "messages": [
            {"role": one.role, "content": [_block(one.content, marked=growing and k == last)]}
            for k, one in enumerate(turns)
        ],
    }
    if system:
        sent["system"] = [_block(system, marked=True)]
    if request.temperature is not None:
        sent["temperature"] = request.temperature
    return sent


def _block(text: str, *, marked: bool) -> dict[str, JSON]:
    block: dict[str, JSON] = {"type": "text", "text": text}
    return {**block, "cache_control": _MARK} if marked else block


def _usage(request: Request, text: str, said: dict[str, JSON]) -> Usage:
    """What was read is told in three parts: fresh, from the cache, and fresh but kept for the next time."""
    fresh = count(said.get("input_tokens"))
    cached = count(said.get("cache_read_input_tokens")) or 0
    kept = count(said.get("cache_creation_input_tokens")) or 0
    read = None if fresh is None else fresh + cached + kept
    return usage_of(request, text, read, count(said.get("output_tokens")), cached)
