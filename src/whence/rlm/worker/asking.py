"""Asking models from a cell: one question, many at once, or a question to a recursive model of its own.

The names and signatures are those that users of recursive language models know. Nothing is sent from here:
every question goes to the host, which holds the key and the budget. One process is one session, so the link
to the host belongs to this module, as `sys.stdout` belongs to `sys`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from whence.rlm.worker.documents import Docs
from whence.rlm.worker.link import Awaited, Host
from whence.rlm.worker.replies import FailedCall, Replies, Reply
from whence.rlm.worker.schemas import Schema, as_schema
from whence.rlm.worker.text import Context, Text
from whence.runtime.plain import JSON

LONGEST: Final = 8_000_000
"""Characters of one prompt, and of the prompts that go in one frame."""


class _Connection:
    host: Host | None = None
    last_failure = ""


def connect(host: Host) -> None:
    """Send what is asked from now on to `host`."""
    _Connection.host = host
    _Connection.last_failure = ""


def host() -> Host:
    """Whoever answers."""
    if _Connection.host is None:
        raise RuntimeError("nobody is there to ask: no session was opened")
    return _Connection.host


def last_failure() -> str:
    """Why the last call that failed did so."""
    return _Connection.last_failure


@dataclass(frozen=True, slots=True)
class Ask:
    """How questions are put: to which model, in which form, how long, and which sample of the same words.

    `check`: whether the host refuses a reply that is not of the form, or leaves that to whoever asks.
    """

    model: str | None = None
    schema: Mapping[str, JSON] | None = None
    max_tokens: int | None = None
    sample: int = 0
    check: bool = True

    def arguments(self) -> dict[str, JSON]:
        """What the host is told of it."""
        told: dict[str, JSON] = {}
        if self.model is not None:
            told["model"] = self.model
        if not self.check:
            told["check"] = False
        if self.schema is not None:
            told["schema"] = dict(self.schema)
        if self.max_tokens is not None:
            told["max_tokens"] = self.max_tokens
        if self.sample:
            told["sample"] = self.sample
        return told


class Submitted:
    """A question that is under way: `.result()` waits for the reply, `.done()` tells whether it is there."""

    def __init__(self, awaited: Awaited) -> None:
        self._awaited = awaited

    def done(self) -> bool:
        """Tell whether the reply is there."""
        return self._awaited.done()

    def result(self, timeout: float | None = None) -> Reply | FailedCall:
        """Wait for the reply; `TimeoutError` after `timeout` seconds."""
        return replies_of(self._awaited.result(timeout), 1)[0]

    def __repr__(self) -> str:
        return f"<llm_submit: {'done' if self.done() else 'under way'}; .result() gives the reply>"


def llm_query(
    prompt: str,
    model: str | None = None,
    *,
    schema: Schema = None,
    max_tokens: int | None = None,
    sample: int = 0,
) -> Reply | FailedCall:
    """Ask a language model one question and wait for its reply.

    prompt: the whole text it sees; it knows nothing of your variables. schema: a JSON schema the reply has
    to keep to, then `.value` holds it parsed. sample: another number asks the same words again.
    The reply is a str. A failed call has `.ok` False and `.error`; using it as text raises SubCallFailed.
    """
    ask = _ask(model, schema, max_tokens, sample)
    return wait_all(send([as_prompt(prompt, "llm_query")], ask))[0]


def llm_query_batched(
    prompts: Iterable[str],
    model: str | None = None,
    *,
    schema: Schema = None,
    max_tokens: int | None = None,
    sample: int = 0,
) -> Replies:
    """Ask many questions at once; the replies come in the order of the prompts.

    Much faster than a loop of llm_query. `.ok` tells whether all were answered, `.failed` which were not.
    """
    ask = _ask(model, schema, max_tokens, sample)
    return wait_all(send(as_prompts(prompts, "llm_query_batched"), ask))


def llm_submit(
    prompt: str,
    model: str | None = None,
    *,
    schema: Schema = None,
    max_tokens: int | None = None,
    sample: int = 0,
) -> Submitted:
    """Ask a question and go on; `.result(timeout=None)` of what is given back waits for the reply."""
    ask = _ask(model, schema, max_tokens, sample)
    return Submitted(send([as_prompt(prompt, "llm_submit")], ask)[0][0])


def rlm_query(prompt: str, context: object = None, model: str | None = None) -> Reply | FailedCall:
    """Let a recursive model of its own (with its own REPL) answer `prompt` over `context`.

    context: text, a document, a slice of one, or several of these such as docs[3:9]. Dearer and slower
    than llm_query: for parts that need several steps themselves.
    """
    queries: list[JSON] = [
        {"query": as_prompt(prompt, "rlm_query"), "context": as_part(context, "rlm_query")}
    ]
    return _recursive(queries, model)[0]


def rlm_query_batched(
    prompts: Iterable[str], contexts: Iterable[object] | None = None, model: str | None = None
) -> Replies:
    """Ask several recursive models at once: `contexts[i]` is what `prompts[i]` is asked of."""
    asked = as_prompts(prompts, "rlm_query_batched")
    over: list[object] = (
        [None] * len(asked) if contexts is None else _listed(contexts, "rlm_query_batched", "contexts")
    )
    if len(over) != len(asked):
        raise ValueError(
            f"rlm_query_batched got {len(asked):,} prompts and {len(over):,} contexts; "
            "give one context for each prompt"
        )
    queries: list[JSON] = [
        {"query": query, "context": as_part(context, "rlm_query_batched")}
        for query, context in zip(asked, over, strict=True)
    ]
    return _recursive(queries, model)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What calls would cost: so many `calls` and `tokens` at most, `usd`, `seconds`; and what is `left`."""

    calls: int
    tokens: int
    usd: float | None
    seconds: float | None
    left: dict[str, float] = field(default_factory=dict[str, float])

    def __repr__(self) -> str:
        usd = "price unknown" if self.usd is None else f"about ${self.usd:,.4f}"
        time = "" if self.seconds is None else f", about {self.seconds:,.0f} s"
        left = "".join(f" {kind}={amount:,.6g}" for kind, amount in self.left.items())
        return (
            f"<{self.calls:,} calls, about {self.tokens:,} tokens, {usd}{time}; left:{left or ' no limit'}>"
        )


