"""Which environment a run's cells get: the strongest that works here, and proved on the spot to hold.

"auto" takes a confined process in bubblewrap's namespaces, else one under Landlock alone, else monty; where
nothing confines, it refuses (`NotConfined`), unless the caller says `unsafe=True`. Before the first cell of a
process runs, the escape attempts are made (`strength`), and if one gets through no cell runs at all. All runs
of a process share one pool of warm workers for each set of limits.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from whence.rlm.environments.confined import ConfinedEnvironment
from whence.rlm.environments.environment import (
    CellLimits,
    Environment,
    EnvironmentChoice,
    EnvironmentName,
    Host,
)
from whence.rlm.environments.session import Nursling
from whence.rlm.errors import ConfinementBroken, NotConfined, UnusableContext
from whence.rlm.worker.wire import BrokenFrame
from whence.runtime.aside import aside
from whence.runtime.confinement.nursery import Nursery
from whence.runtime.confinement.policy import NotConfinable, NurseryFailed, Policy
from whence.runtime.confinement.probe import Strength, probe
from whence.runtime.errors import InvalidOption
from whence.runtime.locks import lock

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from whence.rlm.contexts.contexts import Contexts
    from whence.runtime.plain import JSON

ENTRY: Final = "whence.rlm.worker.serve:serve"
SOURCE: Final = Path(__file__).resolve().parents[3]
WARM: Final = 4
# What a model's code most often imports: loaded once, before the workers are forked.
USUAL: Final = ("collections", "csv", "datetime", "difflib", "statistics", "string", "textwrap", "typing")
_USUAL_LIMITS: Final = CellLimits()


async def open_environment(  # noqa: PLR0913 - the terms of a session, each by its name
    choice: EnvironmentChoice,
    contexts: Contexts,
    host: Host,
    *,
    limits: CellLimits = _USUAL_LIMITS,
    seed: int = 0,
    unsafe: bool = False,
    tools: Sequence[str] = (),
    depth: int = 0,
    output_kind: str = "text",
    fields: Sequence[str] = (),
) -> Environment:
    """Open a session over `contexts` whose calls `host` answers; close it with `aclose`.

    Raises
    ------
    NotConfined
        Nothing of what was chosen works here, with the reason of each.
    ConfinementBroken
        An escape attempt got through.
    """
    place = await _place(choice, limits, unsafe=unsafe)
    if place is None:
        return await _open_monty(contexts, host, limits, seed, tools)
    begin = _begin(contexts, limits, seed=seed, depth=depth)
    begin |= {"tools": list(tools), "output_kind": output_kind, "fields": list(fields)}
    try:
        environment = ConfinedEnvironment(place.name, place.take, host, begin, contexts.files, limits)
    except BrokenFrame as why:
        count = f"{len(contexts.documents):,} documents"
        raise UnusableContext(count, "their names alone are too much", "Join them into fewer.") from why
    try:
        # The attempts and the worker's beginning go side by side; no cell is sent before both are done.
        _, strong = await asyncio.gather(environment.open(), place.strength())
        _refuse_broken(strong)
        environment.strength = told(strong)
    except BaseException:
        await environment.aclose()
        raise
    return environment


async def strength(choice: EnvironmentChoice = "auto", *, unsafe: bool = False) -> Strength:
    """Find out what the choice comes to here, and how well it holds; the attempts are made once a process."""
    place = await _place(choice, _USUAL_LIMITS, unsafe=unsafe)
    if place is not None:
        found = await place.strength()
    else:
        found = await _monty_strength()
    _refuse_broken(found)
    return found


# ── places ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Place:
    """A nursery, and what the escape attempts made of it."""

    nursery: Nursery
    _lock: AbstractContextManager[object] = field(default_factory=lock)
    _strength: Strength | None = None

    @property
    def name(self) -> EnvironmentName:
        return self.nursery.isolation

    async def take(self) -> Nursling:
        try:
            return await aside(self.nursery.take)
        except NurseryFailed:  # the process that forks them had ended; the next call starts another
            return await aside(self.nursery.take)

    async def strength(self) -> Strength:
        return self._strength or await aside(self._probed)

    def _probed(self) -> Strength:
        with self._lock:
            if self._strength is None:
                self._strength = probe(self.nursery)
            return self._strength


_PLACES: dict[tuple[int, str, int, int], _Place] = {}
_MAKING = lock()


async def _place(choice: EnvironmentChoice, limits: CellLimits, *, unsafe: bool) -> _Place | None:
    """Find where the cells go; None is monty."""
    if choice not in get_args(EnvironmentChoice):
        raise InvalidOption("environment", choice, get_args(EnvironmentChoice))
    if choice == "unsafe" and not unsafe:
        raise InvalidOption("environment", choice, '"auto", or "unsafe" together with unsafe=True')
    if choice == "monty":
        if (missing := _without_monty()) is not None:
            raise NotConfined([missing])
        return None
    try:
        return await aside(lambda: _made(choice, limits))
    except NotConfinable as why:
        reasons = list(why.reasons)
    except NurseryFailed as why:
        reasons = [why.message]
    if choice != "auto":
        raise NotConfined(reasons)
    if (missing := _without_monty()) is None:
        return None
    if unsafe:
        return await _place("unsafe", limits, unsafe=True)
    raise NotConfined([*reasons, missing])


def _made(choice: EnvironmentChoice, limits: CellLimits) -> _Place:
    """Give the process's nursery for this choice and these limits, made when first asked for."""

    def key(isolation: str) -> tuple[int, str, int, int]:
        return (os.getpid(), isolation, limits.memory_mb, limits.scratch_mb)

    if (known := _PLACES.get(key(choice))) is not None:
        return known
    with _MAKING:
        place = _PLACES.get(key(choice)) or (_PLACES.get(key("bubblewrap")) if choice == "auto" else None)
        if place is None:
            isolation = "auto" if choice == "monty" else choice
            policy = Policy(memory_mb=limits.memory_mb, scratch_mb=limits.scratch_mb)
            numpy = ("numpy",) if find_spec("numpy") is not None else ()
            preload = ("whence.rlm.worker.serve", *USUAL, *numpy)
            place = _Place(
                Nursery(ENTRY, source=SOURCE, preload=preload, policy=policy, isolation=isolation, warm=WARM)
            )
            _PLACES.setdefault(key(place.nursery.isolation), place)
        _PLACES[key(choice)] = place
        return place


