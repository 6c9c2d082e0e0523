"""The host against workers that misbehave in ways that no honest worker does: each is scripted."""

from __future__ import annotations

import asyncio
import json
import os
import struct
import tempfile
import threading
from collections.abc import Callable

import pytest

from rlm.environments.places import echo
from rlm.environments.scripted import Troupe, Wire, obedient
from whence.rlm.environments import session
from whence.rlm.environments.environment import CellLimits, HostCall
from whence.rlm.errors import BudgetSpent, NotConfined
from whence.rlm.worker.wire import MOST


def answering(first: object) -> object:
    """A script that sends `first` instead of the end of its first cell, and obeys in what follows."""

    def script(wire: Wire) -> None:
        cell = wire.cell()
        if isinstance(first, bytes):
            wire.raw(first)
        else:
            wire.send(first(cell))
        obedient(wire)

    return script


# ── a worker that breaks the rules is replaced ──────────────────────────────────────────────────────────────


BREAKING = {
    "bytes that are no frame": b"\x00\x00\x00\x05hello",
    "a length beyond all measure": b"\xff\xff\xff\xff",
    "a length just beyond": struct.pack(">I", MOST + 1),
    "the end of another cell": lambda cell: {"type": "ran", "id": cell["id"] + 1},
    "a frame of the host's own": lambda cell: {"type": "run", "id": 1, "code": "x"},
}


@pytest.mark.parametrize("what", BREAKING)
def test_a_worker_that_breaks_the_protocol_costs_one_cell(what: str) -> None:
    async def run() -> None:
        troupe = Troupe(obedient, obedient)
        troupe.scripts[0] = answering(BREAKING[what])
        async with troupe as environment:
            broken = await environment.run("hello")
            assert broken.error is not None
            assert broken.error.kind == "WorkerDied"
            assert "protocol" in broken.error.message
            after = await environment.run("hello")
            assert (after.output, after.error) == ("hello", None)
            assert len(troupe.taken) == 2

    asyncio.run(run())


def test_two_ends_of_one_cell_are_found_out() -> None:
    def twice(wire: Wire) -> None:
        cell = wire.cell()
        wire.ran(cell, output="forged")
        wire.ran(cell, output="real")
        obedient(wire)

    async def run() -> None:
        async with Troupe(twice, obedient) as environment:
            assert (await environment.run("hello")).output == "forged"
            outcomes = [await environment.run("hello") for _ in range(2)]
            assert outcomes[-1].output == "hello"

    asyncio.run(run())


def test_a_flood_of_calls_is_refused_beyond_a_bound_and_the_host_lives() -> None:
    asked = 0
    refused: list[object] = []
    go: list[Callable[[], None]] = []

    async def host(call: HostCall) -> object:
        nonlocal asked
        asked += 1
        await enough.wait()
        return []

    def flood(wire: Wire) -> None:
        cell = wire.cell()
        for number in range(10_000):
            wire.send({"type": "call", "id": number, "kind": "llm", "arguments": {"prompts": ["x"]}})
        refused.extend(wire.receive()["value"] for _ in range(10_000 - session.MOST_OPEN_CALLS))
        go[0]()
        assert all(wire.receive()["value"] == [] for _ in range(session.MOST_OPEN_CALLS))
        wire.ran(cell, output="done")
        obedient(wire)

    enough = asyncio.Event()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        go.append(lambda: loop.call_soon_threadsafe(enough.set))
        async with Troupe(flood, host=host) as environment:
            assert (await environment.run("go")).output == "done"
            assert (await environment.run("hello")).output == "hello"

    asyncio.run(run())
    assert asked == session.MOST_OPEN_CALLS
    assert all(value["ok"] is False and value["error"] == "too_many_calls" for value in refused)


def test_a_worker_that_never_reads_its_answers_is_ended_in_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "GRACE", 0.3)

    def deaf(wire: Wire) -> None:
        wire.cell()
        number = 0
        while True:
            number += 1
            wire.send({"type": "call", "id": number, "kind": "nothing", "arguments": {}})

    async def host(call: HostCall) -> object:
        return "x" * 10_000

    async def run() -> None:
        troupe = Troupe(deaf, obedient, host=host, limits=CellLimits(seconds=0.3))
        async with troupe as environment:
            assert (await environment.run("go")).error.kind == "WorkerDied"
            assert (await environment.run("hello")).output == "hello"

    asyncio.run(asyncio.wait_for(run(), 30))


