"""Text becomes code in one file of the project, and nothing is unpickled but between our own processes."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ONE_FILE = "rlm/worker/session.py"  # runs the cells, in the confined worker
BETWEEN_OUR_OWN = {
    f"runtime/executor/{name}.py"
    for name in (
        "automatic/sending",
        "cluster/ray",
        "cluster/scattered",
        "transport/arrays",
        "transport/brought",
        "transport/errands",
        "transport/parcels",
    )
}

RUNS_TEXT = {"eval", "exec", "compile", "__import__", "execfile", "runsource", "runcode"}
RUNS_PROGRAMS = {"system", "popen", "getoutput", "getstatusoutput"}
UNPACKS = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "jsonpickle"}

SWITCHES = {"shell", "allow_pickle"}


def is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


def what_is_used(tree: ast.AST) -> Iterator[str]:
    """The names of functions that run text, and of modules that unpack objects."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUNS_TEXT:
            yield node.func.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "builtins" and node.attr in RUNS_TEXT:
                yield node.attr
            elif node.value.id in {"os", "subprocess"} and node.attr in RUNS_PROGRAMS:
                yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.partition(".")[0] in UNPACKS)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in UNPACKS:
            yield str(node.module)
        elif isinstance(node, ast.keyword) and node.arg in SWITCHES and not is_false(node.value):
            yield f"{node.arg}="


def used_in(package: Path) -> dict[str, set[str]]:
    found = {
        path.relative_to(package).as_posix(): set(what_is_used(ast.parse(path.read_text("utf-8"))))
        for path in package.rglob("*.py")
    }
    return {name: used for name, used in found.items() if used}


def test_text_becomes_code_in_one_file_and_objects_are_unpacked_between_our_own_processes(root: Path):
    expected = {ONE_FILE: {"eval", "compile"}, **{name: {"pickle"} for name in BETWEEN_OUR_OWN}}
    assert used_in(root / "src" / "whence") == expected


@pytest.mark.parametrize(
    "code",
    ["eval(x)", "exec(x)", "compile(x, '', 'exec')", "import pickle", "from yaml import load",
     "f = builtins.exec", "__import__(x)", "os.system(x)", "run(x, shell=True)",
     "load(x, allow_pickle=flag)"],
)  # fmt: skip
def test_the_search_sees_them(code: str):
    assert list(what_is_used(ast.parse(code)))


def test_the_search_passes_over_what_is_none():
    assert not list(what_is_used(ast.parse("re.compile(x); query.eval; import json; run(x, shell=False)")))
