"""A model that is a function of yours: any callable that is given messages, or one prompt, and returns text.

>>> import asyncio
>>> def echo(prompt: str) -> str:
...     return prompt.upper()
>>> client = FunctionClient(echo, takes="prompt")
>>> asyncio.run(client.send(Request("echo", (Message("user", "hello"),)))).text
'HELLO'
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal, cast

from whence.rlm.clients.http import cut
from whence.rlm.clients.replies import as_text, count, empty, money, usage_of
from whence.rlm.errors import CallError, ConnectionLost, FunctionFailed
from whence.rlm.messages import Message, Reply, Request
from whence.runtime.background import in_thread
from whence.runtime.errors import InvalidOption
from whence.runtime.plain import JSON, bare

Takes = Literal["messages", "prompt"]


class FunctionClient:
    """Puts requests to `function`, which may be synchronous (then it runs in a thread) or asynchronous.

    It is given a list of `{"role", "content"}`, or with `takes="prompt"` one string (the messages one after
    the other). It returns the text, a mapping with `text` and, if it knows them, `input`, `output`, `cached`
    (tokens) and `usd`, or a `Reply`. An error of the network in it counts as one of ours, to be tried again;
    any other ends the call.
    """

    def __init__(self, function: Callable[..., object], *, takes: Takes = "messages") -> None:
        if not callable(function):
            raise InvalidOption("FunctionClient", function, "a function")
        if takes not in ("messages", "prompt"):
            raise InvalidOption("takes", takes, ("messages", "prompt"))
        name = getattr(function, "__name__", type(function).__name__)
        self.host = f"function {bare(str(name))}"
        self._function = function
        self._takes = takes
        called = getattr(function, "__call__", function)  # noqa: B004 - whether it is async, not whether it is there
        self._asynchronous = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)

    async def send(self, request: Request) -> Reply:
        """Call the function once; raises a `CallError`."""
        began = time.perf_counter()
        given: object = _as_prompt(request) if self._takes == "prompt" else _as_messages(request)
        try:
            if self._asynchronous:
                returned = self._function(given)
            else:
                returned = await in_thread(self._function, given)
            if inspect.isawaitable(returned):
                returned = cast("object", await returned)
        except CallError:
            raise
        except OSError as error:
            raise ConnectionLost(self.host, _told(error)) from error
        except Exception as error:
            raise FunctionFailed(self.host, _told(error)) from error
        return self._reply(request, returned, time.perf_counter() - began)

    async def aclose(self) -> None:
        """Nothing is open."""

    def _reply(self, request: Request, returned: object, seconds: float) -> Reply:
        if isinstance(returned, Reply):
            return replace(returned, seconds=returned.seconds or seconds)
        kind = type(returned).__name__
        said: Mapping[str, JSON] = {}
        text = returned
        if isinstance(returned, Mapping):
            said = cast("Mapping[str, JSON]", returned)
            text = said.get("text")
        if not isinstance(text, str):
            raise FunctionFailed(self.host, f"it returned {kind}, not text, a mapping with text, or a Reply")
        usage = usage_of(
            request, text, count(said.get("input")), count(said.get("output")), count(said.get("cached"))
        )
        usd = money(said.get("usd"))
        if not text:
            raise empty(self.host, "the function returned an empty text", None, usage, usd)
        return Reply(as_text(text), usage, usd, seconds, request.model)


def _as_messages(request: Request) -> list[dict[str, str]]:
    return [{"role": one.role, "content": one.content} for one in request.messages]


def _as_prompt(request: Request) -> str:
    """One message is its text; several are told apart by their roles."""
    if len(request.messages) == 1:
        return request.messages[0].content
    return "\n\n".join(_named(one) for one in request.messages)


def _named(message: Message) -> str:
    return message.content if message.role == "system" else f"{message.role.capitalize()}: {message.content}"


def _told(error: Exception) -> str:
    text = cut(str(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
