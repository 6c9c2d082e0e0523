"""How many cores this process may really use: what the scheduler, the container and the user allow.

`WHENCE_CORES` in the environment has the last word: fewer on a machine that is shared with others, more to
see what happens with more.

>>> cores() >= 1
True
"""

from __future__ import annotations

import os
from pathlib import Path

from whence.runtime.errors import InvalidOption

CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")
SAID = "WHENCE_CORES"


def cores() -> int:
    """Count the cores this process may use (at least one)."""
    said = os.environ.get(SAID, "")
    if said:
        if not said.isdecimal() or int(said) < 1:
            raise InvalidOption(SAID, said, "a whole number, one or more")
        return int(said)
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
