"""A few words on a variable: what `SHOW_VARS()` and the report of a cell say of it.

Only what the built-in types know of themselves is used, so that describing runs no code of the model's.

>>> describe([1, 2, 3]), describe("abc"), describe(42)
('list of 3', "str 'abc'", 'int 42')
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Final, cast

from whence.rlm.worker.replies import FailedCall

_SIZED: Final[tuple[type, ...]] = (list, tuple, dict, set, frozenset)
_LONGEST: Final = 40


def describe(value: object) -> str:
    """What `value` is, in a few words."""
    kind = type(value)
    name = type.__dict__["__name__"].__get__(kind)
    if value is None or isinstance(value, bool):
        return repr(value)
    if isinstance(value, str):
        length = str.__len__(value)
        text = str.__str__(value)
        return f"{name} {text!r}" if length <= _LONGEST else f"{name} of {length:,} characters"
    if kind is int or kind is float:
        huge = isinstance(value, int) and value.bit_length() > 100
        return "a very large int" if huge else f"{name} {value}"
    for sized in _SIZED:
        if isinstance(value, sized):
            count = cast("Callable[[object], int]", getattr(sized, "__len__"))(cast("object", value))  # noqa: B009
            return f"{name} of {count:,}"
    if isinstance(value, bytes | bytearray):
        return f"{name} of {len(value):,} bytes"
    return _other(value, name)


def _other(value: object, name: str) -> str:
    if isinstance(value, types.ModuleType):
        return f"module {value.__name__}"
    if isinstance(value, types.FunctionType | types.BuiltinFunctionType):
        return f"function {value.__name__}"
    if isinstance(value, type):
        return f"class {type.__dict__['__name__'].__get__(value)}"
    home = cast("object", type(value).__dict__.get("__module__")) or type(value).__module__
    if home == "numpy" and name == "ndarray":
        return f"ndarray of shape {getattr(value, 'shape', '?')}"
    if isinstance(value, FailedCall):
        return f"failed call ({value.code})"
    if isinstance(home, str) and home.startswith("whence.rlm.worker") and hasattr(value, "__len__"):
        return f"{name} of {len(cast('list[object]', value)):,}"
    return f"{name} object"


def described(variables: Mapping[str, object], limit: int = 200) -> str:
    """One line for each variable."""
    if not variables:
        return "You have made no variables yet."
    shown = list(variables.items())[:limit]
    lines = [f"{name}: {describe(value)}" for name, value in shown]
    if len(variables) > limit:
        lines.append(f"… and {len(variables) - limit:,} more")
    return "\n".join(lines)
