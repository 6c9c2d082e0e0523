"""What callers, their functions and models do wrong: nothing hangs, leaks, or passes for an answer."""

import asyncio
import math
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import cast

import pytest

from rlm.scripted import Script, cell
from whence.rlm import RLM, Budget, NoAnswer, Price
from whence.rlm.answers.output import output_type
from whence.rlm.calling.budget import Ledger
from whence.rlm.environments.environment import HostCall
from whence.rlm.errors import FunctionFailed, PromptTooLong, UnknownPrice
from whence.rlm.hosting import ChildAnswer, Finish, Hosting
from whence.rlm.messages import Reply, Request, Usage
from whence.rlm.setup import Setup
from whence.runtime.background import in_thread
from whence.runtime.errors import Cancelled, InvalidOption
from whence.runtime.loops import run_to_end

TEXT = "\n".join(f"row {number}" for number in range(200))
END = cell("FINAL('done')")


def run(client: object, question: str = "?", text: object = TEXT, **options: object):
    options.setdefault("route", "recursive")
    return RLM("scripted", client=client, **options).completion(text, question)


# ── functions of the user's ─────────────────────────────────────────────────────────────────────────────────


def test_a_model_that_has_run_out_of_lines_is_an_error_and_does_not_hang():
    lines = iter([cell("print(1)")])
    with pytest.raises(FunctionFailed, match="StopIteration"):
        run(lambda messages: next(lines), budget=Budget(seconds=20))


def nothing_left() -> object:
    return next(iter(()))


def leave() -> object:
    sys.exit(3)


async def leave_later() -> object:
    sys.exit(3)


@pytest.mark.parametrize("tool", [nothing_left, leave, leave_later])
def test_a_tool_that_leaves_in_any_way_is_a_failed_call(tool: object):
    script = Script(cell("tool()"), END)
    assert run(script, tools={"tool": tool}, budget=Budget(seconds=20)).answer == "done"
    assert "tool failed" in script.seen[1][-1]["content"]


def test_a_tool_that_does_not_come_back_does_not_keep_the_run():
    hold = threading.Event()
    script = Script(cell("tool()"))
    with pytest.raises(NoAnswer) as caught:
        run(script, tools={"tool": lambda: hold.wait(60)}, budget=Budget(seconds=2))
    hold.set()
    assert caught.value.completion.seconds < 10


def test_a_function_that_tells_no_signature_may_be_a_tool():
    assert run(Script(cell("FINAL(largest(2, 7))")), tools={"largest": max}, output=int).answer == 7


@pytest.mark.parametrize(
    "tools",
    [{"FINAL": len}, {"context": len}, {"context_1": len}, {"llm_map": len}, {"class": len}, {"five": 5}],
    ids=str,
)
def test_tools_that_could_not_be_called_or_would_hide_something_are_refused(tools: dict[str, object]):
    with pytest.raises(InvalidOption):
        RLM("scripted", tools=tools)


@pytest.mark.parametrize(
    "options", [{"window": "8k"}, {"attempts": True}, {"budget": {"calls": 3}}, {"price": (3, 15)}], ids=str
)
def test_options_of_another_type_are_refused_by_name(options: dict[str, object]):
    with pytest.raises(InvalidOption, match=next(iter(options))):
        RLM("scripted", **options)


@pytest.mark.parametrize("question", ["", "  \n", 5])
def test_a_question_that_asks_nothing_is_refused(question: object):
    with pytest.raises(InvalidOption, match="question"):
        run(Script(END), question)


def test_threads_hand_on_what_no_future_can_hold_as_an_ordinary_error():
    with pytest.raises(RuntimeError, match="StopIteration"):
        asyncio.run(in_thread(nothing_left))
    assert asyncio.run(in_thread(math.comb, 5, 2)) == 10


# ── answers that are none ───────────────────────────────────────────────────────────────────────────────────


def broken(prompt: str) -> str:
    raise ValueError("no")


@pytest.mark.parametrize("code", ["FINAL(f'{got}')", "FINAL([repr(one) for one in got])"])
def test_the_text_of_a_failed_call_is_no_answer(code: str):
    script = Script(cell(f"got = llm_query_batched(['a', 'b'])\n{code}"), END, sub=broken)
    assert run(script).answer == "done"
    assert "failed call" in script.seen[1][-1]["content"]


def test_the_same_words_are_an_answer_where_no_call_failed():
    assert run(Script(cell("FINAL('it printed <failed call: x>')"))).answer == "it printed <failed call: x>"


@pytest.mark.parametrize("code", ["found[0]", "len(found)", "found + found"])
def test_code_in_place_of_a_variables_name_is_no_answer(code: str):
    script = Script(cell(f"found = ['a', 'b']\nFINAL_VAR({code!r})"), END)
    assert run(script).answer == "done"
    assert f"FINAL({code})" in script.seen[1][-1]["content"]


def test_an_answer_that_was_given_stands_though_its_cell_does_not_end():
    hides = "try:\n    FINAL('given')\nexcept BaseException:\n    pass\nwhile True: pass"
    script = Script(cell(hides))
    done = run(script, budget=Budget(calls=1, seconds=5))
    assert done.answer == "given"
    assert done.calls == 1


def test_a_direct_reply_that_was_cut_off_says_so():
    done = run(lambda messages: Reply("half an ans", Usage(1, 1), finish="length"), route="direct")
    assert any("cut off" in note for note in done.notes)


# ── windows and routes ──────────────────────────────────────────────────────────────────────────────────────


