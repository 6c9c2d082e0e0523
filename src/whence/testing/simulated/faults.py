"""Faults on demand: what the server does instead of answering, named in the model's name or set for
everybody.

`"sim?fault=429"` is a model that is always too busy; `"sim?fault=429&first=3"` only for its first three
requests; `"sim?fault=500&rate=0.1"` in a tenth of them, by seeded lot. Further options: `policy=naive`,
`seed=3`.

    429          too many requests, Retry-After: 0       null           the content of the message is null
    500          a server fault                          empty          the content is an empty string hang
    no reply at all                         garbage        a body that is not JSON closed       the socket
    is closed without a reply    no_choices     JSON without choices cut          closed in the middle of
    the reply       empty_choices  an empty list of choices 401, 404     refused
    no_usage       a good reply that does not tell its usage

>>> read_options("sim?fault=429&first=3&policy=naive")
Options(fault='429', first=3, rate=1.0, policy='naive', seed=None)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import parse_qsl

FAULTS = (
    "429", "500", "401", "404", "hang", "closed", "cut", "null", "empty", "garbage", "no_choices",
    "empty_choices", "no_usage",
)  # fmt: skip
REASONS = {
    "429": "Rate limit reached for this model.",
    "500": "The server had an error while processing your request.",
    "401": "Incorrect API key provided.",
    "404": "The model does not exist.",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What a model's name, or the endpoint /faults, asks for; None is "as the server was started"."""

    fault: str | None = None
    first: int | None = None
    rate: float = 1.0
    policy: str | None = None
    seed: int | None = None


def read_options(model: str) -> Options:
    """The options behind the question mark of a model's name; unknown ones are passed over."""
    given = dict(parse_qsl(model.partition("?")[2]))
    fault = given.get("fault")
    return Options(
        fault if fault in FAULTS else None,
        int(given["first"]) if "first" in given else None,
        float(given.get("rate", 1.0)),
        given.get("policy"),
        int(given["seed"]) if "seed" in given else None,
    )


def broken(fault: str, body: dict[str, object]) -> tuple[int, bytes]:
    """Status and body of a faulty reply, made from the good one."""
    if fault in REASONS:
        return int(fault), json.dumps(
            {"error": {"message": REASONS[fault], "type": "error", "code": fault}}
        ).encode()
    if fault == "garbage":
        return 200, b"<html>upstream timed out</html>"
    if fault == "no_choices":
        body = {key: value for key, value in body.items() if key != "choices"}
    elif fault == "empty_choices":
        body = {**body, "choices": []}
    elif fault == "no_usage":
        body = {key: value for key, value in body.items() if key != "usage"}
    elif fault in {"null", "empty"}:
        message = {"role": "assistant", "content": None if fault == "null" else ""}
        body = {**body, "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}
    return 200, json.dumps(body).encode()
