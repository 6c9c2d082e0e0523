"""Sessions in every environment that this machine has, for tests that run real cells."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from whence.rlm.contexts import as_context
from whence.rlm.environments.environment import CellLimits, Environment, HostCall
from whence.rlm.environments.opening import open_environment
from whence.rlm.errors import NotConfined

CONFINED = ("landlock", "bubblewrap")
EVERYWHERE = (*CONFINED, "monty")
LIMITS = CellLimits(seconds=1.0, memory_mb=512, scratch_mb=32)

Host = Callable[[HostCall], Awaitable[object]]


def prompts(call: HostCall) -> list[str]:
    """The questions that a call asks."""
    given = call.arguments["prompts"]
    assert isinstance(given, list)
    return [str(prompt) for prompt in given]


async def echo(call: HostCall) -> object:
    """Answer every question with itself, and accept every answer."""
    if call.kind == "llm":
        return [{"ok": True, "text": f"re: {prompt}", "usage": {}} for prompt in prompts(call)]
    return {"ok": True}


def within(
    where: str,
    work: Callable[[Environment], Awaitable[None]],
    context: object = "a\nb\nc\n",
    *,
    host: Host = echo,
    limits: CellLimits = LIMITS,
    **more: object,
) -> None:
    """Open a session, do `work` in it and close it; skip where there is no such environment."""

    async def run() -> None:
        with as_context(context) as contexts:
            try:
                environment = await open_environment(where, contexts, host, limits=limits, **more)
            except NotConfined as why:
                pytest.skip(str(why))
            try:
                await work(environment)
            finally:
                await environment.aclose()

    asyncio.run(run())
