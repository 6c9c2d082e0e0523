"""The sixteen cells that broke other runtimes: each is contained, and the session goes on after it."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rlm.environments.places import CONFINED, EVERYWHERE, LIMITS, within
from whence.rlm.environments import session
from whence.rlm.environments.environment import CellLimits, CellOutcome, Environment

CANARY = "sk-canary-4711"


def contained(
    where: str, code: str, judge: Callable[[CellOutcome], bool], limits: CellLimits = LIMITS
) -> None:
    """Run `code` between two harmless cells; what was there before is there after it, or named as lost."""

    async def work(environment: Environment) -> None:
        assert (await environment.run("x = 41")).error is None
        outcome = await environment.run(code)
        assert judge(outcome), outcome
        assert CANARY not in outcome.output
        after = await environment.run("x")
        if "x" in outcome.lost:
            assert after.error is not None
            assert after.error.kind == "NameError"
        else:
            assert after.output == "41\n", (outcome, after)
        assert (await environment.run("print(1 + 1)")).output == "2\n"

    within(where, work, limits=limits)


def failed(outcome: CellOutcome) -> bool:
    return outcome.error is not None


# ── 1–2: time and memory ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("where", EVERYWHERE)
def test_a_loop_without_end_is_stopped(where: str) -> None:
    contained(where, "while True: pass", lambda outcome: "of its own" in outcome.error.message)


@pytest.mark.parametrize("where", EVERYWHERE)
def test_a_loop_that_will_not_be_stopped_is_ended(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "GRACE", 0.4)
    stubborn = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    contained(where, stubborn, failed, CellLimits(seconds=0.4, memory_mb=512, scratch_mb=32))


@pytest.mark.parametrize("where", CONFINED)
def test_a_pattern_that_never_comes_to_an_end_is_ended(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "GRACE", 0.4)
    contained(
        where,
        "import re\nre.match('(a+)+$', 'a' * 40 + 'b')",
        lambda outcome: failed(outcome) and outcome.rebuilt and not outcome.lost,
        CellLimits(seconds=0.4, memory_mb=512, scratch_mb=32),
    )


def test_monty_matches_any_pattern_in_time() -> None:
    contained("monty", "import re\nre.match('(a+)+$', 'a' * 40 + 'b')", lambda outcome: not failed(outcome))


@pytest.mark.parametrize("where", EVERYWHERE)
def test_more_memory_than_allowed_is_an_error_in_the_cell(where: str) -> None:
    contained(
        where, "z = 'a' * (2 * 10**9)", lambda outcome: outcome.error.kind in {"MemoryError", "WorkerDied"}
    )


@pytest.mark.parametrize("where", CONFINED)
def test_memory_that_is_eaten_bit_by_bit_is_stopped(where: str) -> None:
    contained(where, "z = []\nwhile True: z.append(bytearray(10_000_000))", failed)


# ── 3–8: the host's files, keys, network ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("where", EVERYWHERE)
def test_no_program_is_run(where: str, tmp_path: Path) -> None:
    target = tmp_path / "ran"
    contained(where, f"import os\nprint(os.system('id > {target}'))", lambda outcome: not target.exists())


@pytest.mark.parametrize("where", EVERYWHERE)
def test_the_environment_holds_no_key(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    for code in (
        "import os\nprint(dict(os.environ))",
        "print(open('/proc/self/environ').read())",
        "print(open('/proc/1/environ').read())",
    ):
        contained(where, code, lambda outcome: CANARY not in outcome.output)


class Client:
    """Something of the host's that a look through all objects would find."""

    api_key = CANARY


@pytest.mark.parametrize("where", EVERYWHERE)
def test_no_object_of_the_host_can_be_reached(where: str) -> None:
    held = Client()
    assert any(isinstance(one, Client) for one in gc.get_objects())
    code = "import gc\nprint([one.api_key for one in gc.get_objects() if type(one).__name__ == 'Client'])"
    contained(where, code, lambda outcome: outcome.output in {"[]\n", ""})
    del held