def estimate_cost(
    prompts: object,
    *,
    model: str | None = None,
    characters: int = 2_000,
    most_output: int | None = None,
) -> Estimate:
    """Estimate what it costs to send `prompts` (a list of texts, or how many of `characters` each).

    The answer has .calls .tokens .usd .seconds and .left (of the budget). Nothing is sent.
    """
    if isinstance(prompts, int) and not isinstance(prompts, bool):
        if prompts < 0 or characters < 0:
            raise ValueError(
                "estimate_cost takes a list of prompts, or a number of them that is not negative"
            )
        sizes = [characters] * prompts
    elif isinstance(prompts, str | Context):
        sizes = [len(cast("str", prompts))]
    else:
        given = _listed(prompts, "estimate_cost", "prompts")
        sizes = [len(cast("str", item)) if hasattr(item, "__len__") else len(str(item)) for item in given]
    told: dict[str, JSON] = {"characters": cast("list[JSON]", sizes)}
    if model is not None:
        told["model"] = model
    if most_output is not None:
        told["most_output"] = most_output
    answer = host().submit("estimate", told).result()
    return _estimate(answer if isinstance(answer, dict) else {})


def _estimate(answer: Mapping[str, JSON]) -> Estimate:
    usd, seconds, left = answer.get("usd"), answer.get("seconds"), answer.get("left")
    return Estimate(
        calls=int(cast("float", answer.get("calls") or 0)),
        tokens=int(cast("float", answer.get("tokens") or 0)),
        usd=float(usd) if isinstance(usd, int | float) else None,
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
        left={
            kind: float(amount)
            for kind, amount in (left.items() if isinstance(left, dict) else ())
            if isinstance(amount, int | float)
        },
    )


# ── sending and taking apart ────────────────────────────────────────────────────────────────────────────────


def send(prompts: Sequence[str], ask: Ask) -> list[tuple[Awaited, int]]:
    """Send prompts in as few frames as hold them; gives what to wait for, each with its number of replies."""
    asked: list[tuple[Awaited, int]] = []
    for some in _frames(prompts):
        told: dict[str, JSON] = {"prompts": cast("list[JSON]", some), **ask.arguments()}
        asked.append((host().submit("llm", told), len(some)))
    return asked


def _frames(prompts: Sequence[str]) -> Iterator[list[str]]:
    frame: list[str] = []
    size = 0
    for prompt in prompts:
        if frame and size + len(prompt) > LONGEST:
            yield frame
            frame, size = [], 0
        frame.append(prompt)
        size += len(prompt)
    if frame:
        yield frame


def wait_all(asked: Sequence[tuple[Awaited, int]]) -> Replies:
    """Wait for everything that was sent; the replies in the order of the prompts."""
    replies = Replies()
    for awaited, count in asked:
        replies.extend(replies_of(awaited.result(), count))
    return replies


def _recursive(queries: list[JSON], model: str | None) -> Replies:
    if not queries:
        return Replies()
    told: dict[str, JSON] = {"queries": queries}
    if model is not None:
        told["model"] = model
    return replies_of(host().submit("rlm", told).result(), len(queries))


