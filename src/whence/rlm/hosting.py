"""What the host does for code in a cell: asks models, starts child runs, takes the answer, runs the user's
tools.

Everything that arrives here was written by a language model and may be anything. It is checked before it is
used, and what comes back is plain JSON: a fault of the caller's is told to the caller, never raised here.
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import cast

from whence.rlm.answers.output import Output, output_type
from whence.rlm.calling.budget import Amount, Ledger
from whence.rlm.calling.calls import Answered
from whence.rlm.calling.pricing import likely_tokens
from whence.rlm.environments.environment import HostCall
from whence.rlm.errors import (
    BudgetSpent,
    CallError,
    InvalidOutput,
    InvalidSignature,
    LanguageModelError,
    UnusableContext,
)
from whence.rlm.events import CallEnded, CallsStarted, Noted
from whence.rlm.messages import Message, Request, Usage
from whence.rlm.setup import Setup, Speaker
from whence.runtime.background import in_thread
from whence.runtime.errors import WhenceError
from whence.runtime.plain import JSON, plain

MOST_PROMPTS = 100_000
EXCERPT = 400
CHILDREN_AT_ONCE = 8
LIKELY_REPLY = 200  # tokens, for an estimate before anything is known
FAILED_CALL = "<failed call: "  # how code in a cell sees a reply that never came, if it prints it
HOLDS_FAILURE = (
    "This is not a valid answer: it holds the text of a failed call. Look at .failed: ask those again, or "
    "leave them out and say so in words of your own."
)

Child = Callable[[str, Mapping[str, JSON] | None, int, Ledger], Awaitable["ChildAnswer"]]


@dataclass(frozen=True, slots=True)
class ChildAnswer:
    """What a child run came to: its answer as plain JSON, or its error."""

    value: JSON
    usage: Usage
    error: WhenceError | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A call that failed: the error's code, its message, and all that the cell is told."""

    code: str
    message: str
    told: str
    sent: int = 0

    @classmethod
    def kept(cls, value: JSON) -> Failed | None:
        """The failure that was kept as `value`, None if it is none."""
        if not isinstance(value, dict):
            return None
        sent = value.get("sent")
        code, message, told = (str(value.get(name, "")) for name in ("code", "message", "told"))
        return cls(code, message, told, sent if isinstance(sent, int) else 0)


class Misasked(Exception):
    """A host call with arguments that cannot be used."""


@dataclass(slots=True)
class Finish:
    """Whether the run has its answer, and which: the first valid one."""

    output: Output
    accepted: bool = False
    value: object = None
    by: str = ""

    def offer(self, value: JSON, by: str) -> JSON:
        """Take an answer if it is valid and the first; say what is wrong with it otherwise."""
        if self.accepted:
            return {"ok": True, "note": "an answer had been given already; this one is not taken"}
        try:
            self.value = self.output.validate(value)
        except InvalidOutput as error:
            return {"ok": False, "message": error.message}
        self.accepted = True
        self.by = by
        return {"ok": True}


