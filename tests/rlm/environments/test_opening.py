"""Which environment is opened, and that none is where it would not hold."""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from collections.abc import Iterator

import pytest

from rlm.environments.places import CONFINED, EVERYWHERE, LIMITS, echo
from whence.rlm.contexts import as_context
from whence.rlm.environments import opening
from whence.rlm.environments.environment import Environment
from whence.rlm.environments.opening import open_environment, strength
from whence.rlm.errors import ConfinementBroken, NotConfined
from whence.runtime.confinement.nursery import Nursery
from whence.runtime.confinement.policy import NotConfinable
from whence.runtime.confinement.probe import Strength
from whence.runtime.errors import InvalidOption


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict]:
    """A process that has made no nursery yet."""
    places: dict = {}
    monkeypatch.setattr(opening, "_PLACES", places)
    yield places
    for place in places.values():
        place.nursery.close()


class Refusing(Nursery):
    """As on a system where nothing of Linux is to be had."""

    def __init__(self, *args: object, isolation: str, **more: object) -> None:
        if isolation != "unsafe":
            raise NotConfinable(["bubblewrap: not here", "landlock: not here"])
        super().__init__(*args, isolation=isolation, **more)


def opened(choice: str, **more: object) -> tuple[str, str]:
    """Open, run one cell, close; give the environment's name and what the cell printed."""

    async def run() -> tuple[str, str]:
        with as_context("text") as contexts:
            environment: Environment = await open_environment(choice, contexts, echo, limits=LIMITS, **more)
            try:
                return environment.name, (await environment.run("print(context)")).output
            finally:
                await environment.aclose()

    return asyncio.run(run())


def without_monty(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec

    def find(name: str) -> object:
        return None if name == "pydantic_monty" else found(name)

    monkeypatch.setattr(opening, "find_spec", find)


def test_auto_takes_a_confined_process_where_there_is_one() -> None:
    try:
        assert opened("auto")[0] in CONFINED
    except NotConfined as why:
        pytest.skip(str(why))


@pytest.mark.parametrize("where", EVERYWHERE)
def test_a_choice_by_name_is_kept(where: str) -> None:
    try:
        assert opened(where) == (where, "text\n")
    except NotConfined as why:
        pytest.skip(str(why))


def test_auto_goes_on_to_monty_where_no_process_can_be_confined(
    fresh: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "Nursery", Refusing)
    assert opened("auto") == ("monty", "text\n")


def test_where_nothing_confines_the_reason_of_each_is_given(
    fresh: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "Nursery", Refusing)
    without_monty(monkeypatch)
    with pytest.raises(NotConfined) as caught:
        opened("auto")
    for name in ("bubblewrap", "landlock", "pydantic-monty"):
        assert any(name in reason for reason in caught.value.reasons)
    with pytest.raises(NotConfined):
        opened("landlock")
    with pytest.raises(NotConfined, match="pydantic-monty"):
        opened("monty")


def test_an_ordinary_process_is_used_only_when_it_is_asked_for(
    fresh: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidOption, match="unsafe=True"):
        opened("unsafe")
    with pytest.raises(InvalidOption):
        opened("docker")
    assert opened("unsafe", unsafe=True) == ("unsafe", "text\n")
    monkeypatch.setattr(opening, "Nursery", Refusing)
    without_monty(monkeypatch)
    fresh.clear()
    assert opened("auto", unsafe=True) == ("unsafe", "text\n")


def test_unsafe_is_not_taken_where_something_confines() -> None:
    try:
        assert opened("auto", unsafe=True)[0] in CONFINED
    except NotConfined as why:
        pytest.skip(str(why))


@pytest.mark.parametrize("where", CONFINED)
def test_no_cell_runs_where_an_attempt_got_through(
    where: str, fresh: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(nursery: Nursery) -> Strength:
        return Strength(nursery.isolation, (), 30, ("read a secret",))

    monkeypatch.setattr(opening, "probe", broken)
    try:
        with pytest.raises(ConfinementBroken, match="read a secret"):
            opened(where)
        with pytest.raises(ConfinementBroken, match="read a secret"):
            asyncio.run(strength(where))
    except NotConfined as why:
        pytest.skip(str(why))


def test_the_attempts_are_made_once_a_process_and_the_pool_is_shared(
    fresh: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    probed: list[Nursery] = []

    def counted(nursery: Nursery) -> Strength:
        probed.append(nursery)
        return Strength(nursery.isolation, nursery.layers, 1)

    monkeypatch.setattr(opening, "probe", counted)
    try:
        name, _ = opened("auto")
    except NotConfined as why:
        pytest.skip(str(why))
    threads = [threading.Thread(target=opened, args=(choice,)) for choice in ("auto", name, "auto", name)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(probed) == 1
    assert len({id(place.nursery) for place in fresh.values()}) == 1


@pytest.mark.parametrize("where", EVERYWHERE)
def test_what_is_found_here_holds(where: str) -> None:
    try:
        found = asyncio.run(strength(where))
    except NotConfined as why:
        pytest.skip(str(why))
    assert found.environment == where
    assert found.holds
    assert found.tried >= 15


def test_an_ordinary_process_is_reported_as_what_it_is(fresh: dict) -> None:
    found = asyncio.run(strength("unsafe", unsafe=True))
    assert found.environment == "unsafe"
    assert found.escaped
    assert not found.holds
