"""The doors of the recursive language model: `completion`, `acompletion`, `stream`.

    from whence.rlm import RLM, Budget

    rlm = RLM("qwen3:8b", base_url="http://localhost:11434/v1", budget=Budget(calls=200, seconds=600))
    done = rlm.completion(Path("reports/"), "Which plants reported a leak, and when?")
    print(done.answer, done.calls, done.usd)

An `RLM` is a value: it holds what was chosen and nothing that runs. Each completion opens what it needs (the
connections, a confined session, the journal) and closes it again, so that one RLM may serve many threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from keyword import iskeyword
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, TypeAlias

from whence.rlm.calling.budget import Budget
from whence.rlm.calling.pricing import Price
from whence.rlm.environments.environment import CellLimits, EnvironmentChoice
from whence.rlm.events import RunEvent
from whence.rlm.route import RouteChoice
from whence.rlm.worker.names import NAMES
from whence.runtime.errors import InvalidOption
from whence.runtime.events import Event, listening
from whence.runtime.loops import run_to_end

if TYPE_CHECKING:
    from whence.rlm.clients.client import Client
    from whence.rlm.completion import Completion

Function: TypeAlias = "Callable[..., object] | Callable[..., Awaitable[object]]"


@dataclass(frozen=True, slots=True)
class RLM:
    """A recursive language model, as chosen.

    Parameters
    ----------
    model
        The leading model's name, as its server knows it; `sub_model` that of the one cells ask (the same if
        None). base_url, api, key_env, allow_hosts
        Where the models are. `api` is "openai" (any compatible server), "anthropic", or "auto" by the host.
        Keys come from the environment alone, `key_env` names another variable. Hosts that are neither a
        known vendor's nor this machine must be allowed by name.
    client, sub_client
        A `Client`, or any function (async or not) from a list of messages to a text, in place of a server.
    output
        What the answer must be: None for text, a type, a pydantic model, a JSON schema, or a signature such
        as "context, query -> answer: int, evidence: list[str]".
    budget, price, sub_price
        The most that a completion may use, children included, and dollars per million tokens.
    environment, unsafe, limits
        Where cells run: "auto" takes the strongest that works here and refuses where nothing does.
        `unsafe=True` with environment "unsafe" runs them in an ordinary process; that is written into every
        result. max_depth, max_iterations
        Shorthands for the budget's `depth` and `iterations`.
    route
        "auto" reads short contexts directly where that is cheaper; "recursive" and "direct" force it.
    window, sub_window
        How many tokens the models can be sent at once.
    max_in_flight, attempts, timeout
        Calls at the same time at most, tries of a call that failed, seconds a call may take.
    tools
        Functions of yours that cells may call by these names; they run in this process, on plain JSON values.
    temperature, compaction, seed
        As they say; the seed decides everything random on our side.
    """

    model: str
    _: KW_ONLY
    base_url: str | None = None
    sub_model: str | None = None
    api: str = "auto"
    key_env: str | None = None
    allow_hosts: tuple[str, ...] = ()
    client: Client | Function | None = None
    sub_client: Client | Function | None = None
    output: object = None
    budget: Budget = field(default_factory=Budget)
    price: Price | None = None
    sub_price: Price | None = None
    environment: EnvironmentChoice = "auto"
    unsafe: bool = False
    limits: CellLimits = field(default_factory=CellLimits)
    max_depth: int | None = None
    max_iterations: int | None = None
    route: RouteChoice = "auto"
    window: int = 128_000
    sub_window: int | None = None
    max_in_flight: int = 64
    attempts: int = 5
    timeout: float = 120.0
    tools: Mapping[str, Callable[..., object]] = field(default_factory=dict[str, "Callable[..., object]"])
    temperature: float | None = None
    compaction: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        check(self)

    def completion(
        self,
        prompt: object,
        question: str | None = None,
        *,
        journal: str | Path | None = None,
        resume: bool = False,
        replay: str | Path | None = None,
    ) -> Completion:
        """Answer `question` about `prompt`; without a question, the prompt holds it.

        Parameters
        ----------
        prompt
            Text, a `Path` of a file or folder, a list of these, an open file, or a JSON value.
        journal
            Write everything that happens to this file, which must be new unless `resume` is set.
        resume
            Go on with the run of that journal: replies that it holds are not asked for again.
        replay
            Take every reply from this journal and ask no model at all.

        Raises
        ------
        NoAnswer
            The run ended without a valid answer; its `completion` holds what there is.
        CallError, SetupError, BudgetSpent, Cancelled
            As they say.
        """
        return run_to_end(
            lambda: self.acompletion(prompt, question, journal=journal, resume=resume, replay=replay)
        )

    async def acompletion(
        self,
        prompt: object,
        question: str | None = None,
        *,
        journal: str | Path | None = None,
        resume: bool = False,
        replay: str | Path | None = None,
    ) -> Completion:
        """The same, to be awaited."""
        from whence.rlm.running import Source, complete  # noqa: PLC0415 - loads the HTTP client and pydantic

        return await complete(self, prompt, question, Source(journal, resume=resume, replay=replay))

    def stream(
        self,
        prompt: object,
        question: str | None = None,
        *,
        journal: str | Path | None = None,
        resume: bool = False,
        replay: str | Path | None = None,
    ) -> Streamed:
        """The same, as an async iterator over what happens; its `completion` is there at the end."""
        return Streamed(
            lambda: self.acompletion(prompt, question, journal=journal, resume=resume, replay=replay)
        )


class Streamed:
    """A run to be looked at while it goes on: `async for event in …`, then `.completion`."""

    def __init__(self, work: Callable[[], Awaitable[Completion]]) -> None:
        self._work = work
        self._completion: Completion | None = None

    @property
    def completion(self) -> Completion:
        """What the run gave back, once it has been gone through."""
        if self._completion is None:
            raise InvalidOption("completion", "not there yet", "read after the stream has ended")
        return self._completion

    async def __aiter__(self) -> AsyncGenerator[RunEvent]:
        queue: asyncio.Queue[RunEvent | None] = asyncio.Queue()

        def hear(event: Event) -> None:
            if isinstance(event, RunEvent):
                queue.put_nowait(event)

        async def work() -> Completion:
            try:
                with listening(hear):
                    return await self._work()
            finally:
                queue.put_nowait(None)

        task = asyncio.create_task(work())
        try:
            while (event := await queue.get()) is not None:
                yield event
            self._completion = await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def check(rlm: RLM) -> None:
    """Refuse options that cannot be meant, before anything is opened."""
    choices = {
        "environment": (rlm.environment, ("auto", "bubblewrap", "landlock", "monty", "unsafe")),
        "route": (rlm.route, ("auto", "direct", "recursive")),
        "api": (rlm.api, ("auto", "openai", "anthropic")),
    }
    for name, (value, allowed) in choices.items():
        if value not in allowed:
            raise InvalidOption(name, value, allowed)
    if rlm.environment == "unsafe" and not rlm.unsafe:
        raise InvalidOption("environment", "unsafe", "confined; to run cells unconfined add unsafe=True")
    if not _is_a(str, rlm.model) or not rlm.model.strip():
        raise InvalidOption("model", rlm.model, "the name of a model")
    kinds = {"budget": (Budget,), "limits": (CellLimits,), "price": (Price, NoneType)}
    for name, kind in (kinds | {"sub_price": kinds["price"]}).items():
        if not _is_a(kind, getattr(rlm, name)):
            raise InvalidOption(name, getattr(rlm, name), f"made with {kind[0].__name__}(…)")
    _check_numbers(rlm)
    _check_tools(rlm.tools)


def _check_numbers(rlm: RLM) -> None:
    numbers = {
        "window": (rlm.window, 1_000),
        "sub_window": (rlm.sub_window, 1_000),
        "max_in_flight": (rlm.max_in_flight, 1),
        "attempts": (rlm.attempts, 1),
        "max_depth": (rlm.max_depth, 0),
        "max_iterations": (rlm.max_iterations, 1),
    }
    for name, (value, least) in numbers.items():
        if value is not None and (not _is_a(int, value) or _is_a(bool, value) or value < least):
            raise InvalidOption(name, value, f"a whole number, {least:,} or more")


def _check_tools(tools: Mapping[str, object]) -> None:
    for name, tool in tools.items():
        if not _is_a(str, name) or not name.isidentifier() or iskeyword(name):
            raise InvalidOption("tools", name, "functions under names that Python allows")
        if name in NAMES or name.startswith("context_"):
            raise InvalidOption("tools", name, "functions under names that mean nothing in a session yet")
        if not callable(tool):
            raise InvalidOption(f"tools[{name!r}]", tool, "a function")


def _is_a(kind: type | tuple[type, ...], value: object) -> bool:
    """Whether a caller who does not check types gave what is declared."""
    return isinstance(value, kind)
