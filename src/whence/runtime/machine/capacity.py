"""How much of the machine may be used, and how much of it others are using already.

A container may see sixty-four cores and be allowed two; a machine may be so busy that a clock measures the
neighbours.

>>> capacity().cores >= 1
True
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from whence.runtime.executor.cores import cores
from whence.runtime.machine.groups import cpu_quota, memory_limit


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
