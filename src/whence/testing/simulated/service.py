"""What the server does with a request, apart from the sockets: the model, the faults, the totals.

Paths: POST /v1/chat/completions; GET /v1/models; GET /stats (totals since the last reset); POST or GET
/reset; POST /faults with {"model": "sim?fault=429&first=3"} sets a fault for every model, {"model": "sim"}
ends it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from whence.rlm.tasks.chance import chance
from whence.testing.simulated.error_model import ErrorModel, tokens_of
from whence.testing.simulated.faults import REASONS, Options, broken, read_options
from whence.testing.simulated.harness import Said
from whence.testing.simulated.model import SimulatedModel
from whence.testing.simulated.root import POLICIES, Policy


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a status, a body, seconds to wait first. `hang` and `closed` have no reply."""

    status: int
    body: bytes
    wait: float = 0.0
    manner: str = "whole"  # or "hang", "closed", "cut"


@dataclass(slots=True)
class Totals:
    """What was asked of the server since the last reset."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0
    in_flight: int = 0
    max_in_flight: int = 0
    faults: int = 0
    refused: int = 0

    def as_json(self) -> dict[str, object]:
        """For /stats."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Service:
    """The simulated model behind an OpenAI-compatible interface."""

    errors: ErrorModel = field(default_factory=ErrorModel)
    policy: Policy = "plan"
    seed: int = 0
    totals: Totals = field(default_factory=Totals)
    everybody: Options = field(default_factory=Options)
    asked: dict[str, int] = field(default_factory=dict[str, int])

    def handle(self, method: str, path: str, body: bytes) -> Answer:
        """Answer one request; nothing here waits."""
        path = path.partition("?")[0].rstrip("/")
        if path.endswith("/chat/completions") and method == "POST":
            return self._complete(body)
        if path.endswith("/models"):
            return _json(
                {"object": "list", "data": [{"id": "sim", "object": "model", "owned_by": "simulated"}]}
            )
        if path == "/stats":
            return _json(self.totals.as_json())
        if path == "/reset":
            in_flight = self.totals.in_flight
            self.totals = Totals(in_flight=in_flight, max_in_flight=in_flight)
            self.asked.clear()
            return _json({"ok": True})
        if path == "/faults" and method == "POST":
            self.everybody = read_options(str(_object(body).get("model", "sim")))
            self.asked.clear()
            return _json({"ok": True})
        return _refused(404, f"There is no {method} {path} here.")

    def _complete(self, body: bytes) -> Answer:
        asked = _object(body)
        name = str(asked.get("model", "sim"))
        messages = _messages(asked.get("messages"))
        if messages is None or asked.get("stream"):
            self.totals.refused += 1
            return _refused(400, "messages of text are wanted, and no stream")
        options = read_options(name)
        model = self._model(options)
        self.totals.requests += 1
        fault = self._fault(name, options)
        schema = _schema(asked)
        tokens_in = tokens_of(sum(len(content) for _, content in messages) + self._billed(schema))
        if fault in REASONS:
            self.totals.faults += 1
            return Answer(*broken(fault, {}), self.errors.seconds)
        if not model.fits(messages):
            self.totals.refused += 1
            said = (
                f"This model's maximum context length is {self.errors.window} tokens; yours are {tokens_in}."
            )
            return _refused(400, said, "context_length_exceeded")
        lot = asked.get("seed")
        text = model.answer(messages, schema, lot=lot if isinstance(lot, int) else None)
        finish, text = _cut(text, asked)
        tokens_out = tokens_of(len(text))
        usd = self.errors.usd(tokens_in, tokens_out)
        self.totals.tokens_in += tokens_in
        self.totals.tokens_out += tokens_out
        self.totals.usd += usd
        reply = _completion(name, text, finish, tokens_in, tokens_out, usd)
        wait = self.errors.wait(tokens_in, tokens_out)
        if fault is None:
            return Answer(200, json.dumps(reply).encode(), wait)
        self.totals.faults += 1
        return Answer(*broken(fault, reply), wait, fault if fault in {"hang", "closed", "cut"} else "whole")

    def _billed(self, schema: Mapping[str, object] | None) -> int:
        """Characters of a schema that the caller pays for."""
        return round(len(json.dumps(schema)) * self.errors.schema_billed) if schema else 0

    def _model(self, options: Options) -> SimulatedModel:
        model = SimulatedModel(self.errors, self.policy, self.seed)
        if options.policy in POLICIES:
            model = replace(model, policy=options.policy)
        return model if options.seed is None else replace(model, seed=options.seed)

    def _fault(self, name: str, options: Options) -> str | None:
        """The fault that this request meets, by its number among those of its model."""
        options = options if options.fault else self.everybody
        number = self.asked[name] = self.asked.get(name, 0) + 1
        if options.fault is None or (options.first is not None and number > options.first):
            return None
        lot = chance(self.seed, name, number).random()
        return options.fault if lot < options.rate else None


def _completion(
    model: str, text: str, finish: str, tokens_in: int, tokens_out: int, usd: float
) -> dict[str, object]:
    return {
        "id": "chatcmpl-simulated",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}],
        "usage": {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
            "cost": usd,
        },
    }


def _cut(text: str, asked: Mapping[str, object]) -> tuple[str, str]:
    """The text within `max_tokens`, and why it ends."""
    most = asked.get("max_completion_tokens") or asked.get("max_tokens")
    if isinstance(most, int) and tokens_of(len(text)) > most:
        return "length", text[: most * 4]
    return "stop", text


def _schema(asked: Mapping[str, object]) -> Mapping[str, object] | None:
    """The JSON schema that the reply is to keep to."""
    wanted = asked.get("response_format")
    named = cast("Mapping[str, object]", wanted).get("json_schema") if isinstance(wanted, dict) else None
    schema = cast("Mapping[str, object]", named).get("schema") if isinstance(named, dict) else None
    return cast("Mapping[str, object]", schema) if isinstance(schema, dict) else None


def _messages(given: object) -> list[Said] | None:
    """Role and text of each message; a content may be a list of text parts."""
    if not isinstance(given, list) or not given:
        return None
    said: list[Said] = []
    for message in cast("Sequence[object]", given):
        if not isinstance(message, dict):
            return None
        fields = cast("Mapping[str, object]", message)
        content = fields.get("content")
        if isinstance(content, list):
            parts = cast("Sequence[Mapping[str, object]]", content)
            content = "".join(str(part.get("text", "")) for part in parts)
        said.append((str(fields.get("role", "user")), "" if content is None else str(content)))
    return said


def _object(body: bytes) -> Mapping[str, object]:
    try:
        given: object = json.loads(body or b"{}")
    except ValueError:
        return {}
    return cast("Mapping[str, object]", given) if isinstance(given, dict) else {}


def _json(value: object) -> Answer:
    return Answer(200, json.dumps(value).encode())


def _refused(status: int, message: str, code: str = "invalid_request_error") -> Answer:
    return Answer(status, json.dumps({"error": {"message": message, "type": code, "code": code}}).encode())
