r"""What can be told of a cell by reading it, before monty runs it.

>>> print(read_cell("x = 1\nx + 1").code)
x = 1
_show((x + 1))
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

OURS: Final = frozenset(
    {"llm_query", "llm_query_batched", "llm_submit", "rlm_query", "rlm_query_batched", "llm_map", "count_by"}
    | {"grep", "chunk", "pairs", "verify", "quote", "estimate_cost"}
    | {"SHOW_VARS", "FINAL", "FINAL_VAR", "SUBMIT"}
)


@dataclass(frozen=True, slots=True)
class Cell:
    """Code to feed, and the names that it binds."""

    code: str
    assigned: frozenset[str] = field(default_factory=frozenset[str])

    def taken(self, tools: Iterable[str]) -> list[str]:
        """Our names that the cell binds."""
        return sorted(self.assigned & (OURS | set(tools)))


def read_cell(code: str) -> Cell:
    """Read a cell: the value of a last bare expression is to be shown. What has no sense is left as it is."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Cell(code + "\nNone")  # a value of the code's own never crosses to us unasked
    names = frozenset(_bound(tree))
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr) or last.end_lineno is None or last.end_col_offset is None:
        return Cell(code + "\nNone", names)
    lines = code.encode().splitlines(keepends=True)
    before = b"".join(lines[: last.lineno - 1]) + lines[last.lineno - 1][: last.col_offset]
    through = b"".join(lines[: last.end_lineno - 1]) + lines[last.end_lineno - 1][: last.end_col_offset]
    shown = through[len(before) :]
    return Cell(f"{before.decode()}_show(({shown.decode()}))", names)


def _bound(tree: ast.AST) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
