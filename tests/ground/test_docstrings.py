"""The examples in docstrings run."""

import doctest
import importlib
import pkgutil

import pytest

import whence

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(whence.__path__, "whence.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", ["whence", *MODULES])
def test_the_examples_of_the_module_run(name: str, tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(
        importlib.import_module(name),
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
        report=True,
    )
    assert result.failed == 0


@pytest.mark.parametrize(
    "room", ["whence.language", "whence.identification", "whence.numerics", "whence.estimation"]
)
def test_the_room_shows_examples(room: str):
    modules = [importlib.import_module(name) for name in MODULES if name.startswith(room + ".")]
    examples = sum(len(test.examples) for module in modules for test in doctest.DocTestFinder().find(module))
    assert examples >= len(modules)
