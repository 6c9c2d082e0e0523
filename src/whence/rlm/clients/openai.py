"""The client for whatever speaks OpenAI's chat completions: OpenAI, OpenRouter, vLLM, Ollama, llama.cpp, …

    client = OpenAIClient("http://localhost:11434/v1")            # a local server; no key is needed
    client = OpenAIClient()                                       # OpenAI, with the key in OPENAI_API_KEY

One call is one request, with one exception: a server that refuses one of the fields it need not know
(`response_format`, `seed`, `temperature`) by a 400 that names it is asked again at once without the field,
and is never sent it again by this client. Such a refusal costs nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Literal

from whence.rlm.clients.hosts import OPENAI, OPENROUTER, Place, place_of
from whence.rlm.clients.http import Http, cut
from whence.rlm.clients.replies import (
    as_text,
    count,
    empty,
    fault_of,
    fault_told,
    model_of,
    money,
    object_of,
    read_json,
    to_body,
    told,
    told_by,
    usage_of,
)
from whence.rlm.errors import MissingKey, UnreadableReply
from whence.rlm.messages import Reply, Request, Usage
from whence.runtime.plain import JSON
from whence.runtime.secrets import Secret, from_environment

OPENAI_URL = f"https://{OPENAI}/v1"
KEY_OF_ANY_SERVER = "WHENCE_LM_KEY"

_KEYS = {OPENAI: "OPENAI_API_KEY", OPENROUTER: "OPENROUTER_API_KEY"}
_DROPPABLE = {
    "response_format": re.compile(r"response_format|json_schema|structured output", re.IGNORECASE),
    "seed": re.compile(r"\bseed\b", re.IGNORECASE),
    "temperature": re.compile(r"\btemperature\b", re.IGNORECASE),
}


class OpenAIClient:
    """Sends requests to one server.

    The key comes from the environment variable `key_env`, or by default from the vendor's own
    (OPENAI_API_KEY, OPENROUTER_API_KEY), for any other server from WHENCE_LM_KEY if that is set.
    """

    def __init__(
        self,
        base_url: str = OPENAI_URL,
        *,
        key_env: str | None = None,
        timeout: float = 120.0,
        allow_hosts: Sequence[str] = (),
    ) -> None:
        place = place_of(base_url, allow_hosts)
        self.host = place.server
        self._headers: dict[str, str | Secret] = {"Content-Type": "application/json"}
        key = key_for(place, key_env, _KEYS)
        if key is not None:
            self._headers["Authorization"] = key.behind("Bearer ")
        self._http = Http(place, timeout=timeout)
        self._length_field = "max_completion_tokens" if place.host == OPENAI else "max_tokens"
        self._refused: frozenset[str] = frozenset()

    async def send(self, request: Request) -> Reply:
        """Send `request`; raises a `CallError`."""
        began = time.perf_counter()
        fields = self._fields(request)
        while True:
            received = await self._http.post("/chat/completions", self._headers, to_body(fields))
            fault = fault_of(self.host, received)
            if fault is None:
                return self._reply(request, received.body, time.perf_counter() - began)
            field = _unknown_field(fields, received.status, received.body)
            if field is None:
                raise fault
            self._refused |= {field}
            del fields[field]

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        await self._http.aclose()

    def _fields(self, request: Request) -> dict[str, JSON]:
        fields: dict[str, JSON] = {
            "model": request.model,
            "messages": [{"role": one.role, "content": one.content} for one in request.messages],
        }
        if request.max_tokens is not None:
            fields[self._length_field] = request.max_tokens
        if request.temperature is not None:
            fields["temperature"] = request.temperature
        if request.seed is not None:
            fields["seed"] = request.seed
        if request.schema is not None:
            shape: dict[str, JSON] = {"name": "answer", "schema": dict(request.schema)}
            fields["response_format"] = {"type": "json_schema", "json_schema": shape}
        return {name: value for name, value in fields.items() if name not in self._refused}

    def _reply(self, request: Request, body: bytes, seconds: float) -> Reply:
        reply = read_json(self.host, body)
        choices = reply.get("choices")
        if reply.get("error") and not choices:
            self._raise_error_within(reply)
        if not isinstance(choices, list):
            shown = cut(body[:4_000].decode("utf-8", "replace"), 120)
            raise UnreadableReply(self.host, f"it holds no choices: {shown}")
        said = object_of(reply.get("usage"))
        usd = money(said.get("cost"))
        first = object_of(choices[0]) if choices else {}
        message = object_of(first.get("message"))
        text = _text_of(message.get("content"))
        usage = _usage(request, text, said)
        finish = first.get("finish_reason")
        if not choices:
            raise empty(self.host, "its list of choices is empty", None, usage, usd)
        if not text:
            raise empty(self.host, _why_empty(message), finish, usage, usd)
        stopped: Literal["stop", "length"] = "length" if finish == "length" else "stop"
        return Reply(as_text(text), usage, usd, seconds, model_of(reply, request), stopped)

    def _raise_error_within(self, reply: dict[str, JSON]) -> None:
        """Some servers send an error with a status of success; its code tells what it is."""
        code = object_of(reply.get("error")).get("code")
        status = code if isinstance(code, int) and 400 <= code < 600 else 500
        raise fault_told(self.host, status, told_by(reply))


def key_for(place: Place, key_env: str | None, vendors: dict[str, str]) -> Secret | None:
    """The key for a server, or `MissingKey` where one was named or the server is a vendor's."""
    variable = key_env or vendors.get(place.host)
    if variable is None:
        return from_environment(KEY_OF_ANY_SERVER)
    key = from_environment(variable)
    if key is None:
        raise MissingKey(variable, place.server)
    return key


def _unknown_field(fields: dict[str, JSON], status: int, body: bytes) -> str | None:
    """The field that a 400 complains of, if it is one that can be left out."""
    if status not in {400, 422}:
        return None
    said = told(body)
    for name, words in _DROPPABLE.items():
        if name in fields and (said.field.startswith(name) or words.search(said.detail)):
            return name
    return None


def _text_of(content: JSON) -> str:
    """The text of a message: a string, or a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part if isinstance(part, str) else object_of(part).get("text") for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    return ""


def _why_empty(message: dict[str, JSON]) -> str:
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal:
        return f"the model declined: {cut(refusal, 160)!r}"
    if message.get("tool_calls"):
        return "the model called a tool instead, and none was offered"
    return f"its content is {'null' if message.get('content') is None else 'empty'}"


def _usage(request: Request, text: str, said: dict[str, JSON]) -> Usage:
    details = object_of(said.get("prompt_tokens_details"))
    return usage_of(
        request,
        text,
        count(said.get("prompt_tokens")),
        count(said.get("completion_tokens")),
        count(details.get("cached_tokens")),
    )
