"""An assembler for the small programs that the kernel asks about every system call.

A program is a list of `Rule`s: a call by its number, and what must hold of its arguments for it to pass.
The kernel runs the program with the call's number, processor and six arguments at hand, and does what it
returns. The program first checks the processor (a call made in the 32-bit way has other numbers), then the
numbers of the x32 way, then goes down the rules; what no rule names is refused. Arguments that are numbers
are compared by their low half, which is all that the kernel reads of them; pointers by both halves. (Steven
McCanne & Van Jacobson, The BSD Packet Filter, USENIX 1993; Linux,
Documentation/userspace-api/seccomp_filter.rst.)

>>> rules = [Rule(0), Rule(16, (Among(1, (0x5451,)),))]
>>> len(program(rules, architecture=0xC000003E, first_unknown=453)) % 8
0
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06

ALLOW = 0x7FFF0000
KILL = 0x80000000
ERROR = 0x00050000  # plus the number of the error; 0 pretends that the call was done

NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in what the kernel shows the program
X32 = 0x40000000

Instruction: TypeAlias = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Among:
    """The argument, after masking with `mask`, is one of `values`."""

    argument: int
    values: tuple[int, ...]
    mask: int = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Null:
    """The argument is a null pointer."""

    argument: int


@dataclass(frozen=True, slots=True)
class Either:
    """One of the two holds."""

    first: Among | Null
    second: Among | Null


Condition: TypeAlias = Among | Null | Either


@dataclass(frozen=True, slots=True)
class Rule:
    """The call `number` passes (or does `verdict`) if all `conditions` hold, and is not permitted
    otherwise.
    """

    number: int
    conditions: tuple[Condition, ...] = ()
    verdict: int = ALLOW


def refused(error: int) -> int:
    """What the program returns for the call to fail with `error`."""
    return ERROR | error


def program(rules: Sequence[Rule], *, architecture: int, first_unknown: int) -> bytes:
    """Assemble the filter; calls without a rule give EPERM, those from `first_unknown` on ENOSYS."""
    unknown = refused(errno.ENOSYS)
    code: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (JUMP_AT_LEAST, 0, 1, X32),
        (RETURN, 0, 0, unknown),
    ]
    for rule in rules:
        body = _body(rule)
        code += [(JUMP_EQUAL, 0, len(body), rule.number), *body]
    code += [
        (JUMP_AT_LEAST, 0, 1, first_unknown),
        (RETURN, 0, 0, unknown),
        (RETURN, 0, 0, refused(errno.EPERM)),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def _body(rule: Rule) -> list[Instruction]:
    """What is run once the number is the rule's: it always ends in a verdict."""
    if not rule.conditions:
        return [(RETURN, 0, 0, rule.verdict)]
    checks = [_check(condition) for condition in rule.conditions]
    code: list[Instruction] = []
    for check in checks:
        # After its own instructions a check falls through if it fails, so a failure is written right there.
        code += [*check, (RETURN, 0, 0, refused(errno.EPERM))]
    return [*code, (RETURN, 0, 0, rule.verdict)]


def _check(condition: Condition, beyond: int = 0) -> list[Instruction]:
    """Instructions that skip the one after them, and `beyond` more, if the condition holds."""
    if isinstance(condition, Either):
        second = _check(condition.second, beyond)
        return [*_check(condition.first, beyond + len(second)), *second]
    skip = 1 + beyond
    low = ARGUMENTS + 8 * condition.argument  # both processors are little-endian
    if isinstance(condition, Null):
        return [(LOAD, 0, 0, low), (JUMP_EQUAL, 0, 2, 0), (LOAD, 0, 0, low + 4), (JUMP_EQUAL, skip, 0, 0)]
    masked: list[Instruction] = []
    if condition.mask != 0xFFFFFFFF:
        masked = [(AND, 0, 0, condition.mask)]
    last = len(condition.values) - 1
    jumps: list[Instruction] = [
        (JUMP_EQUAL, last - place + skip, 0, value) for place, value in enumerate(condition.values)
    ]
    return [(LOAD, 0, 0, low), *masked, *jumps]
