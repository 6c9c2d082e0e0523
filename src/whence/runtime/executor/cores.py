"""How many cores this process may really use: what the scheduler and the container allow."""

from __future__ import annotations

import os
from pathlib import Path

CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def cores() -> int:
    """Count the cores this process may run on (at least one)."""
    affinity = getattr(os, "sched_getaffinity", None)
    allowed = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return max(1, min(allowed, _quota(allowed)))


def _quota(without: int) -> int:
    """Cores a container's quota allows, rounded up; `without` where there is no quota."""
    try:
        limit, period = CGROUP_QUOTA.read_text().split()
        return without if limit == "max" else -(-int(limit) // int(period))
    except (OSError, ValueError):
        return without