def test_what_many_cells_print_never_outgrows_the_window():
    sizes: list[int] = []

    class Sized(Script):
        def __call__(self, messages: list[dict[str, str]]) -> str:
            sizes.append(sum(len(message["content"]) for message in messages))
            return super().__call__(messages)

    many = "\n".join(cell("print('x' * 30_000)") for _ in range(20))
    run(Sized(many, many, many, END), window=8_000)
    assert max(sizes) < 4 * 8_000


@pytest.mark.parametrize(
    ("options", "question"),
    [
        ({"window": 1_000}, "?"),
        ({}, "why " * 200_000),
        ({"route": "direct"}, "why " * 200_000),
        ({"route": "auto"}, "why " * 200_000),
    ],
)
def test_a_question_that_fits_no_window_is_refused_before_anything_is_asked(
    options: dict[str, object], question: str
):
    script = Script(END)
    with pytest.raises(PromptTooLong):
        run(script, question, **options)
    assert not script.seen
    assert not script.asked


def test_many_small_documents_are_not_taken_for_a_short_text():
    documents = ["x"] * 5_000
    done = run(Script(END, sub=lambda prompt: "direct"), text=documents, route="auto")
    assert (done.route, done.answer) == ("recursive", "done")


def test_a_budget_in_dollars_needs_the_price_of_the_leading_model_too():
    with pytest.raises(UnknownPrice):
        run(Script(END), budget=Budget(usd=1), sub_price=Price(input=1, output=1))


# ── loops, threads, interrupts ──────────────────────────────────────────────────────────────────────────────


class Slow:
    """A script that answers after a moment, and counts what it was asked."""

    def __init__(self, *turns: str) -> None:
        self.script = Script(*turns)
        self.count = 0

    async def __call__(self, messages: list[dict[str, str]]) -> str:
        self.count += 1
        await asyncio.sleep(0.1)
        return self.script(messages)


def test_a_run_that_is_interrupted_within_a_running_loop_asks_nothing_more():
    slow = Slow(cell("got = llm_query_batched([f'item {i} {len(history)}' for i in range(8)])"))

    def interrupt() -> None:
        # Once calls are made: earlier the signal may fall into an import, where it can be swallowed.
        while slow.count < 9:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    async def notebook() -> None:
        threading.Thread(target=interrupt, daemon=True).start()
        RLM("scripted", client=slow, route="recursive").completion(TEXT, "?")

    loop = asyncio.new_event_loop()  # `asyncio.run` would turn the signal into a cancellation
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(notebook())
    finally:
        signal.signal(signal.SIGINT, before)
        loop.close()
    asked = slow.count
    time.sleep(0.4)
    assert slow.count == asked


def test_work_beside_a_running_loop_gives_its_result_and_its_error():
    async def work() -> int:
        return 42

    async def fails() -> int:
        raise KeyError("mine")

    async def outer() -> int:
        with pytest.raises(KeyError, match="mine"):
            run_to_end(fails)
        return run_to_end(work)

    assert asyncio.run(outer()) == 42


class Shared(Slow):
    """A client of the caller's own that breaks what is under way when it is closed."""

    host = "shared"
    closed = 0

    async def send(self, request: Request) -> Reply:
        began = self.closed
        text = await self([{"role": one.role, "content": one.content} for one in request.messages])
        assert self.closed == began, "it was closed while it was in use"
        return Reply(text, Usage(1, 1))

    async def aclose(self) -> None:
        self.closed += 1


def test_a_client_that_runs_share_is_closed_after_the_last_of_them():
    client = Shared(cell("print(len(llm_query_batched(['a', 'b', 'c'])))"), END)
    rlm = RLM("scripted", client=client, route="recursive")

    async def several() -> list[object]:
        short = rlm.acompletion("short", "a question")
        return [done.answer for done in await asyncio.gather(short, rlm.acompletion(TEXT, "another"))]

    assert asyncio.run(several()) == ["done", "done"]
    assert client.closed == 1


def test_children_end_when_one_of_them_is_told_to_stop():
    ended: list[int] = []

    async def child(query: str, part: object, number: int, share: Ledger) -> ChildAnswer:
        if number == 0:
            await asyncio.sleep(0.01)
            raise Cancelled
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(number)
        return ChildAnswer(None, Usage())

    async def ask() -> int:
        hosting = Hosting(
            cast("Setup", None),
            Ledger(Budget(depth=1)),
            "0",
            Finish(output_type()),
            child,
            lambda _part, _limit: "",
        )
        with pytest.raises(Cancelled):
            await hosting(HostCall("rlm", {"queries": [{"query": name} for name in "abc"]}))
        return len(asyncio.all_tasks())

    assert asyncio.run(ask()) == 1
    assert ended == [1, 2]


# ── journals and the command line ───────────────────────────────────────────────────────────────────────────


def test_a_folder_is_no_journal(tmp_path: Path):
    with pytest.raises(Exception, match="cannot be written"):
        RLM("scripted", client=Script(END)).completion(TEXT, "?", journal=tmp_path)


@pytest.mark.parametrize("option", ["--out", "--html"])
def test_a_result_is_not_written_over_the_journal(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    from whence.cli.main import run as command

    path = str(tmp_path / "run.jsonl")
    code = command(["rlm", "q", "--context", __file__, "--model", "m", "--journal", path, option, path])
    assert code == 2
    assert option in capsys.readouterr().err
    assert not Path(path).exists()


def test_the_price_that_cannot_be_read_is_named(capsys: pytest.CaptureFixture[str]):
    from whence.cli.main import run as command

    assert command(["rlm", "q", "--context", __file__, "--model", "m", "--sub-price", "1"]) == 2
    assert "--sub-price" in capsys.readouterr().err
