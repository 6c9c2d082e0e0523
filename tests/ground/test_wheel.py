"""The wheel is whole: it installs into an empty environment from the lock and answers the demo there."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def attempt(*command: str | Path, cwd: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    environment |= {"NO_COLOR": "1", "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"} | extra
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = attempt(*command, cwd=cwd)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def find_uv() -> str:
    beside = shutil.which("uv", path=str(Path(sys.executable).parent))
    uv = beside or shutil.which("uv")
    assert uv, "uv is in the development lock: set up the environment with ./run test"
    return uv


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    root = Path(__file__).parent.parent.parent
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=root)
    return next(folder.glob("*.whl"))


@pytest.fixture
def fresh_python(tmp_path: Path) -> Iterator[Path]:
    """An interpreter in an empty environment, removed afterwards (it is large)."""
    environment = tmp_path / "env"
    run(find_uv(), "venv", "--quiet", "--python", sys.executable, environment, cwd=tmp_path)
    yield environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    shutil.rmtree(environment, ignore_errors=True)


def test_the_wheel_holds_the_package_its_data_its_types_and_its_licence_and_no_tests(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    for needed in ("whence/py.typed", "whence/examples/lalonde.parquet", "whence/examples/README.md"):
        assert needed in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    tops = {name.split("/")[0] for name in names}
    assert tops == {"whence", next(top for top in tops if top.endswith(".dist-info"))}
    assert not [name for name in names if name.endswith(".pyc") or "/tests/" in name]


def test_every_file_of_the_package_is_in_the_wheel(wheel: Path):
    source = Path(__file__).parent.parent.parent / "src"
    files = {p.relative_to(source).as_posix() for p in (source / "whence").rglob("*") if p.is_file()}
    files = {name for name in files if "__pycache__" not in name}
    assert files <= set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel_in_an_environment_made_from_the_runtime_lock(
    wheel: Path, fresh_python: Path, tmp_path: Path
):
    root, uv = Path(__file__).parent.parent.parent, find_uv()
    lock = root / "requirements" / "run.txt"
    sync = (uv, "pip", "sync", "--quiet", "--python", fresh_python, "--require-hashes", lock)
    # From the cache if ./run filled it, else as the user configured uv, else with the system's certificates.
    tries = [{"UV_OFFLINE": "1"}, {}, {"UV_SYSTEM_CERTS": "1"}]
    assert any(attempt(*sync, cwd=tmp_path, **extra).returncode == 0 for extra in tries)
    run(uv, "pip", "install", "--offline", "--python", fresh_python, "--no-deps", wheel, cwd=tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    done = run(fresh_python.parent / "whence", "demo", cwd=empty)
    assert "1978" in done.stdout
    report = (empty / "report.html").read_text("utf-8")
    assert report.lstrip().lower().startswith("<!doctype html>")
    assert [path.name for path in empty.iterdir()] == ["report.html"]
