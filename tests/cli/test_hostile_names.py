"""Column names that would do harm as markup, SQL or terminal codes are only names."""

import csv
import random

import pytest

from whence.cli.main import run
from whence.language.printing import json_text

HOSTILE = [
    'a "quoted" name',
    "it's",
    "<script>alert(1)</script>",
    'x"; DROP TABLE data; --',
    "</style><img src=x onerror=alert(1)>",
    "$(rm -rf /)",
    "{{ 7 * 7 }}",
    "a -> b",
    "P(y | do(x))",
    "\\input{/etc/passwd}",
    "ünïcødé ☃",
    "select",
    "a|b;c,d",
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path, names, n=120):
    chance = random.Random(3)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for _ in range(n):
            z = int(chance.random() < 0.5)
            x = int(chance.random() < (0.7 if z else 0.3))
            writer.writerow([z, x, round(2 * x + z + chance.gauss(0, 1), 4)])


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_answered_about_like_any_other(name, folder, capsys):
    write(folder / "data.csv", ["z", name, "y"])
    x = json_text(name)
    graph = f"z -> {x} -> y; z -> y"
    for form in ("text", "json", "md", "html", "latex"):
        arguments = ["ask", f"ATE({x} -> y)", "--data", "data.csv", "--graph", graph, "--method", "ols"]
        assert run([*arguments, "--full", "--format", form]) == 0
        shown = capsys.readouterr()
        assert shown.err == ""
        if form == "html":
            assert "<script>alert" not in shown.out
            assert "<img src=x" not in shown.out
        if form == "latex":
            assert "\\input{" not in shown.out
    assert sorted(path.name for path in folder.iterdir()) == ["data.csv"]


@pytest.mark.parametrize("name", ["two\nlines", "bell\x07", "\x1b[2J", "", "  ", "right\u202eleft"])
def test_a_name_with_control_characters_is_refused(name, folder, capsys):
    write(folder / "data.csv", ["z", name, "y"])
    assert run(["ask", "effect of z on y", "--data", "data.csv", "--graph", "z -> y"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "\x1b" not in shown.err
    assert "\x07" not in shown.err
    assert "column name" in shown.err


@pytest.mark.parametrize("name", ["two\nlines", "\x1b[2J", "<script>", "'; DROP TABLE x; --"])
def test_an_error_that_names_a_hostile_name_is_safe_to_print(name, folder, capsys):
    write(folder / "data.csv", ["z", "x", "y"])
    assert run(["ask", f"ATE({json_text(name)} -> y)", "--data", "data.csv", "--graph", "x -> y"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "\x1b" not in shown.err
