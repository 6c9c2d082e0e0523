"""A dead worker is replaced by one that has gone through the same, or what is lost is named."""

from __future__ import annotations

import asyncio
import json

import pytest

from rlm.environments.places import echo
from rlm.environments.scripted import Troupe, Wire, obedient
from whence.rlm.environments import rebuilding
from whence.rlm.environments.environment import HostCall


def counting() -> tuple[list[str], object]:
    asked: list[str] = []

    async def host(call: HostCall) -> object:
        asked.append(call.kind)
        return await echo(call)

    return asked, host


def test_a_dead_worker_is_rebuilt_and_nothing_is_asked_twice() -> None:
    asked, host = counting()

    async def run() -> None:
        troupe = Troupe(obedient, host=host)
        async with troupe as environment:
            await environment.put("history", [1])
            for code in ("x = 1", "ask a", "ask a", "finish"):
                assert (await environment.run(code)).error is None
            dead = await environment.run("die")
            assert dead.error is not None
            assert dead.error.kind == "WorkerDied"
            assert "exit 0" in dead.error.message
            assert (dead.rebuilt, dead.lost, dead.finished) == (True, (), False)
            assert (await environment.run("ask b")).output == '[{"ok": true, "text": "re: b", "usage": {}}]'
            assert len(troupe.taken) == 2

    asyncio.run(run())
    assert asked == ["llm", "llm", "finish", "llm"]


def test_a_cell_that_asks_something_else_the_second_time_is_not_rebuilt() -> None:
    asked, host = counting()

    def fickle(wire: Wire) -> None:
        cell = wire.cell()
        wire.ran(cell, output=json.dumps(wire.ask(1, prompts=[str(id(wire))])), names={"time": "int"})
        obedient(wire)

    async def run() -> None:
        troupe = Troupe(fickle, fickle, obedient, host=host)
        async with troupe as environment:
            await environment.run("now")
            dead = await environment.run("die")
            assert (dead.rebuilt, dead.lost) == (False, ("time",))
            assert (await environment.run("hello")).output == "hello"

    asyncio.run(run())
    assert asked == ["llm"]


def test_a_worker_that_dies_while_it_is_rebuilt_is_begun_anew() -> None:
    def mortal(wire: Wire) -> None:
        wire.cell()

    async def run() -> None:
        troupe = Troupe(obedient, mortal, obedient)
        async with troupe as environment:
            await environment.put("history", ["kept"])
            await environment.run("x = 1")
            dead = await environment.run("die")
            assert (dead.rebuilt, dead.lost) == (False, ("x",))
            assert len(troupe.taken) == 3
            again = await environment.run("die")
            assert (again.rebuilt, again.lost) == (False, ())  # nothing was there to be lost

    asyncio.run(run())


def test_what_was_put_is_put_again() -> None:
    seen: list[object] = []

    def looks(wire: Wire) -> None:
        while True:
            cell = wire.cell()
            seen.append(cell["put"])
            if cell["code"] == "die":
                return
            wire.ran(cell, names={"x": "int"})

    async def run() -> None:
        async with Troupe(looks) as environment:
            await environment.put("history", [1])
            await environment.put("history", [1, 2])
            await environment.run("a = 1")
            await environment.put("history", [1, 2, 3])
            await environment.run("die")

    asyncio.run(run())
    # In the second worker, the one cell that ended well is run again with what it had seen.
    assert seen == [{"history": [1, 2]}, {"history": [1, 2, 3]}, {"history": [1, 2]}]


def test_answers_that_grew_too_large_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "MOST_WEIGHT", 1_000)

    async def host(call: HostCall) -> object:
        return "x" * 2_000

    async def run() -> None:
        async with Troupe(obedient, host=host) as environment:
            await environment.run("ask a")
            dead = await environment.run("die")
            assert (dead.rebuilt, dead.lost) == (False, ("answer",))

    asyncio.run(run())


def test_an_answer_still_on_its_way_is_waited_for_by_the_rebuilt_cell() -> None:
    asked: list[str] = []
    go = asyncio.Event()

    async def host(call: HostCall) -> object:
        asked.append(call.kind)
        await go.wait()
        return "late"

    def submits(wire: Wire) -> None:
        cell = wire.cell()
        wire.send({"type": "call", "id": 1, "kind": "llm", "arguments": {"prompts": ["p"]}})
        wire.ran(cell, names={"handle": "Submitted"})
        cell = wire.cell()
        if cell["code"] == "die":
            return
        wire.ran(cell, output=str(wire.receive()["value"]))

    async def run() -> None:
        async with Troupe(submits, host=host) as environment:
            await environment.run("submit")
            assert (await environment.run("die")).rebuilt
            asyncio.get_running_loop().call_later(0.05, go.set)
            assert (await environment.run("wait")).output == "late"

    asyncio.run(run())
    assert asked == ["llm"]
