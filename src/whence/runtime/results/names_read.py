"""The names of its module that a function reads, found in its instructions.

What a function does depends on the helpers and constants that it finds by name when it runs. They are read
off its instructions, those of the functions within it included, and modules are followed to the attribute
that is taken of them, so that `helpers.scale` means that one thing and not all of `helpers`.

>>> import json
>>> def dump(value):
...     return json.dumps(value, indent=WIDTH)
>>> [name for name, _ in global_names(dump.__code__)]
['json', 'WIDTH']
"""

from __future__ import annotations

import dis
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

GLOBAL = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS", "LOAD_CLASSDEREF")
ATTRIBUTE = ("LOAD_ATTR", "LOAD_METHOD")


@dataclass(frozen=True, slots=True)
class Import:
    """An `import` inside of a function: the module, how many dots stood before it, what is taken from it."""

    module: str
    level: int
    names: tuple[str, ...]


def codes(code: CodeType) -> Iterator[CodeType]:
    """The code and all code within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


def global_names(code: CodeType) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every global name that is read, each with the attributes that are taken of it one after another."""
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for each in codes(code):
        instructions = [one for one in dis.get_instructions(each) if one.opname != "PRECALL"]
        for place, one in enumerate(instructions):
            if one.opname not in GLOBAL:
                continue
            taken: list[str] = []
            for following in instructions[place + 1 :]:
                if following.opname not in ATTRIBUTE:
                    break
                taken.append(str(following.argval))
            found = (str(one.argval), tuple(taken))
            if found not in seen:
                seen.add(found)
                yield found


def imports(code: CodeType) -> Iterator[Import]:
    """Every `import` in the code."""
    for each in codes(code):
        instructions = list(dis.get_instructions(each))
        for place, one in enumerate(instructions):
            if one.opname != "IMPORT_NAME":
                continue
            level = instructions[place - 2].argval if place >= 2 else 0
            taken: list[str] = []
            for following in instructions[place + 1 :]:
                if following.opname == "IMPORT_FROM":
                    taken.append(str(following.argval))
                elif not following.opname.startswith("STORE_"):
                    break
            yield Import(str(one.argval), level if isinstance(level, int) else 0, tuple(taken))


def mentioned(code: CodeType) -> set[str]:
    """Every name and every text in the code, by which something might be taken of a module."""
    texts = [part for each in codes(code) for part in each.co_consts if isinstance(part, str)]
    return {name for each in codes(code) for name in each.co_names}.union(texts)


def unlike_any_other(code: CodeType) -> tuple[object, ...]:
    """All of a code object that bears on what it does: not its file, nor its lines."""
    return (
        code.co_name,
        code.co_code,
        code.co_exceptiontable,
        code.co_flags,
        (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        tuple(unlike_any_other(each) if isinstance(each, CodeType) else each for each in code.co_consts),
    )
