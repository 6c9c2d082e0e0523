"""Importing the package, its symbolic rooms or its help loads no heavy library."""

import subprocess
import sys

import pytest

HEAVY = [
    "numpy",
    "scipy",
    "sklearn",
    "pandas",
    "polars",
    "pyarrow",
    "duckdb",
    "narwhals",
    "networkx",
    "jinja2",
]


def loaded_after(code: str) -> set[str]:
    """The heavy libraries that a fresh interpreter has loaded after running `code`."""
    report = f"\nimport sys; print('loaded:', *[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code + report], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_the_probe_sees_a_heavy_library():
    assert "numpy" in loaded_after("import numpy")


def test_import_whence_loads_no_heavy_library():
    assert loaded_after("import whence") == set()


def test_import_whence_loads_none_of_its_own_rooms():
    code = "import whence, sys; print(sorted(m for m in sys.modules if m.startswith('whence.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("room", ["whence.runtime", "whence.language", "whence.identification"])
def test_a_symbolic_room_loads_no_heavy_library(room: str):
    code = (
        f"import importlib, pkgutil, {room} as room\n"
        "for module in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
        "    importlib.import_module(module.name)"
    )
    assert loaded_after(code) == set()


def test_a_graph_is_asked_without_any_heavy_library():
    code = (
        "import whence as wh\n"
        "g = wh.graph('z -> x -> y; z -> y')\n"
        "estimand = wh.identify(wh.effect('x', 'y', 1, 0), g)\n"
        "wh.verify(estimand, g)"
    )
    assert loaded_after(code) == set()


def test_help_of_the_command_loads_no_heavy_library():
    code = (
        "import sys\n"
        "from whence.cli.main import main\n"
        "sys.argv = ['whence', '--help']\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert not stop.code, stop.code"
    )
    assert loaded_after(code) == set()
