"""The ratchet: the ten longest files and functions of the package, and a failure past the limits.

    python tools/ratchet.py

A function's length is its lines without its docstring. Whoever needs an exception adds it to `WAIVERS`
with the reason, where reviewers see it.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).parent.parent / "src" / "whence"
FILE_LIMIT = 500
FUNCTION_LIMIT = 60

# "path" or "path:function" -> why it may be longer.
WAIVERS: dict[str, str] = {}


class Length(NamedTuple):
    """How many lines a file or a function has; `name` is `path` or `path:function`."""

    lines: int
    name: str


def file_lengths(source: Path = SOURCE) -> list[Length]:
    """Every Python file, the longest first."""
    found = [
        Length(len(file.read_text("utf-8").splitlines()), _name(file, source)) for file in _files(source)
    ]
    return sorted(found, reverse=True)


def function_lengths(source: Path = SOURCE) -> list[Length]:
    """Every function and method, the longest first; lines of the docstring are not counted."""
    found = [
        Length(_length(function), f"{_name(file, source)}:{function.name}")
        for file in _files(source)
        for function in _functions(ast.parse(file.read_text("utf-8")))
    ]
    return sorted(found, reverse=True)


def too_long(lengths: list[Length], limit: int) -> list[Length]:
    """Those past the limit for which there is no waiver."""
    return [length for length in lengths if length.lines > limit and length.name not in WAIVERS]


def report(source: Path = SOURCE) -> str:
    """The ten longest of each and the waivers, as text."""
    lines: list[str] = []
    for title, lengths, limit in (
        ("files", file_lengths(source), FILE_LIMIT),
        ("functions", function_lengths(source), FUNCTION_LIMIT),
    ):
        lines.append(f"The ten longest {title} (limit {limit}):")
        lines.extend(f"  {length.lines:4d}  {length.name}" for length in lengths[:10])
    lines.append(f"Waivers: {len(WAIVERS) or 'none'}")
    lines.extend(f"  {name}: {reason}" for name, reason in WAIVERS.items())
    return "\n".join(lines)


def _files(source: Path) -> Iterator[Path]:
    yield from sorted(source.rglob("*.py"))


def _name(file: Path, source: Path) -> str:
    return file.relative_to(source).as_posix()


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = function.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if is_docstring else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def main() -> int:
    """Print the report; 1 if something is too long."""
    print(report())
    failures = too_long(file_lengths(), FILE_LIMIT) + too_long(function_lengths(), FUNCTION_LIMIT)
    for failure in failures:
        print(f"too long: {failure.name} has {failure.lines} lines", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
