"""What the documents show is what happens: every Python and console block of README and docs is run.

A `python` block is run as it stands, or as a doctest if it has prompts; the blocks of one page share their
names. A `console` block holds commands (`$ whence …`) and what they print; `...` stands for any text.
"""

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import readme as readme_tool
import whence

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PAGE_IDS = [page.relative_to(ROOT).as_posix() for page in PAGES]


def blocks(page: Path, language: str) -> list[tuple[int, str]]:
    """(line, text) of each fenced block of that language."""
    text = page.read_text("utf-8")
    return [(text.count("\n", 0, m.start()) + 2, m[2]) for m in FENCE.finditer(text) if m[1] == language]


def run_python(page: Path, line: int, source: str, names: dict[str, object]) -> None:
    if ">>>" not in source:
        code = compile("\n" * (line - 1) + source, str(page), "exec")
        exec(code, names)
        return
    test = doctest.DocTestParser().get_doctest(source, names, page.name, str(page), line - 1)
    test.globs = names
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=report.append, clear_globs=False)
    assert result.failed == 0, "".join(report)


def commands(source: str) -> list[tuple[str, str]]:
    """(command, expected output) of a console block."""
    parts = re.split(r"^\$ ", source, flags=re.MULTILINE)[1:]
    return [(first, rest) for first, _, rest in (part.partition("\n") for part in parts)]


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_the_python_blocks_of_the_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__page__"}
    for line, source in blocks(page, "python"):
        run_python(page, line, source, names)


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_the_commands_of_the_page_print_what_it_shows(page: Path, tmp_path: Path):
    environment = os.environ | {"COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    for _, source in blocks(page, "console"):
        for command, expected in commands(source):
            words = shlex.split(command)
            if words[0] != "whence":
                continue
            done = subprocess.run(
                [sys.executable, "-m", *words],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
            assert done.returncode in {0, 3}, done.stderr
            assert doctest.OutputChecker().check_output(expected, done.stdout, FLAGS), (
                f"$ {command}\nshown:\n{expected}\nprinted:\n{done.stdout}\n{done.stderr}"
            )


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_the_links_of_the_page_lead_somewhere(page: Path):
    for target in LINK.findall(page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_the_reference_has_a_line_for_every_public_name():
    text = (ROOT / "docs" / "reference.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    told = {name for row in rows for name in re.findall(r"`(\w+)[^`]*`", row)}
    assert not set(whence.__all__) - told


@pytest.mark.slow
def test_the_readme_shows_the_real_output_of_the_demo():
    shown = readme_tool.shown_output((ROOT / "README.md").read_text("utf-8"))
    assert readme_tool.normalised(readme_tool.demo_output()) == readme_tool.normalised(shown), (
        "refresh it with: python tools/readme.py"
    )


def test_a_wrong_output_in_a_page_would_be_noticed(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("```python\n>>> 1 + 1\n3\n```\n\n```python\nraise KeyError\n```\n")
    (first, source), (second, other) = blocks(page, "python")
    with pytest.raises(AssertionError):
        run_python(page, first, source, {})
    with pytest.raises(KeyError):
        run_python(page, second, other, {})


def test_console_blocks_are_split_into_commands_and_their_output():
    assert commands("$ whence a\none\ntwo\n$ whence b\n") == [("whence a", "one\ntwo\n"), ("whence b", "")]
