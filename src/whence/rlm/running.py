"""One completion from its door to its end: open what it needs, choose the route, run, close it all again."""

from __future__ import annotations

import asyncio
import platform
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from whence.rlm.answers.output import Output, output_type
from whence.rlm.calling.budget import Budget, Ledger
from whence.rlm.calling.calls import Caller
from whence.rlm.calling.memo import Memo
from whence.rlm.calling.pace import START, Pace
from whence.rlm.clients.anthropic import ANTHROPIC_URL, AnthropicClient
from whence.rlm.clients.choosing import client_for
from whence.rlm.clients.function import FunctionClient
from whence.rlm.clients.openai import OPENAI_URL
from whence.rlm.completion import Completion
from whence.rlm.contexts import Contexts, as_context
from whence.rlm.direct import read_directly
from whence.rlm.errors import BudgetSpent, NoAnswer, RequestRefused, UnknownPrice
from whence.rlm.events import Noted
from whence.rlm.journal.record import Header
from whence.rlm.journal.recording import Nobody, Recording, Source, open_recording
from whence.rlm.loop import Led, recurse, tell_end
from whence.rlm.route import Chosen, choose
from whence.rlm.setup import Setup, Speaker
from whence.rlm.telling import Teller
from whence.rlm.views.tree import TreeBuilder
from whence.runtime.errors import Cancelled, InvalidOption, WhenceError
from whence.runtime.locks import lock
from whence.runtime.plain import JSON

if TYPE_CHECKING:
    from whence.rlm.calling.pricing import Price
    from whence.rlm.clients.client import Client
    from whence.rlm.rlm import RLM

TOO_LONG = frozenset({400, 413, 422})  # how servers refuse what does not fit their window
HEADING = 12  # characters around each document's name
_HOLDERS: Counter[tuple[int, int]] = Counter()
_LOCK = lock()


async def complete(rlm: RLM, prompt: object, question: str | None, source: Source) -> Completion:
    """Answer; see `RLM.completion`."""
    output = output_type(rlm.output)
    if question is not None and not (_is_text(question) and question.strip()):
        raise InvalidOption("question", question, "a text that is not empty; None if the prompt holds it")
    budget = _budget(rlm)
    if source.replay is not None:  # the time it took then counts: where it was over, the recording says
        budget = replace(budget, seconds=None)
    async with AsyncExitStack() as stack:
        contexts = stack.enter_context(as_context(prompt))
        recording = stack.enter_context(
            open_recording(source, lambda: _header(rlm, contexts, question, output))
        )
        root, sub = await stack.enter_async_context(_speakers(rlm, source, recording.memo))
        builder = TreeBuilder()
        setup = Setup(
            root=root,
            sub=sub,
            output=output,
            budget=budget,
            teller=Teller((builder.add, *recording.sinks)),
            recall=recording.recall,
            environment=rlm.environment,
            unsafe=rlm.unsafe,
            limits=rlm.limits,
            tools=rlm.tools,
            temperature=rlm.temperature,
            seed=rlm.seed,
            compaction=rlm.compaction,
        )
        if budget.usd is not None and root.price is None:  # the sub-model's price is at least the same
            raise UnknownPrice(rlm.model)
        _note_left_out(setup, contexts)
        work = _Work(rlm, setup, contexts, question, Ledger(budget), builder, recording)
        return await work.to_the_end()


def _is_text(value: object) -> bool:
    return isinstance(value, str)


class _Work:
    """A completion that is under way."""

    def __init__(
        self,
        rlm: RLM,
        setup: Setup,
        contexts: Contexts,
        question: str | None,
        ledger: Ledger,
        builder: TreeBuilder,
        recording: Recording,
    ) -> None:
        self.rlm = rlm
        self.setup = setup
        self.contexts = contexts
        self.question = question
        self.ledger = ledger
        self.builder = builder
        self.recording = recording
        self.chosen = choose(
            rlm.route,
            contexts.bytes + _headings(contexts) + len(question or ""),
            window=rlm.window,
            price=setup.root.price,
            sub_price=setup.sub.price,
        )

    async def to_the_end(self) -> Completion:
        """Run, and give the completion; a `NoAnswer` is given what there is of one."""
        try:
            led = await self._led()
        except Cancelled:
            raise
        except NoAnswer as error:
            self._tell_end(None, error)
            raise NoAnswer(error.reason, self._completion(None)) from error.__cause__
        except BudgetSpent as spent:
            self._tell_end(None, spent)
            raise NoAnswer(spent.message, self._completion(None)) from spent
        except WhenceError as error:
            self._tell_end(None, error)
            raise
        self._tell_end(led, None)
        return self._completion(led)

    async def _led(self) -> Led:
        if self.chosen.route == "direct":
            try:
                return await self._directly()
            except (NoAnswer, RequestRefused) as error:
                if self.rlm.route == "direct" or (
                    isinstance(error, RequestRefused) and error.status not in TOO_LONG
                ):
                    raise
                said = error.reason if isinstance(error, NoAnswer) else error.message
                self.chosen = Chosen("recursive", f"read directly first: {said}")
                self.setup.teller.tell(Noted(message=self.chosen.why))
        return await recurse(self.setup, self.contexts, self.question, self.ledger, why=self.chosen.why)

    async def _directly(self) -> Led:
        answer, turns = await read_directly(
            self.setup, self.contexts, self.question, self.ledger, why=self.chosen.why
        )
        return Led(answer=answer, iterations=turns, isolation="none needed: no code ran")

    def _tell_end(self, led: Led | None, error: WhenceError | None) -> None:
        answer, iterations = (None, 0) if led is None else (led.answer, led.iterations)
        value = None if led is None else self.setup.output.plain(answer)
        tell_end(self.setup, "0", self.ledger, value, error, iterations)

    def _completion(self, led: Led | None) -> Completion:
        tree = self.builder.tree()
        spent = self.ledger.spent
        return Completion(
            answer=None if led is None else led.answer,
            plain_answer=None if led is None else self.setup.output.plain(led.answer),
            question=self.question,
            model=self.rlm.model,
            route=self.chosen.route,
            why=self.chosen.why,
            isolation=tree.started.isolation,
            strength=tree.started.strength,
            iterations=sum(turn.reply is not None for turn in tree.turns),
            calls=spent.calls,
            usage=tree.totals.usage,
            usd=spent.usd if self.setup.priced or spent.usd else None,
            seconds=self.ledger.seconds_used(),
            replayed=tree.totals.replayed,
            notes=tuple(note.message for run in tree.every_run() for note in run.notes),
            tree=tree,
            seed=self.rlm.seed,
            journal=self.recording.path,
        )


