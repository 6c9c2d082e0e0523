"""Signatures in the manner of DSPy: "context, query -> answer: int, evidence: list[str]".

What stands behind the arrow is what an answer holds. Types are of a small grammar and read with `ast`, never
evaluated: str, int, float, bool, None, list[…], dict[str, …], tuple[…], Literal[…], Optional[…] and A | B.

Khattab, O. et al. (2024). DSPy: compiling declarative language model calls into self-improving pipelines.
ICLR 2024, arXiv 2310.03714.

>>> signature("context, query -> answer: int, evidence: list[str]")
Signature(inputs=('context', 'query'), outputs={'answer': <class 'int'>, 'evidence': list[str]})
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any, Literal, cast

from whence.rlm.errors import InvalidSignature
from whence.runtime.errors import near_miss

LONGEST = 2_000
SIMPLE: Mapping[str, object] = {"str": str, "int": int, "float": float, "bool": bool, "None": NoneType}
ANYTHING = Any


@dataclass(frozen=True, slots=True)
class Signature:
    """The names that go in, and the names and types that come out."""

    inputs: tuple[str, ...]
    outputs: Mapping[str, object]


def signature(text: str) -> Signature:
    """Read a signature; raises `InvalidSignature`."""
    if len(text) > LONGEST:
        raise InvalidSignature(text, f"it is longer than {LONGEST:,} characters")
    for place in (place for place in range(len(text)) if text.startswith("->", place)):
        inputs, outputs = _parameters(text[:place]), _parameters(text[place + 2 :])
        if inputs is not None and outputs is not None:
            break  # an arrow within Literal["->"] leaves no parameters on its left
    else:
        reason = "it is not of the form names -> names" if "->" in text else "it has no arrow"
        raise InvalidSignature(text, reason)
    if not outputs:
        raise InvalidSignature(text, "nothing stands behind the arrow")
    names = [parameter.arg for parameter in (*inputs, *outputs)]
    if (twice := next((name for name in names if names.count(name) > 1), None)) is not None:
        raise InvalidSignature(text, f"{twice} stands in it twice")
    types = {each.arg: str if each.annotation is None else _type(each.annotation, text) for each in outputs}
    return Signature(tuple(each.arg for each in inputs), types)


def _parameters(text: str) -> list[ast.arg] | None:
    """The parameters in `text`, read as those of a function that is never made; None if they are none."""
    try:
        module = ast.parse(f"def _({text.strip()}\n): pass")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    match module.body:
        case [
            ast.FunctionDef(
                args=ast.arguments(
                    posonlyargs=[], args=found, vararg=None, kwonlyargs=[], kwarg=None, defaults=[]
                ),
                body=[ast.Pass()],
                returns=None,
            )
        ]:
            return found
        case _:
            return None


def _type(node: ast.expr, text: str) -> object:
    """The type that an annotation names."""
    match node:
        case ast.Constant(value=None):
            return NoneType
        case ast.Name(id=name) if name in SIMPLE:
            return SIMPLE[name]
        case ast.Name(id="list"):
            return list[ANYTHING]
        case ast.Name(id="dict"):
            return dict[str, ANYTHING]
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _union([_type(left, text), _type(right, text)])
        case ast.Subscript(value=ast.Name(id=name), slice=inner) if name in _GENERIC:
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return _GENERIC[name](parts, text)
        case _:
            pass
    shown = ast.unparse(node)
    close = near_miss(shown, [*SIMPLE, *_GENERIC]) if isinstance(node, ast.Name) else None
    hint = "" if close is None else f"; did you mean {close}?"
    raise InvalidSignature(text, f"{shown[:80]} is no type that is known here{hint}")


def _union(parts: list[object]) -> object:
    union = parts[0]
    for part in parts[1:]:
        union = cast("Any", union) | cast("Any", part)
    return union


def _one(parts: list[ast.expr], name: str, text: str) -> object:
    if len(parts) != 1:
        raise InvalidSignature(text, f"{name}[…] takes one type")
    return _type(parts[0], text)


def _list(parts: list[ast.expr], text: str) -> object:
    return list[cast("Any", _one(parts, "list", text))]


def _dict(parts: list[ast.expr], text: str) -> object:
    if len(parts) != 2 or _type(parts[0], text) is not str:
        raise InvalidSignature(text, "dict[str, …] takes str and one type")
    return dict[str, cast("Any", _type(parts[1], text))]


def _tuple(parts: list[ast.expr], text: str) -> object:
    match parts:
        case [each, ast.Constant(value=last)] if last is ...:
            return tuple[cast("Any", _type(each, text)), ...]
        case _:
            return tuple[tuple(cast("Any", _type(part, text)) for part in parts)]


def _literal(parts: list[ast.expr], text: str) -> object:
    values: list[object] = []
    for part in parts:
        try:
            value = ast.literal_eval(part)
        except (ValueError, TypeError, RecursionError, MemoryError):
            value = part
        if not isinstance(value, str | int | bool | None):
            raise InvalidSignature(text, "Literal[…] takes texts, whole numbers, True, False and None")
        values.append(value)
    return cast("Any", Literal).__getitem__(tuple(values))


def _optional(parts: list[ast.expr], text: str) -> object:
    return _union([_one(parts, "Optional", text), NoneType])


def _any_of(parts: list[ast.expr], text: str) -> object:
    return _union([_type(part, text) for part in parts])


_GENERIC: Mapping[str, Callable[[list[ast.expr], str], object]] = {
    "list": _list,
    "dict": _dict,
    "tuple": _tuple,
    "Literal": _literal,
    "Optional": _optional,
    "Union": _any_of,
}
