"""What a result depends on besides task and item: Whence, Python, the numerical libraries, the machine.

Another version of any of these may change a last bit or more, so results are found again only where all of
them are the same. Digits of BLAS differ between processors, which is why the processor belongs here too.

Whence is known by the contents of its own files. A program that began before one of them was last changed
may have loaded either state of it, so nothing is said about it at all: `surroundings` raises `NoFingerprint`.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import time
from collections.abc import Iterable
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from whence.runtime.results.errors import NoFingerprint
from whence.runtime.results.framing import framed
from whence.runtime.results.origins import WHENCE

LIBRARIES = ("numpy", "scipy", "scikit-learn", "duckdb", "narwhals", "threadpoolctl", "numba", "llvmlite")
SETTINGS = (
    "OPENBLAS_CORETYPE",
    "MKL_CBWR",
    "MKL_DEBUG_CPU_TYPE",
    "MKL_ENABLE_INSTRUCTIONS",
    "NPY_DISABLE_CPU_FEATURES",
    "NPY_ENABLE_CPU_FEATURES",
    "NUMBA_CPU_NAME",
    "NUMBA_CPU_FEATURES",
    "NUMBA_DISABLE_JIT",
    "NUMBA_OPT",
)
"""Variables of the environment that choose other code for the same sum."""

SECONDS_OF_DOUBT = 0.02
"""How exactly the system knows when a process began."""

_IMPORTED = time.time()


def surroundings() -> bytes:
    """A hash of everything around a task; raises `NoFingerprint` where it cannot be known."""
    check_older_than_this_process(own_files())
    return _hashed()


@lru_cache(1)
def _hashed() -> bytes:
    files = own_files()
    together = hashlib.sha256()
    parts = [
        sys.implementation.name,
        sys.version,
        sys.byteorder,
        str(sys.flags.optimize),
        platform.system(),
        platform.machine(),
        _processor(),
        *(f"{name} {_version(name)}" for name in LIBRARIES),
        *(f"{name}={os.environ.get(name)}" for name in SETTINGS),
    ]
    for part in parts:
        together.update(framed(part.encode()))
    for path in files:
        together.update(framed(path.relative_to(WHENCE).as_posix().encode()) + framed(path.read_bytes()))
    return together.digest()


@lru_cache(1)
def own_files() -> tuple[Path, ...]:
    """Every module of Whence, in order."""
    found = tuple(sorted(WHENCE.rglob("*.py")))
    if not found:
        raise NoFingerprint("the files of Whence are not there to be read")
    return found


def check_older_than_this_process(files: Iterable[Path]) -> None:
    """Raise `NoFingerprint` if a file of code changed since this program began."""
    for path in files:
        if _touched(path) > began() + SECONDS_OF_DOUBT:
            raise NoFingerprint(f"{path.name} was changed while this program runs", "Start the program anew.")


@lru_cache(1)
def began() -> float:
    """When this process began, in seconds since 1970; where no one knows, when this module was loaded."""
    try:
        words = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        after_boot = int(words[19]) / os.sysconf("SC_CLK_TCK")
        return time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - after_boot)
    except (OSError, ValueError, IndexError, AttributeError):
        return _IMPORTED


def _touched(path: Path) -> float:
    seen = path.stat()
    return max(seen.st_mtime, seen.st_ctime)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"


def _processor() -> str:
    """The model and the abilities of the processor, by which BLAS chooses its code."""
    telling = ("vendor_id", "model name", "flags", "Features", "CPU implementer", "CPU part")
    try:
        with Path("/proc/cpuinfo").open() as file:
            first = file.read(1 << 14).partition("\n\n")[0]
    except OSError:
        return platform.processor()
    return "\n".join(line for line in first.splitlines() if line.partition(":")[0].strip() in telling)