def told(found: Strength) -> str:
    """What confines and what was tried against it, in one line."""
    if found.environment == "unsafe":
        return "nothing: an ordinary process, as asked for"
    return f"{', '.join(found.layers)}; {found.tried} escapes tried, {len(found.escaped)} worked"


def _refuse_broken(found: Strength) -> None:
    if found.escaped and found.environment != "unsafe":
        raise ConfinementBroken(found.environment, found.escaped)


def _begin(contexts: Contexts, limits: CellLimits, *, seed: int, depth: int) -> dict[str, JSON]:
    documents: list[JSON] = [
        {"name": document.name, "file": document.file, "offset": document.offset, "length": document.length}
        for document in contexts.documents
    ]
    allowed: dict[str, JSON] = {
        "seconds": limits.seconds,
        "memory_mb": limits.memory_mb,
        "scratch_mb": limits.scratch_mb,
        "output": limits.output,
    }
    return {
        "type": "begin",
        "documents": documents,
        "shape": contexts.shape,
        "limits": allowed,
        "seed": seed,
        "depth": depth,
    }


# ── monty ───────────────────────────────────────────────────────────────────────────────────────────────────


def _without_monty() -> str | None:
    if find_spec("pydantic_monty") is None:
        return "monty: the package pydantic-monty is not installed (pip install 'whence[monty]')"
    return None


async def _open_monty(
    contexts: Contexts, host: Host, limits: CellLimits, seed: int, tools: Sequence[str]
) -> Environment:
    from whence.rlm.environments.monty import MontyEnvironment  # noqa: PLC0415 - loads an extra
    from whence.rlm.environments.monty_documents import Documents, Part  # noqa: PLC0415

    parts = [
        Part(document.name, contexts.files[document.file], document.offset, document.length)
        for document in contexts.documents
    ]
    environment = MontyEnvironment(
        Documents(parts, contexts.shape), host, limits=limits, seed=seed, tools=tools
    )
    try:
        await environment.open()
        strong = await _monty_strength()
        _refuse_broken(strong)
        environment.strength = told(strong)
    except BaseException:
        await environment.aclose()
        raise
    return environment


_MONTY: dict[int, Strength] = {}


async def _monty_strength() -> Strength:
    """What the attempts made of it, made once a process."""
    from whence.rlm.environments.monty_strength import probe_monty  # noqa: PLC0415 - loads an extra

    process = os.getpid()
    if process not in _MONTY:
        _MONTY[process] = await probe_monty()
    return _MONTY[process]