def replies_of(answer: JSON, count: int) -> Replies:
    """The host's answer as replies; one refusal for the whole counts for each."""
    if isinstance(answer, dict):
        answer = cast("list[JSON]", [answer] * count)
    if not isinstance(answer, list) or len(answer) != count:
        raise RuntimeError(f"the host did not answer each of {count:,} questions")
    return Replies(_reply(one) for one in answer)


def _reply(one: JSON) -> Reply | FailedCall:
    if not isinstance(one, dict):
        return _failed("unreadable_reply", "the host's answer is no reply", {})
    given = one.get("usage")
    usage = given if isinstance(given, dict) else {}
    if one.get("ok") is not True:
        return _failed(str(one.get("error", "failed")), str(one.get("message", "no reason given")), usage)
    text = one.get("text")
    value = one.get("value")
    finish = "length" if one.get("finish") == "length" else "stop"
    return Reply(text if isinstance(text, str) else str(value), value, usage, finish)


def _failed(code: str, message: str, usage: Mapping[str, JSON]) -> FailedCall:
    _Connection.last_failure = f"{code}: {message}"
    return FailedCall(code, message, usage)


def _ask(model: object, schema: Schema, max_tokens: int | None, sample: int) -> Ask:
    if model is not None and not isinstance(model, str):
        raise TypeError(f"model is the name of a model, not {type(model).__name__}")
    return Ask(model, as_schema(schema), max_tokens, sample)


def as_prompt(prompt: object, function: str) -> str:
    """The text of a prompt, or an error that says what to pass."""
    if isinstance(prompt, FailedCall):
        raise prompt.cause()
    if isinstance(prompt, str):
        text = str.__str__(prompt)
    elif isinstance(prompt, Context):
        text = _view(prompt, function)
    else:
        many = " For a list of prompts use llm_query_batched." if type(prompt) in (list, tuple) else ""
        raise TypeError(f"{function} takes text as its prompt, not {_named(prompt)}.{many}")
    if not text.strip():
        raise ValueError(f"{function} got an empty prompt")
    if len(text) > LONGEST:
        raise ValueError(_too_long(len(text), function))
    return text


def as_prompts(prompts: object, function: str) -> list[str]:
    """The texts of many prompts."""
    return [
        as_prompt(prompt, f"{function} (prompt {place})")
        for place, prompt in enumerate(_listed(prompts, function))
    ]


def as_part(context: object, function: str) -> JSON:
    """A context as the host takes it: a part of a document it holds, or the text itself."""
    if context is None:
        return None
    if isinstance(context, FailedCall):
        raise context.cause()
    if isinstance(context, Text | Context) and (part := context.part) is not None:
        return cast("dict[str, JSON]", part)
    if isinstance(context, str | Context):
        if len(context) > LONGEST:
            raise ValueError(_too_long(len(context), function))
        return {"text": str.__str__(context) if isinstance(context, str) else str(context)}
    if isinstance(context, Docs):
        return {"parts": cast("list[JSON]", context.parts)}
    if isinstance(context, list | tuple):
        pieces = cast("Sequence[object]", context)
        if pieces and all(isinstance(piece, str | Context | FailedCall) for piece in pieces):
            return {"parts": [as_part(piece, function) for piece in pieces]}
    given = _named(cast("object", context))
    raise TypeError(
        f"{function} takes text, a document, or a list of these as its context, not {given}; "
        "for other values use json.dumps(…)"
    )


def _view(view: object, function: str) -> str:
    length = len(cast("str", view))
    if length > LONGEST:
        raise ValueError(_too_long(length, function))
    return str(view)


def _too_long(length: int, function: str) -> str:
    return (
        f"{function}: {length:,} characters are more than any model reads; use chunk(…) and ask of the parts"
    )


def _listed(given: object, function: str, what: str = "prompts") -> list[object]:
    if isinstance(given, FailedCall):
        raise given.cause()
    if isinstance(given, str | bytes | Mapping | Context) or not isinstance(given, Iterable):
        more = f" For one use {function.removesuffix('_batched')}." if isinstance(given, str) else ""
        raise TypeError(
            f"{function} takes a list of texts as its {what}, not {_named(cast('object', given))}.{more}"
        )
    return list(cast("Iterable[object]", given))


def _named(given: object) -> str:
    if given is None:
        return "None (was the variable set?)"
    if isinstance(given, bytes):
        return "bytes: decode them first"
    if type(given) in (list, tuple, dict):
        return f"a {type(given).__name__}"
    if isinstance(given, int | float):
        return f"the number {given}"
    return f"an object of type {type(given).__name__}"
