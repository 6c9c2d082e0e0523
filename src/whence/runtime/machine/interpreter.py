"""Which interpreter runs this, and how it was built: what decides whether threads can compute side by side.

>>> interpreter().implementation
'CPython'
"""

from __future__ import annotations

import platform
import sys
import sysconfig
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Jit(Protocol):
    def is_enabled(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter: `free_threaded` says how it was built, not whether the lock is off now (see `gil`)."""

    implementation: str
    version: str
    compiler: str
    free_threaded: bool
    subinterpreters: bool
    jit: bool
    platform: str

    @property
    def build(self) -> str:
        """The build in words."""
        lock = "free-threaded" if self.free_threaded else "with the interpreter's lock"
        return f"{lock}, JIT on" if self.jit else lock


def interpreter() -> Interpreter:
    """The interpreter that runs this."""
    return Interpreter(
        platform.python_implementation(),
        platform.python_version(),
        platform.python_compiler(),
        free_threaded_build(),
        find_spec("concurrent.interpreters") is not None,
        _jit(),
        f"{platform.system()} {platform.machine()}",
    )


@lru_cache(maxsize=1)
def free_threaded_build() -> bool:
    """Whether this interpreter was built so that it can run without its lock (3.13t and later)."""
    return bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def versions(names: Iterable[str]) -> dict[str, str]:
    """Distribution -> version, of those that are installed; nothing is imported."""
    found: dict[str, str] = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _jit() -> bool:
    jit = cast("_Jit | None", getattr(sys, "_jit", None))  # 3.14 and later
    return jit is not None and jit.is_enabled()
