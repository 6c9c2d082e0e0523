"""Which client reaches a model: by its base URL where there is one, otherwise by its name.

>>> client_for("llama3", base_url="http://localhost:11434/v1").host
'localhost:11434'
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from whence.rlm.clients.anthropic import ANTHROPIC_URL, AnthropicClient
from whence.rlm.clients.client import Client
from whence.rlm.clients.function import FunctionClient
from whence.rlm.clients.hosts import ANTHROPIC, place_of
from whence.rlm.clients.openai import OPENAI_URL, OpenAIClient


def client_for(
    model: str | Callable[..., object],
    base_url: str | None = None,
    *,
    key_env: str | None = None,
    timeout: float = 120.0,
    allow_hosts: Sequence[str] = (),
) -> Client:
    """A client for `model`.

    A function is its own model. With a base URL, Anthropic's host is spoken to in Anthropic's way and every
    other one in OpenAI's. Without one, "claude…" is asked at Anthropic and any other name at OpenAI.
    """
    if not isinstance(model, str):
        return FunctionClient(model)
    vendor = ANTHROPIC_URL if model.startswith("claude") else OPENAI_URL
    url = vendor if base_url is None else base_url
    kind = AnthropicClient if place_of(url, allow_hosts).host == ANTHROPIC else OpenAIClient
    return kind(url, key_env=key_env, timeout=timeout, allow_hosts=allow_hosts)
