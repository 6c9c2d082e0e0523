"""What objects are made of: their fields, their attributes, what they would be made of again elsewhere.

>>> from fractions import Fraction
>>> sent_parts(Fraction(1, 3))
(<class 'fractions.Fraction'>, (1, 3))
"""

from __future__ import annotations

import copyreg
import functools
from collections.abc import Callable
from dataclasses import fields
from types import (
    BuiltinFunctionType,
    CellType,
    ClassMethodDescriptorType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    WrapperDescriptorType,
)
from typing import Any, cast

from whence.runtime.results.errors import NoFingerprint

METHODS_OF_TYPES = (
    MemberDescriptorType, GetSetDescriptorType, MethodDescriptorType, WrapperDescriptorType,
    ClassMethodDescriptorType,
)  # fmt: skip


def sent_parts(value: object) -> str | tuple[object, ...]:
    """What Python sends of a value (a name, or how to make it, of what, and its state); `NoFingerprint`."""
    kind = type(value)
    try:
        table = cast("dict[type, Callable[[object], str | tuple[object, ...]]]", copyreg.dispatch_table)
        by_registry = table.get(kind)
        return by_registry(value) if by_registry is not None else value.__reduce_ex__(4)
    except Exception as error:
        reason = f"a {kind.__module__}.{kind.__qualname__} cannot be told ({error})"
        raise NoFingerprint(reason) from error


def in_order_of_names(state: object) -> object:
    """Attributes as they are named, not as they came to be set."""
    if type(state) is dict and all(type(name) is str for name in cast("dict[object, object]", state)):
        return sorted(cast("dict[str, object]", state).items())
    if type(state) is tuple and len(parts := cast("tuple[object, ...]", state)) == 2:  # with slots
        return tuple(in_order_of_names(part) for part in parts)
    return state


def is_sent_as_fields(kind: type) -> bool:
    """Whether nothing but `dataclass` itself says how its values are sent."""
    if kind.__reduce__ is not object.__reduce__ or kind.__reduce_ex__ is not object.__reduce_ex__:
        return False
    getting = getattr(kind, "__getstate__", None)
    if getting is getattr(object, "__getstate__", None):
        return True
    return getattr(getting, "__module__", None) == "dataclasses"


def state(value: object) -> list[object]:
    """The fields of a data class and whatever else was put on it, but for what it works out itself."""
    missing = object()
    names = [each.name for each in fields(cast("Any", value))]
    held = [(name, getattr(value, name, missing)) for name in names]
    found: list[object] = [pair if pair[1] is not missing else pair[0] for pair in held]
    beside = cast("dict[str, object]", getattr(value, "__dict__", {}))
    for name in sorted(beside.keys() - set(names)):
        if not isinstance(getattr(type(value), name, None), functools.cached_property):
            found.append((name, beside[name]))
    return found


def of_code(value: object) -> tuple[str, tuple[object, ...]] | None:
    """What holds code and is no function: methods, properties, partial calls."""
    match value:
        case MethodType():
            return "method", (value.__func__, value.__self__)
        case BuiltinFunctionType():
            return "builtin", (value.__self__, value.__name__)
        case staticmethod() | classmethod():
            return type(value).__name__, (cast("object", value.__func__),)  # pyright: ignore
        case property():
            return "property", (value.fget, value.fset, value.fdel)
        case functools.cached_property():
            return "cached", (cast("object", value.func),)  # pyright: ignore
        case CellType():
            return "cell", (cast("object", value.cell_contents),)
        case _ if isinstance(value, METHODS_OF_TYPES):
            return "of type", (value.__objclass__, value.__name__)
        case _:
            return None


def is_executor(value: object) -> bool:
    """Whether it is one of our executors, or this journal itself."""
    kind = type(value)
    ours = kind.__module__.startswith("whence.")
    return ours and all(hasattr(kind, name) for name in ("map", "stream", "close", "shares_memory"))
