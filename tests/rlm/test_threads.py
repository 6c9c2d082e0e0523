"""Several runs at once, each in a thread of its own, hear nothing of one another."""

import threading
from pathlib import Path

from rlm.scripted import Script, cell
from whence.rlm import RLM, Budget, Ledger
from whence.rlm.calling.budget import Amount
from whence.rlm.errors import BudgetSpent
from whence.runtime.events import Event, listening


def test_four_runs_in_threads_do_not_mix_their_output_their_events_or_their_folder():
    before = Path.cwd()
    answers: dict[int, object] = {}
    heard: dict[int, list[Event]] = {}
    outputs: dict[int, str] = {}

    def work(number: int) -> None:
        script = Script(
            cell(f"import os\nmine = {number}\nfor k in range(20): print('run', mine, k)\nos.listdir('.')"),
            cell("replies = llm_query_batched([f'{mine} asks {k}' for k in range(10)])"),
            cell("FINAL(f'{mine}: ' + '|'.join(str(reply) for reply in replies))"),
            sub=lambda prompt: prompt.split()[0],
        )
        heard[number] = []
        with listening(heard[number].append):
            done = RLM(f"model {number}", client=script, route="recursive").completion(f"text {number}", "?")
        answers[number] = done.answer
        outputs[number] = script.seen[1][-1]["content"]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Path.cwd() == before
    for number in range(4):
        assert answers[number] == f"{number}: " + "|".join([str(number)] * 10)
        lines = [line for line in outputs[number].splitlines() if line.startswith("run ")]
        assert lines == [f"run {number} {k}" for k in range(20)]
        models = {getattr(event, "model", None) for event in heard[number]} - {None}
        assert models == {f"model {number}"}


def test_a_ledger_shared_by_threads_is_never_overdrawn():
    ledger = Ledger(Budget(calls=500))
    taken: list[int] = []

    def work() -> None:
        got = 0
        while True:
            try:
                ledger.reserve(Amount(calls=1))
            except BudgetSpent:
                taken.append(got)
                return
            got += 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 500
