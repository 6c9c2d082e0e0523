"""How much of the machine may be used, and how much of it others are using already.

A container may see sixty-four cores and be allowed two; a machine may be so busy that a clock measures the
neighbours. Both kinds of control groups are read (version 1 and 2), each along the whole path from this
process's group to the root, because the tightest limit holds.

>>> capacity().cores >= 1
True
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from whence.runtime.executor.cores import cores

if TYPE_CHECKING:
    from collections.abc import Iterator

CGROUPS: Final = Path("/sys/fs/cgroup")
OWN_GROUPS: Final = Path("/proc/self/cgroup")
UNLIMITED: Final = 1 << 60
"""What version 1 writes for "no limit" is a number near 2^63."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What there is and what is allowed: `cores` of `machine_cores`, a quota in cores, memory in bytes.

    `load` is how many threads ran or wanted to, on average over the last minute.
    """

    cores: int
    machine_cores: int
    quota: float | None
    memory: int | None
    memory_limit: int | None
    load: float | None
    processor: str

    @property
    def busy(self) -> bool:
        """Whether more wants to run than there are cores, so that clocks on the wall mislead."""
        return self.load is not None and self.load > self.cores


def capacity() -> Capacity:
    """What this process may use, and how busy the machine is now."""
    return Capacity(cores(), os.cpu_count() or 1, cpu_quota(), _memory(), memory_limit(), load(), processor())


def load() -> float | None:
    """The load of the last minute, or None where the platform does not tell."""
    try:
        return os.getloadavg()[0]
    except (OSError, AttributeError):
        return None


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


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def processor() -> str:
    """The processor's name, as Linux tells it, or what Python knows of it."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return " ".join(line.partition(":")[2].split())
    except OSError:
        pass
    return platform.processor() or platform.machine()
