"""A run whose process is killed goes on: the same answer, and nothing that was answered is asked again."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

import whence
from whence.rlm.journal.record import replies

PROGRAM = Path(__file__).with_name("long_run.py")
SOURCE = Path(whence.__file__).parent.parent


def start(journal: Path, log: Path, *more: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(journal), str(log), *more],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def calls(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Counter[str]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    process = start(folder / "run.jsonl", folder / "log")
    answer, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return answer, Counter(calls(folder / "log"))


@pytest.mark.parametrize("after", [1, 17, 45, 63, 90])
def test_a_killed_run_goes_on_to_the_same_answer_without_a_repeated_call(
    after: int, undisturbed: tuple[str, Counter[str]], tmp_path: Path
):
    journal, log = tmp_path / "run.jsonl", tmp_path / "log"
    process = start(journal, log)
    deadline = time.monotonic() + 60
    while len(calls(log)) < after and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    answered = len(replies(journal))
    made = calls(log)
    assert len(made) >= after

    again = start(journal, log, "resume")
    answer, _ = again.communicate(timeout=60)
    assert again.returncode == 0
    expected, needed = undisturbed
    assert answer == expected
    later = calls(log)[len(made) :]
    assert len(later) == sum(needed.values()) - answered, "only what had no reply is asked"
    assert len(replies(journal)) == sum(needed.values())
    assert max(Counter(later).values(), default=0) <= 1


def test_a_run_that_had_ended_is_resumed_without_any_call(
    undisturbed: tuple[str, Counter[str]], tmp_path: Path
):
    journal, log = tmp_path / "run.jsonl", tmp_path / "log"
    first = start(journal, log)
    assert first.communicate(timeout=60)[0] == undisturbed[0]
    before = len(calls(log))
    second = start(journal, log, "resume")
    assert second.communicate(timeout=60)[0] == undisturbed[0]
    assert len(calls(log)) == before