def _headings(contexts: Contexts) -> int:
    """How many characters the documents' names add where all are read at once: of small files, the most."""
    if contexts.shape != "documents":
        return 0
    return sum(len(document.name) + HEADING for document in contexts.documents)


def _budget(rlm: RLM) -> Budget:
    budget = rlm.budget
    if rlm.max_depth is not None:
        budget = replace(budget, depth=rlm.max_depth)
    if rlm.max_iterations is not None:
        budget = replace(budget, iterations=rlm.max_iterations)
    return budget


def _header(rlm: RLM, contexts: Contexts, question: str | None, output: Output) -> Header:
    from whence import __version__  # noqa: PLC0415 - the version alone

    options: dict[str, JSON] = {
        "output": output.describe(),
        "route": rlm.route,
        "environment": rlm.environment,
        "unsafe": rlm.unsafe,
        "window": rlm.window,
        "temperature": rlm.temperature,
        "seed": rlm.seed,
        "tools": list[JSON](sorted(rlm.tools)),
        "depth": _budget(rlm).depth,
        "iterations": _budget(rlm).iterations,
    }
    return Header(
        question=question,
        context=contexts.sha256(),
        model=rlm.model,
        sub_model=rlm.sub_model or rlm.model,
        options=options,
        versions={"whence": __version__, "python": platform.python_version()},
    )


@asynccontextmanager
async def _speakers(rlm: RLM, source: Source, memo: Memo | None) -> AsyncGenerator[tuple[Speaker, Speaker]]:
    """The leading model and the one that cells ask; their connections are closed at the end.

    Where both are at one host they share the pace, since a host that is crowded is so for both.
    """
    sub_model = rlm.sub_model or rlm.model
    replayed = source.replay is not None
    client = Nobody() if replayed else _client(rlm, rlm.model, rlm.client)
    other = Nobody() if replayed else _client(rlm, sub_model, rlm.sub_client or rlm.client)
    pace = Pace(min(START, rlm.max_in_flight), rlm.max_in_flight)
    same = client.host == other.host
    other_pace = pace if same else Pace(min(START, rlm.max_in_flight), rlm.max_in_flight)

    def caller(reached: Client, price: Price | None, at: Pace) -> Caller:
        return Caller(reached, price=price, pace=at, attempts=rlm.attempts, seed=rlm.seed, memo=memo)

    sub_price = rlm.sub_price or rlm.price
    async with _held(client), _held(other):
        yield (
            Speaker(
                model=rlm.model,
                caller=caller(client, rlm.price, pace),
                price=rlm.price,
                window=rlm.window,
            ),
            Speaker(
                model=sub_model,
                caller=caller(other, sub_price, other_pace),
                price=sub_price,
                window=rlm.sub_window or rlm.window,
            ),
        )


@asynccontextmanager
async def _held(client: Client) -> AsyncGenerator[None]:
    """Close a client's connections after the last run of this loop that uses it: it may be given to many."""
    key = (id(client), id(asyncio.get_running_loop()))
    with _LOCK:
        _HOLDERS[key] += 1
    try:
        yield
    finally:
        with _LOCK:
            _HOLDERS[key] -= 1
            last = not _HOLDERS[key]
            if last:
                del _HOLDERS[key]
        if last:
            await client.aclose()


def _client(rlm: RLM, model: str, given: object) -> Client:
    if given is not None and hasattr(given, "send"):
        return cast("Client", given)
    if given is not None:
        return FunctionClient(cast("Callable[..., object]", given))
    if rlm.api == "anthropic":
        return AnthropicClient(
            ANTHROPIC_URL if rlm.base_url is None else rlm.base_url,
            key_env=rlm.key_env,
            timeout=rlm.timeout,
            allow_hosts=rlm.allow_hosts,
        )
    url = OPENAI_URL if rlm.api == "openai" and rlm.base_url is None else rlm.base_url
    return client_for(model, url, key_env=rlm.key_env, timeout=rlm.timeout, allow_hosts=rlm.allow_hosts)


def _note_left_out(setup: Setup, contexts: Contexts) -> None:
    for note in contexts.notes:
        setup.teller.tell(Noted(message=note))
    for number, one in enumerate(contexts.left_out):
        if number == 20:
            setup.teller.tell(Noted(message=f"{len(contexts.left_out) - 20:,} more files were left out"))
            break
        setup.teller.tell(Noted(message=f"left out {one.name}: {one.reason}"))
