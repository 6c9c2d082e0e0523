"""What a confined worker may read and how much it may use.

Nothing is readable but what the interpreter itself needs and what the policy adds; nothing is writable but
the worker's own scratch folder. Documents to work on need no entry here: they are opened by the host and
handed over open.

>>> Policy(memory_mb=512).file_mb
64
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from whence.runtime.errors import InvalidOption, WhenceError


class NotConfinable(WhenceError):  # noqa: N818 - like its siblings
    """Untrusted code cannot be confined here; `reasons` says why, one for each way that was tried."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        why = "; ".join(reason.rstrip(".") for reason in self.reasons)
        super().__init__(
            f"Untrusted code cannot be confined on this machine: {why}.",
            "Use Linux 5.13 or newer with Landlock, or install bubblewrap.",
        )


class NurseryFailed(WhenceError):  # noqa: N818 - like its siblings
    """The process that makes confined workers ended or gave no answer; the next attempt starts another."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What one worker may read beside the interpreter's own files, and how much it may use.

    `memory_mb` counts what it writes to in memory, not files mapped for reading. `file_mb` is the size of the
    largest file it may write. `threads` is a bound for all the workers of a user where they are
    counted together. `scratch_mb` is for whoever watches `Nursling.scratch_bytes`: the kernel has no limit
    for a folder. (Files that were deleted while open or mapped are seen only once the disk is nearly full.)
    """

    readable: tuple[Path, ...] = ()
    memory_mb: int = 4_096
    file_mb: int = 64
    open_files: int = 256
    threads: int = 1_024
    scratch_mb: int = 256

    def __post_init__(self) -> None:
        for name in ("memory_mb", "file_mb", "open_files", "threads", "scratch_mb"):
            if getattr(self, name) < 1:
                raise InvalidOption(name, getattr(self, name), "a whole number, one or more")
        if not all(path.is_absolute() for path in self.readable):
            raise InvalidOption("readable", [str(path) for path in self.readable], "absolute paths")


@dataclass(frozen=True, slots=True)
class PythonPaths:
    """What a fresh interpreter needs: itself, where it imports from, and all that it must be able to read."""

    executable: Path
    imports: tuple[Path, ...]
    readable: tuple[Path, ...]


# Time zones, and where the loader finds libraries; neither says anything about the user.
SYSTEM = ("/usr/share/zoneinfo", "/etc/ld.so.cache", "/dev/urandom")

# Libraries that extension modules of the standard library stand on, where an interpreter brings its own.
OF_PYTHON = re.compile(
    r"lib(python3|ssl|crypto|sqlite3|z|bz2|lzma|ffi|expat|stdc\+\+|gcc_s|uuid|mpdec|zstd)\b"
)


def python_paths(packages: Iterable[str] = (), source: Path | None = None) -> PythonPaths:
    """Find what the interpreter must read to run the standard library and `packages`, imported or not.

    Of site-packages, only the folders of `packages` and of the libraries that they bring with them. A package
    that is not installed is left out. (Where an interpreter keeps its site-packages inside of its standard
    library, Landlock alone cannot tell the two apart, and other packages' code stays readable.)
    """
    executable = Path(os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable))
    library = Path(sysconfig.get_path("stdlib"))
    platform = Path(sysconfig.get_path("platstdlib", vars=_base()))
    archive = Path(sys.base_prefix, "lib", f"python{sys.version_info[0]}{sys.version_info[1]}.zip")
    imports = [archive, library, platform, platform / "lib-dynload", library / "lib-dynload"]
    readable = [executable, *imports, *map(Path, SYSTEM), *_libraries()]
    for package in packages:
        found = _folders(package)
        readable += found
        imports += [folder.parent for folder in found[:1]]
    if source is not None:
        imports.append(source)
        readable.append(source / "whence")
    found_imports = dict.fromkeys(path.resolve() for path in imports if path.exists())
    there = [path.resolve() for path in readable if path.exists()]
    return PythonPaths(executable, tuple(found_imports), _outermost(there))


def _base() -> dict[str, str]:
    return {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}


def _folders(package: str) -> list[Path]:
    """Where a top-level package that is not of the standard library lies, and the libraries beside it."""
    top = package.partition(".")[0]
    if top in sys.stdlib_module_names or top == "whence":
        return []
    spec = importlib.util.find_spec(top)
    if spec is None or not spec.submodule_search_locations:
        return []
    folders = [Path(place) for place in spec.submodule_search_locations]
    return folders + [folder.with_name(f"{top}.libs") for folder in folders]


def _libraries() -> list[Path]:
    """Give the folder of the system's shared libraries, and the libraries that the interpreter brings
    along.
    """
    try:
        maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return []
    loaded = {Path(line[line.index("/") :]) for line in maps.splitlines() if re.search(r"/[^/]*\.so\b", line)}
    system = {path.parent for path in loaded if re.match(r"ld-|libc[.-]", path.name)}
    brought = Path(sys.base_prefix, "lib")
    own = (
        [path for path in brought.glob("lib*.so*") if OF_PYTHON.match(path.name)]
        if brought not in system
        else []
    )
    return [*sorted(system), *sorted(own)]


def _outermost(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Without those that lie within another."""
    kept: list[Path] = []
    for path in sorted(set(paths)):
        if not any(path.is_relative_to(above) for above in kept):
            kept.append(path)
    return tuple(kept)
