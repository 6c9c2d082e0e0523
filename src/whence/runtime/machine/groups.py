"""What control groups allow this process: a container's share of the cores and of the memory.

Both versions are read (1 and 2), each along the whole path from this process's group to the root, because the
tightest limit holds.

>>> cpu_quota() is None or cpu_quota() > 0
True
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

CGROUPS: Final = Path("/sys/fs/cgroup")
OWN_GROUPS: Final = Path("/proc/self/cgroup")
UNLIMITED: Final = 1 << 60
"""What version 1 writes for "no limit" is a number near 2^63."""


def cpu_quota() -> float | None:
    """The cores' worth of time that control groups allow, or None for no limit."""
    found = [
        *(_v2_quota(folder / "cpu.max") for folder in _folders("")),
        *(_v1_quota(folder) for folder in _folders("cpu")),
    ]
    return min((quota for quota in found if quota is not None), default=None)


def memory_limit() -> int | None:
    """The bytes of memory that control groups allow, or None for no limit."""
    found = [
        *(_number(folder / "memory.max") for folder in _folders("")),
        *(_number(folder / "memory.limit_in_bytes") for folder in _folders("memory")),
    ]
    return min((limit for limit in found if limit is not None and limit < UNLIMITED), default=None)


def _folders(controller: str) -> Iterator[Path]:
    """The folders of this process's control group and of those around it; "" is version 2."""
    root = CGROUPS / controller if controller else CGROUPS
    yield root
    try:
        lines = OWN_GROUPS.read_text("utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, names, path = line.split(":", 2)
        if controller in names.split(","):
            own = Path(path.lstrip("/"))
            yield from (root / part for part in (own, *own.parents) if part != Path())


def _v2_quota(file: Path) -> float | None:
    try:
        limit, period = file.read_text("ascii").split()
        return None if limit == "max" else int(limit) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None


def _v1_quota(folder: Path) -> float | None:
    limit, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
    return limit / period if limit is not None and limit > 0 and period else None


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text("ascii"))
    except (OSError, ValueError):  # absent, or the word "max"
        return None
