"""The public face: what `__all__` promises exists, is typed, and is what DESIGN's names say."""

import ast
from pathlib import Path

import pytest

import whence

PROMISED = {
    *("graph", "query", "effect", "ate", "att", "cate", "identify", "verify", "separated", "adjustment_sets"),
    *("is_adjustment_set", "instruments", "front_door_set", "implied_independences", "table", "plug_in"),
    *("estimate", "refute", "ask", "ask_many", "Study", "Answer", "compare", "Graph", "Query", "Estimand"),
    *("Expression", "NotIdentified", "Table", "Estimate", "Refutation", "Assumption", "Event", "WhenceError"),
}


def typed_imports() -> dict[str, str]:
    """Name -> module of the imports that the type checker sees."""
    tree = ast.parse(Path(whence.__file__).read_text("utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    found = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in found for alias in node.names}


def test_every_promised_name_is_public():
    assert set(whence.__all__) >= PROMISED


def test_what_is_loaded_lazily_is_what_the_type_checker_sees_and_what_all_says():
    homes = {name: module for module, names in whence.HOMES.items() for name in names}
    assert homes == typed_imports()
    assert sorted(homes) == sorted(set(whence.__all__) - {"__version__"})


@pytest.mark.parametrize("name", sorted(set(whence.__all__) - {"__version__"}))
def test_a_public_name_loads_and_is_documented(name: str):
    value = getattr(whence, name)
    assert (value.__doc__ or "").strip(), f"{name} has no docstring"
    assert name in dir(whence)


def test_an_unknown_name_is_an_attribute_error_and_nothing_else():
    with pytest.raises(AttributeError, match="no attribute 'asks'"):
        whence.asks  # noqa: B018


def test_the_version_is_the_one_of_the_project(root: Path):
    assert f'version = "{whence.__version__}"' in (root / "pyproject.toml").read_text()


def test_the_package_says_that_it_is_typed():
    assert (Path(whence.__file__).parent / "py.typed").exists()
