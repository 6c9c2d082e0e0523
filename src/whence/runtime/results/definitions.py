"""Functions, classes and modules: how they are known again in another run.

What belongs to Whence, to Python or to an installed package is known by its name, for versions tell the rest.
What the user wrote is known by what it is: its instructions, its constants and defaults, what it closes over,
and, because a helper that was mended must not go unseen, everything that it reads by name in its module, and
so on from there. Definitions refer to one another by name, so that functions that call each other have an
end; the fingerprint of a value takes in all definitions that can be reached from it.

What looks things up under names that are made while it runs (`eval`, `globals()`, `import_module`) could use
anything, so it has no fingerprint.
"""

from __future__ import annotations

import builtins
import functools
import hashlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum, EnumMeta
from importlib.util import resolve_name
from operator import itemgetter
from types import CodeType, FunctionType, ModuleType
from typing import Any, cast

from whence.runtime.results.errors import NoFingerprint
from whence.runtime.results.files import hash_of_file
from whence.runtime.results.framing import framed
from whence.runtime.results.names_read import Import, global_names, imports, mentioned, unlike_any_other
from whence.runtime.results.origins import file_of, module_of, origin, versions_behind

REMEMBERING = type(functools.lru_cache(abs))
"""What `functools.cache` makes of a function: the function, as far as results go."""

Told = Callable[[object], bytes]

UNDER_ANY_NAME = {"eval", "exec", "globals", "__import__", "import_module", "run_module", "run_path"}
UNSEEN = {("os", "environ"), ("os", "environb"), ("os", "getenv"), ("sys", "modules")}

# What Python notes on a class beside what the class is.
NOT_OF_THE_CLASS = {
    "__dict__", "__weakref__", "__module__", "__qualname__", "__doc__", "__annotations__", "__annotate__",
    "__annotate_func__", "__annotations_cache__", "__firstlineno__", "__static_attributes__",
    "__classdictcell__", "__slotnames__", "__parameters__", "__orig_bases__", "__abstractmethods__",
    "_abc_impl",
    "_is_protocol", "_is_runtime_protocol", "__protocol_attrs__", "__non_callable_proto_members__",
    "__dataclass_fields__", "__dataclass_params__", "__match_args__",
}  # fmt: skip
OF_AN_ENUM = {
    "_generate_next_value_", "_member_map_", "_member_names_", "_value2member_map_", "_unhashable_values_",
    "_unhashable_values_map_", "_hashable_values_", "_member_type_", "_value_repr_", "_use_args_",
    "_new_member_", "__new__", "_flag_mask_", "_singles_mask_", "_all_bits_", "_inverted_", "_boundary_",
}  # fmt: skip


def qualified(thing: object) -> tuple[str, str] | None:
    """The module and the name under which anybody finds this very thing; None if it has none."""
    name = getattr(thing, "__qualname__", None)
    module = getattr(thing, "__module__", None)
    if not isinstance(name, str) or not isinstance(module, str):
        return None
    found: object = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return (module, name) if found is thing else None


def version_behind(module: str) -> bytes | None:
    """What tells the code of a module that is not the user's; None for the user's own."""
    match origin(module):
        case "whence" | "standard":
            return b""  # among the surroundings of every task
        case "installed":
            file = file_of(module)
            own = hash_of_file(file) if file is not None and file.endswith(".py") else b""
            return repr(versions_behind(module.partition(".")[0])).encode() + own
        case "user":
            return None


@dataclass(frozen=True, slots=True)
class Definition:
    """One thing of the user's: its digest, and the names of the others that it refers to."""

    digest: bytes
    refers_to: frozenset[str]


