"""The command line itself: help, codes, errors on the right stream, nothing heavy for nothing."""

import json
import os
import re
import subprocess
import sys

import pytest

from whence import __version__
from whence.cli import main as door
from whence.cli.main import described, run, told, wants_json
from whence.runtime.errors import UnknownColumn

COMMANDS = ["ask", "identify", "verify", "graph", "demo"]


def whence(*arguments, **options):
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "whence", *arguments], capture_output=True, text=True, check=False, **options
    )


def test_help_names_every_command(capsys):
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if f"\n  {name} " not in shown] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_every_option_of_it_has_help(command, capsys):
    assert run([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Usage: whence " + command in shown
    options = re.split(r"\n  (?=-)", shown.split("Options:")[1])[1:]
    assert len(options) >= 3
    assert [option for option in options if not re.search(r"\s{2,}\S", option)] == []


def test_no_command_shows_the_help(capsys):
    assert run([]) == 0
    assert "Usage: whence" in capsys.readouterr().out


def test_version(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"whence {__version__}\n"


def test_help_needs_no_heavy_library_in_a_fresh_process():
    code = (
        "import sys; from whence.cli.main import run; code = run(['ask', '--help']); "
        "heavy = {'numpy', 'scipy', 'sklearn', 'pandas', 'duckdb', 'rich', 'jinja2'}; "
        "print(code, sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "0 []"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["aks"], "No such command"),
        (["ask"], "Missing argument"),
        (["ask", "effect of x on y", "--dta", "x.csv"], "--data"),
        (["ask", "effect of x on y", "--format", "pdf"], "pdf"),
        (["ask", "effect of x on y", "--seed", "many"], "--seed"),
    ],
)
def test_wrong_usage_is_one_line_on_stderr_that_points_to_the_help(arguments, words, capsys):
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("whence: ")
    assert words in shown.err
    assert "--help" in shown.err


def broken(monkeypatch, error):
    """Let every command raise `error`."""

    def fails(**_):
        raise error

    monkeypatch.setattr(door, "app", fails)


def test_an_error_of_the_user_is_one_message_and_code_2(monkeypatch, capsys):
    broken(monkeypatch, UnknownColumn("sale", known=["sales"]))
    assert run(["ask", "…"]) == 2
    assert capsys.readouterr().err == 'whence: No column "sale" in the data. Did you mean "sales"?\n'


@pytest.mark.parametrize("asked", [["--format", "json"], ["--format=json"], ["-f", "json"]])
def test_with_json_an_error_is_json_on_stderr(monkeypatch, capsys, asked):
    broken(monkeypatch, UnknownColumn("sale", known=["sales"]))
    assert run(["ask", "…", *asked]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert json.loads(shown.err)["error"] == "unknown_column"


def test_a_fault_of_ours_is_code_1_and_shows_a_traceback_only_when_asked(monkeypatch, capsys):
    broken(monkeypatch, ZeroDivisionError("division by zero"))
    assert run(["ask", "…"]) == 1
    shown = capsys.readouterr().err
    assert "Traceback" not in shown
    assert "--debug" in shown
    assert run(["ask", "…", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_file_that_the_system_refuses_is_code_2(monkeypatch, capsys):
    broken(monkeypatch, PermissionError(13, "Permission denied", "secret.csv"))
    assert run(["ask", "…"]) == 2
    assert "Permission denied: secret.csv." in capsys.readouterr().err


def test_ctrl_c_leaves_one_word_and_code_130(capsys):
    class Abort(RuntimeError):
        pass

    assert told(Abort(), as_json=False) == 130
    assert capsys.readouterr().err == "whence: interrupted.\n"


def test_a_reader_who_leaves_early_is_no_error(monkeypatch):
    done = subprocess.run(
        f"{sys.executable} -m whence --help | head -1", shell=True, capture_output=True, text=True, check=True
    )
    assert "Usage" in done.stdout
    assert done.stderr == ""


def test_the_format_is_seen_even_where_the_arguments_cannot_be_parsed():
    assert wants_json(["ask", "--format", "json", "--nonsense"])
    assert not wants_json(["ask", "--format", "text"])
    assert not wants_json(["ask", "json", "--format"])
    assert described(ValueError("x"))["error"] == "fault"


def test_an_ascii_terminal_is_written_to_all_the_same():
    done = whence("aks…", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
