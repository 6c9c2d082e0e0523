"""How many cores this process may really use: what the scheduler, the container and the user allow.

`WHENCE_CORES` in the environment has the last word: fewer on a machine that is shared with others, more to
see what happens with more.

>>> cores() >= 1
True
"""

from __future__ import annotations

import math
import os
from functools import lru_cache

from whence.runtime.errors import InvalidOption
from whence.runtime.machine.groups import cpu_quota

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
    return max(1, min(allowed, _quota() or allowed))


@lru_cache(maxsize=1)
def _quota() -> int | None:
    """Cores that the container allows, rounded up. Asked once: maps ask for the cores, and read no files."""
    quota = cpu_quota()
    return None if quota is None else max(1, math.ceil(quota))
