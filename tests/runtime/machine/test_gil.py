"""Whoever turns the interpreter's lock on is named; and what Whence imports for symbols leaves it alone."""

import json
import subprocess
import sys

import pytest

from whence.cli.doctor.checkup import CORE
from whence.runtime.machine.gil import came_back, gil_enabled, imported
from whence.runtime.machine.interpreter import free_threaded_build, interpreter, versions

# Interpreters with a lock that is always on are made to look as if they could do without.
OFF = "import sys; sys._is_gil_enabled = lambda: False"
ON = """
import sys, warnings
print("a module may print")
if not sys._is_gil_enabled():
    sys._is_gil_enabled = lambda: True
    warnings.warn("The global interpreter lock (GIL) has been enabled to load module '{}', which ...",
                  RuntimeWarning, stacklevel=1)
"""
QUIETLY = "import sys; sys._is_gil_enabled = lambda: True"


@pytest.fixture
def pretend(tmp_path, monkeypatch):
    """Make modules that can be imported in fresh interpreters."""

    def make(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.py").write_text(text)

    monkeypatch.syspath_prepend(str(tmp_path))
    return make


def test_the_extension_that_turned_the_lock_on_is_named(pretend):
    pretend(whence_off=OFF, whence_loud=ON.format("loud._extension"), whence_late="")
    lock = imported(["whence_off", "whence_loud", "whence_late"])
    assert [(each.module, each.turned_on_by) for each in lock.culprits] == [
        ("whence_loud", "loud._extension")
    ]
    assert [each.found for each in lock.imports] == [True, True, True]


def test_what_comes_after_a_culprit_is_tried_without_it(pretend):
    pretend(whence_off=OFF, whence_loud=ON.format("loud"))
    # The second pass begins anew with the lock off, as a free-threaded interpreter does.
    pretend(whence_again=OFF, whence_second=ON.format("second"))
    lock = imported(["whence_off", "whence_loud", "whence_again", "whence_second"])
    assert [each.turned_on_by for each in lock.culprits] == ["loud", "second"]


def test_a_module_that_turns_it_on_without_a_word_is_named_itself(pretend):
    pretend(whence_off=OFF, whence_quiet=QUIETLY)
    assert imported(["whence_off", "whence_quiet"]).culprits[0].turned_on_by == "whence_quiet"


def test_modules_that_are_not_there_or_end_the_interpreter_are_told_apart_from_those_that_load(pretend):
    pretend(whence_ends="import os; os._exit(3)")
    lock = imported(["json", "whence_is_not_there", "whence_ends", "csv"])
    assert [each.found for each in lock.imports] == [True, False, False, False]


@pytest.mark.skipif(not free_threaded_build(), reason="needs a free-threaded interpreter (3.13t or later)")
def test_what_a_question_of_data_in_memory_imports_leaves_the_lock_off():
    lock = imported(CORE)
    assert not lock.at_start
    assert [each.turned_on_by for each in lock.culprits] == []


@pytest.mark.skipif(free_threaded_build(), reason="needs an interpreter that is built with its lock")
def test_an_interpreter_that_is_built_with_its_lock_has_it_and_nothing_came_back():
    assert gil_enabled()
    assert not came_back()
    assert imported(["json"]).at_start


SYMBOLS = """
import json, sys
import whence as wh
g = wh.graph("season -> price -> sales; season -> sales")
wh.ask("effect of price on sales", graph=g)
table = wh.table({"season": [0, 1] * 40, "price": [0, 0, 1, 1] * 20, "sales": [0, 1, 1, 0] * 20})
print(wh.ask("effect of price on sales", data=table, graph=g).status, file=sys.stderr)
print(json.dumps([name for name in ("duckdb", "_duckdb", "numba") if name in sys.modules]))
"""


def test_a_question_of_symbols_or_of_data_in_memory_loads_nothing_that_turns_the_lock_on():
    done = subprocess.run([sys.executable, "-c", SYMBOLS], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
    assert done.stderr.strip() == "answered"


def test_versions_of_what_is_installed_are_known_without_importing_it():
    found = versions(["numpy", "no-such-distribution"])
    assert list(found) == ["numpy"]


def test_the_build_is_told_in_words():
    assert ("free-threaded" in interpreter().build) is free_threaded_build()
