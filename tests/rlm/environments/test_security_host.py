"""The host against a worker that wants its memory, or its attention."""

from __future__ import annotations

import asyncio
import json

import pytest

from rlm.environments.scripted import Troupe, Wire, obedient
from whence.rlm.cells import LONGEST, TOO_LONG, cells
from whence.rlm.environments import channel
from whence.rlm.environments.environment import HostCall
from whence.rlm.environments.frames import Called, ProtocolViolation, read_frame


def call(number: int = 1, **arguments: object) -> bytes:
    return json.dumps({"type": "call", "id": number, "kind": "llm", "arguments": arguments}).encode()


def weight(raw: bytes) -> int:
    called = read_frame(raw)
    assert isinstance(called, Called)
    return called.size


def test_a_call_weighs_what_it_takes_in_memory_and_not_what_it_took_to_send() -> None:
    raw = b'{"type": "call", "id": 1, "kind": "llm", "arguments": {"x": [' + b"[]," * 200_000 + b"1]}}"
    assert weight(raw) > 64 * 200_000 > 10 * len(raw)


def test_commas_in_texts_weigh_nothing() -> None:
    raw = call(prompts=['a, "b", [c]; ' * 100_000])
    assert weight(raw) == len(raw)


@pytest.mark.parametrize("value", [b'"",', b"1.5,", b"{},", b'{"":[]},'])
def test_a_million_values_of_any_kind_are_a_violation(value: bytes) -> None:
    raw = b'{"type": "call", "id": 1, "kind": "llm", "arguments": {"x": [' + value * 2_100_000 + b"1]}}"
    with pytest.raises(ProtocolViolation, match="values"):
        read_frame(raw)


@pytest.mark.parametrize("levels", [120, 300, 600, 900])
def test_what_is_nested_deeper_than_an_honest_worker_sends_is_a_violation(levels: int) -> None:
    """Else whatever walks through it on the host, such as what a tool is given, ends the run."""
    deep = b"[" * levels + b"]" * levels
    raw = b'{"type": "call", "id": 1, "kind": "tool", "arguments": {"name": "x", "args": ' + deep + b"}}"
    with pytest.raises(ProtocolViolation, match=r"nested|recursion"):
        read_frame(raw)


def test_brackets_in_texts_are_no_depth() -> None:
    assert weight(call(prompts=["[" * 10_000, "{" * 10_000])) > 0


def test_calls_that_ask_the_same_have_the_same_key_whatever_their_number() -> None:
    one, again, other = (read_frame(raw) for raw in (call(1, x="a"), call(2_000, x="a"), call(1, x="b")))
    assert isinstance(one, Called) and isinstance(again, Called) and isinstance(other, Called)
    assert one.key == again.key != other.key


def test_a_large_frame_keeps_its_place_before_what_was_sent_after_it() -> None:
    """It is read in a thread, and what follows it waits."""
    size = channel._LARGE + 1
    heard: list[str] = []

    async def host(asked: HostCall) -> object:
        prompts = asked.arguments["prompts"]
        assert isinstance(prompts, list)
        heard.append(str(prompts[0])[:1])
        return [{"ok": True, "text": "", "usage": {}}]

    def script(wire: Wire) -> None:
        cell = wire.cell()
        for number, letter in enumerate("abcd"):
            body = call(number, prompts=[letter * (size if letter in "ac" else 1)])
            wire.raw(len(body).to_bytes(4, "big") + body)
        wire.ran(cell, output="x" * size)
        obedient(wire)

    async def run() -> None:
        async with Troupe(script, host=host) as environment:
            outcome = await environment.run("hello")
            assert outcome.error is None
            assert len(outcome.output) == size
            assert heard == ["a", "b", "c", "d"]
            assert (await environment.run("hello")).output == "hello"

    asyncio.run(run())


@pytest.mark.parametrize("body", [b"x" * (1 << 19), b"[" * (1 << 19), call(id="x" * (1 << 19))[:-1]])
def test_a_large_frame_that_is_none_costs_one_cell(body: bytes) -> None:
    def script(wire: Wire) -> None:
        wire.cell()
        wire.raw(len(body).to_bytes(4, "big") + body)
        wire.receive()

    async def run() -> None:
        async with Troupe(script, obedient) as environment:
            outcome = await environment.run("hello")
            assert outcome.error is not None
            assert "protocol" in outcome.error.message
            assert (await environment.run("hello")).output == "hello"

    asyncio.run(run())


def test_a_worker_that_ends_while_its_large_frame_is_read_costs_one_cell() -> None:
    def script(wire: Wire) -> None:
        wire.cell()
        body = call(prompts=["x" * (1 << 22)])
        wire.raw(len(body).to_bytes(4, "big") + body)

    async def host(_: HostCall) -> object:
        return [{"ok": True, "text": "", "usage": {}}]

    async def run() -> None:
        async with Troupe(script, obedient, host=host) as environment:
            outcome = await environment.run("hello")
            assert outcome.error is not None
            assert outcome.error.kind == "WorkerDied"
            assert (await environment.run("hello")).output == "hello"

    asyncio.run(run())


def test_a_reply_longer_than_models_write_is_not_parsed() -> None:
    assert cells("x=1;" * (LONGEST // 4)).cells != ()
    found = cells("```repl\n" + "x=1;" * (LONGEST // 4) + "\n```")
    assert (found.cells, found.note) == ((), TOO_LONG)


NESTED = {
    "brackets": "(" * 100_000,
    "attributes": "a" + ".b" * 100_000,
    "signs": "-" * 100_000 + "1",
    "sums": "+".join("1" * 100_000),
    "lambdas": "lambda:" * 50_000 + "1",
    "branches": "if 1: pass\n" + "elif 1: pass\n" * 30_000,
    "powers": "**".join("1" * 100_000),
    "a number": "x=" + "9" * 300_000,
    "fields": "f'" + "{" * 200_000,
}


@pytest.mark.parametrize("what", NESTED)
def test_code_nested_without_end_does_not_bring_the_parser_down(what: str) -> None:
    found = cells(f"```repl\n{NESTED[what]}\n```")
    assert len(found.cells) <= 1
