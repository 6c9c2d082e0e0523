"""What goes to a language model and what comes back: one request, one reply, and what it used.

A request is a value: the same question put twice has the same `key`, by which replies are shared, cached,
recorded and replayed.

>>> ask = Request(model="m", messages=(Message("user", "2 + 2?"),))
>>> ask.key == Request(model="m", messages=(Message("user", "2 + 2?"),)).key
True
>>> Usage(input=10, output=2) + Usage(input=1, output=1)
Usage(input=11, output=3, cached=0, estimated=False)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from whence.runtime.plain import JSON

Role: TypeAlias = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one model.

    `schema` is a JSON schema that the server is asked to keep to, where it can. `sample` tells apart
    questions that are put again on purpose (votes): same words, another `sample`, another `key`.
    """

    model: str
    messages: tuple[Message, ...]
    max_tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None
    schema: Mapping[str, JSON] | None = None
    sample: int = 0

    @property
    def key(self) -> str:
        """The SHA-256 of everything that decides the reply, in hex."""
        told = (
            self.model,
            [(message.role, message.content) for message in self.messages],
            self.max_tokens,
            self.temperature,
            self.seed,
            self.schema,
            self.sample,
        )
        return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @property
    def characters(self) -> int:
        """How many characters it sends."""
        return sum(len(message.content) for message in self.messages)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens used: `input` (of which `cached` from the vendor's prompt cache) and `output`.

    `estimated` where the server did not say and the numbers are ours.
    """

    input: int = 0
    output: int = 0
    cached: int = 0
    estimated: bool = False

    @property
    def total(self) -> int:
        """Input and output together."""
        return self.input + self.output

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.estimated or other.estimated,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered. `usd` is what the server says it cost, None where it does not say.

    `finish` is "stop", or "length" where the model was cut off at `max_tokens`.
    """

    text: str
    usage: Usage
    usd: float | None = None
    seconds: float = 0.0
    model: str = ""
    finish: Literal["stop", "length"] = "stop"