class Definitions:
    """The definitions that the values of a map refer to. `apart` tells a value, and which names came up."""

    def __init__(self, apart: Callable[[Callable[[Told], bytes]], tuple[bytes, frozenset[str]]]) -> None:
        self._apart = apart
        self._found: dict[str, Definition | NoFingerprint] = {}
        self._references: dict[int, tuple[object, bytes, str | None]] = {}
        self.modules: set[str] = set()
        """The modules of the user's that were looked into."""

    def reference(self, thing: object, told: Told) -> tuple[bytes, str | None]:
        """How a function or class is told, and the name of its definition if it is the user's."""
        place = qualified(thing)
        if place is None:
            return b"inline" + self._definition(thing, told), None
        if id(thing) not in self._references:
            self._references[id(thing)] = (thing, *self._by_name(thing, *place, told))
        return self._references[id(thing)][1:]

    def _by_name(self, thing: object, module: str, name: str, told: Told) -> tuple[bytes, str | None]:
        behind = version_behind(module)
        if behind is not None:
            _check_telling(module, name)
            return b"known" + framed(f"{module}:{name}".encode()) + framed(behind) + _altered(
                thing, told
            ), None
        title = f"{module}:{name}"
        self._define(title, lambda told: self._definition(thing, told))
        return b"user" + framed(title.encode()), title

    def module(self, module: ModuleType) -> tuple[bytes, str | None]:
        """How a module as a whole is told, and the name of its definition if it is the user's."""
        behind = version_behind(module.__name__)
        if behind is not None:
            return b"module" + framed(module.__name__.encode()) + framed(behind), None
        title = f"{module.__name__}:"
        self._define(title, lambda told: self._module(module, told))
        return b"module" + framed(title.encode()), title

    def closure(self, names: frozenset[str]) -> bytes:
        """All definitions that can be reached from these names, as one text."""
        reached: dict[str, bytes] = {}
        waiting = set(names)
        while waiting:
            name = waiting.pop()
            found = self._found[name]
            if isinstance(found, NoFingerprint):
                raise found
            reached[name] = found.digest
            waiting |= found.refers_to - reached.keys()
        return b"".join(framed(name.encode()) + reached[name] for name in sorted(reached))

    def _define(self, title: str, tell: Callable[[Told], bytes]) -> None:
        before = self._found.get(title)
        if isinstance(before, NoFingerprint):
            raise before
        if before is not None:
            return
        self._found[title] = Definition(b"", frozenset())  # under way: those it refers to may refer back
        try:
            text, refers_to = self._apart(tell)
        except NoFingerprint as error:
            self._found[title] = error
            raise
        self._found[title] = Definition(hashlib.sha256(text).digest(), refers_to)

    def _definition(self, thing: object, told: Told) -> bytes:
        if isinstance(thing, FunctionType):
            return self._function(thing, told)
        if isinstance(thing, type):
            return self._class(thing, told)
        wrapped = cast("object", getattr(thing, "__wrapped__", None))
        if type(thing) is REMEMBERING and wrapped is not None:
            return b"cached" + told(wrapped)
        module = module_of(thing)
        file = file_of(module)
        if file is None:
            raise NoFingerprint(f"nobody can look into {thing!r}")
        # Compiled, or wrapped by a decorator that makes no plain function: the whole file tells what it is.
        self.modules.add(module)
        inner = told(wrapped) if wrapped is not None else b""
        return b"other" + told(type(thing)) + framed(hash_of_file(file)) + inner

    # ── functions ───────────────────────────────────────────────────────────────────────────────────────────

    def _function(self, function: FunctionType, told: Told) -> bytes:
        cells = [_content(cell) for cell in function.__closure__ or ()]
        beside = {k: v for k, v in vars(function).items() if k != "__wrapped__"}
        parts: list[object] = [
            function.__qualname__,
            unlike_any_other(function.__code__),
            function.__defaults__,
            function.__kwdefaults__,
            cells,
            [(name, beside[name]) for name in sorted(beside)],
        ]
        text = b"function" + b"".join(framed(told(part)) for part in parts)
        home = str(function.__globals__.get("__name__"))
        if version_behind(home) is not None:
            return text  # made by a decorator or in a function of known code, whose names versions tell
        self.modules.add(home)
        return text + self._read_by_name(function, told)

    def _read_by_name(self, function: FunctionType, told: Told) -> bytes:
        where = f"{function.__module__}.{function.__qualname__}"
        found: list[bytes] = []
        try:
            for name, taken in sorted(global_names(function.__code__)):
                found.append(framed(self._named(function, name, taken, told)))
            for each in imports(function.__code__):
                found += [framed(told(thing)) for thing in _imported(each, function)]
        except NoFingerprint as error:
            raise NoFingerprint(f"{error.reason} (which {where} uses)", error.cure) from error
        return b"".join(found)

    def _named(self, function: FunctionType, name: str, taken: tuple[str, ...], told: Told) -> bytes:
        label = framed(".".join((name, *taken)).encode())
        if name not in function.__globals__:
            if name in UNDER_ANY_NAME:
                raise NoFingerprint(f"{name} can look up anything")
            return label + (b"builtin" if hasattr(builtins, name) else b"absent")
        value = function.__globals__[name]
        for attribute in taken:
            if not isinstance(value, ModuleType):
                break
            _check_telling(value.__name__, attribute)
            if not hasattr(value, attribute):
                label += b"absent"  # or loaded when wanted: then the module as a whole tells
                break
            value = getattr(value, attribute)
        if getattr(value, "__name__", None) in UNDER_ANY_NAME:
            raise NoFingerprint(f"{name} can look up anything")
        if isinstance(value, ModuleType):
            _check_mentions(value, function)
        return label + told(value)

    # ── classes and modules ─────────────────────────────────────────────────────────────────────────────────

    def _class(self, kind: type, told: Told) -> bytes:
        self.modules.add(module_of(kind))
        anything = cast("Any", kind)
        parts: list[object] = [kind.__qualname__, type(anything), list(kind.__bases__)]
        left_out = set(NOT_OF_THE_CLASS)
        if isinstance(anything, EnumMeta):
            members = cast("dict[str, Enum]", anything.__members__)
            parts.append([(name, member.value) for name, member in members.items()])
            left_out |= OF_AN_ENUM | members.keys()
        if is_dataclass(anything):
            parts += [_fields(anything), repr(getattr(kind, "__dataclass_params__", None))]
        own = sorted(_own(anything), key=itemgetter(0))
        parts += [(name, part) for name, part in own if name not in left_out]
        return b"class" + b"".join(framed(told(part)) for part in parts)

    def _module(self, module: ModuleType, told: Told) -> bytes:
        file = file_of(module.__name__)
        self.modules.add(module.__name__)
        source = b"" if file is None else hash_of_file(file)
        content = {name: value for name, value in vars(module).items() if not name.startswith("__")}
        return (
            b"module"
            + framed(source)
            + b"".join(framed(name.encode()) + framed(told(content[name])) for name in sorted(content))
        )


