"""Monty: the names that a model is promised, as far as its Python goes, and what its documents look like."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from rlm.environments.places import LIMITS, prompts, within
from whence.rlm.environments import monty
from whence.rlm.environments.environment import CellLimits, Environment, HostCall
from whence.rlm.environments.monty_cells import OURS, read_cell
from whence.rlm.errors import BudgetSpent
from whence.rlm.worker.names import NAMES

pytest.importorskip("pydantic_monty")


FRUIT = "apple 1\npear 2\napple 3\n"


def says(cells: Iterable[tuple[str, str]], context: object = FRUIT, **more: object) -> None:
    """Each cell prints what is said."""

    async def work(environment: Environment) -> None:
        for code, said in cells:
            outcome = await environment.run(code)
            assert outcome.error is None, (code, outcome)
            assert outcome.output == said, code

    within("monty", work, context, **more)


def test_every_name_that_a_model_is_promised_is_there() -> None:
    says([(f"_ = {name}", "") for name in NAMES if name != "answer"] + [("answer['ready']", "False\n")])
    assert set(NAMES) - OURS == {"context", "docs", "history", "answer"}


def test_the_value_of_a_last_expression_is_shown() -> None:
    says(
        [
            ("x = 1; x + 1", "2\n"),
            ("x;", "1\n"),
            ("(x,\n  2)  # a comment", "(1, 2)\n"),
            ("'ä' * 2", "'ää'\n"),
            ("None", ""),
            ("", ""),
            ("if x:\n    x", ""),
        ]
    )


def test_code_that_cannot_be_read_is_an_error_of_the_cell_and_not_of_ours() -> None:
    async def work(environment: Environment) -> None:
        for code in ("def f(:", "x = (", "(" * 300, "-" * 30_000 + "x", "x = '\ud800", "\x00"):
            outcome = await environment.run(code)
            assert outcome.error is not None, code[:10]
        assert (await environment.run("1 + 1")).output == "2\n"

    within("monty", work)


def test_names_that_a_cell_made_are_told() -> None:
    async def work(environment: Environment) -> None:
        assert dict((await environment.run("a = [1, 2]\nb = 'x' * 100")).names) == {
            "a": "list of 2",
            "b": "str of 100 characters",
        }
        assert dict((await environment.run("a.append(3)")).names) == {"a": "list of 3"}
        assert (await environment.run("SHOW_VARS()")).output == "a: list of 3\nb: str of 100 characters\n"

    within("monty", work)


def test_names_of_ours_are_put_back() -> None:
    async def work(environment: Environment) -> None:
        outcome = await environment.run("grep = 3\nllm_query = None")
        assert "grep, llm_query" in outcome.output
        assert (await environment.run("len(grep('apple'))")).output == "2\n"

    within("monty", work, FRUIT)


def test_a_failed_call_raises_and_in_a_list_is_no_text() -> None:
    async def host(call: HostCall) -> object:
        good = {"ok": True, "text": "yes"}
        bad = {"ok": False, "error": "rate_limited", "message": "too many"}
        return [bad if "bad" in prompt else good for prompt in prompts(call)]

    async def work(environment: Environment) -> None:
        single = await environment.run("llm_query('bad')")
        assert single.error is not None
        assert "rate_limited" in single.error.message
        await environment.run("replies = llm_query_batched(['good', 'bad'])")
        joined = await environment.run("''.join(replies)")
        assert joined.error is not None
        assert joined.error.kind == "TypeError"
        assert (
            await environment.run("replies[1].ok, replies[1].error")
        ).output == "(False, 'rate_limited: too many')\n"

    within("monty", work, host=host)


def test_an_error_of_ours_is_told_and_a_fault_of_the_host_is_raised() -> None:
    async def host(call: HostCall) -> object:
        if call.arguments["prompts"] == ["spent"]:
            raise BudgetSpent("calls", 3)
        raise RuntimeError("the host's own")

    async def work(environment: Environment) -> None:
        told = await environment.run("llm_query('spent')")
        assert told.error is not None
        assert "budget_spent" in told.error.message
        with pytest.raises(RuntimeError, match="own"):
            await environment.run("try:\n    llm_query('x')\nexcept RuntimeError:\n    pass")

    within("monty", work, host=host)


def test_typed_calls_give_values() -> None:
    async def host(call: HostCall) -> object:
        schema = call.arguments.get("schema")
        value = {"boolean": True, "integer": 7}.get(schema.get("type"), "a") if schema else None
        return [{"ok": True, "text": json.dumps(value), "value": value} for _ in prompts(call)]

    says(
        [
            ("llm_query('n', schema=int)", "7\n"),
            ("llm_map('which?', ['x', 'y'], labels=['a', 'b'])", "['a', 'a']\n"),
            ("count_by('which?', ['x', 'y'], ['a', 'b'])", "{'a': 2, 'b': 0}\n"),
            ("verify(['one', 'two'])", "[True, True]\n"),
            ("pairs([1, 2, 1], lambda a, b: a == b)", "[(0, 2)]\n"),
            ("handle = llm_submit('p')\nhandle.result()", "'null'\n"),
        ],
        host=host,
    )


def test_ways_to_finish() -> None:
    finished: list[tuple[object, object]] = []

    async def host(call: HostCall) -> object:
        finished.append((call.arguments["by"], call.arguments["value"]))
        return {"ok": True}

    async def work(environment: Environment) -> None:
        await environment.run("found = {'a': [1]}")
        for code in (
            "FINAL(3)",
            "FINAL_VAR('found')",
            "SUBMIT(n=1)",
            "answer['content'] = 'x'\nanswer['ready'] = True",
        ):
            outcome = await environment.run(code)
            assert (outcome.finished, outcome.error) == (True, None), code
        empty = await environment.run("FINAL('')")
        assert empty.error is not None
        assert not empty.finished

    within("monty", work, host=host)
    assert finished == [("FINAL", 3), ("FINAL_VAR", {"a": [1]}), ("SUBMIT", {"n": 1}), ("answer", "x")]


def test_small_documents_are_text() -> None:
    says(
        [
            ("len(docs)", "2\n"),
            ("docs[1]", "'beta'\n"),
            (
                "[(h.document, h.line, h.start, h.text) for h in grep('et')]",
                "[('document 1', 1, 1, 'beta')]\n",
            ),
            ("quote(docs[1], 'et')['start']", "1\n"),
        ],
        ["alpha", "beta"],
    )


def test_large_documents_are_read_by_parts(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    path.write_text("zähle diese Zeile\n" * 600_000 + "nadel\n", encoding="utf-8")
    size = path.stat().st_size
    says(
        [
            ("context.size", f"{size}\n"),
            ("context.slice(0, 6)", "'zähle'\n"),
            ("place = context.find('nadel')\nplace", f"{size - 6}\n"),
            ("context.slice(place)", "'nadel\\n'\n"),
            (
                "[(h.line, h.start, h.end, h.text) for h in grep('nad')]",
                f"[(600001, {size - 6}, {size - 3}, 'nadel')]\n",
            ),
            ("context.find('nirgends')", "-1\n"),
            ("whole = context.slice(0, 5_000_000) + context.slice(5_000_000)", ""),
            ("''.join(chunk(context, 1_000_000)) == whole", "True\n"),
        ],
        path,
        limits=CellLimits(seconds=20.0, memory_mb=512),
    )


def test_after_a_broken_cell_the_session_is_as_it_was_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(environment: Environment) -> None:
        await environment.run("x = [1]")
        broken = await environment.run("x.append(2)\nwhile True: pass")
        assert (broken.rebuilt, broken.lost) == (True, ())
        assert (await environment.run("x")).output == "[1]\n"
        monkeypatch.setattr(monty, "MOST_DUMP", 10)
        await environment.run("y = 1")
        lost = await environment.run("while True: pass")
        assert (lost.rebuilt, lost.lost) == (False, ("x", "y"))
        assert (await environment.run("len(docs)")).output == "1\n"

    within("monty", work, limits=CellLimits(seconds=0.3, memory_mb=512))


def test_sleeping_is_no_way_around_the_time_limit() -> None:
    async def work(environment: Environment) -> None:
        assert (await environment.run("import time\ntime.sleep(3600)")).error is None
        outcome = await environment.run("while True: time.sleep(1)")
        assert outcome.error is not None
        assert outcome.error.kind == "TimeoutError"

    within("monty", work, limits=LIMITS)


def test_what_is_no_data_cannot_be_handed_over() -> None:
    async def work(environment: Environment) -> None:
        for value in ("print", "float('nan')", "10**5000", "deep", "b'bytes'"):
            await environment.run("deep = []\nfor i in range(5000): deep = [deep]")
            outcome = await environment.run(f"FINAL({value})")
            assert outcome.error is not None, value
            assert not outcome.finished

    within("monty", work)


def test_reading_a_cell_never_fails() -> None:
    for code in ("x = (", "\x00", "(" * 1000, "-" * 50_000 + "1", "\ud800", ""):
        assert read_cell(code).code.startswith(code)


ENDS_AT_ONCE = """
import asyncio
from whence.rlm.environments.environment import CellLimits
from whence.rlm.environments.monty import MontyEnvironment
from whence.rlm.environments.monty_documents import Documents

async def answer(call):
    return {"ok": True}

async def run():
    for _ in range(5):
        environment = MontyEnvironment(Documents([], "text"), answer, limits=CellLimits())
        await environment.open()
        await environment.run("estimate_cost(['x'])")
        await environment.aclose()

asyncio.run(run())
"""


def test_a_process_that_used_monty_ends_well() -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", ENDS_AT_ONCE], stderr=subprocess.PIPE) for _ in range(6)
    ]
    ends = [(process.communicate()[1], process.returncode) for process in running]
    assert ends == [(b"", 0)] * 6