@pytest.mark.parametrize("where", EVERYWHERE)
def test_no_connection_is_made(where: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        port = server.getsockname()[1]
        contained(
            where, f"import socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=0.5)", failed
        )
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("where", EVERYWHERE)
def test_no_file_of_the_host_is_deleted(where: str, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("here")
    contained(where, f"import os\nos.remove('{victim}')", failed)
    assert victim.read_text() == "here"


@pytest.mark.parametrize("where", EVERYWHERE)
def test_no_file_of_the_host_is_read(where: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(CANARY)
    contained(where, f"print(open('/etc/passwd').read())\nprint(open('{secret}').read())", failed)
    contained(where, f"print(open('{secret}').read())", failed)


# ── 9–12: exceptions, ends of the process, the interpreter itself ───────────────────────────────────────────


@pytest.mark.parametrize("where", EVERYWHERE)
def test_an_exception_keeps_what_was_done_before_it(where: str) -> None:
    async def work(environment: Environment) -> None:
        outcome = await environment.run("y = 41\nraise ValueError('stop')\ny = 0")
        assert outcome.error is not None
        assert (outcome.error.kind, outcome.error.message) == ("ValueError", "stop")
        assert outcome.names["y"] == "int 41"
        assert (await environment.run("y")).output == "41\n"

    within(where, work)


@pytest.mark.parametrize("where", EVERYWHERE)
def test_leaving_the_interpreter_leaves_nothing(where: str) -> None:
    contained(where, "import sys\nsys.exit(3)", failed)


@pytest.mark.parametrize("where", CONFINED)
def test_a_process_that_ends_itself_costs_one_cell(where: str) -> None:
    contained(
        where,
        "import os\nos._exit(7)",
        lambda outcome: (
            outcome.error.kind == "WorkerDied" and "exit 7" in outcome.error.message and outcome.rebuilt
        ),
    )


@pytest.mark.parametrize("where", CONFINED)
def test_a_process_that_crashes_costs_one_cell(where: str) -> None:
    contained(
        where,
        "import ctypes\nctypes.string_at(0)",
        lambda outcome: outcome.error.kind == "WorkerDied" and "SIGSEGV" in outcome.error.message,
    )


@pytest.mark.parametrize("where", CONFINED)
def test_changed_builtins_change_nothing_of_ours(where: str) -> None:
    contained(
        where, "import builtins\nbuiltins.len = lambda x: 0\nlen = 3", lambda outcome: not failed(outcome)
    )


# ── 13–15: floods, recursion, threads ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("where", "size"), [("landlock", 10**8), ("bubblewrap", 10**8), ("monty", 10**7)])
def test_a_flood_of_output_is_cut_where_it_is_made(where: str, size: int) -> None:
    contained(
        where,
        f"print('x' * {size})",
        lambda outcome: outcome.printed == size + 1 and len(outcome.output) < 250_000,
        CellLimits(seconds=20.0, memory_mb=512, scratch_mb=32),
    )


@pytest.mark.parametrize("where", EVERYWHERE)
def test_recursion_without_end_is_an_error_in_the_cell(where: str) -> None:
    contained(where, "def f(n):\n    return f(n + 1)\nf(0)", failed)


@pytest.mark.parametrize("where", CONFINED)
def test_a_thread_left_behind_harms_no_later_cell(where: str) -> None:
    code = """
import threading
def go():
    while True:
        try: llm_query('again')
        except BaseException: pass
threading.Thread(target=go, daemon=True).start()
"""
    contained(where, code, lambda outcome: not outcome.lost)


@pytest.mark.parametrize("where", CONFINED)
def test_a_full_disk_costs_one_cell(where: str) -> None:
    code = """
import time
for i in range(100):
    open(f'f{i}', 'wb').write(bytes(4_000_000))
    time.sleep(0.02)
"""
    contained(
        where,
        code,
        lambda outcome: "disk" in outcome.error.message,
        CellLimits(seconds=10.0, memory_mb=512, scratch_mb=32),
    )


# ── 16: several runs at once ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("where", EVERYWHERE)
def test_four_runs_in_four_threads_do_not_see_one_another(where: str) -> None:
    here = Path.cwd()
    found: dict[int, str] = {}
    faults: list[BaseException] = []

    def one(number: int) -> None:
        async def work(environment: Environment) -> None:
            await environment.run(f"me = {number}")
            printed = [await environment.run(f"print('run', me, {i})") for i in range(20)]
            asked = await environment.run(f"print(llm_query('from {number}'), context[0])")
            found[number] = "".join(outcome.output for outcome in printed) + asked.output

        try:
            within(where, work, f"{number} only")
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    for number in range(4):
        said = "".join(f"run {number} {i}\n" for i in range(20))
        assert found[number] == f"{said}re: from {number} {number}\n"
    assert Path.cwd() == here
