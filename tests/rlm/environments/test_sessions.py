"""Sessions with real workers: what passes between host and worker, and what a hostile cell does to it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from rlm.environments.places import CONFINED, EVERYWHERE, prompts, within
from whence.rlm.environments import session
from whence.rlm.environments.environment import CellLimits, Environment, HostCall

# Any code can find the worker's end of the socket among its descriptors, and write to it.
FORGE = """
import json, os, stat, struct
def socket_of_the_worker():
    for descriptor in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                return descriptor
        except OSError:
            pass
place = socket_of_the_worker()
def write(data):
    os.write(place, data)
def frame(message):
    body = json.dumps(message).encode()
    write(struct.pack('>I', len(body)) + body)
"""

FORGERIES = {
    "bytes that are no frame": "write(b'GET / HTTP/1.1\\r\\n\\r\\n')",
    "a length of four gigabytes": "write(b'\\xff\\xff\\xff\\xff')",
    "half a frame": "write(struct.pack('>I', 1000) + b'{')",
    "the end of the cell": "frame({'type': 'ran', 'id': 2, 'output': 'forged', 'finished': True})",
    "the end of every cell": "for i in range(100): frame({'type': 'ran', 'id': i, 'output': 'forged'})",
    "an accepted finish": "frame({'type': 'reply', 'id': 1, 'value': {'ok': True}})",
    "another beginning": "frame({'type': 'ready', 'pid': 1})",
    "fields of other types": "frame({'type': 'ran', 'id': 2, 'names': [1], 'output': {}})",
    "a call that nobody waits for": (
        "frame({'type': 'call', 'id': 10**9, 'kind': 'llm', 'arguments': {'prompts': ['x']}})"
    ),
    "the number of an open call": (
        "for i in range(3): frame({'type': 'call', 'id': 10**9, 'kind': 'llm', 'arguments': {}})"
    ),
    "an endless nest": "write(struct.pack('>I', 100_000) + b'[' * 100_000)",
    "a closed socket": "os.close(place)",
}


@pytest.mark.parametrize("where", CONFINED)
def test_forged_frames_cost_a_cell_at_most_and_finish_nothing(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "GRACE", 0.3)
    finishes: list[HostCall] = []

    async def host(call: HostCall) -> object:
        if call.kind == "finish":
            finishes.append(call)
        return [{"ok": True, "text": "t"}]

    async def work(environment: Environment) -> None:
        for what, code in FORGERIES.items():
            await environment.run(FORGE)
            outcome = await environment.run(code)
            assert not outcome.finished, what
            for _ in range(2):  # the first may find what was forged; the host never fails
                await environment.run("y = 1")
            after = await environment.run("print(40 + 2)")
            assert (after.output, after.error) == ("42\n", None), what

    within(where, work, host=host, limits=CellLimits(seconds=0.5, memory_mb=512, scratch_mb=32))
    assert not finishes


@pytest.mark.parametrize("where", CONFINED)
def test_ten_thousand_forged_calls_do_not_harm_the_host(where: str) -> None:
    open_now, most = 0, 0

    async def host(call: HostCall) -> object:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0.01)
        open_now -= 1
        return []

    flood = "for i in range(10_000): frame({'type': 'call', 'id': 10**6 + i, 'kind': 'llm', 'arguments': {}})"

    async def work(environment: Environment) -> None:
        await environment.run(FORGE)
        assert (await environment.run(flood)).error is None
        assert (await environment.run("print(1)")).output == "1\n"

    within(where, work, host=host)
    assert 0 < most <= 2_048


@pytest.mark.parametrize("where", EVERYWHERE)
def test_calls_are_answered_and_a_finish_ends_the_cell(where: str) -> None:
    asked: list[tuple[str, dict[str, object]]] = []

    async def host(call: HostCall) -> object:
        asked.append((call.kind, dict(call.arguments)))
        if call.kind == "tool":
            return {"ok": True, "value": [1, {"two": 2}]}
        if call.kind == "finish":
            good = call.arguments["value"] != "bad"
            return {"ok": True} if good else {"ok": False, "message": "not this"}
        return [{"ok": True, "text": prompt.upper(), "usage": {}} for prompt in prompts(call)]

    async def work(environment: Environment) -> None:
        assert (await environment.run("print(llm_query('one'))")).output == "ONE\n"
        assert (await environment.run("print(len(llm_query_batched(['a', 'b'])))")).output == "2\n"
        assert (await environment.run("look(3, k='v')")).output == "[1, {'two': 2}]\n"
        refused = await environment.run("FINAL('bad')")
        assert refused.error is not None
        assert "not this" in refused.error.message
        assert not refused.finished
        done = await environment.run("FINAL({'n': 1})\nprint('never')")
        assert (done.finished, done.error) == (True, None)
        assert "never\n" not in done.output.replace("not run", "")

    within(where, work, host=host, tools=("look",))
    assert ("tool", {"name": "look", "args": [3], "kwargs": {"k": "v"}}) in asked
    assert asked[-1] == ("finish", {"value": {"n": 1}, "by": "FINAL"})


@pytest.mark.parametrize("where", CONFINED)
def test_many_calls_are_open_at_once(where: str) -> None:
    open_now, most = 0, 0

    async def host(call: HostCall) -> object:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0.05)
        open_now -= 1
        return [{"ok": True, "text": "t"}]

    async def work(environment: Environment) -> None:
        outcome = await environment.run(
            "asked = [llm_submit(str(i)) for i in range(200)]\nprint(len([a.result() for a in asked]))"
        )
        assert outcome.output == "200\n"

    within(where, work, host=host)
    assert most >= 100


@pytest.mark.parametrize("where", CONFINED)
def test_a_call_that_was_submitted_survives_its_cell(where: str) -> None:
    async def host(call: HostCall) -> object:
        await asyncio.sleep(0.1)
        return [{"ok": True, "text": "late"}]

    async def work(environment: Environment) -> None:
        await environment.run("asked = llm_submit('x')")
        assert (await environment.run("print(asked.result())")).output == "late\n"

    within(where, work, host=host)


@pytest.mark.parametrize("where", CONFINED)
def test_a_dead_worker_is_rebuilt_without_asking_again(where: str) -> None:
    asked: list[str] = []

    async def host(call: HostCall) -> object:
        asked.append(call.kind)
        return [{"ok": True, "text": f"answer {len(asked)}"}]

    async def work(environment: Environment) -> None:
        await environment.put("history", ["first"])
        await environment.run("import random\nr = random.random()\nfirst = llm_query('a')")
        before = await environment.run("second = str(llm_query('b'))\nprint(r, first, second, history)")
        dead = await environment.run("import os\nos._exit(1)")
        assert (dead.rebuilt, dead.lost) == (True, ())
        after = await environment.run("print(r, first, second, history)")
        assert after.output == before.output

    within(where, work, host=host)
    assert asked == ["llm", "llm"]


@pytest.mark.parametrize("where", CONFINED)
def test_what_cannot_be_rebuilt_is_named(where: str) -> None:
    async def work(environment: Environment) -> None:
        await environment.run("import os\nme = llm_query(str(os.urandom(8)))\nother = 1")
        dead = await environment.run("os._exit(1)")
        assert not dead.rebuilt
        assert {"me", "other"} <= set(dead.lost)
        after = await environment.run("me")
        assert after.error is not None
        assert after.error.kind == "NameError"

    within(where, work)


@pytest.mark.parametrize("where", CONFINED)
def test_numpy_works_where_it_is_installed(where: str) -> None:
    pytest.importorskip("numpy")

    async def work(environment: Environment) -> None:
        code = (
            "import numpy as np\nprint(int((np.arange(10) @ np.arange(10))), np.linalg.inv(np.eye(2)).sum())"
        )
        assert (await environment.run(code)).output == "285 2.0\n"

    within(where, work)


@pytest.mark.parametrize("where", CONFINED)
def test_the_context_is_never_sent_again(where: str, tmp_path: Path) -> None:
    large = tmp_path / "large.txt"
    large.write_text("a line of text\n" * 500_000)

    async def work(environment: Environment) -> None:
        assert (await environment.run("print(len(context), context[-5:-1])")).output == "7500000 text\n"
        before = environment.sent
        assert before < 2_000
        for _ in range(10):
            await environment.run("context.count('line')")
        assert environment.sent - before < 1_500

    within(where, work, large)


@pytest.mark.parametrize("where", CONFINED)
def test_ten_thousand_documents_are_begun_with(where: str) -> None:
    async def work(environment: Environment) -> None:
        code = "print(len(docs), docs[9_999], sum(len(d) for d in docs[:100]))"
        assert (await environment.run(code)).output.startswith("10000 document 9999")

    within(where, work, [f"document {i}" for i in range(10_000)])


@pytest.mark.parametrize("where", EVERYWHERE)
def test_a_json_value_is_a_value(where: str) -> None:
    async def work(environment: Environment) -> None:
        assert (await environment.run("print(context['rows'][1]['n'] + 1)")).output == "3\n"

    within(where, work, {"rows": [{"n": 1}, {"n": 2}]})


@pytest.mark.parametrize("where", EVERYWHERE)
def test_a_variable_that_is_put_is_there_in_the_next_cell(where: str) -> None:
    async def work(environment: Environment) -> None:
        await environment.put("history", [{"role": "user"}])
        assert (await environment.run("print(history[0]['role'])")).output == "user\n"
        await environment.put("history", [])
        assert (await environment.run("print(history)")).output == "[]\n"

    within(where, work)


@pytest.mark.parametrize("where", EVERYWHERE)
def test_a_cancelled_cell_does_not_end_the_session(where: str) -> None:
    async def work(environment: Environment) -> None:
        await environment.run("x = 41")
        task = asyncio.create_task(environment.run("while True: pass"))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        after = await environment.run("x")
        assert (after.output, after.rebuilt) == ("41\n", True)

    within(where, work, limits=CellLimits(seconds=30.0, memory_mb=512, scratch_mb=32))


@pytest.mark.parametrize("where", EVERYWHERE)
def test_nothing_is_left_of_a_closed_session(where: str) -> None:
    async def work(environment: Environment) -> None:
        await environment.run("handle = llm_submit('x')")
        await environment.aclose()
        await environment.aclose()
        assert len(asyncio.all_tasks()) == 1

    within(where, work)
