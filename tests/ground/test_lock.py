"""The lock: hashes for everything, and it names no host."""

import re
import tomllib
from pathlib import Path

import pytest

LOCKS = ["run.txt", "dev.txt", "build.txt"]
REQUIREMENT = re.compile(r"^([a-z0-9-]+)==([^\s;]+)(?: ; ([^\\]+?))? ?\\$")


def pins(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        if match := REQUIREMENT.match(line):
            found.setdefault(match[1], set()).add(match[2])
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_names_no_host_and_no_path(root: Path, name: str):
    text = (root / "requirements" / name).read_text()
    assert not re.search(r"https?:|://", text.lower())
    for line in text.splitlines():
        assert not line.lstrip().startswith("-") or line.lstrip().startswith("--hash=sha256:"), line
        assert "/" not in line and " @ " not in line, line


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_the_lock_is_pinned_and_hashed(root: Path, name: str):
    lines = (root / "requirements" / name).read_text().splitlines()
    hashed = 0
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith(" "):
            assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?", line), line
        else:
            assert REQUIREMENT.match(line), line
            assert following.startswith("    --hash=sha256:")
            hashed += 1
    assert hashed > 5


def test_no_other_lock_file_exists(root: Path):
    ignored = {".venv", ".cache", ".git", "node_modules"}
    for pattern in ("uv.lock", "pylock*.toml", ".python-version", "poetry.lock", "Pipfile.lock"):
        found = [p for p in root.rglob(pattern) if not ignored & set(p.relative_to(root).parts)]
        assert found == [], f"{pattern} records index addresses or interpreters: ./run lock makes ours"


def test_the_development_lock_contains_the_runtime_lock_with_the_same_versions(root: Path):
    run, dev = (pins((root / "requirements" / name).read_text()) for name in ("run.txt", "dev.txt"))
    assert {name: dev.get(name) for name in run} == run


def test_the_lock_holds_every_declared_dependency_and_no_torch(root: Path):
    project = tomllib.loads((root / "pyproject.toml").read_text())
    run, dev = (pins((root / "requirements" / name).read_text()) for name in ("run.txt", "dev.txt"))
    declared = {re.split(r"[<>=! ]", d)[0] for d in project["project"]["dependencies"]}
    assert declared <= set(run)
    assert set(project["dependency-groups"]["dev"]) <= set(dev)
    assert "torch" not in dev


def test_declared_dependencies_have_no_upper_pins(root: Path):
    project = tomllib.loads((root / "pyproject.toml").read_text())
    for dependency in project["project"]["dependencies"] + project["dependency-groups"]["dev"]:
        assert not re.search(r"<|==|~=", dependency), dependency