def test_calls_outside_of_a_cell_are_refused() -> None:
    seen: list[object] = []

    def late(wire: Wire) -> None:
        cell = wire.cell()
        wire.ran(cell)
        seen.append(wire.ask(5, prompts=["x"]))
        obedient(wire)

    async def run() -> None:
        async with Troupe(late) as environment:
            await environment.run("go")
            while not seen:
                await asyncio.sleep(0.001)
            assert (await environment.run("hello")).output == "hello"

    asyncio.run(run())
    assert seen[0]["error"] == "no_cell"


def test_a_call_of_an_open_id_is_a_violation() -> None:
    def same(wire: Wire) -> None:
        wire.cell()
        for _ in range(2):
            wire.send({"type": "call", "id": 1, "kind": "llm", "arguments": {"prompts": []}})
        wire.receive()

    async def never(call: HostCall) -> object:
        await asyncio.sleep(60)
        raise AssertionError

    async def run() -> None:
        async with Troupe(same, obedient, host=never) as environment:
            outcome = await environment.run("go")
            assert outcome.error is not None
            assert "one id" in outcome.error.message

    asyncio.run(run())


# ── time, disk, cancelling ──────────────────────────────────────────────────────────────────────────────────


def test_waiting_for_the_host_does_not_count_as_the_cells_own_time() -> None:
    async def slow(call: HostCall) -> object:
        await asyncio.sleep(0.8)
        return []

    async def run() -> None:
        async with Troupe(obedient, host=slow, limits=CellLimits(seconds=0.3)) as environment:
            outcome = await environment.run("ask x")
            assert outcome.error is None
            assert outcome.seconds < 0.3

    asyncio.run(run())


def test_a_cell_is_first_asked_to_stop_and_then_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "GRACE", 0.3)

    def listens(wire: Wire) -> None:
        cell = wire.cell()
        assert wire.receive() == {"type": "interrupt"}
        wire.ran(cell, error={"kind": "CellTimedOut", "message": "?", "traceback": ""}, names={"x": "int"})
        obedient(wire)

    async def run() -> None:
        async with Troupe(listens, obedient, limits=CellLimits(seconds=0.2)) as environment:
            soft = await environment.run("sleep")
            assert soft.error is not None
            assert soft.error.kind == "CellTimedOut"
            assert "0.2 s of its own" in soft.error.message
            assert soft.names == {"x": "int"}
            hard = await environment.run("sleep")
            assert hard.error is not None
            assert hard.error.kind == "WorkerDied"
            assert "did not stop when interrupted" in hard.error.message
            # The interrupted cell cannot be run again to the same place: what it made is lost, and said so.
            assert (hard.rebuilt, hard.lost) == (True, ("x",))

    asyncio.run(run())


def test_a_scratch_folder_that_grows_too_large_ends_the_worker() -> None:
    async def run() -> None:
        troupe = Troupe(obedient, limits=CellLimits(scratch_mb=1))
        async with troupe as environment:
            task = asyncio.create_task(environment.run("sleep"))
            await asyncio.sleep(0.05)
            troupe.taken[0].written = 3 << 20
            outcome = await task
            assert outcome.error is not None
            assert "disk" in outcome.error.message
            assert "3 MB" in outcome.error.message

    asyncio.run(run())


def test_a_rebuilding_that_is_cancelled_is_taken_up_again() -> None:
    async def run() -> None:
        troupe = Troupe(obedient, lambda wire: wire.receive() and wire.receive(), obedient)
        async with troupe as environment:
            await environment.run("x = 1")
            task = asyncio.create_task(environment.run("die"))
            while len(troupe.taken) < 2:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            after = await environment.run("hello")
            assert (after.output, after.rebuilt, after.lost) == ("hello", True, ())

    asyncio.run(run())


def test_a_cancelled_run_ends_its_worker_and_its_calls() -> None:
    ended: list[str] = []

    async def never(call: HostCall) -> object:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(call.kind)
        return []

    async def run() -> None:
        troupe = Troupe(obedient, host=never)
        async with troupe as environment:
            await environment.run("x = 1")
            task = asyncio.create_task(environment.run("ask a"))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0)
            assert ended == ["llm"]
            after = await environment.run("hello")
            assert after.rebuilt
            assert after.output == "hello"

    asyncio.run(run())