@dataclass(slots=True)
class Hosting:
    """The host's side of one run's session."""

    setup: Setup
    ledger: Ledger
    place: str
    finish: Finish
    child: Child
    part_text: Callable[
        [Mapping[str, JSON], int], str
    ]  # a part of the context, of so many characters at most
    stopped: str = ""  # why no model is asked any more, once that is so
    settled: bool = False  # the model was told what came of this turn: calls that failed then fail again
    batches: int = 0
    children: int = 0
    failures: int = 0  # calls that failed and that code in a cell may have taken for text
    pace: float = 1.0  # seconds a call took, lately
    _times: dict[str, int] = field(default_factory=dict[str, int])

    async def __call__(self, call: HostCall) -> JSON:
        """Answer one call of a cell."""
        answer = {
            "llm": self._ask,
            "rlm": self._recurse,
            "finish": self._finish,
            "estimate": self._estimate,
            "tool": self._tool,
        }.get(call.kind)
        if answer is None:
            return {"ok": False, "error": "unknown_call", "message": f"there is no {call.kind!r} here"}
        try:
            if call.kind in {"estimate", "tool"}:
                return await self._once(call, answer)
            return await answer(call.arguments)
        except Misasked as error:
            return {"ok": False, "error": "bad_arguments", "message": str(error)}

    async def _once(self, call: HostCall, answer: Callable[[Mapping[str, JSON]], Awaitable[JSON]]) -> JSON:
        """Answer what the world answers: a run that goes on is told the same, and no tool runs twice."""
        told = json.dumps([call.kind, dict(call.arguments)], sort_keys=True)
        digest = hashlib.sha256(told.encode()).hexdigest()[:16]
        key = self._number(call.kind, digest)
        recall = self.setup.recall
        if key in recall.known:
            return recall.known[key]
        return recall.learn(key, await answer(call.arguments))

    def _number(self, kind: str, digest: str) -> str:
        """The key of something that is asked, which tells the second time from the first."""
        known = f"{self.place}/{kind}/{digest[:16]}"
        number = self._times.get(known, 0)
        self._times[known] = number + 1
        return f"{known}/{number}"

    # ── models ──────────────────────────────────────────────────────────────────────────────────────────

    async def _ask(self, arguments: Mapping[str, JSON]) -> JSON:
        prompts = texts(arguments.get("prompts"), "prompts")
        speaker = self._speaker(arguments.get("model"))
        schema = arguments.get("schema")
        if schema is not None and not isinstance(schema, dict):
            raise Misasked("schema takes a JSON schema (a dict)")
        most = whole(arguments.get("max_tokens"), "max_tokens", least=1)
        sample = whole(arguments.get("sample"), "sample", least=0) or 0
        if self.stopped:
            return [_failure("budget_spent", self.stopped) for _ in prompts]
        checker = _checker(schema)
        requests = [
            Request(
                speaker.model,
                (Message("user", prompt),),
                max_tokens=most or self.setup.most_output(self.ledger),
                temperature=self.setup.temperature,
                schema=schema,
                sample=sample,
            )
            for prompt in prompts
        ]
        return await self._batch(speaker, requests, None if arguments.get("check") is False else checker)

    async def _batch(
        self, speaker: Speaker, requests: Sequence[Request], checker: Output | None
    ) -> list[JSON]:
        batch = self.batches
        self.batches += 1
        tokens = sum(likely_tokens(request.characters) + LIKELY_REPLY for request in requests)
        read = sum(likely_tokens(request.characters) for request in requests)
        self.setup.teller.tell(
            CallsStarted(
                run=self.place,
                batch=batch,
                count=len(requests),
                tokens=tokens,
                usd=speaker.cost(Usage(read, LIKELY_REPLY * len(requests))),
            )
        )

        keys = [self._number("failed", request.key) for request in requests]
        outcomes = {index: failed for index, key in enumerate(keys) if (failed := self._failed_before(key))}
        to_ask = [index for index in range(len(requests)) if index not in outcomes]
        for index, failed in outcomes.items():
            self.ledger.book(Amount(calls=failed.sent))
            self._tell_ended(batch, index, requests[index], failed)
        counted: set[int] = set()  # identical requests share one fault, which was paid for once

        def heard(number: int, answered: Answered | LanguageModelError) -> None:
            index = to_ask[number]
            if isinstance(answered, Answered):
                outcome = answered
                self.setup.book_retries(requests[index].key, answered, self.ledger)
            else:
                outcome = _failed(answered, counted)
                self.setup.recall.learn(keys[index], plain(asdict(outcome)))
            self._tell_ended(batch, index, requests[index], outcome)

        asked = await speaker.caller.ask_many(
            [requests[index] for index in to_ask], self.ledger, on_each=heard
        )
        self.setup.teller.show_budget(self.place, self.ledger, priced=self.setup.priced)
        found = [one if isinstance(one, Answered) else _failed(one, counted) for one in asked]
        every = outcomes | dict(zip(to_ask, found, strict=True))
        self.failures += sum(isinstance(one, Failed) for one in every.values())
        return [_as_reply(every[index], checker) for index in range(len(requests))]

    def _failed_before(self, key: str) -> Failed | None:
        """How a call failed when the model was told of it."""
        return Failed.kept(self.setup.recall.known.get(key)) if self.settled else None

    def _tell_ended(self, batch: int, index: int, request: Request, outcome: Answered | Failed) -> None:
        prompt = request.messages[-1].content[:EXCERPT]
        if isinstance(outcome, Answered):
            if not (outcome.shared or outcome.replayed):
                self.pace += 0.05 * (outcome.reply.seconds - self.pace)
            self.setup.teller.tell(
                CallEnded(
                    run=self.place,
                    batch=batch,
                    index=index,
                    prompt=prompt,
                    text=outcome.reply.text[:EXCERPT],
                    error=None,
                    usage=outcome.reply.usage,
                    usd=outcome.usd,
                    seconds=outcome.reply.seconds,
                    shared=outcome.shared,
                    replayed=outcome.replayed,
                )
            )
            return
        self.setup.teller.tell(
            CallEnded(
                run=self.place,
                batch=batch,
                index=index,
                prompt=prompt,
                text="",
                error=f"{outcome.code}: {outcome.message}",
                usage=Usage(),
                usd=None,
                seconds=0.0,
            )
        )

    def _speaker(self, name: JSON) -> Speaker:
        if name is not None and not isinstance(name, str):
            raise Misasked("model takes a name, or nothing")
        speaker = self.setup.speaker(name)
        if speaker is None:
            known = " and ".join(repr(one) for one in {self.setup.sub.model, self.setup.root.model})
            raise Misasked(f"there is no model {name!r} here, only {known}; leave model out")
        return speaker

    # ── children ────────────────────────────────────────────────────────────────────────────────────────

    async def _recurse(self, arguments: Mapping[str, JSON]) -> JSON:
        queries = arguments.get("queries")
        if not isinstance(queries, list) or not queries:
            raise Misasked("queries takes a list with at least one query")
        asked = [_query(query) for query in queries]
        if self.stopped:
            return [_failure("budget_spent", self.stopped) for _ in asked]
        if self.ledger.budget.depth < 1:
            return await self._flat(asked, arguments.get("model"))
        gate = asyncio.Semaphore(CHILDREN_AT_ONCE)
        first = self.children
        self.children += len(asked)
        part = 0.9 / min(len(asked), CHILDREN_AT_ONCE)

        async def one(number: int, query: str, context: Mapping[str, JSON] | None) -> JSON:
            async with gate:
                answer = await self.child(query, context, number, self.ledger.share(part))
            if answer.error is not None:
                self.failures += 1
                return _failure(answer.error.code, answer.error.message, answer.usage)
            text = answer.value if isinstance(answer.value, str) else json.dumps(answer.value)
            return {"ok": True, "text": text, "value": answer.value, "usage": _usage(answer.usage)}

        running = [
            asyncio.ensure_future(one(first + k, query, context)) for k, (query, context) in enumerate(asked)
        ]
        try:
            return list(await asyncio.gather(*running))
        finally:  # where one is told to stop, the others do not go on by themselves
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _flat(self, asked: Sequence[tuple[str, Mapping[str, JSON] | None]], model: JSON) -> JSON:
        """At the deepest level a child is a plain question, as long as its context can be sent along."""
        self.setup.teller.tell(
            Noted(run=self.place, message="rlm_query at the deepest level: asked as plain questions")
        )
        prompts: list[JSON] = []
        for query, context in asked:
            text = None if context is None else context.get("text")
            if context is not None and not isinstance(text, str):
                text = self._part_text(context)
            prompts.append(query if text is None else f"{query}\n\n{text}")
        return await self._ask({"prompts": prompts, "model": model})

    def _part_text(self, part: Mapping[str, JSON]) -> str:
        limit = int(self.setup.sub.window * 2)
        try:
            return self.part_text(part, limit)
        except UnusableContext as error:
            raise Misasked(error.message) from error

    # ── the rest ────────────────────────────────────────────────────────────────────────────────────────

    async def _finish(self, arguments: Mapping[str, JSON]) -> JSON:
        if self.failures and FAILED_CALL in json.dumps(arguments.get("value"), ensure_ascii=False):
            return {"ok": False, "message": HOLDS_FAILURE}
        return self.finish.offer(arguments.get("value"), str(arguments.get("by", "")))

    async def _estimate(self, arguments: Mapping[str, JSON]) -> JSON:
        sizes = arguments.get("characters")
        if not isinstance(sizes, list) or not all(isinstance(size, int) and size >= 0 for size in sizes):
            raise Misasked("characters takes a list of whole numbers")
        speaker = self._speaker(arguments.get("model"))
        each = whole(arguments.get("most_output"), "most_output", least=1) or LIKELY_REPLY
        read = sum(likely_tokens(cast("int", size)) for size in sizes)
        in_flight = max(1, min(len(sizes), speaker.caller.pace.in_flight))
        return {
            "calls": len(sizes),
            "tokens": read + each * len(sizes),
            "usd": speaker.cost(Usage(read, each * len(sizes))),
            "seconds": round(self.pace * len(sizes) / in_flight, 3),
            "left": cast("JSON", {kind: round(value, 6) for kind, value in self.ledger.left().items()}),
        }

    async def _tool(self, arguments: Mapping[str, JSON]) -> JSON:
        name = arguments.get("name")
        tool = self.setup.tools.get(name) if isinstance(name, str) else None
        positional, named = arguments.get("args", []), arguments.get("kwargs", {})
        if tool is None or not isinstance(positional, list) or not isinstance(named, dict):
            raise Misasked(f"there is no tool {name!r} that takes this")
        try:
            if inspect.iscoroutinefunction(tool):
                value = await tool(*positional, **named)
            else:
                value = await in_thread(tool, *positional, **named)
                if inspect.isawaitable(value):
                    value = await value
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's function; the model is told
            return {"ok": False, "error": type(error).__name__, "message": str(error)[:2_000]}
        return {"ok": True, "value": plain(value)}


