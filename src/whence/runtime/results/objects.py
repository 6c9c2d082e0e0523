"""What objects are made of: their fields, their attributes, what they would be made of again elsewhere.

>>> from fractions import Fraction
>>> sent_parts(Fraction(1, 3))
(<class 'fractions.Fraction'>, (1, 3))
"""

from __future__ import annotations

import copyreg
import functools
import sys
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

from whence.runtime.results.definitions import version_behind
from whence.runtime.results.errors import NoFingerprint
from whence.runtime.results.origins import module_of, origin

HOLDING_MORE = (int, float, complex, str, bytes, bytearray, tuple, list, dict, set, frozenset)

HOLDING_THEIR_DATA = frozenset(
    {"numpy", "scipy", "sklearn", "pandas", "polars", "pyarrow", "networkx", "statsmodels", "narwhals"}
)
LAZY = ("pyarrow._dataset", "pyarrow._fs", "pyarrow.fs", "pyarrow.dataset", "pyarrow._parquet")
SAY_SO = "Give its class a method `__fingerprint__` that returns what it depends on."

METHODS_OF_TYPES = (
    MemberDescriptorType, GetSetDescriptorType, MethodDescriptorType, WrapperDescriptorType,
    ClassMethodDescriptorType,
)  # fmt: skip


def sent_parts(value: object) -> tuple[object, ...]:
    """What Python sends of a value: how to make it, of what, its state; `NoFingerprint` if that is not all.

    An object of another library may be but a handle to a file or a server, whose contents change without it.
    So these are told only of libraries that hold their data, and of what shows its parameters.
    """
    kind = type(value)
    module = module_of(kind)
    name, root = f"{module}.{kind.__qualname__}", module.partition(".")[0]
    if origin(module) == "installed" and not (root in HOLDING_THEIR_DATA or hasattr(kind, "get_params")):
        raise NoFingerprint(f"nobody knows whether all there is to a {name} is in it", SAY_SO)
    if name.startswith(LAZY) or kind.__name__ == "LazyFrame":
        raise NoFingerprint(f"a {name} stands for data that are elsewhere", "Read them before.")
    try:
        table = cast("dict[type, Callable[[object], str | tuple[object, ...]]]", copyreg.dispatch_table)
        by_registry = table.get(kind)
        sent = by_registry(value) if by_registry is not None else value.__reduce_ex__(4)
    except Exception as error:
        raise NoFingerprint(f"a {name} cannot be told ({error})") from error
    return _found_by_name(value, sent) if isinstance(sent, str) else sent


def _found_by_name(value: object, path: str) -> tuple[object, ...]:
    """Where a thing is that is sent by its name alone; the name is taken at its word only if it is there."""
    for name in sorted(sys.modules):
        found: object = sys.modules[name]
        for part in path.split("."):
            found = getattr(found, part, None) if hasattr(found, "__dict__") else None
        if found is value and (behind := version_behind(name)) is not None:
            return name, path, behind
    raise NoFingerprint(f"there is more than one {path}")


def in_order_of_names(attributes: Any) -> object:  # noqa: ANN401 - whatever a class keeps
    """Attributes as they are named, not as they came to be set; with slots they come in two parts."""
    if _is(dict, attributes) and all(type(name) is str for name in attributes):
        return sorted(attributes.items())
    if _is(tuple, attributes) and len(attributes) == 2:
        return tuple(in_order_of_names(part) for part in attributes)
    return attributes


def _is(kind: type, value: object) -> bool:
    return type(value) is kind  # and nothing beyond, such as a dict that keeps an order of its own


def is_sent_as_fields(kind: Any) -> bool:  # noqa: ANN401 - any class
    """Whether nothing but `dataclass` itself says how its values are sent."""
    if issubclass(kind, HOLDING_MORE):
        return False
    if kind.__reduce__ is not object.__reduce__ or kind.__reduce_ex__ is not object.__reduce_ex__:
        return False
    getting = getattr(kind, "__getstate__", None)
    if getting is getattr(object, "__getstate__", None):
        return True
    return getattr(getting, "__module__", None) == "dataclasses"


def state(value: object) -> list[object]:
    """The fields of a data class and whatever else was put on it, but for what it works out itself."""
    kind, missing = cast("type", type(value)), object()
    names = [each.name for each in fields(cast("Any", value))]
    held = [(name, getattr(value, name, missing)) for name in names]
    found: list[object] = [pair if pair[1] is not missing else pair[0] for pair in held]
    beside = cast("dict[str, object]", getattr(value, "__dict__", {}))
    added = sorted(beside.keys() - set(names))
    worked_out = functools.cached_property
    return found + [
        (name, beside[name]) for name in added if type(getattr(kind, name, None)) is not worked_out
    ]


def of_code(value: object) -> tuple[str, tuple[object, ...]] | None:
    """What holds code and is no function: methods, properties, partial calls."""
    thing = cast("Any", value)
    kind = cast("type", type(value))
    if isinstance(value, MethodType):
        return "method", (value.__func__, value.__self__)
    if isinstance(value, BuiltinFunctionType):
        return "builtin", (value.__self__, value.__name__)
    if kind in (staticmethod, classmethod):
        return kind.__name__, (thing.__func__,)
    if isinstance(value, property):
        return "property", (kind, thing.fget, thing.fset, thing.fdel)
    if isinstance(value, functools.cached_property):
        return "cached", (thing.func,)
    if isinstance(value, CellType):
        return "cell", (cast("object", value.cell_contents),)
    if isinstance(value, METHODS_OF_TYPES):
        return "of type", (value.__objclass__, value.__name__)
    return None


def is_executor(value: object) -> bool:
    """Whether it is one of our executors, or this journal itself."""
    kind = type(value)
    ours = module_of(kind).startswith("whence.")
    return ours and all(hasattr(kind, name) for name in ("map", "stream", "close", "shares_memory"))
