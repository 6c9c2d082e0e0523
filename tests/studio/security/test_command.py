"""`whence studio`: what is said on the command line is what is served."""

import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from whence.cli import studio as command
from whence.runtime.errors import MissingFile
from whence.studio.opening import opened
from whence.studio.projects.shelf import Shelf
from whence.studio.settings import Settings, usual_home

serving = pytest.importorskip("whence.studio.serving", reason="the application is not there yet")


@pytest.fixture
def served(monkeypatch):
    """What would be served."""
    told = {}

    def serve(settings, **options):
        told.update(options, settings=settings)

    monkeypatch.setattr(serving, "serve", serve)
    return told


def whence(*arguments):
    app = typer.Typer(rich_markup_mode=None)
    app.command()(command.studio)
    return CliRunner().invoke(app, arguments)


def test_nothing_said_is_this_machine_alone(served):
    assert whence().exit_code == 0
    settings = served["settings"]
    assert (settings.host, settings.port, settings.names, settings.home) == (
        "127.0.0.1",
        8765,
        (),
        usual_home(),
    )
    assert (served["open_browser"], served["allow_root"], served["given"]) == (True, False, None)


def test_every_option_arrives(served, tmp_path):
    bundle = tmp_path / "datastar.js"
    bundle.write_text("//")
    result = whence(
        "data.csv", "--port", "0", "--host", "::1", "--allow-host", "a.example", "--allow-host", "b:9",
        "--certificate", str(tmp_path / "c"), "--key", str(tmp_path / "k"), "--trusted-proxy", "10.0.0.1",
        "--datastar", str(bundle), "--home", str(tmp_path), "--watch", str(tmp_path), "--no-open",
        "--allow-root",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert served["settings"] == Settings(
        home=tmp_path, host="::1", port=0, names=("a.example", "b:9"), certificate=tmp_path / "c",
        key=tmp_path / "k", trusted_proxy="10.0.0.1", datastar=bundle, watched=tmp_path,
    )  # fmt: skip
    assert (served["open_browser"], served["allow_root"], served["given"]) == (False, True, "data.csv")
    assert "text as code" in result.stderr


@pytest.mark.parametrize(
    "wrong", [["--port", "70000"], ["--port", "-1"], ["--datastar", "/nowhere"], ["--watch", "/nowhere"]]
)
def test_what_cannot_be_is_refused_before_anything_starts(served, wrong):
    assert whence(*wrong).exit_code == 2
    assert served == {}


def test_what_is_announced_cannot_steer_the_terminal(capsys):
    command.said("a\x1b[2Jb")
    assert capsys.readouterr().err == "a\\x1b[2Jb\n"


def test_help_loads_nothing_heavy():
    import subprocess

    code = (
        "import sys, whence.cli.studio; heavy = {'numpy', 'uvicorn', 'starlette', 'duckdb', 'jinja2'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    source = str(Path(command.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={"PYTHONPATH": source}
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_a_file_becomes_a_project_with_its_data(tmp_path):
    data = tmp_path / "my jobs.csv"
    data.write_text("a,b\n1,2\n3,4\n5,6\n")
    settings = Settings(home=tmp_path / "home")
    project = opened(settings, str(data))
    assert data.exists(), "the person's own file stays where it is"
    shelf = Shelf(settings.home)
    (card,) = shelf.cards()
    shelf.close()
    assert (card.project, card.title, card.data) == (project, "my jobs", "my jobs.csv")
    assert opened(settings, project) == project
    assert not list((tmp_path / "home").glob("*.upload"))


@pytest.mark.parametrize("given", ["nowhere.csv", "abcdefghijkl", "", "../..", "/dev/null"])
def test_what_is_neither_project_nor_file_is_said(tmp_path, given):
    with pytest.raises(MissingFile):
        opened(Settings(home=tmp_path), given)