def test_closing_twice_is_closing_once_and_a_closed_session_says_so() -> None:
    async def run() -> None:
        async with Troupe(obedient) as environment:
            await environment.run("x = 1")
            await environment.aclose()
            with pytest.raises(NotConfined, match="closed"):
                await environment.run("x = 1")
            await environment.aclose()

    asyncio.run(run())


# ── answers ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_error_of_ours_in_answering_is_told_to_the_cell() -> None:
    async def spent(call: HostCall) -> object:
        raise BudgetSpent("calls", 3)

    async def run() -> None:
        async with Troupe(obedient, host=spent) as environment:
            outcome = await environment.run("ask a")
            assert json.loads(outcome.output)["error"] == "budget_spent"

    asyncio.run(run())


def test_a_fault_of_the_host_is_raised_and_not_taken_for_the_cells() -> None:
    async def faulty(call: HostCall) -> object:
        raise ZeroDivisionError("the host's own")

    async def run() -> None:
        async with Troupe(obedient, host=faulty) as environment:
            with pytest.raises(ZeroDivisionError, match="own"):
                await environment.run("ask a")

    asyncio.run(run())


def test_a_fault_of_the_host_between_two_cells_is_raised_by_the_next() -> None:
    async def faulty(call: HostCall) -> object:
        await asyncio.sleep(0.02)
        raise ZeroDivisionError("the host's own")

    def submits(wire: Wire) -> None:
        cell = wire.cell()
        wire.send({"type": "call", "id": 1, "kind": "llm", "arguments": {"prompts": ["p"]}})
        wire.ran(cell)
        obedient(wire)

    async def run() -> None:
        async with Troupe(submits, host=faulty) as environment:
            assert (await environment.run("submit")).error is None
            await asyncio.sleep(0.1)
            with pytest.raises(ZeroDivisionError, match="own"):
                await environment.run("hello")

    asyncio.run(run())


def test_a_cell_too_large_to_be_sent_is_an_error_of_the_cell() -> None:
    async def run() -> None:
        async with Troupe(obedient) as environment:
            outcome = await environment.run("#" * (MOST + 1))
            assert outcome.error is not None
            assert (outcome.error.kind, outcome.lost) == ("SyntaxError", ())
            assert (await environment.run("hello")).output == "hello"

    asyncio.run(run())


def test_time_is_kept_while_a_look_at_the_disk_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "GRACE", 0.2)
    back = threading.Event()

    async def run() -> None:
        troupe = Troupe(obedient, limits=CellLimits(seconds=0.2))
        async with troupe as environment:
            monkeypatch.setattr(troupe.taken[0], "scratch_bytes", lambda: back.wait(60) and 0)
            outcome = await environment.run("sleep")
            assert outcome.error is not None
            assert "did not stop" in outcome.error.message
            back.set()

    asyncio.run(run())


def test_an_answer_too_large_to_be_sent_is_a_failed_answer() -> None:
    async def large(call: HostCall) -> object:
        return "x" * (MOST + 1)

    async def run() -> None:
        async with Troupe(obedient, host=large) as environment:
            assert "too_large" in (await environment.run("ask a")).output

    asyncio.run(run())


def test_finished_is_what_the_host_accepted_and_not_what_the_worker_says() -> None:
    def liar(wire: Wire) -> None:
        wire.ran(wire.cell(), finished=True)
        obedient(wire)

    async def run() -> None:
        async with Troupe(liar, host=echo) as environment:
            assert not (await environment.run("go")).finished
            assert (await environment.run("finish")).finished

    asyncio.run(run())


# ── documents and bytes ─────────────────────────────────────────────────────────────────────────────────────


def test_a_beginning_with_many_documents_and_many_files_arrives_whole() -> None:
    got: list[Wire] = []

    def keeps(wire: Wire) -> None:
        got.append(wire)
        obedient(wire)

    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            files = tuple(os.open(f"{folder}/{number}", os.O_RDWR | os.O_CREAT) for number in range(450))
            begin = {
                "documents": [{"name": f"d{i}", "file": 0, "offset": i, "length": 1} for i in range(10_000)]
            }
            try:
                async with Troupe(keeps, begin=begin, files=files) as environment:
                    await environment.run("x = 1")
                    before = environment.sent
                    assert before > 300_000
                    for _ in range(10):
                        await environment.run("x = 1")
                    assert environment.sent - before < 1_000
            finally:
                for file in (*files, *got[0].files):
                    os.close(file)
            assert len(got[0].files) == 450

    asyncio.run(run())