def texts(given: JSON, name: str) -> list[str]:
    """The list of texts that a cell handed in, or `Misasked`."""
    if not isinstance(given, list) or not given or len(given) > MOST_PROMPTS:
        raise Misasked(f"{name} takes a list of 1 to {MOST_PROMPTS:,} texts")
    found: list[str] = []
    for item in given:
        if not isinstance(item, str) or not item.strip():
            raise Misasked(f"{name} takes texts that are not empty")
        found.append(item)
    return found


def whole(given: JSON, name: str, *, least: int) -> int | None:
    """The whole number that a cell handed in, None if it gave none."""
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or given < least:
        raise Misasked(f"{name} takes a whole number, {least} or more")
    return given


def _query(given: JSON) -> tuple[str, Mapping[str, JSON] | None]:
    if not isinstance(given, dict):
        raise Misasked("a query is a text, with a context or without one")
    query, context = given.get("query"), given.get("context")
    if not isinstance(query, str) or not query.strip():
        raise Misasked("a query takes a text that is not empty")
    if context is not None and not isinstance(context, dict):
        raise Misasked("the context of a query is text, or a part of a document")
    return query, context


def _checker(schema: dict[str, JSON] | None) -> Output | None:
    """What checks replies against a schema that a cell wrote; made before anything is paid for."""
    try:
        return None if schema is None else output_type(schema, trusted=False)
    except InvalidSignature as error:
        raise Misasked(error.message) from error


def _failed(error: LanguageModelError, counted: set[int]) -> Failed:
    fault = error.__cause__ if isinstance(error, BudgetSpent) else error
    sent = fault.sent if isinstance(fault, CallError) and id(fault) not in counted else 0
    counted.add(id(fault))
    return Failed(error.code, error.message, str(error), sent)


def _as_reply(outcome: Answered | Failed, checker: Output | None) -> JSON:
    if isinstance(outcome, Failed):
        return _failure(outcome.code, outcome.told)
    reply: dict[str, JSON] = {
        "ok": True,
        "text": outcome.reply.text,
        "value": None,
        "usage": _usage(outcome.reply.usage),
        "finish": outcome.reply.finish,
    }
    if checker is not None:
        try:
            reply["value"] = checker.plain(checker.from_reply(outcome.reply.text))
        except (InvalidOutput, InvalidSignature) as error:
            reply |= {"ok": False, "error": error.code, "message": error.message}
    return reply


def _failure(code: str, message: str, usage: Usage | None = None) -> dict[str, JSON]:
    return {"ok": False, "error": code, "message": message, "usage": _usage(usage or Usage())}


def _usage(usage: Usage) -> dict[str, JSON]:
    return {"input": usage.input, "output": usage.output}
