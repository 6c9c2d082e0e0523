"""The two doors to the project are sound scripts."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.mark.parametrize(("script", "shell"), [("run", "sh"), (".ci/run", "bash")])
def test_the_script_parses_and_is_executable(root: Path, script: str, shell: str):
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")
    subprocess.run([shell, "-n", str(root / script)], check=True)
    assert os.access(root / script, os.X_OK)


@pytest.mark.parametrize("arguments", [[], ["dance"]])
def test_without_a_known_command_it_says_what_there_is_and_exits_2(root: Path, arguments: list[str]):
    done = subprocess.run([str(root / "run"), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    for word in ("demo", "test", "check", "bench", "lock"):
        assert f"./run {word}" in done.stderr


def test_continuous_integration_runs_the_checks_and_then_the_tests(root: Path):
    text = (root / ".ci" / "run").read_text()
    assert text.index("./run check") < text.index("./run test")
