"""Where code comes from: from Whence, from Python itself, from an installed package, or from the user.

It decides how code is known again. Python, Whence and installed packages are known by their versions;
what the user wrote has none, so its very instructions are looked at (see `definitions`).

>>> origin("os"), origin("whence.runtime.errors")
('standard', 'whence')
"""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Literal, TypeAlias

from whence.runtime.results.errors import NoFingerprint

Origin: TypeAlias = Literal["whence", "standard", "installed", "user"]

WHENCE = Path(__file__).resolve().parents[2]
PACKAGES = ("site-packages", "dist-packages")


def origin(module: str) -> Origin:
    """Where a module comes from; one that nobody knows is the user's."""
    if module == "__main__":
        return "user"
    known = sys.modules.get(module)
    file = file_of(module)
    if file is None:
        spec = getattr(known, "__spec__", None)
        inner = getattr(spec, "origin", None) in ("built-in", "frozen")
        return "standard" if inner else "user"
    return _origin_of_file(file)


def module_of(thing: object) -> str:
    """The module that a thing says it is from; empty where it says nothing that is a name."""
    found = getattr(thing, "__module__", None)
    return found if isinstance(found, str) else ""


def file_of(module: str) -> str | None:
    """The file that a loaded module was read from, if there is one."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return file if isinstance(file, str) else None


@lru_cache(4096)
def _origin_of_file(file: str) -> Origin:
    path = Path(file).resolve()
    if path.is_relative_to(WHENCE):
        return "whence"
    if any(part in PACKAGES for part in (*path.parts, *Path(file).parts)) or _beside_what_is_installed(path):
        return "installed"
    homes = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), os.path.dirname(os.__file__))  # noqa: PTH120
    return "standard" if any(path.is_relative_to(Path(home).resolve()) for home in homes) else "user"


def _beside_what_is_installed(path: Path) -> bool:
    """Whether it is in a folder of any name into which packages were installed, with their metadata."""
    roots = {str(Path(entry).resolve()) for entry in sys.path if entry}
    homes = [parent for parent in path.parents if str(parent) in roots]
    return any(next(home.glob("*.dist-info"), None) is not None for home in homes)


@lru_cache(1024)
def versions_behind(package: str) -> tuple[tuple[str, str], ...]:
    """The distributions that an installed top-level package comes from and needs, with their versions.

    What it needs belongs to it: a learner of a small package is another one when the library beneath it is.
    Raises `NoFingerprint` for a package that no distribution owns up to.
    """
    waiting = list(_distributions(package))
    if not waiting:
        raise NoFingerprint(f'nobody knows the version of the installed package "{package}"')
    found: dict[str, str] = {}
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found[name] = distribution.version
        needed = [each for each in distribution.requires or () if "extra ==" not in each]
        waiting += [_canonical(re.split(r"[^A-Za-z0-9._-]", each, maxsplit=1)[0]) for each in needed]
    return tuple(sorted(found.items()))


def _distributions(package: str) -> tuple[str, ...]:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:  # not named as what it holds, as scikit-learn and sklearn
        return tuple(sorted({_canonical(name) for name in _owners().get(package, ())}))
    return (_canonical(package),)


@lru_cache(1)
def _owners() -> dict[str, list[str]]:
    return dict(metadata.packages_distributions())


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
