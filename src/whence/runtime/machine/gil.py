"""The interpreter's lock: whether it is on, and who turned it on.

A free-threaded interpreter runs threads side by side until one extension module that does not say it can do
without the lock is imported: then the lock comes back for the whole process, until its end, with nothing but
a warning. So "it runs on a free-threaded Python" means little; what counts is the state after the imports.
`imported` makes a fresh interpreter import modules one by one and look at the lock after each. When one turns
it on, the rest is tried again without that one, so all of them are found and not only the first.

Source: PEP 703 (S. Gross) and PEP 779; the documentation of `sys._is_gil_enabled`.

>>> isinstance(gil_enabled(), bool)
True
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from whence.runtime.machine.importing import START
from whence.runtime.machine.interpreter import free_threaded_build

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PATIENCE = 120.0
"""Seconds: importing everything there is takes a few, on a machine that does not answer for a minute."""


@dataclass(frozen=True, slots=True)
class Import:
    """What importing a module did: whether it is there, whether the lock was on afterwards, and what it took.

    `turned_on_by` names the extension module that turned the lock on, if this import did; `cpu` are seconds
    of processor time, beyond what the modules before it had loaded already.
    """

    module: str
    found: bool
    gil: bool
    cpu: float = 0.0
    turned_on_by: str | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """The lock of this interpreter: how it was built, at its start, and after each import of `imports`."""

    free_threaded: bool
    at_start: bool
    imports: tuple[Import, ...]

    @property
    def culprits(self) -> tuple[Import, ...]:
        """The imports that turned the lock on."""
        return tuple(each for each in self.imports if each.turned_on_by is not None)


def gil_enabled() -> bool:
    """Whether threads of this process have to take turns, now."""
    ask = cast("Callable[[], bool] | None", getattr(sys, "_is_gil_enabled", None))  # 3.13 and later
    return True if ask is None else ask()


def came_back() -> bool:
    """Whether this interpreter could do without its lock, and has it on all the same."""
    return gil_enabled() and free_threaded_build()


def imported(modules: Sequence[str]) -> Lock:
    """Import `modules` in fresh interpreters, and see which of them turn the lock on.

    Where the lock is on from the start (no free-threaded build, or `PYTHON_GIL=1`) no import changes that.
    """
    found: dict[str, Import] = {}
    left = list(modules)
    at_start = True
    while left:
        at_start, made = _in_a_fresh_one(left)
        for each in made:
            found.setdefault(each.module, each)
        stopped = [each.module for each in made if each.turned_on_by is not None]
        # After the first culprit the lock stays on, so what comes after it is tried without it.
        left = left[left.index(stopped[0]) + 1 :] if stopped else []
    return Lock(free_threaded_build(), at_start, tuple(found[name] for name in modules))


def _in_a_fresh_one(modules: Sequence[str]) -> tuple[bool, list[Import]]:
    done = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", START, json.dumps(sys.path), *modules],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if not lines:
        return gil_enabled(), [Import(name, found=False, gil=gil_enabled()) for name in modules]
    made = [Import(**line) for line in lines[1:]]
    if not any(each.turned_on_by is not None for each in made):
        # A module that ends the interpreter leaves the rest untold.
        untold = modules[len(made) :]
        made += [Import(name, found=False, gil=lines[0]["gil"]) for name in untold]
    return lines[0]["gil"], made