def _own(kind: Any) -> Iterator[tuple[str, object]]:  # noqa: ANN401 - any class
    """The attributes of a class itself, without those that `dataclass` wrote from the fields."""
    made = is_dataclass(kind)
    for name, part in cast("dict[str, object]", vars(kind)).items():
        code = getattr(part, "__code__", None)
        if made and isinstance(code, CodeType) and code.co_filename == "<string>":
            continue
        yield name, part


def _fields(kind: Any) -> list[object]:  # noqa: ANN401 - any data class
    return [
        (each.name, each.default, each.default_factory, each.init, each.kw_only, each.compare, each.hash)
        for each in fields(kind)
    ]


def _check_telling(module: str, name: str) -> None:
    """Raise `NoFingerprint` where what is read is neither in the task nor in the item."""
    if name in UNDER_ANY_NAME and version_behind(module) is not None:
        raise NoFingerprint(f"{module}.{name} can look up anything")
    if (module, name) in UNSEEN:
        raise NoFingerprint(
            f"{module}.{name} is read by the task itself",
            "Read it before, and give what is needed with the task or the item.",
        )


def _check_mentions(module: ModuleType, function: FunctionType) -> None:
    """Raise `NoFingerprint` where a function has a module at hand and names what must not be read of it."""
    for name in mentioned(function.__code__):
        if (name in UNDER_ANY_NAME or (module.__name__, name) in UNSEEN) and hasattr(module, name):
            _check_telling(module.__name__, name)


def _altered(thing: object, told: Told) -> bytes:
    """The functions of the user's that were put into a class of somebody else's."""
    found: list[bytes] = []
    for kind in thing.__mro__ if isinstance(thing, type) else ():
        for name, part in sorted(vars(kind).items()):
            home = str(part.__globals__.get("__name__")) if isinstance(part, FunctionType) else ""
            if (
                home in sys.modules
                and version_behind(kind.__module__) is not None
                and version_behind(home) is None
            ):
                found.append(framed(name.encode()) + framed(told(part)))
    return b"".join(found)


def _content(cell: Any) -> object:  # noqa: ANN401 - a cell has no public type with contents
    try:
        return ("holds", cell.cell_contents)
    except ValueError:
        return "empty"


def _imported(each: Import, function: FunctionType) -> list[object]:
    package = str(function.__globals__.get("__package__") or "")
    name = resolve_name("." * each.level + each.module, package) if each.level else each.module
    module = sys.modules.get(name)
    if module is None:
        if origin_when_loaded(name):
            return [name]
        raise NoFingerprint(
            f'the module "{name}" is not loaded yet', f'Write "import {name}" at the top of the file.'
        )
    if name.partition(".")[0] == "importlib" or not isinstance(cast("object", module), ModuleType):
        raise NoFingerprint(f"{name} can look up anything")
    if not each.names:
        _check_mentions(module, function)
    if each.names and all(hasattr(module, one) for one in each.names):
        return [(one, getattr(module, one)) for one in each.names]
    return [module]


def origin_when_loaded(name: str) -> bool:
    """Whether a module that is not loaded is known by a version all the same."""
    root = name.partition(".")[0]
    return root in sys.stdlib_module_names or root == "whence"
